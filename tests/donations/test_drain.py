"""The inbox is emptied, each event once, and what is not understood stays."""

import concurrent.futures
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from donations.drain import Reading, drain, handle_alone
from donations.models import Donation, State, StripeEvent
from tests.donations import build, objects

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = StripeEvent.Outcome


@pytest.fixture
def gift() -> Donation:
    return build.donation(build.campaign())


def arrive(kind: str, thing: dict[str, Any], **changes: Any) -> StripeEvent:
    told = objects.event(kind, thing, **changes)
    return StripeEvent.objects.create(stripe_id=told["id"], kind=kind, body=objects.body(told))


def later(**pause: int) -> int:
    return drain(timezone.now() + timedelta(**pause))


def test_a_completed_session_makes_the_gift_paid(gift: Donation) -> None:
    arrive("checkout.session.completed", objects.session(gift))
    assert later(seconds=1) == 1
    gift.refresh_from_db()
    assert (gift.state, gift.payment_intent) == (State.PAID, f"pi_{gift.reference}")


def test_news_told_again_is_no_news(gift: Donation) -> None:
    first = arrive("checkout.session.completed", objects.session(gift))
    second = arrive("checkout.session.completed", objects.session(gift))
    later(seconds=1)
    for event in (first, second):
        event.refresh_from_db()
    assert (first.outcome, second.outcome) == (Outcome.APPLIED, Outcome.NO_NEWS)


def test_an_expired_session_ends_as_what_it_is(gift: Donation) -> None:
    arrive("checkout.session.expired", objects.session(gift, status="expired", paid="unpaid"))
    later(seconds=1)
    gift.refresh_from_db()
    assert gift.state == State.EXPIRED


def test_an_event_about_nothing_we_know_waits_and_is_understood_later(gift: Donation) -> None:
    stranger = build.donation(gift.campaign)
    told = objects.session(stranger)
    Donation.objects.filter(pk=stranger.pk).delete()
    event = arrive("checkout.session.completed", told)
    arrive("checkout.session.completed", objects.session(gift))
    assert later(seconds=1) == 2
    event.refresh_from_db()
    gift.refresh_from_db()
    assert (event.tries, event.handled_at, gift.state) == (1, None, State.PAID)
    assert "no gift of ours" in event.problem

    stranger.save(force_insert=True)
    later(seconds=10)
    stranger.refresh_from_db()
    assert stranger.state == State.PAID


def test_an_event_that_is_never_understood_is_tried_ever_more_rarely_and_kept() -> None:
    event = arrive("charge.succeeded", {"object": "charge", "id": "ch_1"})
    for days in range(6):
        later(days=days)
    assert StripeEvent.objects.needing_a_person().get() == event
    event.refresh_from_db()
    assert event.retry_at > timezone.now()


def test_events_we_have_no_use_for_are_stamped_as_such() -> None:
    event = arrive("customer.created", {"object": "customer"})
    later(seconds=1)
    event.refresh_from_db()
    assert event.outcome == Outcome.NOT_OURS


@pytest.mark.parametrize(
    "changes", [{"amount_total": 1}, {"currency": "eur"}, {"livemode": True}], ids=lambda c: next(iter(c))
)
def test_what_does_not_fit_puts_the_gift_under_review(gift: Donation, changes: dict[str, Any]) -> None:
    arrive("checkout.session.completed", objects.session(gift, **changes))
    later(seconds=1)
    assert Donation.objects.needing_a_person().get().state == State.OPEN


@pytest.mark.parametrize("changes", [{"livemode": True}, {"account": "acct_1"}], ids=["livemode", "account"])
def test_an_event_of_another_installation_is_never_applied(gift: Donation, changes: dict[str, Any]) -> None:
    event = arrive("checkout.session.completed", objects.session(gift), **changes)
    later(seconds=1)
    gift.refresh_from_db()
    event.refresh_from_db()
    assert (gift.state, event.outcome, event.tries) == (State.OPEN, "", 1)


def test_a_refusal_of_the_database_costs_only_its_own_event(gift: Donation) -> None:
    other = build.donation(gift.campaign)
    Donation.objects.filter(pk=other.pk).update(payment_intent=f"pi_{gift.reference}")
    spoilt = arrive("checkout.session.completed", objects.session(gift, client_reference_id=gift.reference))
    third = build.donation(gift.campaign)
    arrive("checkout.session.completed", objects.session(third))
    later(seconds=1)
    spoilt.refresh_from_db()
    third.refresh_from_db()
    assert spoilt.handled_at is None
    assert "payment_intent" in spoilt.problem
    assert third.state == State.PAID


@pytest.mark.parametrize(
    "spoilt",
    [{"metadata": None, "client_reference_id": None}, {"currency": None}, {"created": 10**20}, {"amount_total": "x"}],
    ids=lambda changes: next(iter(changes)),
)
def test_an_object_of_an_odd_shape_holds_up_no_other(gift: Donation, spoilt: dict[str, Any]) -> None:
    odd = arrive("checkout.session.completed", objects.session(gift) | spoilt)
    other = build.donation(gift.campaign)
    arrive("checkout.session.completed", objects.session(other))
    later(seconds=1)
    other.refresh_from_db()
    odd.refresh_from_db()
    assert other.state == State.PAID
    assert odd.handled_at is None or Donation.objects.needing_a_person().exists()


def test_a_batch_that_another_worker_holds_is_left_to_it(gift: Donation) -> None:
    event = arrive("checkout.session.completed", objects.session(gift))

    def work() -> int:
        try:
            return later(seconds=1)
        finally:
            connection.close()

    with transaction.atomic(), concurrent.futures.ThreadPoolExecutor(1) as threads:
        StripeEvent.objects.select_for_update().get(pk=event.pk)
        assert threads.submit(work).result(timeout=20) == 0


def test_eight_workers_handle_each_event_once(gift: Donation) -> None:
    gifts = [build.donation(gift.campaign) for _ in range(150)]
    for each in gifts:
        arrive("checkout.session.completed", objects.session(each))
        arrive("charge.succeeded", objects.charge(each))
    now = timezone.now() + timedelta(seconds=1)

    def work(_: int) -> int:
        try:
            return drain(now)
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 300
    assert not StripeEvent.objects.waiting().exists()
    assert Donation.objects.filter(state=State.PAID).count() == 150


def test_an_object_of_an_odd_shape_is_put_off_and_holds_up_no_other(gift: Donation) -> None:
    odd = arrive("refund.created", {"object": "refund", "id": "re_odd"})
    assert handle_alone(Reading(odd, thing={"object": "refund", "id": "re_odd"}, as_of=timezone.now()), timezone.now())
    odd.refresh_from_db()
    assert (odd.tries, odd.handled_at, odd.problem) == (1, None, "KeyError: 'charge'")
