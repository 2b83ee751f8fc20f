"""Killed between any two steps and started again, a deed ends where an undisturbed one ends."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as post
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from donations import checkout
from donations.drain import drain
from donations.followup import follow_up
from donations.models import BalanceTransaction, Donation, State, StripeEvent
from donations.observation import observe
from donations.sandbox.process import Sandbox
from donations.settlement import book, clear_waiting, listed
from donations.stripe_api import client
from ledger.models import Posting
from receipts.issuing import issue
from receipts.mailing import mail
from receipts.models import Receipt, ReceiptDocument
from receipts.rendering import render
from tests.donations import build, objects
from tests.receipts import build as receipts
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Not an Exception, as a killed process handles none."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """The process dies as it sends its nth statement to the database; what was not committed is rolled back."""
    count = itertools.count(1)

    def strike(execute: Callable[..., Any], *args: Any) -> Any:
        if next(count) == statement:
            raise Killed
        return execute(*args)

    with connection.execute_wrapper(strike):
        yield


def killed_anywhere[Thing](
    arrange: Callable[[], Thing], deed: Callable[[Thing], object], end: Callable[[Thing], object]
) -> tuple[Any, int]:
    """The deed is done undisturbed; then, to a new thing each time, it is killed at its first statement and done again,
    at its second, and so on. The end of all of them, which is one, and how often it was killed.
    """
    undisturbed = arrange()
    deed(undisturbed)
    expected = end(undisturbed)
    for statement in itertools.count(1):
        thing = arrange()
        try:
            with killed_at(statement):
                deed(thing)
        except Killed:
            connection.close()
            deed(thing)
            assert end(thing) == expected, f"killed at statement {statement}"
        else:
            assert end(thing) == expected
            return expected, statement - 1
    raise AssertionError


def way_of_a_gift(donation: Donation) -> None:
    """All that happens in workers from the stored events to the mailed receipt."""
    soon = timezone.now() + timedelta(minutes=1)
    drain(soon)
    book([listed(objects.balance_transaction(donation))])
    issue(soon)
    render(soon)
    mail(soon)


def new_gift() -> Donation:
    return build.donation(build.campaign(f"c{next(objects.serial)}"))


def arrived_gift() -> Donation:
    donation = new_gift()
    for kind, thing in (
        ("checkout.session.completed", objects.session(donation)),
        ("payment_intent.succeeded", objects.intent(donation)),
        ("charge.succeeded", objects.charge(donation)),
    ):
        told = objects.event(kind, thing)
        StripeEvent.objects.create(stripe_id=told["id"], kind=kind, body=objects.body(told))
    return donation


def end_of(donation: Donation) -> dict[str, Any]:
    donation.refresh_from_db()
    movements = BalanceTransaction.objects.filter(donation=donation)
    booked = Posting.objects.filter(entry__source__in=movements.values("stripe_id"))
    return {
        "state": donation.state,
        "charged_at": donation.charged_at,
        "movements": [movement.problem for movement in movements],
        "postings": sorted(booked.values_list("entry__kind", "fund__restricted", "account", "amount")),
        "receipts": [
            (receipt.donor_email, bool(receipt.mailed_at), ReceiptDocument.objects.filter(receipt=receipt).exists())
            for receipt in Receipt.objects.filter(donation=donation)
        ],
        "waiting": StripeEvent.objects.waiting().count(),
    }


def test_killed_at_any_statement_and_started_again_a_gift_ends_the_same() -> None:
    receipts.issuer()
    end, kills = killed_anywhere(arrived_gift, way_of_a_gift, end_of)
    assert kills > 20
    assert (end["state"], end["waiting"], len(end["postings"])) == (State.SETTLED, 0, 3)
    call_command("verify_ledger")

    numbers = Receipt.objects.order_by("number").values_list("number", flat=True)
    assert [int(number[-6:]) for number in numbers] == list(range(1, Donation.objects.count() + 1))
    names = [sent.message()["Message-ID"] for sent in post.outbox]
    assert len(set(names)) == len(numbers)
    assert len(names) > len(numbers)  # a worker killed after sending sent one again, under the same name


def gift_the_bank_confirmed() -> Donation:
    """Moved at Stripe, and under suspense, before the donor's bank said yes, which it has done by now."""
    donation = new_gift()
    pending = objects.charge(donation, status="pending")
    book([listed(objects.balance_transaction(donation, type="payment", source=pending))])
    confirmed = observe(objects.charge(donation))
    assert confirmed
    assert Donation.objects.hear(confirmed)
    return donation


def test_killed_at_any_statement_a_confirmed_gift_leaves_suspense_once() -> None:
    end, kills = killed_anywhere(gift_the_bank_confirmed, lambda _: clear_waiting(), end_of)
    assert kills > 5
    assert (end["state"], end["movements"]) == (State.SETTLED, [""])
    assert [kind for kind, *_ in end["postings"]] == ["stripe_cleared"] * 5 + ["stripe_unexplained"] * 2
    call_command("verify_ledger")


@pytest.fixture
def silent(sandbox: Sandbox) -> Sandbox:
    """A Stripe whose webhooks are all lost."""
    sandbox.control("deliveries", mode="drop")
    return sandbox


def gift_on_stripes_page(*, paid: bool = False) -> Donation:
    donation = new_gift()
    page = checkout.payment_page(donation)
    if paid:
        assert pay(page).status_code == 303
    donation.refresh_from_db()
    return donation


def here_and_at_stripe(donation: Donation) -> tuple[str, str]:
    """Where the gift stands with us, and its Checkout Session with Stripe."""
    donation.refresh_from_db()
    session = client().v1.checkout.sessions.retrieve(str(donation.checkout_session))
    return donation.state, str(session.status)


@pytest.mark.parametrize(
    ("paid", "expected"),
    [(False, (State.CANCELLED, "expired")), (True, (State.PAID, "complete"))],
    ids=["unpaid", "paid before that"],
)
def test_killed_at_any_statement_and_cancelled_again_a_gift_ends_the_same(
    silent: Sandbox, paid: bool, expected: tuple[str, str]
) -> None:
    end, kills = killed_anywhere(lambda: gift_on_stripes_page(paid=paid), checkout.cancel, here_and_at_stripe)
    assert kills >= 3
    assert end == expected


def gifts_of_yesterday(stripe: Sandbox) -> list[Donation]:
    """One paid, one left on Stripe's page until that ran out, one never brought there."""
    gifts = [gift_on_stripes_page(paid=True), gift_on_stripes_page(), new_gift()]
    stripe.control("clock", advance=25 * 3600)
    Donation.objects.filter(pk=gifts[-1].pk).update(created_at=timezone.now() - timedelta(hours=25))
    return gifts


def rounds(_: object) -> None:
    """As beat asks for them. The longer Stripe is silent about a gift, the later it is asked again."""
    for minutes in (3, 10, 30):
        follow_up(timezone.now() + timedelta(minutes=minutes))


def standings(gifts: list[Donation]) -> list[tuple[str, str]]:
    for gift in gifts:
        gift.refresh_from_db()
    return [(gift.state, gift.review) for gift in gifts]


def test_killed_at_any_statement_following_up_leaves_no_gift_in_doubt(silent: Sandbox) -> None:
    ends, kills = killed_anywhere(lambda: gifts_of_yesterday(silent), rounds, standings)
    assert kills > 8
    assert ends == [(State.PAID, ""), (State.EXPIRED, ""), (State.ABANDONED, "")]
