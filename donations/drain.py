"""Empty the inbox: find out what each event says, and move the donations it speaks of.

Events are taken in batches that share a commit. What cannot be understood costs only itself: it is put off and tried
again, ever more rarely, and never dropped.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from donations import disputes, monthly, payouts, refunds, testers
from donations.models import Donation, StripeEvent
from donations.observation import Observation, observe
from donations.stripe_api import client, patiently

log = logging.getLogger(__name__)
BATCH = 100
SPOILS = (DatabaseError, ValueError, LookupError, TypeError, AttributeError)  # refused by the database, or oddly shaped
Outcome = StripeEvent.Outcome
KINDS = frozenset({
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "charge.succeeded",
    "charge.updated",
})  # fmt: skip
# Rarer news of other objects, fetched as they are now. Each is heard by its own module.
Hear = Callable[[dict[str, Any], datetime], bool | None]
HEARERS: dict[str, Hear] = {
    "refund": refunds.hear,
    "dispute": disputes.hear,
    "radar.early_fraud_warning": disputes.hear_warning,
    "payout": payouts.hear,
    "subscription": monthly.hear_subscription,
    "invoice": monthly.hear_invoice,
    "invoice_payment": monthly.hear_payment,
}
PREFIXES = (
    "refund.", "charge.refund.", "charge.dispute.", "radar.early_fraud_warning.", "payout.",
    "customer.subscription.", "invoice.paid", "invoice.payment_failed", "invoice_payment.",
)  # fmt: skip
EXPAND = {"invoice": ["payments.data.payment.payment_intent"], "invoice_payment": ["invoice", "payment.payment_intent"]}


@dataclass(frozen=True, slots=True)
class Reading:
    """An event, and what it says of a gift, or another object as it was at `as_of`, or why nothing was found out."""

    event: StripeEvent
    seen: Observation | None = None
    thing: dict[str, Any] | None = None
    as_of: datetime | None = None
    declined: testers.Declined | None = None
    problem: str = ""


def drain(now: datetime) -> int:
    """Handle all events that are due at `now`; how many were."""
    handled = 0
    while batch := list(StripeEvent.objects.due(now)[:BATCH]):
        done = handle(batch, now)
        if not done:  # another worker holds them, and goes on with the rest
            break
        handled += done
    return handled


def handle(batch: Sequence[StripeEvent], now: datetime) -> int:
    """Apply a batch in one transaction; where one event spoils it, each in a transaction of its own."""
    readings = [read(event) for event in batch]
    try:
        return apply(readings, now)
    except SPOILS:
        log.exception("a batch of %d stripe events is applied one by one", len(batch))
    return sum(handle_alone(reading, now) for reading in readings)


def handle_alone(reading: Reading, now: datetime) -> int:
    try:
        return apply([reading], now)
    except SPOILS as error:
        return apply([replace(reading, seen=None, thing=None, declined=None, problem=in_a_line(error))], now)


def in_a_line(error: Exception) -> str:
    """Its first line: PostgreSQL repeats the row after it, and rows have names in them."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def read(event: StripeEvent) -> Reading:
    """What the event says, with its object in the API version we are written for."""
    if event.kind not in KINDS | testers.KINDS and not event.kind.startswith(PREFIXES):
        return Reading(event)
    try:
        told = json.loads(event.body)
        if problem := misdirected(told):
            return Reading(event, problem=problem)
        if event.kind in testers.KINDS:
            return Reading(event, declined=testers.read(told))
        thing = told["data"]["object"]
        as_of = timezone.now()
        if told["api_version"] != stripe.api_version or event.kind not in KINDS:
            thing = fetch(thing["object"], thing["id"])
        if event.kind in KINDS:
            return Reading(event, observe(thing, event.kind))
        return Reading(event, thing=thing, as_of=as_of)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with one event must not hold up the others)
        return Reading(event, problem=in_a_line(error))


def misdirected(told: dict[str, Any]) -> str:
    """Why the event is none of this service's, in a sentence."""
    if told.get("account"):
        return "This event is about a connected account, and we have none."
    if told["livemode"] != settings.STRIPE_LIVEMODE:
        return f"This event has livemode {told['livemode']}, unlike our key."
    return ""


def fetch(kind: str, stripe_id: str) -> dict[str, Any]:
    """The object as Stripe has it now, in our API version."""
    api = client().v1
    found = patiently(
        lambda: {
            "checkout.session": api.checkout.sessions.retrieve,
            "payment_intent": api.payment_intents.retrieve,
            "charge": api.charges.retrieve,
            "refund": api.refunds.retrieve,
            "dispute": api.disputes.retrieve,
            "radar.early_fraud_warning": api.radar.early_fraud_warnings.retrieve,
            "payout": api.payouts.retrieve,
            "subscription": api.subscriptions.retrieve,
            "invoice": api.invoices.retrieve,
            "invoice_payment": api.invoice_payments.retrieve,
        }[kind](stripe_id, {"expand": EXPAND.get(kind, [])})
    )
    return json.loads(str(found))  # type: ignore[no-any-return]


@transaction.atomic
def apply(readings: Sequence[Reading], now: datetime) -> int:
    """Lock the events nobody else is at, move their donations, stamp them; how many were tried."""
    free = StripeEvent.objects.waiting().filter(pk__in=[reading.event.pk for reading in readings])
    ours = set(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
    readings = [reading for reading in readings if reading.event.pk in ours]
    outcomes = hear(readings) | count_declines(readings, now)
    StripeEvent.objects.handled(outcomes, now)
    for reading in readings:
        if reading.event.pk not in outcomes:
            log.warning("stripe event %s is put off", reading.event.pk)
            reading.event.put_off(now, reading.problem or "It names no gift of ours.")
    return len(readings)


def hear(readings: Sequence[Reading]) -> dict[int, Outcome]:
    """Move the donations these speak of. The outcome by event; none for an event that is not understood yet."""
    outcomes = hear_others(readings)  # first: they change donations by themselves, and make new ones
    directory = Donation.objects.named_by([reading.seen for reading in readings if reading.seen]).directory()
    changed: dict[int, Donation] = {}
    for reading in readings:
        if reading.problem or reading.thing:
            continue
        if reading.seen is None:
            outcomes[reading.event.pk] = Outcome.NOT_OURS
        elif donation := directory.find(reading.seen):
            news = donation.hear(reading.seen)
            outcomes[reading.event.pk] = Outcome.APPLIED if news else Outcome.NO_NEWS
            changed |= {donation.pk: donation} if news else {}
    Donation.objects.save_standing(changed.values())
    return outcomes


def hear_others(readings: Sequence[Reading]) -> dict[int, Outcome]:
    """Take in what is said of other objects than gifts, each by its own module; the outcomes as of hear()."""
    outcomes: dict[int, Outcome] = {}
    for reading in readings:
        if reading.thing and reading.as_of and not reading.problem:
            news = HEARERS[reading.thing["object"]](reading.thing, reading.as_of)
            if news is not None:
                outcomes[reading.event.pk] = Outcome.APPLIED if news else Outcome.NO_NEWS
    return outcomes


def count_declines(readings: Sequence[Reading], now: datetime) -> dict[int, Outcome]:
    """Declined cards move no donation: the donor may try another one. They are counted against card testers."""
    told = {reading.event.pk: reading.declined for reading in readings if reading.declined}
    news = testers.hear(list(told.values()), now)
    return {pk: Outcome.APPLIED if each.attempt in news else Outcome.NO_NEWS for pk, each in told.items()}
