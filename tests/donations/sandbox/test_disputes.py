"""Banks ask, take back, and give again."""

from typing import Any

import pytest
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from tests.donations.sandbox import build

FRAUDULENT, NOT_RECEIVED, ASKED_ABOUT, WARNED_OF = (
    "4000000000000259", "4000000000002685", "4000000000001976", "4000000000005423",
)  # fmt: skip


def given(sandbox: Sandbox, **told: Any) -> str:
    charge: str = sandbox.control("gifts", **told)["gifts"][0]["charge"]
    return charge


def dispute(sandbox: Sandbox, **told: Any) -> dict[str, Any]:
    """One of a settled gift of 50 dollars, unless another charge is told."""
    opened: dict[str, Any] = sandbox.control("disputes", **({"charge": given(sandbox)} | told))
    return opened


def since(sandbox: Sandbox) -> list[str]:
    """The kinds of events since the gift was settled."""
    told = build.told(sandbox)
    return told[told.index("charge.updated") + 1 :]


def test_a_dispute_takes_the_gift_and_a_fee(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, reason="product_not_received")
    (taken,) = opened["balance_transactions"]
    assert (opened["status"], opened["amount"], opened["is_charge_refundable"]) == ("needs_response", 50_00, False)
    assert (taken["type"], taken["reporting_category"], taken["source"]) == ("adjustment", "dispute", opened["id"])
    assert (taken["amount"], taken["fee"], taken["net"]) == (-50_00, 15_00, -65_00)
    assert [(part["amount"], part["description"]) for part in taken["fee_details"]] == [(15_00, "Dispute fee")]
    assert build.client(sandbox).v1.charges.retrieve(opened["charge"]).disputed
    assert since(sandbox) == ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.updated"]
    assert build.held(sandbox) == 48_25 - 65_00


def test_a_part_may_be_disputed_in_another_currency(sandbox: Sandbox) -> None:
    charge = given(sandbox, amount=100_00, currency="eur")
    sandbox.control("rates", eur="1.50")
    (taken,) = dispute(sandbox, charge=charge, amount=40_00)["balance_transactions"]
    assert (taken["amount"], taken["exchange_rate"], taken["currency"]) == (-60_00, 1.5, "usd")


@pytest.mark.parametrize(("told", "kept"), [({}, 15_00), ({"fee_back": 15_00}, 0)])
def test_a_won_dispute_gives_the_gift_again(sandbox: Sandbox, told: dict[str, int], kept: int) -> None:
    opened = dispute(sandbox)
    won = sandbox.control("disputes/close", dispute=opened["id"], outcome="won", **told)
    taken, back = won["balance_transactions"]
    assert (won["status"], won["is_charge_refundable"]) == ("won", True)
    assert (back["type"], back["reporting_category"]) == ("adjustment", "dispute_reversal")
    assert (back["amount"], taken["net"] + back["net"]) == (50_00, -kept)
    assert since(sandbox)[3:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


def test_a_lost_dispute_is_over(sandbox: Sandbox) -> None:
    opened = dispute(sandbox)
    lost = build.client(sandbox).v1.disputes.close(opened["id"])
    assert (lost.status, len(lost.balance_transactions)) == ("lost", 1)
    assert since(sandbox)[3:] == ["charge.dispute.closed"]
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        build.client(sandbox).v1.disputes.close(opened["id"])


def test_an_inquiry_only_asks(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, inquiry=True)
    assert (opened["status"], opened["balance_transactions"]) == ("warning_needs_response", [])
    assert opened["is_charge_refundable"]
    assert since(sandbox) == ["charge.dispute.created", "charge.updated"]
    closed = sandbox.control("disputes/close", dispute=opened["id"], outcome="warning_closed")
    assert (closed["status"], build.held(sandbox)) == ("warning_closed", 48_25)


def test_an_inquiry_may_become_a_dispute(sandbox: Sandbox) -> None:
    opened = dispute(sandbox, inquiry=True)
    grown = sandbox.control("disputes/escalate", dispute=opened["id"])
    assert (grown["status"], grown["is_charge_refundable"]) == ("needs_response", False)
    assert [each["net"] for each in grown["balance_transactions"]] == [-65_00]
    assert since(sandbox)[2:] == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
    with pytest.raises(SandboxError, match="Only an open inquiry"):
        sandbox.control("disputes/escalate", dispute=opened["id"])


@pytest.mark.parametrize(("kind", "net"), [("block", []), ("resolution", [-50_00])])
def test_a_prevented_dispute_has_no_fee(sandbox: Sandbox, kind: str, net: list[int]) -> None:
    prevented = dispute(sandbox, prevented=kind)
    assert prevented["status"] == "prevented"
    assert [each["net"] for each in prevented["balance_transactions"]] == net
    assert "charge.dispute.closed" in since(sandbox)


def test_evidence_is_looked_at_and_magic_words_decide(sandbox: Sandbox) -> None:
    api = build.client(sandbox).v1.disputes
    answered = api.update(dispute(sandbox)["id"], {"evidence": {"product_description": "help for a clinic"}})
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    kept = api.update(answered.id, {"metadata": {"task": "3"}, "evidence": {"customer_name": "M"}, "submit": False})
    assert (kept.metadata["task"], kept.evidence_details.submission_count) == ("3", 1)
    for words, end in (("winning_evidence", "won"), ("losing_evidence", "lost")):
        assert api.update(dispute(sandbox)["id"], {"evidence": {"uncategorized_text": words}}).status == end
    inquiry = dispute(sandbox, inquiry=True)["id"]
    grown = api.update(inquiry, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
    assert (grown.status, len(grown.balance_transactions)) == ("needs_response", 1)


@pytest.mark.parametrize(
    ("number", "reason", "status"),
    [
        (FRAUDULENT, "fraudulent", "needs_response"),
        (NOT_RECEIVED, "product_not_received", "needs_response"),
        (ASKED_ABOUT, "general", "warning_needs_response"),
    ],
)
def test_some_cards_bring_a_dispute_with_their_money(sandbox: Sandbox, number: str, reason: str, status: str) -> None:
    build.pay(build.session(sandbox).url, number)
    assert build.client(sandbox).v1.disputes.list().data == []
    build.later(sandbox, 3600)
    (opened,) = build.client(sandbox).v1.disputes.list().data
    assert (opened.reason, opened.status) == (reason, status)


def test_an_early_warning_can_be_acted_on_until_the_gift_is_back(sandbox: Sandbox) -> None:
    build.pay(build.session(sandbox).url, WARNED_OF)
    build.later(sandbox, 3600)
    api = build.client(sandbox).v1
    (warning,) = api.radar.early_fraud_warnings.list().data
    assert warning.actionable
    api.refunds.create({"charge": str(warning.charge)})
    assert not api.radar.early_fraud_warnings.retrieve(warning.id).actionable
    told = [kind for kind in build.told(sandbox) if kind.startswith("radar")]
    assert told == ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"]


def test_a_warning_is_of_no_use_once_the_gift_is_disputed(sandbox: Sandbox) -> None:
    charge = given(sandbox)
    warning = sandbox.control("fraud-warnings", charge=charge, fraud_type="made_with_stolen_card")
    assert (warning["actionable"], warning["fraud_type"]) == (True, "made_with_stolen_card")
    dispute(sandbox, charge=charge)
    api = build.client(sandbox).v1.radar.early_fraud_warnings
    assert not api.list({"charge": charge}).data[0].actionable
    assert not sandbox.control("fraud-warnings", charge=charge)["actionable"]
    with pytest.raises(SandboxError, match="fraud_type is one of"):
        sandbox.control("fraud-warnings", charge=charge, fraud_type="gossip")


def test_a_dispute_may_stand_in_any_way(sandbox: Sandbox) -> None:
    stands = sandbox.control("disputes/status", dispute=dispute(sandbox)["id"], status="under_review")
    assert (stands["status"], since(sandbox)[-1]) == ("under_review", "charge.dispute.updated")


def test_disputes_are_found_by_charge_and_intent(sandbox: Sandbox) -> None:
    first, second = sandbox.control("gifts", count=2)["gifts"]
    ids = [dispute(sandbox, charge=gift["charge"])["id"] for gift in (first, second)]
    api = build.client(sandbox).v1.disputes
    assert [each.id for each in api.list({"charge": first["charge"]}).data] == [ids[0]]
    assert [each.id for each in api.list({"payment_intent": second["payment_intent"]}).data] == [ids[1]]
    opened = api.retrieve(ids[0], {"expand": ["charge", "payment_intent"]})
    assert isinstance(opened.charge, stripe.Charge)
    assert isinstance(opened.payment_intent, stripe.PaymentIntent)


def test_a_movement_opens_to_its_dispute_but_is_not_found_by_it(sandbox: Sandbox) -> None:
    opened = dispute(sandbox)
    api = build.client(sandbox).v1.balance_transactions
    moved = api.list({"expand": ["data.source.charge"]}).data[0]
    assert isinstance(moved.source, stripe.Dispute)
    assert (moved.source.id, moved.id) == (opened["id"], opened["balance_transactions"][0]["id"])
    assert api.list({"source": opened["id"]}).data == []


def test_a_dispute_shows_its_movements_as_they_are_now(sandbox: Sandbox) -> None:
    opened = dispute(sandbox)
    assert opened["balance_transactions"][0]["status"] == "pending"
    build.later(sandbox, 2 * build.DAY)
    assert build.client(sandbox).v1.disputes.retrieve(opened["id"]).balance_transactions[0].status == "available"


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 50_01}, {"amount": 0}, {"reason": "spite"}, {"prevented": "magic"}, {"colour": "blue"}],
)
def test_a_dispute_that_makes_no_sense_is_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        dispute(sandbox, **wrong)


def test_a_dispute_ends_only_as_its_kind_can(sandbox: Sandbox) -> None:
    real, inquiry = dispute(sandbox), dispute(sandbox, inquiry=True)
    for opened, outcome in ((real, "warning_closed"), (inquiry, "won"), (real, "tired")):
        with pytest.raises(SandboxError, match="does not end"):
            sandbox.control("disputes/close", dispute=opened["id"], outcome=outcome)
