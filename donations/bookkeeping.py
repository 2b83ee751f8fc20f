"""All that can happen to money in this room. One function, one business event, one entry.

The accounts and their signs are the table in docs/architecture.md: debit is plus, credit is minus.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from donations.models import BalanceTransaction, Donation
from ledger import chart
from ledger.journal import Draft, Line, record_all
from ledger.models import Entry, Fund
from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Moved:
    """One balance transaction as Stripe lists it, amounts in minor units of the settlement currency."""

    stripe_id: str
    kind: str
    source: str
    currency: str
    amount: int
    fee: int
    net: int
    exchange_rate: float | None
    created_at: datetime

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


@dataclass(frozen=True, slots=True)
class Booking:
    """A movement, the donation that Stripe names for it, and why it is not booked as that gift, if it is not."""

    moved: Moved
    heard: Donation | None
    problem: str

    @property
    def donation(self) -> Donation | None:
        return None if self.problem else self.heard


@transaction.atomic
def settle(bookings: Sequence[Booking]) -> None:
    """Stripe has moved this money: book each movement, and mark its gift as settled, in one batch.

    A movement that is booked already raises IntegrityError, or AlreadyRecorded, and nothing of the batch stays. One
    that moves nothing, as a fee that eats it all, is remembered without an entry unless it is a gift.
    """
    drafts = [draft(booking) for booking in bookings if booking.donation or booking.moved.net]
    entries = {entry.source: entry for entry in record_all(drafts)}
    BalanceTransaction.objects.bulk_create(
        [_row(booking, entries.get(booking.moved.stripe_id)) for booking in bookings]
    )
    for booking in bookings:
        if booking.donation:
            booking.donation.settled_by(entries[booking.moved.stripe_id])
    Donation.objects.save_standing([booking.heard for booking in bookings if booking.heard])


def draft(booking: Booking) -> Draft:
    return gift(booking.donation, booking.moved) if booking.donation else unexplained(booking.moved)


@transaction.atomic
def clear(movement: BalanceTransaction) -> None:
    """The donor's bank has confirmed what Stripe moved before: out of suspense, and into the gift's fund."""
    donation, moved = movement.donation, _moved(movement)
    assert donation is not None  # noqa: S101 (only a gift can wait for its donor's bank)
    general = Fund.objects.general(moved.currency)
    lines = [
        Line(chart.SUSPENSE, general, moved.money(moved.net)),
        Line(chart.STRIPE, general, moved.money(-moved.net)),
        *gift(donation, moved).lines,
    ]
    donation.settled_by(record_all([_draft("cleared", moved, lines)])[0])
    Donation.objects.save_standing([donation])
    BalanceTransaction.objects.filter(pk=movement.pk).update(problem="")


def gift(donation: Donation, moved: Moved) -> Draft:
    """Stripe holds the gift less its fee; the fund bears the fee."""
    fund = donation.campaign.card_fund
    lines = [
        Line(chart.STRIPE, fund, moved.money(moved.net)),
        Line(chart.FEES, fund, moved.money(moved.fee)),
        Line(chart.GIFTS, fund, moved.money(-moved.amount)),
    ]
    return _draft("gift", moved, lines)


def unexplained(moved: Moved) -> Draft:
    """Money moved and nobody knows why yet: it is in the books, under suspense, until a person explains it."""
    fund = Fund.objects.general(moved.currency)
    lines = [
        Line(chart.STRIPE, fund, moved.money(moved.net)),
        Line(chart.SUSPENSE, fund, moved.money(-moved.net)),
    ]
    return _draft("unexplained", moved, lines)


def _draft(kind: str, moved: Moved, lines: Sequence[Line]) -> Draft:
    return Draft(
        kind=f"stripe_{kind}",
        source=moved.stripe_id,
        occurred_on=moved.created_at.astimezone(UTC).date(),
        lines=tuple(line for line in lines if line.amount),
    )


def _moved(movement: BalanceTransaction) -> Moved:
    return Moved(**{name: getattr(movement, name) for name in Moved.__slots__})


def _row(booking: Booking, entry: Entry | None) -> BalanceTransaction:
    moved = booking.moved
    return BalanceTransaction(
        stripe_id=moved.stripe_id,
        kind=moved.kind,
        source=moved.source,
        currency=moved.currency,
        amount=moved.amount,
        fee=moved.fee,
        net=moved.net,
        exchange_rate=moved.exchange_rate,
        created_at=moved.created_at,
        donation=booking.heard,
        problem=booking.problem,
        entry=entry,
    )
