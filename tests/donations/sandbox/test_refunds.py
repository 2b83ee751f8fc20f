"""Gifts go back: at once, later, never, and never more than there is."""

from typing import Any

import pytest
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from tests.donations.sandbox import build

SUCCEEDS_LATER, FAILS_LATER = "4000000000007726", "4000000000005126"
DAY = build.DAY


def given(sandbox: Sandbox, **told: Any) -> str:
    """The charge of a settled gift."""
    charge: str = sandbox.control("gifts", **told)["gifts"][0]["charge"]
    return charge


def refund(sandbox: Sandbox, charge: str, **params: Any) -> stripe.Refund:
    whole: Any = {"charge": charge, "expand": ["balance_transaction"]} | params
    return build.client(sandbox).v1.refunds.create(whole)


def refused(sandbox: Sandbox, **params: Any) -> stripe.InvalidRequestError:
    whole: Any = params
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        build.client(sandbox).v1.refunds.create(whole)
    return refusal.value


def charge_of(sandbox: Sandbox, charge: str) -> stripe.Charge:
    return build.client(sandbox).v1.charges.retrieve(charge)


def news(sandbox: Sandbox, after: str = "charge.updated") -> list[str]:
    """The kinds of events since the gift was settled."""
    told = build.told(sandbox)
    return told[told.index(after) + 1 :]


def test_a_whole_refund_takes_its_amount_from_the_balance_and_no_fee(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    made = refund(sandbox, charge, metadata={"refund_request": "7"}, reason="requested_by_customer")
    assert isinstance(made.balance_transaction, stripe.BalanceTransaction)
    moved = made.balance_transaction
    assert (made.status, made.amount, made.reason) == ("succeeded", 50_00, "requested_by_customer")
    assert made.metadata
    assert made.metadata["refund_request"] == "7"
    assert (moved.type, moved.amount, moved.fee, moved.net) == ("refund", -50_00, 0, -50_00)
    assert (moved.source, moved.fee_details, moved.reporting_category) == (made.id, [], "refund")
    now = charge_of(sandbox, charge)
    assert (now.amount_refunded, now.refunded) == (50_00, True)
    assert build.held(sandbox) == -1_75  # the fee of the gift stays with Stripe
    assert news(sandbox) == ["refund.created", "charge.refunded"]


def test_equal_parts_are_refunds_of_their_own(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    first, second = (refund(sandbox, charge, amount=20_00) for _ in range(2))
    now = charge_of(sandbox, charge)
    assert first.id != second.id
    assert (now.amount_refunded, now.refunded) == (40_00, False)
    events = [event for event in sandbox.look("events")["events"] if event["type"] == "charge.refunded"]
    assert [event["data"]["object"]["amount_refunded"] for event in events] == [20_00, 40_00]
    assert events[1]["data"]["previous_attributes"] == {"amount_refunded": 20_00}


def test_one_key_is_one_refund(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    api = build.client(sandbox).v1.refunds
    first, again = (api.create({"charge": charge, "amount": 1_00}, {"idempotency_key": "k"}) for _ in range(2))
    assert first.id == again.id
    assert charge_of(sandbox, charge).amount_refunded == 1_00


def test_a_refund_may_name_the_intent(sandbox: Sandbox) -> None:
    (gift,) = sandbox.control("gifts")["gifts"]
    made = build.client(sandbox).v1.refunds.create({"payment_intent": gift["payment_intent"]})
    assert (made.charge, made.payment_intent) == (gift["charge"], gift["payment_intent"])


def test_a_refund_is_worth_what_the_day_says(sandbox: Sandbox) -> None:
    charge = given(sandbox, amount=100_00, currency="eur")
    sandbox.control("rates", eur="1.20")
    moved = refund(sandbox, charge, amount=50_00).balance_transaction
    assert isinstance(moved, stripe.BalanceTransaction)
    assert (moved.amount, moved.currency, moved.exchange_rate) == (-60_00, "usd", 1.2)
    sandbox.control("rates")
    moved = refund(sandbox, charge).balance_transaction
    assert isinstance(moved, stripe.BalanceTransaction)
    assert (moved.amount, moved.exchange_rate) == (-54_00, 1.08)


def test_what_cannot_be_refunded_is_refused_as_stripe_refuses_it(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    refund(sandbox, charge, amount=20_00)
    too_much = refused(sandbox, charge=charge, amount=30_01)
    assert "is greater than unrefunded amount on charge" in str(too_much)
    assert too_much.param == "amount"
    refund(sandbox, charge)
    assert refused(sandbox, charge=charge).code == "charge_already_refunded"
    assert refused(sandbox, charge="ch_none").code == "resource_missing"
    assert refused(sandbox).code == "parameter_missing"
    session = build.session(sandbox)
    build.pay(session.url, build.DECLINED)
    intent = build.client(sandbox).v1.payment_intents.list().data[0]
    assert "does not have a successful charge to refund" in str(refused(sandbox, payment_intent=intent.id))
    assert "multiple of 10" in str(refused(sandbox, charge=given(sandbox, amount=10_000, currency="kwd"), amount=1_001))


def test_a_disputed_charge_is_not_refunded_until_the_dispute_is_won(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    dispute = sandbox.control("disputes", charge=charge)
    assert refused(sandbox, charge=charge).code == "charge_disputed"
    sandbox.control("disputes/close", dispute=dispute["id"], outcome="won")
    assert refund(sandbox, charge).status == "succeeded"
    asked = given(sandbox)
    sandbox.control("disputes", charge=asked, inquiry=True)
    assert refund(sandbox, asked).status == "succeeded"


def test_a_held_refund_takes_the_money_when_it_goes(sandbox: Sandbox) -> None:
    charge, other = given(sandbox), given(sandbox)
    sandbox.control("refunds/hold", times=1)
    made = refund(sandbox, charge)
    assert (made.status, made.pending_reason, made.balance_transaction) == ("pending", "insufficient_funds", None)
    assert refund(sandbox, other).status == "succeeded"
    assert charge_of(sandbox, charge).amount_refunded == 50_00
    gone = sandbox.control("refunds/advance", refund=made.id, to="succeeded")
    assert (gone["status"], "pending_reason" in gone) == ("succeeded", False)
    assert gone["balance_transaction"]
    assert news(sandbox)[-2:] == ["refund.updated", "charge.refund.updated"]


def test_a_card_may_take_its_refund_days_later(sandbox: Sandbox) -> None:
    charge = given(sandbox, number=SUCCEEDS_LATER)
    made = refund(sandbox, charge)
    assert (made.status, made.balance_transaction) == ("pending", None)
    build.later(sandbox, 3 * DAY)
    later = build.client(sandbox).v1.refunds.retrieve(made.id)
    assert later.status == "succeeded"
    assert later.balance_transaction


def test_a_refund_that_fails_after_it_succeeded_is_back_to_the_cent(sandbox: Sandbox) -> None:
    charge = given(sandbox, amount=100_00, currency="eur", number=FAILS_LATER)
    before = build.held(sandbox)
    made = refund(sandbox, charge)
    sandbox.control("rates", eur="0.90")
    build.later(sandbox, 3 * DAY)
    paths = ["failure_balance_transaction", "balance_transaction"]
    failed = build.client(sandbox).v1.refunds.retrieve(made.id, {"expand": paths})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    back = failed.failure_balance_transaction
    assert (back.type, back.amount, back.fee, back.source) == ("refund_failure", 108_00, 0, made.id)
    now = charge_of(sandbox, charge)
    assert (now.amount_refunded, now.refunded, build.held(sandbox)) == (0, False, before)
    assert news(sandbox)[2:] == ["refund.failed", "refund.updated", "charge.refund.updated", "charge.updated"]
    assert refund(sandbox, charge).status == "succeeded"


def test_a_pending_refund_can_be_cancelled_and_has_cost_nothing(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    before = build.held(sandbox)
    made = sandbox.control("refunds", charge=charge, amount=10_00, pending=True)
    cancelled = sandbox.control("refunds/advance", refund=made["id"], to="canceled")
    assert (cancelled["status"], cancelled["failure_reason"]) == ("canceled", "merchant_request")
    assert "failure_balance_transaction" not in cancelled
    assert (charge_of(sandbox, charge).amount_refunded, build.held(sandbox)) == (0, before)
    with pytest.raises(SandboxError, match="can not become succeeded"):
        sandbox.control("refunds/advance", refund=made["id"], to="succeeded")


def test_the_dashboard_refunds_without_our_metadata_and_without_a_request(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    made = sandbox.control("refunds", charge=charge, amount=5_00)
    (event,) = (each for each in sandbox.look("events")["events"] if each["type"] == "refund.created")
    assert (made["metadata"], event["request"]["id"]) == ({}, None)


def test_the_bank_says_how_it_finds_the_refund(sandbox: Sandbox) -> None:
    made = refund(sandbox, given(sandbox))
    build.later(sandbox, 3600)
    traced = build.client(sandbox).v1.refunds.retrieve(made.id)
    assert traced.destination_details
    assert traced.destination_details.card
    assert traced.destination_details.card.reference_status == "available"
    assert news(sandbox)[-2:] == ["refund.updated", "charge.refund.updated"]


def test_refunds_are_found_by_charge_and_intent(sandbox: Sandbox) -> None:
    first, second = sandbox.control("gifts", count=2)["gifts"]
    ids = [refund(sandbox, gift["charge"], amount=1_00).id for gift in (first, second, second)]
    api = build.client(sandbox).v1.refunds
    assert [each.id for each in api.list({"charge": second["charge"]}).data] == [ids[2], ids[1]]
    assert [each.id for each in api.list({"payment_intent": first["payment_intent"]}).data] == [ids[0]]
    assert [each.id for each in api.list({"created": {"gte": 0}}).data] == ids[::-1]
    with_refunds = build.client(sandbox).v1.charges.retrieve(second["charge"], {"expand": ["refunds"]})
    assert with_refunds.refunds
    assert [each.id for each in with_refunds.refunds.data] == [ids[2], ids[1]]
    with pytest.raises(stripe.InvalidRequestError, match="No such refund"):
        api.retrieve("re_none")


def test_a_movement_opens_to_its_refund(sandbox: Sandbox) -> None:
    made = refund(sandbox, given(sandbox))
    moved = build.client(sandbox).v1.balance_transactions.list({"expand": ["data.source.charge"]}).data[0]
    assert isinstance(moved.source, stripe.Refund)
    assert isinstance(moved.source.charge, stripe.Charge)
    assert moved.source.id == made.id
