"""Gifts that are paid at the sandbox, and what may happen to them there."""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from donations import payouts, settlement
from donations.drain import drain
from donations.models import Donation, StripeEvent
from donations.reconcile import differing
from donations.sandbox.process import Sandbox
from tests.donations import objects

DAY = 24 * 3600


def paid(sandbox: Sandbox, donation: Donation, **changes: Any) -> dict[str, Any]:
    """Paid and settled at Stripe; we have not heard of it yet. Its ids by kind."""
    told = {
        "amount": donation.amount_minor,
        "currency": donation.currency.lower(),
        "client_reference_id": donation.reference,
        "metadata": {"donation": donation.reference},
    }
    gift: dict[str, Any] = sandbox.control("gifts", gifts=[told | changes])["gifts"][0]
    return gift


def hear(sandbox: Sandbox) -> int:
    """All events so far are in the inbox, and drained; how many were news to the inbox."""
    known = set(StripeEvent.objects.values_list("stripe_id", flat=True))
    fresh = [event for event in sandbox.look("events")["events"] if event["id"] not in known]
    store(fresh)
    drain(timezone.now())
    return len(fresh)


def store(events: list[dict[str, Any]]) -> None:
    StripeEvent.objects.bulk_create(
        [StripeEvent(stripe_id=event["id"], kind=event["type"], body=objects.body(event)) for event in events],
        ignore_conflicts=True,
    )


def settle() -> None:
    """What the beat does again and again."""
    settlement.sweep()
    payouts.keep_up(timezone.now() + timedelta(minutes=1))  # as if they were not asked just now


def agrees() -> bool:
    """The ledger's Stripe account is Stripe's balance, to the cent, and the books hold."""
    call_command("verify_ledger")
    return differing() == {}
