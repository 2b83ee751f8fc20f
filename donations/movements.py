"""Movements on Stripe's balance that are no new gift: what each is, and the entry for it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from donations import bookkeeping, disputes, payouts, refunds
from donations.bookkeeping import Book, Moved
from donations.lattice import State
from donations.models import BalanceTransaction, Dispute, Donation, Refund
from donations.models.balance_transaction import WAITING_FOR_ITS_GIFT
from ledger.money import Money

Source = dict[str, Any]
Explain = Callable[[Moved, Source, datetime], None]


def book(moved: Moved, source: Source, as_of: datetime) -> None:
    """Book it once. `source` is Stripe's object behind it, as it was at `as_of`."""
    EXPLAIN.get((moved.kind, source["object"]), unknown)(moved, source, as_of)


def clear(movement: BalanceTransaction) -> None:
    """Book what waited for its gift to be in the books, as if it had come now. The movement must be locked."""
    moved, donation = bookkeeping.moved_by(movement), movement.donation
    if problem := obstacle(donation, moved):
        BalanceTransaction.objects.filter(pk=movement.pk).update(problem=problem)
    elif donation:
        OF_A_GIFT[moved.kind](donation, moved, partial(bookkeeping.clear_as, movement))


def refund(moved: Moved, source: Source, as_of: datetime) -> None:
    found = refunds.mirror(source, as_of)
    of_a_gift(moved, found[0].donation if found else None)


def dispute(moved: Moved, source: Source, as_of: datetime) -> None:
    found = disputes.mirror(source, as_of)
    of_a_gift(moved, found[0].donation if found else None)


def bounced(moved: Moved, source: Source, as_of: datetime) -> None:
    charge = source["id"] if source["object"] == "charge" else source["charge"]
    of_a_gift(moved, Donation.objects.behind(charge or "", source["payment_intent"] or ""))


def of_a_gift(moved: Moved, donation: Donation | None) -> None:
    """Book what has happened to a gift; where it cannot be booked, it waits."""
    if problem := obstacle(donation, moved):
        wait(moved, donation, problem)
    elif donation:
        OF_A_GIFT[moved.kind](donation, moved, partial(bookkeeping.move, moved, donation=donation))


def went_back(donation: Donation, moved: Moved, book: Book) -> None:
    refund = Refund.objects.select_for_update().get(stripe_id=moved.source)
    book(bookkeeping.refund(donation, moved, fee_to_cover(refund, moved)))


def fee_to_cover(refund: Refund, moved: Moved) -> Money:
    """What the general fund bears of the gift's fee by this refund; for a whole gift the parts make the whole fee."""
    donation = refund.donation
    refund.booked = moved.amount < 0
    others = donation.refunds.exclude(pk=refund.pk)
    back = sum(each.amount_minor for each in [*others, refund] if each.booked)
    assert donation.entry is not None  # noqa: S101 (the database says so of every settled gift)
    fee = donation.balance_transactions.get(stripe_id=donation.entry.source).fee
    due = (2 * fee * back + donation.amount_minor) // (2 * donation.amount_minor)
    change = due - sum(each.fee_covered_minor for each in [*others, refund])
    refund.fee_covered_minor += change
    refund.save(update_fields=["booked", "fee_covered_minor"])
    return moved.money(change)


def was_disputed(donation: Donation, moved: Moved, book: Book) -> None:
    book(bookkeeping.dispute(donation, moved))
    disputes.write_off(Dispute.objects.select_for_update().get(stripe_id=moved.source))


def was_lost(donation: Donation, moved: Moved, book: Book) -> None:
    book(bookkeeping.bounced(donation, moved))
    Donation.objects.filter(pk=donation.pk).update(bounced=True)


def payout(moved: Moved, source: Source, as_of: datetime) -> None:
    payouts.hear(source, as_of)
    bookkeeping.move(moved, bookkeeping.payout(moved))


def billed(moved: Moved, source: Source, as_of: datetime) -> None:
    bookkeeping.move(moved, bookkeeping.billed(moved))


def unknown(moved: Moved, source: Source, as_of: datetime) -> None:
    wait(moved, None, f"Stripe moved money by a {moved.kind}, which we do not know how to book.")


def wait(moved: Moved, donation: Donation | None, problem: str) -> None:
    bookkeeping.move(moved, bookkeeping.unexplained(moved), donation=donation, problem=problem)


def obstacle(donation: Donation | None, moved: Moved) -> str:
    """Why this cannot be booked on the fund of its gift, in a sentence for the treasurer; empty where it can."""
    if donation is None:
        return f"The {moved.kind} {moved.source} is of no gift of ours."
    if donation.state != State.SETTLED:
        return WAITING_FOR_ITS_GIFT
    if donation.campaign.card_fund.currency != moved.currency:
        return f"Stripe settled in {moved.currency}, the fund is kept in {donation.campaign.card_fund.currency}."
    return ""


OF_A_GIFT: dict[str, Callable[[Donation, Moved, Book], None]] = {
    "refund": went_back,
    "payment_refund": went_back,
    "refund_failure": went_back,
    "adjustment": was_disputed,
    "payment_failure_refund": was_lost,
    "payment_reversal": was_lost,
}
EXPLAIN: dict[tuple[str, str], Explain] = {
    ("refund", "refund"): refund,
    ("payment_refund", "refund"): refund,
    ("refund_failure", "refund"): refund,
    ("adjustment", "dispute"): dispute,
    ("payment_failure_refund", "charge"): bounced,
    ("payment_failure_refund", "refund"): bounced,
    ("payment_reversal", "charge"): bounced,
    ("payment_reversal", "refund"): bounced,
    ("payout", "payout"): payout,
    ("payout_failure", "payout"): payout,
    ("payout_cancel", "payout"): payout,
}
for _kind in ("stripe_fee", "stripe_fx_fee", "tax_fee"):
    EXPLAIN[_kind, ""] = billed
