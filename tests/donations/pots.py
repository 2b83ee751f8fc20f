"""Matching pots, and gifts that are in the books at once."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from appeal.matching import MatchingPot
from appeal.models import Campaign
from donations.models import Donation
from donations.settlement import book, listed
from ledger.money import Money
from tests.donations import bank, build, objects


def prepared(of: Campaign, **changes: Any) -> MatchingPot:
    given: dict[str, Any] = {
        "funder": "Lantern Foundation",
        "shown_as": "Lantern Foundation",
        "agreement": "Their letter of 1 September.",
        "per_gift_minor": 100_00,
        "total_minor": 1_000_00,
        "opens_on": date(2026, 1, 1),
        "closes_on": timezone.localdate() + timedelta(days=30),
    } | changes
    given["per_gift_minor"] = min(given["per_gift_minor"], given["total_minor"])
    pot = MatchingPot(campaign=of, **given)
    pot.prepare(by=bank.person())
    return pot


def opened(of: Campaign, **changes: Any) -> MatchingPot:
    pot = prepared(of, **changes)
    pot.open(by=bank.person())
    return pot


def gift(to: Campaign, minor: int = 50_00, **changes: Any) -> Donation:
    """By card, and settled."""
    donation = build.donation(to, Money(minor, to.currency), **changes)
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    return donation
