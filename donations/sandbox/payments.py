"""Pay for a session: the intent, the charge, the bank's answer, and later the money on the balance."""

from dataclasses import dataclass
from decimal import Decimal

from donations.sandbox import movements, objects
from donations.sandbox.cards import NOT_AUTHENTICATED, Card, Decline
from donations.sandbox.currencies import rounded
from donations.sandbox.events import tell
from donations.sandbox.world import NOBODY, Cause, Json, World

FEE_SHARE = Decimal("0.029")
FEE_FIXED = 30  # US cents
DEBIT_SHARE, DEBIT_MOST = Decimal("0.008"), 5_00
DAY = 24 * 3600
CARDS_WAIT, DEBITS_WAIT = 2 * DAY, 6 * DAY  # until the money can be paid out


@dataclass(frozen=True, slots=True)
class Payer:
    email: str
    name: str


def pay(world: World, session: Json, card: Card, payer: Payer, cause: Cause) -> Decline | None:
    """Try the card on an open session; why it failed, if it did. The bank may ask for the donor first."""
    intent = open_intent(world, session, cause)
    method = keep(world, card, payer)
    intent["payment_method"] = method["id"]
    if card.asks_for_authentication:
        _challenge(world, session, intent, cause)
        return None
    if card.decline:
        refuse(world, intent, method, card.decline, cause)
        return card.decline
    _succeed(world, session, intent, method, cause)
    return None


def keep(world: World, card: Card, payer: Payer) -> Json:
    """The card as a payment method; its number stays between Stripe and the bank."""
    method = objects.payment_method(world, card, objects.billing_details(payer.email, payer.name))
    world.noted(method["id"])["card"] = [card.number, card.month, card.year]
    return world.shelf("payment_methods").put(method)


def authenticate(world: World, session: Json, *, passed: bool, cause: Cause) -> Decline | None:
    """The donor came back from their bank; nothing happens where no bank had asked."""
    intent = waiting_for_donor(world, session)
    if intent is None:
        return None
    method = world.shelf("payment_methods")[intent["payment_method"]]
    intent["next_action"] = None
    if passed:
        _succeed(world, session, intent, method, cause)
        return None
    ask_for_another(world, intent, method, NOT_AUTHENTICATED, charge=None, cause=cause)
    return NOT_AUTHENTICATED


def waiting_for_donor(world: World, session: Json) -> Json | None:
    intent = intent_of(world, session)
    return intent if intent and intent["status"] == "requires_action" else None


def intent_of(world: World, session: Json) -> Json | None:
    """The intent by which the session is paid. One that begins a subscription does not show it."""
    name = session["payment_intent"] or world.noted(session["id"]).get("payment_intent")
    return world.shelf("payment_intents")[name] if name else None


def cancel(world: World, session: Json, cause: Cause = NOBODY) -> None:
    """An expired session takes its unpaid intent with it."""
    intent = intent_of(world, session)
    if intent:
        intent |= {
            "status": "canceled",
            "canceled_at": world.today(),
            "cancellation_reason": "expired",
            "next_action": None,
        }
        tell(world, "payment_intent.canceled", intent, cause=cause)


def settle(world: World, charge_id: str) -> None:
    """The money reaches the balance, converted and less the fee. Settling twice changes nothing."""
    charge = world.shelf("charges")[charge_id]
    if charge["balance_transaction"] or charge["status"] == "failed":
        return
    amount, rate = movements.worth(world, charge["amount"], charge["currency"])
    by_card = charge["payment_method_details"]["type"] == "card"
    row = movements.move(
        world,
        "charge" if by_card else "payment",
        amount,
        source=charge["id"],
        description=charge["description"],
        fee=rounded(amount * FEE_SHARE) + FEE_FIXED if by_card else min(rounded(amount * DEBIT_SHARE), DEBIT_MOST),
        rate=rate,
        available_on=(world.today() + (CARDS_WAIT if by_card else DEBITS_WAIT)) // DAY * DAY,
    )
    charge["balance_transaction"] = row["id"]
    tell(world, "charge.updated", charge, before={"balance_transaction": None})
    world.do("complain", charge["id"])


def open_intent(world: World, session: Json, cause: Cause) -> Json:
    """The session's intent, made when the donor first tries to pay, and kept for the next card."""
    if known := intent_of(world, session):
        return known
    intent = objects.payment_intent(world, session, world.noted(session["id"])["payment_intent_data"])
    world.shelf("payment_intents").put(intent)
    world.noted(session["id"])["payment_intent"] = intent["id"]
    if session["mode"] == "payment":
        session["payment_intent"] = intent["id"]
    tell(world, "payment_intent.created", intent, cause=cause)
    return intent


def _challenge(world: World, session: Json, intent: Json, cause: Cause) -> None:
    intent["status"] = "requires_action"
    intent["next_action"] = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": session["url"], "url": f"{session['url']}/authenticate"},
    }
    tell(world, "payment_intent.requires_action", intent, cause=cause)


def refuse(world: World, intent: Json, method: Json, why: Decline, cause: Cause) -> None:
    charge = objects.declined(objects.charge(world, intent, method), why.code, why.decline_code, why.message)
    world.shelf("charges").put(charge)
    intent["latest_charge"] = charge["id"]
    tell(world, "charge.failed", charge, cause=cause)
    ask_for_another(world, intent, method, why, charge=charge, cause=cause)


def ask_for_another(
    world: World, intent: Json, method: Json, why: Decline, *, charge: Json | None, cause: Cause = NOBODY
) -> None:
    """The payment method was refused: the intent waits for another."""
    error = {
        "code": why.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
        "message": why.message,
        "payment_method": method,
        "type": "card_error" if charge else "invalid_request_error",
    }
    if charge:
        error["charge"] = charge["id"]
    if why.decline_code:
        error["decline_code"] = why.decline_code
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    tell(world, "payment_intent.payment_failed", intent, cause=cause)


def charge(world: World, intent: Json, method: Json, cause: Cause) -> None:
    """The bank says yes; the money comes later."""
    charge = world.shelf("charges").put(objects.charge(world, intent, method))
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    tell(world, "charge.succeeded", charge, cause=cause)
    tell(world, "payment_intent.succeeded", intent, cause=cause)
    world.later(world.now() + world.settle_after, "settle", charge["id"])


def _succeed(world: World, session: Json, intent: Json, method: Json, cause: Cause) -> None:
    billing = method["billing_details"]
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "url": None,
        "customer_details": objects.customer_details(billing["email"], billing["name"]),
    }
    if session["mode"] == "subscription":
        world.do("subscribe", session["id"])
    else:
        charge(world, intent, method, cause)
    tell(world, "checkout.session.completed", session)
