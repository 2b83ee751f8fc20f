"""Payouts: what is available leaves for the bank, arrives or comes back; and which money each of them is made of."""

from donations.sandbox import errors
from donations.sandbox.currencies import SETTLEMENT
from donations.sandbox.events import tell
from donations.sandbox.movements import move
from donations.sandbox.world import Json, World

DAY = 24 * 3600
FROM = {
    "in_transit": {"pending"},
    "paid": {"pending", "in_transit"},
    "failed": {"pending", "in_transit", "paid"},
    "canceled": {"pending"},
}
BACK = {"failed": "payout_failure", "canceled": "payout_cancel"}
REFUSED = "The bank could not process this transfer."


def create(world: World, amount: int | None = None, *, automatic: bool = True) -> Json:
    """Automatic: all that is available, row by row. By hand: an amount, of nothing in particular."""
    rows = _free(world)
    available = sum(row["net"] for row in rows)
    amount = available if amount is None else amount
    if not 0 < amount <= available or (automatic and amount != available):
        raise errors.invalid(
            f"You have insufficient funds in your Stripe account for this transfer: {available} are available.",
            code="balance_insufficient",
        )
    payout = world.shelf("payouts").put(_payout(world, amount, automatic=automatic))
    own = move(world, "payout", -amount, source=payout["id"], description="STRIPE PAYOUT")
    payout["balance_transaction"] = own["id"]
    if automatic:
        _gather(world, payout, [*rows, own])
    tell(world, "payout.created", payout)
    world.later(max(payout["arrival_date"] - DAY, world.now()), "payout_leaves", payout["id"])
    world.later(payout["arrival_date"], "payout_arrives", payout["id"])
    return payout


def every_day(world: World, wanted: bool) -> None:
    """From the next midnight on, all that is available goes out each day, or no more."""
    account = world.noted("account")
    running, account["daily_payouts"] = account.get("daily_payouts", False), wanted
    if wanted and not running:
        _schedule(world)


def pay_out(world: World, account: str) -> None:
    """Another midnight."""
    if world.noted(account).get("daily_payouts"):
        if sum(row["net"] for row in _free(world)) > 0:
            create(world)
        _schedule(world)


def compose(world: World, payout_id: str) -> None:
    """Stripe has worked out which money an automatic payout is made of."""
    payout = world.shelf("payouts")[payout_id]
    if payout["reconciliation_status"] == "in_progress":
        payout["reconciliation_status"] = "completed"
        before = {"reconciliation_status": "in_progress"}
        tell(world, "payout.updated", payout, before=before)
        tell(world, "payout.reconciliation_completed", payout)


def leave(world: World, payout_id: str) -> None:
    """It is time, if nothing else has come of it."""
    payout = world.shelf("payouts")[payout_id]
    if payout["status"] in FROM["in_transit"]:
        advance(world, payout, "in_transit")


def arrive(world: World, payout_id: str) -> None:
    payout = world.shelf("payouts")[payout_id]
    if payout["status"] in FROM["paid"]:
        advance(world, payout, "paid")


def advance(world: World, payout: Json, to: str, why: str = "could_not_process") -> Json:
    """One step on, or the end. The bank may send back even what was paid. Raises StripeError where there is no way."""
    if payout["status"] not in FROM[to]:
        raise errors.invalid(f"A payout that is {payout['status']} can not become {to}.")
    compose(world, payout["id"])
    before = {"status": payout["status"]}
    payout["status"] = to
    if to in BACK:
        _take_back(world, payout, BACK[to])
    if to == "failed":
        payout |= {"failure_code": why, "failure_message": REFUSED}
    tell(world, "payout.updated" if to == "in_transit" else f"payout.{to}", payout, before=before)
    return payout


def contents(world: World, payout: Json) -> set[str]:
    """The balance transactions it is made of, its own among them. Raises StripeError for one made by hand."""
    if not payout["automatic"]:
        raise errors.invalid(
            "Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout"
        )
    known = payout["reconciliation_status"] == "completed"
    return set(world.noted(payout["id"])["rows"] if known else [payout["balance_transaction"]])


def _free(world: World) -> list[Json]:
    """What is available and in no payout yet."""
    return [
        row
        for row in world.shelf("balance_transactions")
        if row["status"] == "available" and "payout" not in world.notes.get(row["id"], {})
    ]


def _gather(world: World, payout: Json, rows: list[Json]) -> None:
    world.noted(payout["id"])["rows"] = [row["id"] for row in rows]
    for row in rows:
        world.noted(row["id"])["payout"] = payout["id"]
    world.later(world.now() + world.settle_after, "payout_composed", payout["id"])


def _take_back(world: World, payout: Json, kind: str) -> None:
    """The whole of it is on the balance again, as one row, for the next payout."""
    row = move(world, kind, payout["amount"], source=payout["id"], description="STRIPE PAYOUT FAILURE")
    payout["failure_balance_transaction"] = row["id"]


def _schedule(world: World) -> None:
    world.later((world.today() // DAY + 1) * DAY, "pay_out", "account")


def _payout(world: World, amount: int, *, automatic: bool) -> Json:
    account = world.noted("account")
    bank = account["bank"] = account.get("bank") or world.mint("ba_1")
    return {
        "id": world.mint("po_1"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": (world.today() + 2 * DAY) // DAY * DAY,
        "automatic": automatic,
        "balance_transaction": None,
        "created": world.today(),
        "currency": SETTLEMENT,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": bank,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
