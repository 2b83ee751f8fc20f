"""Invoices: drawn up, made final, and paid in one payment, in several, with nothing or elsewhere; or never."""

from collections.abc import Sequence

from donations.sandbox import billing_objects as objects
from donations.sandbox import errors, payments
from donations.sandbox.cards import Decline
from donations.sandbox.events import tell
from donations.sandbox.objects import payment_intent
from donations.sandbox.world import NOBODY, Cause, Json, World

DESCRIPTIONS = {"subscription_create": "Subscription creation", "subscription_cycle": "Subscription update"}


def draw_up(world: World, subscription: Json, reason: str, amount: int | None = None) -> Json:
    """A draft for the subscription's present period; `amount`, where it is another than the prices say."""
    lines = [
        objects.invoice_line(world, item, item["price"]["unit_amount"] * item["quantity"] if amount is None else amount)
        for item in subscription["items"]["data"]
    ]
    customer = world.shelf("customers")[subscription["customer"]]
    invoice = world.shelf("invoices").put(objects.invoice(world, subscription, customer, reason, lines))
    subscription["latest_invoice"] = invoice["id"]
    tell(world, "invoice.created", invoice)
    return invoice


def finalize(world: World, invoice: Json) -> None:
    """From now on it is a debt, with a number."""
    customer = world.shelf("customers")[invoice["customer"]]
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    invoice |= {"status": "open", "number": number, "automatically_finalizes_at": None, "effective_at": world.today()}
    _stamp(world, invoice, "finalized_at")
    tell(world, "invoice.finalized", invoice)


def expect(world: World, invoice: Json, amount: int | None = None, intent: Json | None = None) -> Json:
    """A payment for this invoice, of all that remains or a part, with its intent; nothing has been tried yet."""
    if intent is None:
        due = invoice["amount_remaining"] if amount is None else amount
        intent = payment_intent(world, {"amount_total": due, "currency": invoice["currency"]}, {})
        world.shelf("payment_intents").put(intent)
    intent |= {
        "customer": invoice["customer"],
        "description": DESCRIPTIONS.get(invoice["billing_reason"], "Invoice"),
        "setup_future_usage": "off_session",
    }
    default = not payments_of(world, invoice)
    return world.shelf("invoice_payments").put(objects.invoice_payment(world, invoice, intent, is_default=default))


def payments_of(world: World, invoice: Json) -> list[Json]:
    return [each for each in world.shelf("invoice_payments") if each["invoice"] == invoice["id"]]


def open_payment(world: World, invoice: Json) -> Json:
    """The payment to be tried next: the one that was tried before, or a new one."""
    waiting = [each for each in payments_of(world, invoice) if each["status"] == "open"]
    return waiting[0] if waiting else expect(world, invoice)


def collect(
    world: World, invoice: Json, method: Json, *, refused: Decline | None, cause: Cause, parts: Sequence[int] = ()
) -> Decline | None:
    """Charge the card for it, in so many parts; why the bank said no, if it did."""
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    if refused:
        intent = intent_of(world, open_payment(world, invoice))
        payments.refuse(world, intent, method, refused, cause)
        return refused
    for part in parts or [invoice["amount_remaining"]]:
        payment = expect(world, invoice, part) if parts else open_payment(world, invoice)
        intent = intent_of(world, payment)
        intent["payment_method"] = method["id"]
        payments.charge(world, intent, method, cause)
        take(world, invoice, payment)
    return None


def intent_of(world: World, payment: Json) -> Json:
    return world.shelf("payment_intents")[payment["payment"]["payment_intent"]]


def take(world: World, invoice: Json, payment: Json) -> None:
    """This payment has succeeded; the last one makes the invoice paid."""
    amount = payment["amount_requested"]
    payment |= {"status": "paid", "amount_paid": amount}
    payment["status_transitions"]["paid_at"] = world.today()
    invoice["amount_paid"] += amount
    invoice["amount_remaining"] -= amount
    if invoice["amount_remaining"] == 0:
        settle(world, invoice)
    tell(world, "invoice_payment.paid", payment)


def settle(world: World, invoice: Json) -> None:
    """Nothing is due any more."""
    invoice |= {"status": "paid", "auto_advance": False, "next_payment_attempt": None, "ending_balance": 0}
    _stamp(world, invoice, "paid_at")
    tell(world, "invoice.paid", invoice)
    tell(world, "invoice.payment_succeeded", invoice)


def settle_elsewhere(world: World, invoice: Json) -> None:
    """Somebody said that it was paid in cash or the like: no money of ours moved."""
    _let_go(world, invoice)
    invoice |= {"amount_paid": invoice["amount_due"], "amount_remaining": 0}
    settle(world, invoice)


def void_at_will(world: World, invoice: Json, cause: Cause) -> Json:
    """POST /v1/invoices/{id}/void: what was due is due no more. Raises StripeError."""
    if invoice["status"] not in {"open", "uncollectible"}:
        raise errors.invalid("You can only pass in open invoices. This invoice isn't open.", param="invoice")
    void(world, invoice, cause)
    return invoice


def void(world: World, invoice: Json, cause: Cause = NOBODY) -> None:
    _let_go(world, invoice)
    invoice |= {"status": "void", "auto_advance": False, "next_payment_attempt": None}
    _stamp(world, invoice, "voided_at")
    tell(world, "invoice.voided", invoice, cause=cause)


def give_up(world: World, invoice: Json) -> None:
    invoice |= {"status": "uncollectible", "auto_advance": False, "next_payment_attempt": None}
    _stamp(world, invoice, "marked_uncollectible_at")
    tell(world, "invoice.marked_uncollectible", invoice)


def tell_failure(world: World, invoice: Json, *, action_required: bool, cause: Cause = NOBODY) -> None:
    if action_required:
        tell(world, "invoice.payment_action_required", invoice, cause=cause)
    tell(world, "invoice.payment_failed", invoice, cause=cause)


def _let_go(world: World, invoice: Json) -> None:
    """No payment of it is waited for any more."""
    for payment in payments_of(world, invoice):
        if payment["status"] == "open":
            payment["status"] = "canceled"
            payment["status_transitions"]["canceled_at"] = world.today()


def _stamp(world: World, invoice: Json, moment: str) -> None:
    invoice["status_transitions"][moment] = world.today()
