"""Monthly gifts: how they stand at Stripe, and a donation for each payment that Stripe takes for one.

Stripe tells of a payment by its invoice and by the payment itself, and its balance has the charge. Whichever is heard
first makes the donation, and the others find it: by the payment intent, of which there is one to a donation.
"""

import json
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import stripe
from django.db import transaction
from django.utils import timezone
from stripe.params import InvoicePaymentListParams

from donations import subscription
from donations.lattice import State
from donations.models import BalanceTransaction, Donation, MonthlyGift
from donations.observation import Observation
from donations.stripe_api import client, patiently
from donations.subscription import Paid
from ledger.money import Money

log = logging.getLogger(__name__)
AT_ONCE = 100
NEVER_PAID = "incomplete_expired"  # Stripe's word for a promise whose first payment failed for good


@transaction.atomic
def hear_subscription(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in how a subscription stood at `as_of`; whether that was news, None where it is of no gift of ours."""
    gift = MonthlyGift.objects.named(subscription.reference(thing), str(thing.get("id")))
    if gift is None:
        return None
    said = subscription.standing(thing)
    if said.status == NEVER_PAID:
        gift.donations.filter(state=State.PENDING).move(State.FAILED)
    return gift.hear(said, as_of)


def hear_invoice(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in the payments of an invoice, which has them inside; as of hear_subscription()."""
    with transaction.atomic():
        gift = MonthlyGift.objects.named(*subscription.owner(thing))
        return None if gift is None else sum(take(gift, paid) for paid in subscription.payments(thing)) > 0


def hear_payment(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in one payment of an invoice, which it has inside; as of hear_subscription()."""
    with transaction.atomic():
        gift = MonthlyGift.objects.named(*subscription.owner(thing.get("invoice") or {}))
        paid = subscription.payment(thing)
        return None if gift is None else paid is not None and take(gift, paid)


def take(gift: MonthlyGift, paid: Paid) -> bool:
    """Stripe has this payment of the gift: the donation of it is paid. Taking it again changes nothing."""
    gift.begin(subscription=paid.subscription, customer=paid.customer)
    donation = donation_of(gift, paid)
    seen = Observation(
        reference=donation.reference,
        amount_minor=paid.amount_minor,
        currency=paid.currency,
        livemode=paid.livemode,
        towards=State.PAID,
        payment_intent=paid.payment_intent,
        charged_at=paid.at,
    )
    news = Donation.objects.filter(pk=donation.pk).hear(seen)
    if paid.charge:
        BalanceTransaction.objects.named_since(paid.charge, donation)
    return news


def donation_of(gift: MonthlyGift, paid: Paid) -> Donation:
    """The donation that this payment is for: the one the gift began with, or another. The gift must be locked."""
    known = gift.donations.filter(payment_intent=paid.payment_intent).first()
    first = gift.first_donation() if paid.first else None
    if known or (first and first.payment_intent is None):
        found = known or first
        Donation.objects.filter(pk=found.pk, invoice="").update(invoice=paid.invoice)  # type: ignore[union-attr]
        return found  # type: ignore[return-value]
    return Donation.objects.start(
        campaign=gift.campaign,
        amount=Money(paid.amount_minor, paid.currency),
        form_token=secrets.token_hex(16),
        monthly_gift=gift,
        invoice=paid.invoice,
        name=gift.name,
        email=gift.email,
        anonymous=gift.anonymous,
        message=gift.message,
        language=gift.language,
    )


def look_up(charges: Iterable[Observation]) -> None:
    """Find the monthly gifts behind charges that name nothing we know, so that they are donations by now.

    A charge does not say what it is for: the payment of an invoice does.
    """
    unnamed = {each.payment_intent for each in charges if each.payment_intent and not each.reference}
    known = Donation.objects.filter(payment_intent__in=unnamed).values_list("payment_intent", flat=True)
    for intent in sorted(unnamed - set(known)):
        try:
            ask_whose(intent)
        except ValueError:  # its money waits under suspense, like that of any charge that names nothing
            log.exception("what the payment %s is for cannot be understood", intent)


def ask_whose(intent: str) -> None:
    as_of = timezone.now()
    params: InvoicePaymentListParams = {
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "expand": ["data.invoice", "data.payment.payment_intent"],
    }
    answer = patiently(lambda: client().v1.invoice_payments.list(params))
    for thing in json.loads(str(answer))["data"]:
        hear_payment(thing, as_of)


def keep_up(now: datetime) -> int:
    """Ask how the gifts stand that Stripe has been silent about, up to a hundred; how many had changed."""
    changed = 0
    for gift in MonthlyGift.objects.silent(now).order_by("seen_at")[:AT_ONCE]:
        try:
            changed += bool(ask(gift))
        except (stripe.StripeError, ValueError) as error:
            log.warning("stripe did not say how monthly gift %s stands: %s", gift.pk, type(error).__name__)
    return changed


def ask(gift: MonthlyGift) -> bool | None:
    as_of = timezone.now()
    found = patiently(lambda: client().v1.subscriptions.retrieve(str(gift.subscription)))
    return hear_subscription(json.loads(str(found)), as_of)
