"""Gifts that donors' banks take back. Whoever wins, what was granted out of a gift stays granted."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from donations import bookkeeping
from donations.models import BalanceTransaction, Dispute, Donation, FraudWarning
from donations.models.dispute import LOST, WON
from ledger.money import Money


def hear(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in a dispute of Stripe's; whether it was news, None where it is of no gift of ours."""
    found = mirror(thing, as_of)
    return found and found[1]


@transaction.atomic
def mirror(thing: dict[str, Any], as_of: datetime) -> tuple[Dispute, bool] | None:
    donation = Donation.objects.behind(thing["charge"], thing["payment_intent"] or "")
    if donation is None:
        return None
    until = (thing.get("evidence_details") or {}).get("due_by")
    dispute, news = Dispute.objects.mirror(
        thing["id"],
        as_of,
        donation=donation,
        status=thing["status"],
        amount_minor=thing["amount"],
        currency=thing["currency"].upper(),
        reason=thing["reason"],
        answer_by=until and datetime.fromtimestamp(until, UTC),
        created_at=datetime.fromtimestamp(thing["created"], UTC),
    )
    write_off(dispute)
    return dispute, news


def write_off(dispute: Dispute) -> None:
    """Book as lost what the bank took and keeps. The dispute must be locked.

    What it gave again after a dispute that was won can be more or less than it took, where Stripe converted: the rest
    is lost, or gained, as well.
    """
    moved = BalanceTransaction.objects.filter(source=dispute.stripe_id, problem="", explained=False)
    taken = -(moved.aggregate(total=Sum("amount"))["total"] or 0)
    over = dispute.status in LOST or (dispute.status == WON and moved.filter(amount__gt=0).exists())
    lost = taken if over else 0
    if lost != dispute.lost_minor:
        fund = dispute.donation.campaign.card_fund
        bookkeeping.lose(dispute, Money(lost - dispute.lost_minor, fund.currency), dispute.seen_at.date())
        dispute.lost_minor = lost


@transaction.atomic
def hear_warning(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in a bank's early warning of fraud; whether it was news, None where it is of no gift of ours."""
    donation = Donation.objects.behind(thing["charge"], thing.get("payment_intent") or "")
    if donation is None:
        return None
    _warning, news = FraudWarning.objects.mirror(
        thing["id"],
        as_of,
        donation=donation,
        status=thing["fraud_type"],
        actionable=thing["actionable"],
        created_at=datetime.fromtimestamp(thing["created"], UTC),
    )
    return news
