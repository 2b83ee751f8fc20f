"""Pay by bank debit: the page is done, and days later the bank says whether there is any money."""

from donations.sandbox import banks, disputes, objects, payments
from donations.sandbox.banks import Account
from donations.sandbox.cards import Decline
from donations.sandbox.events import tell
from donations.sandbox.movements import move
from donations.sandbox.payments import Payer
from donations.sandbox.world import Cause, Json, World

DAY = 24 * 3600
BANK_TAKES = 4 * DAY
COMPLAINT_TAKES = 3 * DAY
COMES_BACK = {"bounced": "payment_failure_refund", "reversed": "payment_reversal"}


def offered(session: Json) -> bool:
    """Whether the session may be paid so: in some currencies, and as a gift of one time only."""
    return banks.KINDS.get(session["currency"]) in session["payment_method_types"]


def pay(world: World, session: Json, account: Account, payer: Payer, cause: Cause) -> None:
    """The donor's part is done. The charge is on the balance while it is pending, as Stripe has it."""
    intent = payments.open_intent(world, session, cause)
    billing = objects.billing_details(payer.email, payer.name)
    method = world.shelf("payment_methods").put(objects.bank_account(world, account, billing))
    charge = world.shelf("charges").put(objects.charge(world, intent, method) | {"status": "pending", "paid": False})
    intent |= {
        "status": "processing",
        "payment_method": method["id"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": objects.customer_details(payer.email, payer.name),
    }
    world.noted(charge["id"]).update(account=account.number, session=session["id"])
    tell(world, "charge.pending", charge, cause=cause)
    tell(world, "payment_intent.processing", intent, cause=cause)
    tell(world, "checkout.session.completed", session)
    world.later(world.now() + world.settle_after, "settle", charge["id"])
    if account.number not in banks.NEVER_ENDS:
        world.later(world.now() + BANK_TAKES, "debit_ends", charge["id"])


def end(world: World, charge_id: str) -> None:
    """The bank has answered, as the account's number says, if nothing else came first."""
    charge = world.shelf("charges")[charge_id]
    number = world.noted(charge_id)["account"]
    if charge["status"] != "pending":
        return
    if number in banks.FAILS:
        fail(world, charge, banks.FAILS[number])
        return
    succeed(world, charge)
    if number in banks.TAKEN_BACK:
        world.later(world.now() + COMPLAINT_TAKES, "debit_taken_back", charge_id)


def succeed(world: World, charge: Json) -> None:
    intent, session = _behind(world, charge)
    charge |= {"status": "succeeded", "paid": True}
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    session["payment_status"] = "paid"
    tell(world, "charge.succeeded", charge)
    tell(world, "payment_intent.succeeded", intent)
    tell(world, "checkout.session.async_payment_succeeded", session)


def fail(world: World, charge: Json, why: Decline) -> None:
    """There is no money. The session stays complete and unpaid: the donor would have to begin anew."""
    intent, session = _behind(world, charge)
    _come_back(world, charge, "payment_failure_refund", why, fee_too=True)
    tell(world, "charge.failed", charge)
    payments.ask_for_another(
        world, intent, world.shelf("payment_methods")[charge["payment_method"]], why, charge=charge
    )
    tell(world, "checkout.session.async_payment_failed", session)


def come_back(world: World, charge: Json, how: str, why: Decline = banks.NO_FUNDS) -> None:
    """The bank said yes, and days later no. Stripe keeps its fee."""
    if charge["status"] != "succeeded" or not charge["balance_transaction"]:
        raise ValueError("only a debit that had succeeded can come back")
    _come_back(world, charge, COMES_BACK[how], why, fee_too=False)
    tell(world, "charge.failed", charge)


def take_back(world: World, charge_id: str) -> None:
    """The donor's bank takes the money back in their name: a dispute that is lost already."""
    charge = world.shelf("charges")[charge_id]
    if charge["status"] == "succeeded" and not charge["disputed"]:
        disputes.return_debit(world, charge, "debit_not_authorized")


def _come_back(world: World, charge: Json, kind: str, why: Decline, *, fee_too: bool) -> None:
    charge |= {"status": "failed", "paid": False, "failure_code": why.code, "failure_message": why.message}
    came = world.shelf("balance_transactions").get(charge["balance_transaction"] or "")
    if came is None:
        return
    row = move(
        world,
        kind,
        -came["amount"],
        source=charge["id"],
        description="REFUND FOR FAILED PAYMENT",
        fee=-came["fee"] if fee_too else 0,
        rate=came["exchange_rate"],
        available_on=came["available_on"],
    )
    charge["failure_balance_transaction"] = row["id"]


def _behind(world: World, charge: Json) -> tuple[Json, Json]:
    if charge["status"] != "pending":
        raise ValueError(f"the debit has {charge['status']} already")
    intent = world.shelf("payment_intents")[charge["payment_intent"]]
    return intent, world.shelf("checkout_sessions")[world.noted(charge["id"])["session"]]
