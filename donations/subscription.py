"""What Stripe's objects say about a monthly gift. Pure: an object in, a statement out.

Sources: Stripe's object reference for subscription, invoice and invoice_payment (API version 2026-10-28.endive). An
object that is not of that shape raises ValueError.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

StripeObject = dict[str, Any]


class Promise(TextChoices):
    """How a monthly gift stands."""

    OPEN = "open", _("not begun")
    ACTIVE = "active", _("active")
    LATE = "late", _("the last payment failed")
    UNPAID = "unpaid", _("payments failed for long")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("stopped")
    UNKNOWN = "unknown", _("unknown to us")


PROMISES = {
    "active": Promise.ACTIVE,
    "trialing": Promise.ACTIVE,
    "incomplete": Promise.LATE,
    "past_due": Promise.LATE,
    "unpaid": Promise.UNPAID,
    "paused": Promise.PAUSED,
    "canceled": Promise.ENDED,
    "incomplete_expired": Promise.ENDED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """How a subscription stands, in the fields of a monthly gift. Of one that is over, only that."""

    subscription: str
    customer: str
    state: Promise
    status: str
    ended_reason: str
    item: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    every: str | None = None
    next_on: date | None = None

    def fields(self) -> dict[str, Any]:
        """Those of which it says something."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment of one invoice: a donation's money, and the promise it keeps."""

    monthly_gift: str
    subscription: str
    customer: str
    invoice: str
    first: bool
    payment_intent: str
    charge: str
    amount_minor: int
    currency: str
    livemode: bool
    at: datetime


def _of_published_shape[**P, Answer](read: Callable[P, Answer]) -> Callable[P, Answer]:
    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return read(*args, **kwargs)
        except (LookupError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"Stripe's object cannot be understood: {type(error).__name__} {error}") from error

    return reading


def reference(thing: StripeObject) -> str:
    """The monthly gift's, on an object that came of one."""
    return str((thing.get("metadata") or {}).get("monthly_gift") or "")


@_of_published_shape
def standing(subscription: StripeObject) -> Said:
    said = Said(
        subscription=subscription["id"],
        customer=_id(subscription["customer"]),
        state=promise(subscription["status"], paused=bool(subscription.get("pause_collection"))),
        status=subscription["status"],
        ended_reason=(subscription.get("cancellation_details") or {}).get("reason") or "",
    )
    if said.state == Promise.ENDED:
        return said
    (item,) = subscription["items"]["data"]
    price = item["price"]
    return replace(
        said,
        item=item["id"],
        amount_minor=price["unit_amount"] * item["quantity"],
        currency=price["currency"].upper(),
        every=price["recurring"]["interval"],
        next_on=_moment(item["current_period_end"]).date(),
    )


def promise(status: str, *, paused: bool) -> Promise:
    """A status that Stripe has invented since is unknown, and no pause hides that, nor an end."""
    stands = PROMISES.get(status, Promise.UNKNOWN)
    return Promise.PAUSED if paused and stands not in {Promise.ENDED, Promise.UNKNOWN} else stands


@_of_published_shape
def payments(invoice: StripeObject) -> list[Paid]:
    """Those that have succeeded at Stripe, of an invoice with its payments inside.

    An invoice of nothing has none, and one that was paid elsewhere has none that Stripe moved.
    """
    return [paid for each in invoice["payments"]["data"] if (paid := payment(each | {"invoice": invoice}))]


@_of_published_shape
def payment(thing: StripeObject) -> Paid | None:
    """What an invoice payment says, with its invoice inside; None where no money of a promise has moved by it."""
    invoice, intent = thing["invoice"], thing["payment"].get("payment_intent")
    of = (invoice.get("parent") or {}).get("subscription_details")
    if thing["status"] != "paid" or not intent or not of or not thing["amount_paid"]:
        return None
    return Paid(
        monthly_gift=reference(of),
        subscription=_id(of["subscription"]),
        customer=_id(invoice["customer"]),
        invoice=invoice["id"],
        first=invoice["billing_reason"] == "subscription_create",
        payment_intent=_id(intent),
        charge=_id(intent["latest_charge"] or "") if isinstance(intent, dict) else "",
        amount_minor=thing["amount_paid"],
        currency=thing["currency"].upper(),
        livemode=thing["livemode"],
        at=_moment(thing["status_transitions"]["paid_at"]),
    )


@_of_published_shape
def owner(invoice: StripeObject) -> tuple[str, str]:
    """The monthly gift and the subscription that an invoice is of; both empty where it is of none."""
    of = (invoice.get("parent") or {}).get("subscription_details") or {}
    return reference(of), _id(of.get("subscription") or "")


def _id(field: str | StripeObject) -> str:
    return field["id"] if isinstance(field, dict) else field


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
