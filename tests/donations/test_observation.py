"""What Stripe says, in any order and however often, leads to one end."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations.lattice import MOVES, State, forward
from donations.models import Donation
from donations.observation import Asked, Observation, Standing, advance, observe
from tests.donations import objects

GIFT = Donation(reference="abcd", amount_minor=50_00, currency="USD", livemode=False)
ASKED = Asked(50_00, "USD", livemode=False)


def seen(thing: dict[str, object], kind: str = "") -> Observation:
    observation = observe(thing, kind)
    assert observation is not None
    return observation


PAID_BY_CARD = [
    seen(objects.session(GIFT)),
    seen(objects.intent(GIFT)),
    seen(objects.charge(GIFT)),
]
LATE_SUCCESS = [
    seen(objects.session(GIFT, paid="unpaid"), "checkout.session.async_payment_failed"),
    seen(objects.session(GIFT, paid="unpaid"), "checkout.session.completed"),
    *PAID_BY_CARD,
]
LEFT = [
    seen(objects.intent(GIFT, status="requires_payment_method")),
    seen(objects.session(GIFT, status="expired", paid="unpaid")),
]


def end(observations: list[Observation] | tuple[Observation, ...]) -> Standing:
    standing = Standing(State.OPEN)
    for observation in observations:
        standing = advance(ASKED, standing, observation)
    return standing


@pytest.mark.parametrize(
    ("told", "state"), [(PAID_BY_CARD, State.PAID), (LATE_SUCCESS, State.PAID), (LEFT, State.EXPIRED)]
)
def test_every_order_ends_in_one_standing(told: list[Observation], state: State) -> None:
    ends = {end(order) for order in itertools.permutations(told)}
    assert len(ends) == 1
    assert ends.pop().state == state


@given(st.permutations(PAID_BY_CARD * 3))
def test_each_told_three_times_in_any_order_ends_in_one_standing(told: list[Observation]) -> None:
    assert end(told) == end(PAID_BY_CARD)


def test_the_gifts_date_is_the_charges() -> None:
    assert end(PAID_BY_CARD).charged_at == datetime.fromtimestamp(1_790_000_090, UTC)


def test_a_late_failure_never_beats_a_success() -> None:
    failed = seen(objects.session(GIFT, paid="unpaid"), "checkout.session.async_payment_failed")
    assert end([*PAID_BY_CARD, failed]).state == State.PAID


def test_a_success_beats_every_ending_without_money() -> None:
    for ended in (State.FAILED, State.EXPIRED, State.CANCELLED, State.ABANDONED, State.PENDING):
        assert forward(ended, State.PAID) == State.PAID


def test_nothing_leads_back_from_money_received() -> None:
    without_money = set(State) - {State.PAID, State.SETTLED}
    assert not MOVES[State.PAID] & without_money
    assert not MOVES[State.SETTLED]


def test_a_declined_card_is_no_end() -> None:
    assert end([seen(objects.intent(GIFT, status="requires_payment_method"))]).state == State.OPEN
    assert end([seen(objects.charge(GIFT, status="failed"))]).state == State.OPEN


@pytest.mark.parametrize(
    ("thing", "word"),
    [
        (objects.session(GIFT, amount_total=1), "1 USD"),
        (objects.session(GIFT, currency="eur"), "5000 EUR"),
        (objects.intent(GIFT, livemode=True), "livemode"),
    ],
)
def test_what_does_not_fit_goes_to_review_and_moves_nothing(thing: dict[str, object], word: str) -> None:
    standing = end([seen(thing)])
    assert standing.state == State.OPEN
    assert word in standing.review


def test_a_second_payment_of_one_gift_goes_to_review() -> None:
    standing = end([*PAID_BY_CARD, seen(objects.charge(GIFT, payment_intent="pi_another"))])
    assert "paid twice" in standing.review


def test_a_subscriptions_session_is_none_of_this_rooms_business_yet() -> None:
    assert observe(objects.session(GIFT, mode="subscription")) is None
