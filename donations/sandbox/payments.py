"""Pay for a session: the intent, the charge, the bank's answer, and later the money on the balance."""

from dataclasses import dataclass
from decimal import Decimal

from donations.sandbox import objects
from donations.sandbox.cards import NOT_AUTHENTICATED, Card, Decline
from donations.sandbox.currencies import SETTLEMENT, exchange_rate, rounded, settled
from donations.sandbox.events import tell
from donations.sandbox.world import NOBODY, Cause, Json, World

FEE_SHARE = Decimal("0.029")
FEE_FIXED = 30  # US cents


@dataclass(frozen=True, slots=True)
class Payer:
    email: str
    name: str


def pay(world: World, session: Json, card: Card, payer: Payer, cause: Cause) -> Decline | None:
    """Try the card on an open session; why it failed, if it did. The bank may ask for the donor first."""
    intent = _intent(world, session, cause)
    method = objects.payment_method(world, card, objects.billing_details(payer.email, payer.name))
    world.shelf("payment_methods").put(method)
    intent["payment_method"] = method["id"]
    if card.asks_for_authentication:
        _challenge(world, session, intent, cause)
        return None
    if card.decline:
        _refuse(world, intent, method, card.decline, cause)
        return card.decline
    _succeed(world, session, intent, method, cause)
    return None


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
    _ask_for_another_card(world, intent, method, NOT_AUTHENTICATED, charge=None, cause=cause)
    return NOT_AUTHENTICATED


def waiting_for_donor(world: World, session: Json) -> Json | None:
    intent = world.shelf("payment_intents").get(session["payment_intent"] or "")
    return intent if intent and intent["status"] == "requires_action" else None


def cancel(world: World, session: Json, cause: Cause = NOBODY) -> None:
    """An expired session takes its unpaid intent with it."""
    intent = world.shelf("payment_intents").get(session["payment_intent"] or "")
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
    if charge["balance_transaction"]:
        return
    amount = settled(charge["amount"], charge["currency"])
    transaction = objects.balance_transaction(
        world,
        charge,
        amount=amount,
        fee=rounded(amount * FEE_SHARE) + FEE_FIXED,
        currency=SETTLEMENT,
        rate=exchange_rate(charge["currency"]),
    )
    world.shelf("balance_transactions").put(transaction)
    world.later(transaction["available_on"], "mature", transaction["id"])
    charge["balance_transaction"] = transaction["id"]
    tell(world, "charge.updated", charge, before={"balance_transaction": None})


def mature(world: World, transaction_id: str) -> None:
    world.shelf("balance_transactions")[transaction_id]["status"] = "available"


def balance(world: World) -> Json:
    """What the balance transactions add up to."""
    sums = {"available": 0, "pending": 0}
    for transaction in world.shelf("balance_transactions"):
        sums[transaction["status"]] += transaction["net"]
    parts = {
        status: [{"amount": amount, "currency": SETTLEMENT, "source_types": {"card": amount}}]
        for status, amount in sums.items()
    }
    return {"object": "balance", "livemode": False, **parts}


def _intent(world: World, session: Json, cause: Cause) -> Json:
    """The session's intent, made when the donor first tries to pay, and kept for the next card."""
    if session["payment_intent"]:
        return world.shelf("payment_intents")[session["payment_intent"]]
    intent = objects.payment_intent(world, session, world.noted(session["id"])["payment_intent_data"])
    world.shelf("payment_intents").put(intent)
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


def _refuse(world: World, intent: Json, method: Json, why: Decline, cause: Cause) -> None:
    charge = objects.declined(objects.charge(world, intent, method), why.code, why.decline_code, why.message)
    world.shelf("charges").put(charge)
    intent["latest_charge"] = charge["id"]
    tell(world, "charge.failed", charge, cause=cause)
    _ask_for_another_card(world, intent, method, why, charge=charge, cause=cause)


def _ask_for_another_card(
    world: World, intent: Json, method: Json, why: Decline, *, charge: Json | None, cause: Cause
) -> None:
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


def _succeed(world: World, session: Json, intent: Json, method: Json, cause: Cause) -> None:
    charge = world.shelf("charges").put(objects.charge(world, intent, method))
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
    }
    billing = method["billing_details"]
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "url": None,
        "customer_details": objects.customer_details(billing["email"], billing["name"]),
    }
    tell(world, "charge.succeeded", charge, cause=cause)
    tell(world, "payment_intent.succeeded", intent, cause=cause)
    tell(world, "checkout.session.completed", session)
    world.later(world.now() + world.settle_after, "settle", charge["id"])
