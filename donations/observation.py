"""What a Stripe object says about a donation of ours. Pure: an object in, a statement out.

Sources: Stripe's object reference for checkout.session, payment_intent and charge (API version 2026-10-28.endive).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from donations.lattice import State, forward

StripeObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Observation:
    """One statement of Stripe's about the donation that `reference` or `payment_intent` names."""

    reference: str
    amount_minor: int
    currency: str
    livemode: bool
    towards: State | None = None
    checkout_session: str | None = None
    payment_intent: str | None = None
    charged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The part of a donation that Stripe can change."""

    state: State
    review: str = ""
    checkout_session: str | None = None
    payment_intent: str | None = None
    charged_at: datetime | None = None
    resolved: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What we asked Stripe for, and what every answer has to agree with."""

    amount_minor: int
    currency: str
    livemode: bool


def observe(thing: StripeObject, event: str = "") -> Observation | None:
    """What the object says, helped by the kind of event that brought it; None where it is none of our business.

    An object that is not of Stripe's published shape raises whatever reading it raises.
    """
    reader = READERS.get(thing["object"])
    if reader is None or thing.get("mode", "payment") not in {"payment", "subscription"}:
        return None
    seen = reader(thing)
    # A bank debit that failed leaves its session "complete" and "unpaid", as one that is still on its way.
    return replace(seen, towards=State.FAILED) if event == "checkout.session.async_payment_failed" else seen


def advance(asked: Asked, standing: Standing, seen: Observation) -> Standing:
    """The standing after hearing `seen`. Hearing it again, or after later news, changes nothing.

    What does not fit moves nothing, and opens a review, unless a person has resolved the same before.
    """
    if _of_an_unused_session(standing, seen):
        return standing
    if differs := difference(asked, standing, seen):
        known = differs in standing.resolved.splitlines()
        return standing if known else replace(standing, review=standing.review or differs)
    return replace(
        standing,
        state=forward(standing.state, seen.towards) if seen.towards else standing.state,
        checkout_session=standing.checkout_session or seen.checkout_session,
        payment_intent=standing.payment_intent or seen.payment_intent,
        charged_at=_latest(standing.charged_at, seen.charged_at),
    )


def _of_an_unused_session(standing: Standing, seen: Observation) -> bool:
    """A session that we never learned of, as Stripe failed while it made it, says nothing unless money comes of it."""
    another = standing.checkout_session and seen.checkout_session and standing.checkout_session != seen.checkout_session
    return bool(another) and seen.towards not in {State.PAID, State.PENDING}


def difference(asked: Asked, standing: Standing, seen: Observation) -> str:
    """Why what Stripe says is not what we asked for, in a sentence; empty where it agrees."""
    if (seen.amount_minor, seen.currency) != (asked.amount_minor, asked.currency):
        return (
            f"Stripe says {seen.amount_minor} {seen.currency} (smallest units),"
            f" we asked for {asked.amount_minor} {asked.currency}."
        )
    if seen.livemode != asked.livemode:
        return f"Stripe says livemode {seen.livemode}, this gift was started with livemode {asked.livemode}."
    for name in ("checkout_session", "payment_intent"):
        ours, theirs = getattr(standing, name), getattr(seen, name)
        if ours and theirs and ours != theirs:
            return f"Stripe says {name} {theirs}, this gift has {ours}: it may have been paid twice."
    return ""


def _session(thing: StripeObject) -> Observation:
    """Told with its payment intent inside, a session also says that a bank debit has failed."""
    intent = thing.get("payment_intent")
    paid = thing["status"] == "complete" and thing["payment_status"] == "paid"
    towards = State.PAID if paid else {"complete": State.PENDING, "expired": State.EXPIRED}.get(thing["status"])
    if towards == State.PENDING and isinstance(intent, dict) and intent["status"] in ENDED_WITHOUT_MONEY:
        towards = State.FAILED
    return Observation(
        reference=thing.get("client_reference_id") or _reference(thing),
        amount_minor=thing["amount_total"],
        currency=_currency(thing),
        livemode=thing["livemode"],
        towards=towards,
        checkout_session=thing["id"],
        payment_intent=_id(intent),
        charged_at=_moment(thing["created"]) if paid else None,
    )


def _payment_intent(thing: StripeObject) -> Observation:
    """A declined card is no end: the donor may try another on the same page. Only success is news."""
    paid = thing["status"] == "succeeded"
    return Observation(
        reference=_reference(thing),
        amount_minor=thing["amount_received"] if paid else thing["amount"],
        currency=_currency(thing),
        livemode=thing["livemode"],
        towards={"succeeded": State.PAID, "processing": State.PENDING}.get(thing["status"]),
        payment_intent=thing["id"],
        charged_at=_moment(thing["created"]) if paid else None,
    )


def _charge(thing: StripeObject) -> Observation:
    paid = thing["status"] == "succeeded" and thing["paid"]
    return Observation(
        reference=_reference(thing),
        amount_minor=thing["amount"],
        currency=_currency(thing),
        livemode=thing["livemode"],
        towards=State.PAID if paid else {"pending": State.PENDING}.get(thing["status"]),
        payment_intent=_id(thing.get("payment_intent")),
        charged_at=_moment(thing["created"]) if paid else None,
    )


ENDED_WITHOUT_MONEY = {"requires_payment_method", "canceled"}
READERS = {"checkout.session": _session, "payment_intent": _payment_intent, "charge": _charge}


def _reference(thing: StripeObject) -> str:
    """Ours, if the object came of a donation: Stripe lets anyone put what they like into the metadata of theirs."""
    return str((thing.get("metadata") or {}).get("donation") or "")


def _currency(thing: StripeObject) -> str:
    return (thing["currency"] or "").upper()


def _id(field: str | StripeObject | None) -> str | None:
    return field["id"] if isinstance(field, dict) else field


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _latest(*moments: datetime | None) -> datetime | None:
    """A session is made before its intent, and an intent before its charge: the charge's time wins in any order."""
    return max((moment for moment in moments if moment), default=None)
