"""Rows for the tests of proof, each with what the test does not care about filled in."""

import datetime
import secrets
from collections.abc import Callable
from itertools import count
from threading import Barrier, Thread
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from appeal.models import Campaign
from donations.kept import DonationAndKept, with_kept
from donations.models import Dispute, Donation, Refund, State
from ledger import chart
from ledger.journal import Draft, Line, record
from ledger.models import Entry, Fund
from ledger.money import Money
from receipts import issuing, rendering
from receipts.models import IssuerProfile, Particulars, Receipt

DAY = datetime.date(2026, 5, 14)
NOW = datetime.datetime(2026, 5, 14, 9, 8, 7, 123456, tzinfo=datetime.UTC)
numbers = count(1)


def person(name: str = "") -> User:
    return User.objects.create_user(username=name or f"clerk-{next(numbers)}", is_staff=True)


def prepared(**fields: Any) -> IssuerProfile:
    defaults: dict[str, Any] = {
        "legal_name": "Asia Pacific Network of Refugees Ltd",
        "address": "1 Harbour Street\nSydney NSW 2000",
        "jurisdiction": "Australia",
        "registration": "ABN 12 345 678 901",
        "signatory": "A. Noori, treasurer",
        "statement": "We have received your gift. Nothing was given to you in return.",
        "time_zone": "Australia/Sydney",
        "valid_from": datetime.date(2026, 1, 1),
    }
    return IssuerProfile.objects.create(**{"prepared_by": person()} | defaults | fields)


def issuer(**fields: Any) -> IssuerProfile:
    profile = prepared(**fields)
    profile.approve(by=person())
    return profile


def kept(gift: Donation) -> DonationAndKept:
    return with_kept(Donation.objects.filter(pk=gift.pk)).get()


def refund(gift: Donation, minor: int, *, status: str = "succeeded") -> Refund:
    return Refund.objects.create(
        stripe_id=f"re_{next(numbers)}",
        donation=gift,
        amount_minor=minor,
        currency=gift.currency,
        status=status,
        created_at=NOW,
        seen_at=NOW,
    )


def dispute(gift: Donation, *, status: str) -> Dispute:
    return Dispute.objects.create(
        stripe_id=f"du_{next(numbers)}",
        donation=gift,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        reason="fraudulent",
        status=status,
        lost_minor=gift.amount_minor if status == "lost" else 0,
        created_at=NOW,
        seen_at=NOW,
    )


def campaign(currency: str = "USD", *, live: bool = True, **fields: Any) -> Campaign:
    number = next(numbers)
    defaults: dict[str, Any] = {
        "slug": f"flood-{number}",
        "title": "Shelter after the flood",
        "summary": "The river came over the wall.",
        "story": "The river came over the wall in the night.",
        "goal_minor": 10_000_00,
        "currency": currency,
        "opens_on": datetime.date(2026, 5, 1),
    }
    started = Campaign.objects.start(**defaults | fields)
    if live:
        started.go_live()
    return started


def booked(kind: str, *lines: tuple[str, Fund, int], on: datetime.date = DAY, discretionary: bool = False) -> Entry:
    drafted = tuple(Line(account, fund, Money(minor, fund.currency)) for account, fund, minor in lines)
    with transaction.atomic():
        return record(Draft(kind, str(next(numbers)), on, drafted, discretionary=discretionary))


def given(fund: Fund, minor: int, *, fee: int = 0, on: datetime.date = DAY) -> Entry:
    """A gift by card, as settlement books it."""
    return booked(
        "gift", (chart.STRIPE, fund, minor - fee), (chart.FEES, fund, fee), (chart.GIFTS, fund, -minor), on=on
    )


def gift(amount: Money | None = None, *, to: Campaign | None = None, **fields: Any) -> Donation:
    """Settled, and so owed a receipt."""
    asked, amount = to or campaign(), amount or Money(150_00, "USD")
    defaults: dict[str, Any] = {
        "name": "Leila Noori",
        "email": "leila@example.org",
        "language": "en",
        "form_token": secrets.token_hex(16),
        "charged_at": NOW,
        "state": State.SETTLED,
        "entry": given(asked.card_fund, 100_00),
    }
    return Donation.objects.start(campaign=asked, amount=amount, **defaults | fields)


def receipt(amount: Money | None = None, **fields: Any) -> Receipt:
    """Issued, not rendered."""
    if not IssuerProfile.objects.exists():
        issuer()
    donation = gift(amount, **fields)
    issuing.issue(NOW)
    return Receipt.objects.get(donation=donation)


def rendered(**fields: Any) -> Receipt:
    made = receipt(**fields)
    rendering.render(later())
    return Receipt.objects.select_related("document", "issuer").get(pk=made.pk)


def later(**pause: float) -> datetime.datetime:
    """Now by the clock of the database, or some time after it."""
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1, **pause)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def at_once(deeds: list[Callable[[], object]]) -> list[object]:
    """Every deed in a thread of its own, at the same moment; what they returned."""
    start, returned = Barrier(len(deeds)), list[object]()

    def run(deed: Callable[[], object]) -> None:
        try:
            start.wait()
            returned.append(deed())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return returned


def told(email: str, **fields: Any) -> Particulars:
    """What a donor told us before."""
    return Particulars.objects.create(donor=email, email=email, language="en", received_at=NOW, **fields)
