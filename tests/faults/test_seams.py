"""Killed between any two steps and started again, a gift ends where an undisturbed one ends."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from donations.drain import drain
from donations.models import BalanceTransaction, Donation, State, StripeEvent
from donations.settlement import book, listed
from ledger.models import Posting
from receipts.issuing import issue
from receipts.mailing import mail
from receipts.models import Receipt, ReceiptDocument
from receipts.rendering import render
from tests.donations import build, objects
from tests.receipts import build as receipts

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


def way_of_a_gift(donation: Donation) -> None:
    """All that happens in workers from the stored events to the mailed receipt."""
    soon = timezone.now() + timedelta(seconds=1)
    drain(soon)
    book([listed(objects.balance_transaction(donation))])
    issue(soon)
    render(soon)
    mail(soon)


def arrived_gift() -> Donation:
    donation = build.donation(build.campaign(f"c{next(objects.serial)}"))
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
    return {
        "state": donation.state,
        "charged_at": donation.charged_at,
        "postings": sorted(Posting.objects.filter(fund=donation.campaign.card_fund).values_list("account", "amount")),
        "movements": BalanceTransaction.objects.filter(donation=donation).count(),
        "receipts": [
            (receipt.donor_email, bool(receipt.mailed_at), ReceiptDocument.objects.filter(receipt=receipt).exists())
            for receipt in Receipt.objects.filter(donation=donation)
        ],
        "waiting": StripeEvent.objects.waiting().count(),
    }


def test_killed_at_any_statement_and_started_again_a_gift_ends_the_same() -> None:
    receipts.issuer()
    undisturbed = arrived_gift()
    way_of_a_gift(undisturbed)
    expected = end_of(undisturbed)
    assert (expected["state"], expected["waiting"], len(expected["postings"])) == (State.SETTLED, 0, 3)

    for statement in itertools.count(1):
        gift = arrived_gift()
        try:
            with killed_at(statement):
                way_of_a_gift(gift)
        except Killed:
            connection.close()
            way_of_a_gift(gift)
            assert end_of(gift) == expected, f"killed at statement {statement}"
        else:
            break
    assert statement > 20
    numbers = Receipt.objects.order_by("number").values_list("number", flat=True)
    assert [int(number[-6:]) for number in numbers] == list(range(1, len(numbers) + 1))
    call_command("verify_ledger")
