"""What Stripe says, in any order and however often, leads to one end."""

import itertools
from datetime import UTC, datetime

import pytest

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


def end(observations: list[Observation] | tuple[Observation, ...], start: State = State.OPEN) -> Standing:
    standing = Standing(start)
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


BANK_REFUSED = [
    seen(objects.session(GIFT, paid="unpaid"), "checkout.session.completed"),
    seen(objects.session(GIFT, paid="unpaid"), "checkout.session.async_payment_failed"),
    seen(objects.intent(GIFT, status="processing")),
]
WITHOUT_MONEY = set(State) - {State.PAID, State.SETTLED}


@pytest.mark.parametrize("start", sorted(WITHOUT_MONEY))
@pytest.mark.parametrize(
    "told", [PAID_BY_CARD, LATE_SUCCESS, BANK_REFUSED, LEFT], ids=["card", "late", "refused", "left"]
)
def test_every_order_ends_in_one_state_wherever_the_gift_was(start: State, told: list[Observation]) -> None:
    assert len({end(order, start).state for order in itertools.permutations(told)}) == 1


def test_an_expired_and_a_cancelled_gift_are_cancelled_in_either_order() -> None:
    assert forward(State.EXPIRED, State.CANCELLED) == forward(State.CANCELLED, State.EXPIRED) == State.CANCELLED


def test_a_session_that_we_never_learned_of_says_nothing_by_running_out() -> None:
    unused = seen(objects.session(GIFT, id="cs_unused", status="expired", paid="unpaid"))
    assert end([*PAID_BY_CARD, unused]) == end(PAID_BY_CARD)
    assert end([seen(objects.session(GIFT, status="open", paid="unpaid")), unused]).state == State.OPEN


def test_a_second_session_that_was_paid_goes_to_review() -> None:
    another = seen(objects.session(GIFT, id="cs_another"))
    assert "paid twice" in end([*PAID_BY_CARD, another]).review


def test_a_session_told_with_its_refused_debit_inside_has_failed() -> None:
    debit = objects.intent(GIFT, status="requires_payment_method")
    assert end([seen(objects.session(GIFT, paid="unpaid", payment_intent=debit))]).state == State.FAILED


def test_each_told_three_times_in_any_order_ends_in_one_standing() -> None:
    orders = set(itertools.permutations([0, 1, 2] * 3))
    assert len(orders) == 1_680  # 9! / (3!)³: all that there are
    assert {end([PAID_BY_CARD[each] for each in order]) for order in orders} == {end(PAID_BY_CARD)}


def test_the_gifts_date_is_the_charges() -> None:
    assert end(PAID_BY_CARD).charged_at == datetime.fromtimestamp(1_790_000_090, UTC)


def test_a_late_failure_never_beats_a_success() -> None:
    failed = seen(objects.session(GIFT, paid="unpaid"), "checkout.session.async_payment_failed")
    assert end([*PAID_BY_CARD, failed]).state == State.PAID


def test_a_success_beats_every_ending_without_money() -> None:
    for ended in (State.FAILED, State.EXPIRED, State.CANCELLED, State.ABANDONED, State.PENDING):
        assert forward(ended, State.PAID) == State.PAID


def test_nothing_leads_back_from_money_received() -> None:
    assert not MOVES[State.PAID] & WITHOUT_MONEY
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


def test_the_session_that_begins_a_monthly_gift_speaks_of_its_first_payment_and_names_no_intent() -> None:
    seen = observe(objects.session(GIFT, mode="subscription", payment_intent=None))
    assert seen
    assert (seen.reference, seen.towards, seen.payment_intent) == (GIFT.reference, State.PAID, None)


def test_a_session_that_only_keeps_a_card_is_none_of_this_rooms_business() -> None:
    assert observe(objects.session(GIFT, mode="setup")) is None
