"""Rows that donation tests stand on."""

import datetime
import secrets
from typing import Any

from appeal.models import Campaign
from donations.models import Donation, MonthlyGift
from ledger.money import Money


def campaign(slug: str = "flood-relief", *, currency: str = "USD", **changes: Any) -> Campaign:
    given: dict[str, Any] = {
        "slug": slug,
        "title": "Flood relief",
        "summary": "Shelter and food after the flood.",
        "story": "The river rose in the night.",
        "goal_minor": 50_000_00,
        "currency": currency,
        "opens_on": datetime.date(2026, 1, 1),
    } | changes
    started = Campaign.objects.start(**given)
    started.go_live()
    return started


def donation(to: Campaign, amount: Money | None = None, **changes: Any) -> Donation:
    given: dict[str, Any] = {
        "form_token": secrets.token_hex(16),
        "email": "mina@example.org",
        "language": "en",
    } | changes
    return Donation.objects.start(campaign=to, amount=amount or Money(50_00, "USD"), **given)


def monthly_gift(to: Campaign, amount: Money) -> MonthlyGift:
    """Begun on our form, and waiting with its first donation for its donor to pay."""
    gift = MonthlyGift.objects.start(campaign=to, amount=amount, email="mina@example.org", language="en")
    donation(to, amount, monthly_gift=gift)
    return gift
