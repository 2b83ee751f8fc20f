"""Disputes: a donor's bank asks, or takes the gift back, until somebody is right."""

from dataclasses import dataclass
from typing import Literal

from donations.sandbox import errors, fraud_warnings, params
from donations.sandbox.events import tell
from donations.sandbox.movements import available_with, embed, move, worth
from donations.sandbox.world import NOBODY, Cause, Json, World

DAY = 24 * 3600
FEE = 15_00  # US cents
REASONS = {  # and the card network's code for each
    "bank_cannot_process": "", "check_returned": "", "credit_not_processed": "13.7", "customer_initiated": "",
    "debit_not_authorized": "", "duplicate": "12.6.1", "fraudulent": "10.4", "general": "10.4",
    "incorrect_account_details": "", "insufficient_funds": "", "noncompliant": "", "product_not_received": "13.1",
    "product_unacceptable": "13.3", "subscription_canceled": "13.2", "unrecognized": "10.4",
}  # fmt: skip
TO_ANSWER = {"needs_response", "warning_needs_response"}
OPEN = TO_ANSWER | {"under_review", "warning_under_review"}
ENDS = {False: {"won", "lost", "prevented"}, True: {"warning_closed", "lost", "prevented"}}  # True: for an inquiry
CARDS = {"4000000000000259": "fraudulent", "4000000000002685": "product_not_received", "4000000000001976": "general"}
INQUIRY, EARLY_WARNING = "4000000000001976", "4000000000005423"
WORDS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
    "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
UPDATE: params.Fields = {
    "evidence": params.group(
        dict.fromkeys(WORDS, params.text(150_000)) | dict.fromkeys((*FILES, "enhanced_evidence"), params.not_simulated)
    ),
    "metadata": params.metadata,
    "submit": params.boolean,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """`fee`: what Stripe takes for the dispute itself, in US cents. `prevented`: how it was over before it began."""

    amount: int
    reason: str = "fraudulent"
    inquiry: bool = False
    prevented: Literal["", "block", "resolution"] = ""
    fee: int = FEE

    @property
    def takes_money(self) -> bool:
        """An inquiry only asks, and what is blocked never comes so far."""
        return not self.inquiry and self.prevented != "block"


def complain(world: World, charge_id: str) -> None:
    """What comes of the card with which a charge was paid, once its money is there."""
    charge = world.shelf("charges")[charge_id]
    number = world.noted(charge["payment_method"]).get("card", [""])[0]
    if number == EARLY_WARNING:
        fraud_warnings.warn(world, charge)
    if reason := CARDS.get(number):
        begin(world, charge, Complaint(charge["amount"], reason, inquiry=number == INQUIRY))


def begin(world: World, charge: Json, complaint: Complaint) -> Json:
    """A bank complains, and takes its money where it is more than a question."""
    if complaint.reason not in REASONS or not 0 < complaint.amount <= charge["amount"]:
        raise ValueError("a dispute has one of Stripe's reasons, and at most the charge's amount")
    if charge["status"] != "succeeded":
        raise ValueError("only what was paid can be disputed")
    dispute = world.shelf("disputes").put(_dispute(world, charge, complaint))
    world.noted(charge["id"]).setdefault("disputes", []).append(dispute["id"])
    world.noted(dispute["id"])["fee"] = 0 if complaint.prevented else complaint.fee
    if complaint.takes_money:
        _withdraw(world, dispute, charge)
    tell(world, "charge.dispute.created", dispute)
    if complaint.takes_money:
        tell(world, "charge.dispute.funds_withdrawn", dispute)
    if complaint.prevented:
        tell(world, "charge.dispute.closed", dispute)
    if not charge["disputed"]:
        charge["disputed"] = True
        tell(world, "charge.updated", charge, before={"disputed": False})
    fraud_warnings.spend(world, charge)
    return dispute


def return_debit(world: World, charge: Json, reason: str) -> Json:
    """A bank takes a debit back. Nobody can object to that: it is lost as soon as it is heard of."""
    dispute = begin(world, charge, Complaint(charge["amount"], reason))
    return close(world, dispute, "lost")


def escalate(world: World, dispute: Json) -> Json:
    """The bank was not content with the answer to its inquiry: it takes the money."""
    if not dispute["status"].startswith("warning_") or dispute["status"] == "warning_closed":
        raise errors.invalid("Only an open inquiry can become a dispute.")
    charge = world.shelf("charges")[dispute["charge"]]
    before = {"status": dispute["status"], "is_charge_refundable": dispute["is_charge_refundable"]}
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    if "payment_method_details" in dispute:
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    _withdraw(world, dispute, charge)
    tell(world, "charge.dispute.updated", dispute, before=before)
    tell(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(world: World, dispute: Json, given: Json, cause: Cause) -> Json:
    """Answer the bank. Stripe's magic words in the evidence decide it at once."""
    _check_open(dispute)
    before: Json = {}
    if "metadata" in given:
        before["metadata"] = dict(dispute["metadata"])
        dispute["metadata"] |= given["metadata"]
    if "evidence" in given:
        before |= {"status": dispute["status"], "evidence_details": dict(dispute["evidence_details"])}
        dispute["evidence"] |= given["evidence"]
        dispute["evidence_details"]["has_evidence"] = True
        if given.get("submit", True):
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    if before:
        tell(world, "charge.dispute.updated", dispute, cause=cause, before=before)
    return _decide(world, dispute, given.get("evidence", {}).get("uncategorized_text"))


def _decide(world: World, dispute: Json, words: str | None) -> Json:
    if words == "escalate_inquiry_evidence" and dispute["status"].startswith("warning_"):
        return escalate(world, dispute)
    if words in {"winning_evidence", "losing_evidence"}:
        inquiry = dispute["status"].startswith("warning_")
        return close(world, dispute, "warning_closed" if inquiry else "won" if words == "winning_evidence" else "lost")
    return dispute


def accept(world: World, dispute: Json, cause: Cause) -> Json:
    """The charity does not object."""
    _check_open(dispute)
    return close(world, dispute, "lost", cause=cause)


def close(world: World, dispute: Json, outcome: str, *, fee_back: int = 0, cause: Cause = NOBODY) -> Json:
    """It is over. Who wins has the money again, and of the fee as much as Stripe gives back."""
    _check_open(dispute)
    if outcome not in ENDS[dispute["status"].startswith("warning_")]:
        raise ValueError(f"a dispute that is {dispute['status']} does not end as {outcome}")
    before = {"status": dispute["status"]}
    dispute |= {"status": outcome, "is_charge_refundable": outcome != "lost"}
    if outcome != "lost" and dispute["balance_transactions"]:
        _reinstate(world, dispute, fee_back)
        tell(world, "charge.dispute.funds_reinstated", dispute, cause=cause)
    tell(world, "charge.dispute.closed", dispute, cause=cause, before=before)
    return dispute


def restate(world: World, dispute: Json, status: str) -> Json:
    """Stripe says that it stands thus, as with statuses that we have not heard of yet."""
    before = {"status": dispute["status"]}
    dispute["status"] = status
    tell(world, "charge.dispute.updated", dispute, before=before)
    return dispute


def _check_open(dispute: Json) -> None:
    if dispute["status"] not in OPEN:
        raise errors.invalid("This dispute is already closed")


def _withdraw(world: World, dispute: Json, charge: Json) -> None:
    amount, rate = worth(world, dispute["amount"], dispute["currency"])
    row = move(
        world,
        "adjustment",
        -amount,
        source=dispute["id"],
        description=f"Chargeback withdrawal for {charge['id']}",
        category="dispute",
        fee=world.noted(dispute["id"])["fee"],
        fee_for="Dispute fee",
        rate=rate,
        available_on=available_with(world, charge),
    )
    _tie(world, dispute, row)


def _reinstate(world: World, dispute: Json, fee_back: int) -> None:
    amount, rate = worth(world, dispute["amount"], dispute["currency"])
    row = move(
        world,
        "adjustment",
        amount,
        source=dispute["id"],
        description=f"Chargeback reversal for {dispute['charge']}",
        category="dispute_reversal",
        fee=-fee_back,
        fee_for="Dispute fee refund",
        rate=rate,
        available_on=available_with(world, world.shelf("charges")[dispute["charge"]]),
    )
    _tie(world, dispute, row)


def _tie(world: World, dispute: Json, row: Json) -> None:
    world.noted(dispute["id"]).setdefault("moved", []).append(row["id"])
    embed(world, dispute)


def _dispute(world: World, charge: Json, complaint: Complaint) -> Json:
    details = charge["payment_method_details"]
    status = "warning_needs_response" if complaint.inquiry else "needs_response"
    return {
        "id": world.mint("du_1"),
        "object": "dispute",
        "amount": complaint.amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.today(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys((*WORDS, *FILES)) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None if complaint.prevented else (world.today() // DAY + 9) * DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": not complaint.takes_money,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        **({"payment_method_details": _card(details["card"], complaint)} if details["type"] == "card" else {}),
        "reason": complaint.reason,
        "status": "prevented" if complaint.prevented else status,
    }


def _card(card: Json, complaint: Complaint) -> Json:
    case = complaint.prevented or ("inquiry" if complaint.inquiry else "chargeback")
    code = REASONS[complaint.reason] or None
    return {
        "card": {"brand": card["brand"], "case_type": case, "network": card["brand"], "network_reason_code": code},
        "type": "card",
    }
