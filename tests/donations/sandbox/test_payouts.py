"""Money leaves for the bank: all that is available, each cent once, and back again where the bank refuses."""

from typing import Any

import pytest
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from tests.donations.sandbox import build

DAY = build.DAY


def ready(sandbox: Sandbox, count: int = 2, **told: Any) -> None:
    """Gifts whose money can be paid out."""
    sandbox.control("gifts", count=count, **told)
    build.later(sandbox, 2 * DAY)


def rows(sandbox: Sandbox, payout: str) -> list[stripe.BalanceTransaction]:
    return build.client(sandbox).v1.balance_transactions.list({"payout": payout, "limit": 100}).data


def contained(sandbox: Sandbox, payout: str) -> list[stripe.BalanceTransaction]:
    return [row for row in rows(sandbox, payout) if row.source != payout]


def available(sandbox: Sandbox) -> int:
    return sum(part.amount for part in build.client(sandbox).v1.balance.retrieve().available)


def state(sandbox: Sandbox, payout: str) -> str:
    return build.client(sandbox).v1.payouts.retrieve(payout).status


def news(sandbox: Sandbox) -> list[str]:
    return [kind for kind in build.told(sandbox) if kind.startswith("payout")]


def test_a_payout_is_all_that_is_available_and_is_made_of_it(sandbox: Sandbox) -> None:
    ready(sandbox)
    sandbox.control("gifts")  # still pending
    payout = sandbox.control("payouts")
    assert (payout["amount"], payout["automatic"], payout["status"]) == (2 * 48_25, True, "pending")
    assert available(sandbox) == 0
    assert payout["reconciliation_status"] == "in_progress"
    build.later(sandbox, 3600)
    parts = contained(sandbox, payout["id"])
    assert sum(part.net for part in parts) == payout["amount"]
    assert {part.type for part in parts} == {"charge"}
    (own,) = (row for row in rows(sandbox, payout["id"]) if row.source == payout["id"])
    assert (own.id, own.type, own.amount, own.fee) == (payout["balance_transaction"], "payout", -2 * 48_25, 0)
    assert "payout.reconciliation_completed" in news(sandbox)


def test_until_stripe_has_worked_it_out_a_payout_shows_only_itself(sandbox: Sandbox) -> None:
    ready(sandbox)
    payout = sandbox.control("payouts")
    assert [row.type for row in rows(sandbox, payout["id"])] == ["payout"]
    assert sandbox.control("payouts/compose", payout=payout["id"])["reconciliation_status"] == "completed"
    assert len(rows(sandbox, payout["id"])) == 3


def test_a_payout_goes_its_way_by_the_clock(sandbox: Sandbox) -> None:
    ready(sandbox)
    payout = sandbox.control("payouts")["id"]
    arrives = build.client(sandbox).v1.payouts.retrieve(payout).arrival_date
    seen = [state(sandbox, payout)]
    for _ in range(2):
        build.later(sandbox, DAY)
        seen.append(state(sandbox, payout))
    assert seen == ["pending", "in_transit", "paid"]
    assert news(sandbox) == [
        "payout.created", "payout.updated", "payout.reconciliation_completed", "payout.updated", "payout.paid",
    ]  # fmt: skip
    (paid,) = (event for event in sandbox.look("events")["events"] if event["type"] == "payout.paid")
    assert paid["created"] == arrives


def test_each_movement_is_in_one_payout_only(sandbox: Sandbox) -> None:
    ready(sandbox, 3)
    first = sandbox.control("payouts")["id"]
    ready(sandbox, 2)
    second = sandbox.control("payouts")["id"]
    build.later(sandbox, 3600)
    one, other = ({row.id for row in rows(sandbox, payout)} for payout in (first, second))
    assert (len(one), len(other), one & other) == (4, 3, set())


def test_a_payout_may_hold_refunds_disputes_and_bills(sandbox: Sandbox) -> None:
    gifts = sandbox.control("gifts", count=4)["gifts"]
    sandbox.control("refunds", charge=gifts[0]["charge"], amount=10_00)
    opened = sandbox.control("disputes", charge=gifts[1]["charge"])
    sandbox.control("disputes/close", dispute=opened["id"], outcome="won")
    sandbox.control("movements", type="stripe_fee", amount=-2_00)
    build.later(sandbox, 2 * DAY)
    payout = sandbox.control("payouts")
    sandbox.control("payouts/compose", payout=payout["id"])
    parts = contained(sandbox, payout["id"])
    assert sorted(part.type for part in parts) == ["adjustment"] * 2 + ["charge"] * 4 + ["refund", "stripe_fee"]
    assert sum(part.net for part in parts) == payout["amount"] == 4 * 48_25 - 10_00 - 15_00 - 2_00


def test_a_payout_that_fails_after_it_was_paid_is_back_as_one_row(sandbox: Sandbox) -> None:
    ready(sandbox)
    payout = sandbox.control("payouts")
    assert sandbox.control("payouts/advance", payout=payout["id"], to="paid")["status"] == "paid"
    failed = sandbox.control("payouts/advance", payout=payout["id"], to="failed", reason="account_closed")
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    whole = build.client(sandbox).v1.payouts.retrieve(
        payout["id"], {"expand": ["balance_transaction", "failure_balance_transaction"]}
    )
    assert isinstance(whole.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(whole.failure_balance_transaction, stripe.BalanceTransaction)
    back = whole.failure_balance_transaction
    assert (back.type, back.amount, back.source) == ("payout_failure", payout["amount"], payout["id"])
    assert back.amount + whole.balance_transaction.amount == 0
    assert available(sandbox) == payout["amount"]
    assert news(sandbox)[-2:] == ["payout.paid", "payout.failed"]
    again = sandbox.control("payouts")
    sandbox.control("payouts/compose", payout=again["id"])
    assert [part.id for part in contained(sandbox, again["id"])] == [back.id]
    assert len(contained(sandbox, payout["id"])) == 2


def test_a_payout_can_be_cancelled_before_it_leaves(sandbox: Sandbox) -> None:
    ready(sandbox)
    payout = sandbox.control("payouts")
    assert sandbox.control("payouts/advance", payout=payout["id"], to="canceled")["status"] == "canceled"
    assert available(sandbox) == payout["amount"]
    assert (news(sandbox)[-1], build.client(sandbox).v1.balance_transactions.list().data[0].type) == (
        "payout.canceled", "payout_cancel",
    )  # fmt: skip
    with pytest.raises(SandboxError, match="can not become paid"):
        sandbox.control("payouts/advance", payout=payout["id"], to="paid")
    build.later(sandbox, 3 * DAY)
    assert state(sandbox, payout["id"]) == "canceled"


def test_a_payout_by_hand_is_made_of_nothing_in_particular(sandbox: Sandbox) -> None:
    ready(sandbox)
    by_hand = sandbox.control("payouts", amount=20_00, automatic=False)
    assert by_hand["reconciliation_status"] == "not_applicable"
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic transfers, not manual"):
        rows(sandbox, by_hand["id"])
    rest = sandbox.control("payouts")
    sandbox.control("payouts/compose", payout=rest["id"])
    assert rest["amount"] == 2 * 48_25 - 20_00 == sum(part.net for part in contained(sandbox, rest["id"]))


def test_no_more_is_paid_out_than_there_is(sandbox: Sandbox) -> None:
    for told in ({}, {"amount": 1, "automatic": False}):
        with pytest.raises(SandboxError, match="insufficient funds"):
            sandbox.control("payouts", **told)
    ready(sandbox)
    with pytest.raises(SandboxError, match="insufficient funds"):
        sandbox.control("payouts", amount=10_00)  # an automatic one takes all


def test_payouts_go_out_daily_on_demand(sandbox: Sandbox) -> None:
    sandbox.control("gifts", count=2)
    sandbox.control("payouts/daily", daily=True)
    build.later(sandbox, 4 * DAY)
    api = build.client(sandbox).v1.payouts
    (payout,) = api.list().data
    assert payout.amount == 2 * 48_25
    assert payout.created % DAY == 0
    sandbox.control("payouts/daily", daily=False)
    ready(sandbox)
    build.later(sandbox, 2 * DAY)
    assert len(api.list().data) == 1


def test_payouts_are_found_by_status_and_day(sandbox: Sandbox) -> None:
    ready(sandbox)
    first = sandbox.control("payouts")
    sandbox.control("payouts/advance", payout=first["id"], to="paid")
    ready(sandbox)
    second = sandbox.control("payouts")
    api = build.client(sandbox).v1.payouts
    assert [each.id for each in api.list({"status": "paid"}).data] == [first["id"]]
    assert [each.id for each in api.list({"status": "pending"}).data] == [second["id"]]
    assert [each.id for each in api.list({"arrival_date": first["arrival_date"]}).data] == [first["id"]]
    assert [each.id for each in api.list({"created": {"gt": first["created"]}}).data] == [second["id"]]
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        api.retrieve("po_none")


def test_a_movement_opens_to_its_payout(sandbox: Sandbox) -> None:
    ready(sandbox)
    payout = sandbox.control("payouts")
    moved = build.client(sandbox).v1.balance_transactions.list({"expand": ["data.source"]}).data[0]
    assert isinstance(moved.source, stripe.Payout)
    assert moved.source.id == payout["id"]


@pytest.mark.parametrize("kind", ["stripe_fx_fee", "tax_fee", "reserve_hold", "climate_order_purchase"])
def test_anything_else_may_move_on_the_balance(sandbox: Sandbox, kind: str) -> None:
    sandbox.control("gifts")
    moved = sandbox.control("movements", type=kind, amount=-3_00, fee=10, description="October")
    assert (moved["type"], moved["net"], moved["source"], moved["description"]) == (kind, -3_10, None, "October")
    assert available(sandbox) == -3_10
    opened = build.client(sandbox).v1.balance_transactions.list({"expand": ["data.source"], "type": kind}).data
    assert [each.source for each in opened] == [None]
