"""Refunds: what is paid back to a donor, and what becomes of it on the way."""

from donations.sandbox import errors, fraud_warnings, params
from donations.sandbox.currencies import check_refund, shown
from donations.sandbox.events import tell
from donations.sandbox.movements import available_with, move, worth
from donations.sandbox.world import NOBODY, Cause, Json, World, copied

DAY = 24 * 3600
BANK_TAKES = 3 * DAY
SUCCEEDS_LATER, FAILS_LATER = "4000000000007726", "4000000000005126"
FAILURES = (
    "charge_for_pending_refund_disputed", "declined", "expired_or_canceled_card", "insufficient_funds",
    "lost_or_stolen_card", "merchant_request", "unknown",
)  # fmt: skip
GAVE_NOTHING_BACK = {"failed", "canceled"}
FROM = {"succeeded": {"pending"}, "failed": {"pending", "succeeded"}, "canceled": {"pending"}}
CREATE: params.Fields = {
    **dict.fromkeys(("currency", "customer", "instructions_email", "origin"), params.not_simulated),
    "amount": params.integer(1),
    "charge": params.text(),
    "metadata": params.metadata,
    "payment_intent": params.text(),
    "reason": params.choice("duplicate", "fraudulent", "requested_by_customer"),
    "refund_application_fee": params.must_be(wanted=False),
    "reverse_transfer": params.must_be(wanted=False),
}


def create(world: World, given: Json, cause: Cause = NOBODY, *, pending: bool = False) -> Json:
    """Pay back all that is left of a charge, or a part. Raises StripeError where Stripe would refuse."""
    charge = _charge(world, given)
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    _check(world, charge, amount, left)
    refund = world.shelf("refunds").put(_refund(world, charge, given | {"amount": amount}))
    world.noted(charge["id"]).setdefault("refunds", []).append(refund["id"])
    _send(world, refund, charge, held=pending or _to_hold(world))
    before = _count(world, charge)
    tell(world, "refund.created", refund, cause=cause)
    tell(world, "charge.refunded", charge, cause=cause, before=before)
    if charge["refunded"]:
        fraud_warnings.spend(world, charge)
    return refund


def hold(world: World, times: int) -> None:
    """So many of the next refunds begin pending, for want of money on the balance."""
    world.noted("account")["refunds_to_hold"] = times


def advance(world: World, refund: Json, to: str, why: str = "unknown") -> Json:
    """A refund succeeds, fails or is cancelled. Raises StripeError where it can not any more."""
    if refund["status"] not in FROM[to]:
        raise errors.invalid(f"A refund that has {refund['status']} can not become {to}.")
    before = {"status": refund["status"]}
    charge = world.shelf("charges")[refund["charge"]]
    refund["status"] = to
    if "pending_reason" in refund:
        before["pending_reason"] = refund.pop("pending_reason")
    if to == "succeeded":
        if refund["balance_transaction"] is None:
            _pay(world, refund, charge)
        _tell_change(world, refund, before)
    else:
        _give_up(world, refund, charge, before, "merchant_request" if to == "canceled" else why)
    return refund


def succeed(world: World, refund_id: str) -> None:
    """It is time, if nothing else has come of it."""
    refund = world.shelf("refunds")[refund_id]
    if refund["status"] == "pending":
        advance(world, refund, "succeeded")


def fail(world: World, refund_id: str) -> None:
    refund = world.shelf("refunds")[refund_id]
    if refund["status"] not in GAVE_NOTHING_BACK:
        advance(world, refund, "failed", "expired_or_canceled_card")


def trace(world: World, refund_id: str) -> None:
    """The network says by which number the donor's bank finds the refund."""
    refund = world.shelf("refunds")[refund_id]
    if refund["status"] != "succeeded":
        return
    before = {"destination_details": copied(refund["destination_details"])}
    digits = "".join(str(ord(letter) % 10) for letter in refund["id"][-23:])
    refund["destination_details"]["card"] |= {"reference": digits, "reference_status": "available"}
    _tell_change(world, refund, before)


def of(world: World, charge: Json) -> list[Json]:
    """A charge's refunds, newest first."""
    return [world.shelf("refunds")[name] for name in reversed(world.noted(charge["id"]).get("refunds", []))]


def _charge(world: World, given: Json) -> Json:
    if ("charge" in given) == ("payment_intent" in given):
        raise errors.invalid(
            "One, and only one, of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    if "charge" in given:
        charge = world.shelf("charges").get(given["charge"])
        if charge is None:
            raise errors.no_such("charge", given["charge"], param="charge")
    else:
        charge = _charge_of_intent(world, given["payment_intent"])
    if charge["status"] != "succeeded":
        raise _nothing_to_refund(charge["payment_intent"])
    return charge


def _charge_of_intent(world: World, name: str) -> Json:
    intent = world.shelf("payment_intents").get(name)
    if intent is None:
        raise errors.no_such("payment_intent", name, param="payment_intent")
    if intent["latest_charge"] is None:
        raise _nothing_to_refund(name)
    return world.shelf("charges")[intent["latest_charge"]]


def _nothing_to_refund(intent: str) -> errors.StripeError:
    return errors.invalid(f"This PaymentIntent ({intent}) does not have a successful charge to refund.")


def _check(world: World, charge: Json, amount: int, left: int) -> None:
    disputes = [world.shelf("disputes")[name] for name in world.noted(charge["id"]).get("disputes", [])]
    if not all(dispute["is_charge_refundable"] for dispute in disputes):
        raise errors.invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if not left:
        raise errors.invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        wanted, rest = shown(amount, charge["currency"]), shown(left, charge["currency"])
        raise errors.invalid(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({rest})", param="amount"
        )
    check_refund(amount, charge["currency"], "amount")


def _to_hold(world: World) -> bool:
    account = world.noted("account")
    waiting: int = account.get("refunds_to_hold", 0)
    account["refunds_to_hold"] = max(waiting - 1, 0)
    return waiting > 0


def _send(world: World, refund: Json, charge: Json, *, held: bool) -> None:
    """Cards are paid back at once, or so it seems; banks take days. What is held takes no money until it goes."""
    number = world.noted(charge["payment_method"]).get("card", [""])[0]
    if held or number == SUCCEEDS_LATER:
        refund |= {"status": "pending", "pending_reason": "insufficient_funds" if held else "processing"}
        if not held:
            world.later(world.now() + BANK_TAKES, "refund_succeeds", refund["id"])
        return
    _pay(world, refund, charge)
    if not _by_card(charge):
        refund |= {"status": "pending", "pending_reason": "processing"}
        world.later(world.now() + BANK_TAKES, "refund_succeeds", refund["id"])
    elif number == FAILS_LATER:
        world.later(world.now() + BANK_TAKES, "refund_fails", refund["id"])
    else:
        world.later(world.now() + world.settle_after, "refund_traced", refund["id"])


def _pay(world: World, refund: Json, charge: Json) -> None:
    amount, rate = worth(world, refund["amount"], refund["currency"])
    name = "CHARGE" if _by_card(charge) else "PAYMENT"
    row = move(
        world,
        "refund" if _by_card(charge) else "payment_refund",
        -amount,
        source=refund["id"],
        description=f"REFUND FOR {name}" + (f" ({charge['description']})" if charge["description"] else ""),
        rate=rate,
        available_on=available_with(world, charge),
    )
    refund["balance_transaction"] = row["id"]


def _give_up(world: World, refund: Json, charge: Json, before: Json, why: str) -> None:
    """What had left the balance comes back to it, to the cent, and the charge is less refunded."""
    refund["failure_reason"] = why
    if paid := world.shelf("balance_transactions").get(refund["balance_transaction"] or ""):
        back = move(
            world,
            "refund_failure",
            -paid["amount"],
            source=refund["id"],
            description="REFUND FAILURE",
            rate=paid["exchange_rate"],
            available_on=paid["available_on"],
        )
        refund["failure_balance_transaction"] = back["id"]
    was = _count(world, charge)
    if refund["status"] == "failed":
        tell(world, "refund.failed", refund)
    _tell_change(world, refund, before)
    tell(world, "charge.updated", charge, before=was)


def _count(world: World, charge: Json) -> Json:
    """How much of the charge is refunded; what it was before."""
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] = sum(
        each["amount"] for each in of(world, charge) if each["status"] not in GAVE_NOTHING_BACK
    )
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    return {name: value for name, value in before.items() if charge[name] != value}


def _tell_change(world: World, refund: Json, before: Json) -> None:
    for kind in ("refund.updated", "charge.refund.updated"):
        tell(world, kind, refund, before=before)


def _by_card(charge: Json) -> bool:
    return bool(charge["payment_method_details"]["type"] == "card")


def _refund(world: World, charge: Json, given: Json) -> Json:
    return {
        "id": world.mint("re_3" if _by_card(charge) else "pyr_1", 23),
        "object": "refund",
        "amount": given["amount"],
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.today(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(charge),
        "metadata": given.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _destination(charge: Json) -> Json:
    if _by_card(charge):
        card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
        return {"card": card, "type": "card"}
    transfer = "us_bank_transfer" if charge["currency"] == "usd" else "eu_bank_transfer"
    return {transfer: {"reference": None, "reference_status": "pending"}, "type": transfer}
