"""Stripe's objects as our tests need them: just the fields that are read, with the names Stripe gives them."""

import itertools
import json
import time
from typing import Any

import stripe

from donations.models import Donation

serial = itertools.count(1)


def session(donation: Donation, *, status: str = "complete", paid: str = "paid", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"cs_test_{donation.reference}",
        "object": "checkout.session",
        "mode": "payment",
        "status": status,
        "payment_status": paid,
        "client_reference_id": donation.reference,
        "metadata": {"donation": donation.reference},
        "amount_total": donation.amount_minor,
        "currency": donation.currency.lower(),
        "livemode": False,
        "payment_intent": f"pi_{donation.reference}" if status == "complete" else None,
        "created": 1_790_000_000,
    } | changes


def intent(donation: Donation, *, status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"pi_{donation.reference}",
        "object": "payment_intent",
        "status": status,
        "metadata": {"donation": donation.reference},
        "amount": donation.amount_minor,
        "amount_received": donation.amount_minor if status == "succeeded" else 0,
        "currency": donation.currency.lower(),
        "livemode": False,
        "created": 1_790_000_060,
    } | changes


def charge(donation: Donation, *, status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"ch_{donation.reference}",
        "object": "charge",
        "status": status,
        "paid": status == "succeeded",
        "payment_intent": f"pi_{donation.reference}",
        "metadata": {"donation": donation.reference},
        "amount": donation.amount_minor,
        "currency": donation.currency.lower(),
        "livemode": False,
        "balance_transaction": None,
        "created": 1_790_000_090,
    } | changes


def event(kind: str, thing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{next(serial)}",
        "object": "event",
        "type": kind,
        "api_version": stripe.api_version,
        "livemode": False,
        "created": 1_790_000_100,
        "data": {"object": thing},
    } | changes


def signed(body: str, *, secret: str = "whsec_tests", at: float | None = None) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(at or time.time()))
    return header


def body(told: dict[str, Any]) -> str:
    return json.dumps(told)


def balance_transaction(donation: Donation, **changes: Any) -> dict[str, Any]:
    """As the list gives it, with its charge inside: 2.9 % and 30 cents of fee."""
    fee = round(donation.amount_minor * 0.029) + 30
    return {
        "id": f"txn_{donation.reference}",
        "object": "balance_transaction",
        "type": "charge",
        "source": charge(donation),
        "currency": donation.currency.lower(),
        "amount": donation.amount_minor,
        "fee": fee,
        "net": donation.amount_minor - fee,
        "exchange_rate": None,
        "created": 1_790_000_095,
    } | changes


def refund(donation: Donation, amount: int | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"re_{next(serial)}",
        "object": "refund",
        "amount": amount or donation.amount_minor,
        "currency": donation.currency.lower(),
        "charge": f"ch_{donation.reference}",
        "payment_intent": f"pi_{donation.reference}",
        "status": "succeeded",
        "metadata": {},
        "created": 1_790_000_200,
    } | changes


def dispute(donation: Donation, amount: int | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"du_{next(serial)}",
        "object": "dispute",
        "amount": amount or donation.amount_minor,
        "currency": donation.currency.lower(),
        "charge": f"ch_{donation.reference}",
        "payment_intent": f"pi_{donation.reference}",
        "status": "needs_response",
        "reason": "fraudulent",
        "evidence_details": {"due_by": 1_791_000_000},
        "created": 1_790_000_300,
    } | changes


def movement(kind: str, source: dict[str, Any], amount: int, fee: int = 0, **changes: Any) -> dict[str, Any]:
    """A balance transaction in US cents that is no new gift."""
    return {
        "id": f"txn_{next(serial)}",
        "object": "balance_transaction",
        "type": kind,
        "source": source,
        "currency": "usd",
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "exchange_rate": None,
        "created": 1_790_000_400,
    } | changes


def declined_charge(donation: Donation, **changes: Any) -> dict[str, Any]:
    """A card that the donor's bank refused; every call is another attempt."""
    return charge(donation, status="failed") | {
        "id": f"ch_declined_{next(serial)}",
        "payment_method_details": {"type": "card"},
        "billing_details": {"email": donation.email},
        **changes,
    }


def after_decline(charge: dict[str, Any], donation: Donation) -> dict[str, Any]:
    """The payment intent as it is told when this charge has failed."""
    error = {"charge": charge["id"], "payment_method": {"type": "card", "billing_details": charge["billing_details"]}}
    return intent(donation, status="requires_payment_method", last_payment_error=error, metadata=charge["metadata"])
