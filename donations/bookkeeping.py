"""All that can happen to money in this room. One function, one business event, one entry.

The accounts and their signs are the table in docs/architecture.md: debit is plus, credit is minus.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from donations.models import BalanceTransaction, Dispute, Donation, Explanation, Meaning, OfflineGift, Payout, State
from donations.models.balance_transaction import GIFTS
from ledger import chart
from ledger.journal import Draft, Line, record, record_all, reverse
from ledger.models import Entry, Fund
from ledger.money import Money

type Book = Callable[[Draft], None]


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
def move(moved: Moved, draft: Draft | None, *, donation: Donation | None = None, problem: str = "") -> None:
    """Stripe has moved this money, and it is no new gift: book it, and keep its row. Errors as of settle()."""
    entry = record(draft) if draft and draft.postings else None
    _row(Booking(moved, donation, problem), entry).save(force_insert=True)


@transaction.atomic
def clear(movement: BalanceTransaction) -> None:
    """The donor's bank has confirmed what Stripe moved before: out of suspense, and into the gift's fund."""
    donation, moved = movement.donation, moved_by(movement)
    assert donation is not None  # noqa: S101 (only a gift can wait for its donor's bank)
    donation.settled_by(_out_of_suspense(movement, "cleared", gift(donation, moved).lines))
    Donation.objects.save_standing([donation])
    movement.leave_suspense()


@transaction.atomic
def clear_as(movement: BalanceTransaction, draft: Draft) -> None:
    """What happened to a gift that was not in the books is booked now that it is: out of suspense, as this draft."""
    _out_of_suspense(movement, "cleared", draft.lines)
    movement.leave_suspense()


def gift(donation: Donation, moved: Moved) -> Draft:
    """Stripe holds the gift less its fee; the fund bears the fee."""
    return _draft("gift", moved, _given_to(donation.campaign.card_fund, moved))


def unexplained(moved: Moved) -> Draft:
    """Money moved and nobody knows why yet: it is in the books, under suspense, until a person explains it."""
    fund = Fund.objects.general(moved.currency)
    lines = [
        Line(chart.STRIPE, fund, moved.money(moved.net)),
        Line(chart.SUSPENSE, fund, moved.money(-moved.net)),
    ]
    return _draft("unexplained", moved, lines)


def refund(donation: Donation, moved: Moved, fee_covered: Money) -> Draft:
    """A gift goes back to its donor, or comes again where their bank did not take it.

    Stripe keeps its fee of the gift. The general fund covers it, so that the campaign is left as if the gift had never
    been, but for what the rate has changed since where Stripe converts; a fee for the refund itself is the general
    fund's as well.
    """
    fund, general = donation.campaign.card_fund, Fund.objects.general(moved.currency)
    lines = [
        Line(chart.REFUNDS, fund, moved.money(-moved.amount)),
        Line(chart.STRIPE, fund, moved.money(moved.amount)),
        *_borne_by(general, chart.FEES, moved.money(moved.fee)),
        Line(chart.TRANSFER, general, fee_covered),
        Line(chart.BANK, general, -fee_covered),
        Line(chart.BANK, fund, fee_covered),
        Line(chart.TRANSFER, fund, -fee_covered),
    ]
    return _draft("refund", moved, lines)


def dispute(donation: Donation, moved: Moved) -> Draft:
    """The donor's bank takes the gift while it asks questions, or gives it again. Its fee is not the fund's."""
    fund, general = donation.campaign.card_fund, Fund.objects.general(moved.currency)
    lines = [
        Line(chart.DISPUTED, fund, moved.money(-moved.amount)),
        Line(chart.STRIPE, fund, moved.money(moved.amount)),
        *_borne_by(general, chart.DISPUTE_FEES, moved.money(moved.fee)),
    ]
    return _draft("dispute", moved, lines)


@transaction.atomic
def lose(dispute: Dispute, amount: Money, on: date) -> None:
    """A dispute is lost: what the bank holds of the gift is gone; a negative amount, where it is won after all."""
    fund = dispute.donation.campaign.card_fund
    step = Entry.objects.filter(kind="dispute_lost", source__startswith=f"{dispute.stripe_id}-").count() + 1
    lines = (Line(chart.LOST, fund, amount), Line(chart.DISPUTED, fund, -amount))
    record(Draft("dispute_lost", f"{dispute.stripe_id}-{step}", on, lines))
    Dispute.objects.filter(pk=dispute.pk).update(lost_minor=F("lost_minor") + amount.minor)


def bounced(donation: Donation, moved: Moved) -> Draft:
    """A bank debit that had succeeded comes back after all: the gift is lost."""
    fund, general = donation.campaign.card_fund, Fund.objects.general(moved.currency)
    lines = [
        Line(chart.LOST, fund, moved.money(-moved.amount)),
        Line(chart.STRIPE, fund, moved.money(moved.amount)),
        *_borne_by(general, chart.FEES, moved.money(moved.fee)),
    ]
    return _draft("bounced", moved, lines)


def billed(moved: Moved) -> Draft:
    """What Stripe charges us beside the fees of gifts, or pays back of it."""
    return _draft("billed", moved, _borne_by(Fund.objects.general(moved.currency), chart.FEES, moved.money(-moved.net)))


def payout(moved: Moved) -> Draft:
    """Money leaves Stripe for our bank, or is back. Until Stripe says whose it is, the general fund stands for all."""
    general = Fund.objects.general(moved.currency)
    lines = [
        Line(chart.TRANSIT, general, moved.money(-moved.amount)),
        Line(chart.STRIPE, general, moved.money(moved.amount)),
        *_borne_by(general, chart.FEES, moved.money(moved.fee)),
    ]
    return _draft("payout", moved, lines)


@transaction.atomic
def spread(payout: Payout, shares: Mapping[Fund, Money]) -> None:
    """Stripe has said which gifts a payout is made of: each fund has its share of it, in place of the general one."""
    general = Fund.objects.general(payout.currency)
    place = chart.BANK if payout.arrival_id else chart.TRANSIT
    lines = [
        line
        for fund, share in shares.items()
        if fund != general
        for line in (
            Line(place, fund, share),
            Line(chart.STRIPE, fund, -share),
            Line(place, general, -share),
            Line(chart.STRIPE, general, share),
        )
    ]
    entry = record(Draft("payout_spread", payout.stripe_id, payout.arrival_on, tuple(lines))) if lines else None
    Payout.objects.filter(pk=payout.pk).update(explained=True, spread=entry, problem="")


@transaction.atomic
def arrive(payout: Payout) -> None:
    """The payout is on our bank account, each fund's share of it as far as we know them."""
    general = Fund.objects.general(payout.currency)
    shares: dict[Fund, Money] = defaultdict(lambda: Money.zero(payout.currency)) | {general: payout.amount}
    if payout.spread:
        for posting in payout.spread.postings.filter(account=chart.TRANSIT).select_related("fund"):
            shares[posting.fund] += posting.money
    lines = [
        line
        for fund, share in shares.items()
        for line in (Line(chart.BANK, fund, share), Line(chart.TRANSIT, fund, -share))
    ]
    entry = record(Draft("payout_arrived", payout.stripe_id, payout.arrival_on, tuple(lines)))
    Payout.objects.filter(pk=payout.pk).update(arrival=entry)


@transaction.atomic
def take_back(payout: Payout, on: date) -> None:
    """The bank sent the payout back, however far it had come: each fund's share of it is at Stripe again."""
    for entry in (payout.arrival, payout.spread):
        if entry and not entry.reversals.exists():
            reverse(entry, source=payout.failure_transaction, occurred_on=on)


@transaction.atomic
def explain(explanation: Explanation, by: User) -> None:
    """A second person agrees what a movement was: out of suspense, as that. Refused says why not.

    A gift of ours that has only waited for this is settled by it.
    """
    explanation.approve(by=by)
    movement = explanation.movement
    lines = _as_explained(explanation, moved_by(movement))
    entry = _out_of_suspense(movement, "explained", lines) if any(line.amount for line in lines) else None
    Explanation.objects.filter(pk=explanation.pk).update(entry=entry)
    movement.leave_suspense(explained=True)
    if entry and explanation.campaign and movement.donation and movement.kind in GIFTS:
        waiting = explanation.campaign.donations.filter(pk=movement.donation.pk, state=State.PAID)
        for donation in waiting.select_for_update():
            donation.settled_by(entry)
            Donation.objects.save_standing([donation])


def _as_explained(explanation: Explanation, moved: Moved) -> Sequence[Line]:
    general = Fund.objects.general(moved.currency)
    if explanation.campaign:
        return _given_to(explanation.campaign.card_fund, moved)
    if explanation.meaning == Meaning.COST:
        return _borne_by(general, chart.FEES, moved.money(-moved.net))
    return (
        Line(chart.BANK, general, moved.money(-moved.amount)),
        Line(chart.STRIPE, general, moved.money(moved.amount)),
        *_borne_by(general, chart.FEES, moved.money(moved.fee)),
    )


def _given_to(fund: Fund, moved: Moved) -> Sequence[Line]:
    """A gift and its fee, or one that goes back."""
    return (
        Line(chart.STRIPE, fund, moved.money(moved.net)),
        Line(chart.FEES, fund, moved.money(moved.fee)),
        Line(chart.GIFTS if moved.amount > 0 else chart.REFUNDS, fund, moved.money(-moved.amount)),
    )


def _borne_by(fund: Fund, account: str, amount: Money) -> tuple[Line, Line]:
    """What Stripe keeps for itself."""
    return Line(account, fund, amount), Line(chart.STRIPE, fund, -amount)


def _draft(kind: str, moved: Moved, lines: Sequence[Line]) -> Draft:
    return Draft(
        kind=f"stripe_{kind}",
        source=moved.stripe_id,
        occurred_on=moved.created_at.astimezone(UTC).date(),
        lines=tuple(line for line in lines if line.amount),
    )


def moved_by(movement: BalanceTransaction) -> Moved:
    return Moved(**{name: getattr(movement, name) for name in Moved.__slots__})


def _out_of_suspense(movement: BalanceTransaction, kind: str, lines: Sequence[Line]) -> Entry:
    """What waited under suspense becomes these lines. Money that Stripe has paid out since is at our bank by now."""
    moved = moved_by(movement)
    general = Fund.objects.general(moved.currency)
    waited = (
        Line(chart.SUSPENSE, general, moved.money(moved.net)),
        Line(chart.STRIPE, general, moved.money(-moved.net)),
    )
    place = chart.BANK if movement.payout_id else chart.STRIPE
    placed = [replace(line, account=place) if line.account == chart.STRIPE else line for line in (*waited, *lines)]
    return record(_draft(kind, moved, placed))


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


# Gifts that come by no card


@transaction.atomic
def receive(gift: OfflineGift, *, by: User) -> Donation:
    """A second person has found the money where the first one said: the bank fund has it. Refused says why not."""
    gift.hold_to_confirm(by)
    fund = gift.campaign.bank_fund
    lines = (Line(chart.BANK, fund, gift.credited), Line(chart.GIFTS, fund, -gift.credited))
    return gift.confirm(record(Draft("offline_gift", gift.reference, gift.received_on, lines)), by=by)


@transaction.atomic
def undo(gift: OfflineGift, *, by: User) -> None:
    """A second person agrees that it should not be in the books: its exact opposite is. Refused says why not."""
    gift.hold_to_reverse(by)
    assert gift.entry is not None  # noqa: S101 (only what is confirmed can be reversed, and that is booked)
    gift.reverse(reverse(gift.entry, source=gift.reference, occurred_on=timezone.localdate()), by=by)
