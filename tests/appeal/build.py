"""Campaigns to look at in tests, and money in their funds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from appeal.matching import MatchingPot
from appeal.models import Campaign, Status, SuggestedAmount
from ledger import chart
from ledger.journal import Draft, Line, record
from ledger.models import Fund
from ledger.money import Money

numbers = count(1)


def day(offset: int = 0) -> date:
    return timezone.localdate() + timedelta(offset)


def draft(**changes: Any) -> Campaign:
    number = next(numbers)
    given: dict[str, Any] = {
        "slug": f"winter-{number}",
        "title": f"Warm rooms {number}",
        "summary": "Stoves and blankets before the snow.",
        "story": "The snow comes early.\n\nThe neighbours know who needs a stove.",
        "goal_minor": 50_000_00,
        "currency": "USD",
        "opens_on": day(-10),
    } | changes
    return Campaign.objects.start(**given)


def campaign(**changes: Any) -> Campaign:
    """Live, and open for giving unless the dates say otherwise."""
    return draft(**{"status": Status.LIVE} | changes)


def in_status(status: Status, **changes: Any) -> Campaign:
    """In any status; a suspended one is suspended by somebody, with words for everyone."""
    made = draft(**{"status": Status.LIVE if status == Status.SUSPENDED else status} | changes)
    if status == Status.SUSPENDED:
        suspend(made)
    return made


def suspend(campaign: Campaign, words: str = "We check a report, and say more on Monday.") -> None:
    by = User.objects.create_user(f"who-{next(numbers)}", is_staff=True)
    campaign.suspend(by=by, why="A letter said that the bank account is not ours.", words=words)


def matching(of: Campaign) -> None:
    """A pot of 1,000 in the campaign's currency, open to the public."""
    pot = MatchingPot(
        campaign=of,
        funder="Lantern Foundation",
        shown_as="Lantern Foundation",
        agreement="A letter.",
        per_gift_minor=100_00,
        total_minor=1_000_00,
        opens_on=day(-5),
        closes_on=day(5),
    )
    pot.prepare(by=User.objects.create_user(f"one-{next(numbers)}"))
    pot.open(by=User.objects.create_user(f"other-{next(numbers)}"))


def suggest(to: Campaign, *amounts: Money) -> None:
    for amount in amounts:
        SuggestedAmount.objects.create(campaign=to, currency=amount.currency, amount_minor=amount.minor)


def gift(fund: Fund, minor: int) -> None:
    book(fund, chart.GIFTS, -minor)


def refund(fund: Fund, minor: int) -> None:
    book(fund, chart.REFUNDS, minor)


def lost(fund: Fund, minor: int) -> None:
    book(fund, chart.LOST, minor)


@transaction.atomic
def book(fund: Fund, account: str, minor: int) -> None:
    amount = Money(minor, fund.currency)
    lines = (Line(account, fund, amount), Line(chart.STRIPE, fund, -amount))
    record(Draft("test", f"appeal-{next(numbers)}", day(), lines))


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """PostgreSQL itself refuses what is in the block, naming this constraint."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]
