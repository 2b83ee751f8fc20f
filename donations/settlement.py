"""Read Stripe's balance, transaction by transaction, into the books.

This is the second of two independent ways a gift is found: what a lost webhook never told stands in this list too.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from stripe.params import BalanceTransactionListParams

from donations import bookkeeping, monthly, movements
from donations.bookkeeping import Booking, Moved, settle
from donations.lattice import State
from donations.models import BalanceTransaction, Donation, Sweep
from donations.models.balance_transaction import GIFTS, WAITING_FOR_THE_BANK
from donations.observation import Observation, observe
from donations.stripe_api import client, patiently

log = logging.getLogger(__name__)
PAGE = 100
# Stripe may list a transaction after its time, so every sweep reads a little again, and now and then one reads much.
OVERLAP = timedelta(minutes=15)
LATE = timedelta(days=7)
STRETCH = timedelta(days=1)
SWEEP = "balance_transactions"
TURN = "balance_transactions, whose turn"


@dataclass(frozen=True, slots=True)
class Listed:
    """A balance transaction with the object behind it, or, for a gift, what that says of it, as it was at `as_of`."""

    moved: Moved
    seen: Observation | None
    source: dict[str, Any]
    as_of: datetime


def sweep(overlap: timedelta = OVERLAP) -> int:
    """Book all that Stripe lists since the last complete sweep, and `overlap` before it; how many movements were new.

    A movement that cannot be booked holds up no other: the rest is booked, the mark stays before it, and the error is
    raised at the end.
    """
    waiting = clear_waiting()
    mark = Sweep.objects.filter(name=SWEEP).first()
    stuck: list[Exception] = []
    booked = 0
    for begin, end in stretches(mark.read_until - overlap if mark else None, timezone.now()):
        oldest_first = list(made_between(begin, end))[::-1]  # a refund comes after its gift
        for page in batched(oldest_first, PAGE, strict=False):
            monthly.look_up(not_booked(page))
            booked += book_page(page, stuck)
        reached = end or (oldest_first[-1].moved.created_at if oldest_first else None)
        if reached and not stuck:
            Sweep.reached(SWEEP, reached)
    if failed := waiting + stuck:
        raise ExceptionGroup("these balance transactions are not in the books as what they are", failed)
    return booked


def keep_up() -> int:
    """As sweep(), unless another worker is at it: then 0 at once, for to read it all twice helps nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [TURN])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return sweep()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [TURN])


def stretches(begin: datetime | None, now: datetime) -> Iterator[tuple[datetime | None, datetime | None]]:
    """A day at a time, so that a long way is gone in steps that stay gone; the last one is open."""
    while begin and begin + STRETCH < now:
        yield begin, begin + STRETCH
        begin += STRETCH
    yield begin, None


def made_between(begin: datetime | None, end: datetime | None) -> Iterator[Listed]:
    """Stripe's balance transactions of this time, newest first, with what is behind them."""
    params: BalanceTransactionListParams = {"limit": PAGE, "expand": ["data.source"]}
    if begin and end:
        params["created"] = {"gte": int(begin.timestamp()), "lt": int(end.timestamp())}
    elif begin:
        params["created"] = {"gte": int(begin.timestamp())}
    while True:
        as_of = timezone.now()
        answer = json.loads(str(patiently(lambda: client().v1.balance_transactions.list(params))))
        yield from (listed(row, as_of) for row in answer["data"])
        if not answer["has_more"]:
            return
        params["starting_after"] = answer["data"][-1]["id"]


def listed(row: dict[str, Any], as_of: datetime | None = None) -> Listed:
    source = row["source"] if isinstance(row["source"], dict) else {"id": row["source"] or "", "object": ""}
    moved = Moved(
        stripe_id=row["id"],
        kind=row["type"],
        source=source["id"],
        currency=row["currency"].upper(),
        amount=row["amount"],
        fee=row["fee"],
        net=row["net"],
        exchange_rate=row["exchange_rate"],
        created_at=datetime.fromtimestamp(row["created"], UTC),
    )
    is_gift = moved.kind in GIFTS
    return Listed(moved, said_of(source) if is_gift else None, {} if is_gift else source, as_of or timezone.now())


def said_of(charge: dict[str, Any]) -> Observation | None:
    """None where it cannot be understood: then its money waits under suspense."""
    try:
        return observe(charge)
    except (KeyError, TypeError, ValueError, AttributeError):
        log.exception("the charge %s cannot be understood", charge["id"])
        return None


def not_booked(page: Sequence[Listed]) -> list[Observation]:
    """What the charges say that are not in the books yet."""
    known = set(
        BalanceTransaction.objects.filter(stripe_id__in=[each.moved.stripe_id for each in page]).values_list(
            "stripe_id", flat=True
        )
    )
    return [each.seen for each in page if each.seen and each.moved.stripe_id not in known]


def book_page(page: Sequence[Listed], stuck: list[Exception]) -> int:
    """Book a page in one transaction; where one movement spoils it, each in a transaction of its own."""
    try:
        return book(page)
    except Exception as error:
        if len(page) == 1:
            log.exception("the balance transaction %s is not in the books", page[0].moved.stripe_id)
            stuck.append(error)
            return 0
        log.exception("a page of balance transactions is booked one by one")
    return sum(book_page([each], stuck) for each in page)


@transaction.atomic
def book(page: Sequence[Listed]) -> int:
    """Book what is not booked yet; how many that were."""
    settle_alone()
    known = set(
        BalanceTransaction.objects.filter(stripe_id__in=[each.moved.stripe_id for each in page]).values_list(
            "stripe_id", flat=True
        )
    )
    fresh = [each for each in page if each.moved.stripe_id not in known]
    settle(explain([each for each in fresh if each.moved.kind in GIFTS]))
    for each in fresh:
        if each.moved.kind not in GIFTS:
            movements.book(each.moved, each.source, each.as_of)
    return len(fresh)


def settle_alone() -> None:
    """One settler at a time until the end of the transaction, so that no movement is explained in two ways."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SWEEP])


def explain(fresh: Sequence[Listed]) -> list[Booking]:
    """Find the gift behind each charge. What Stripe says of its charge is heard here too, webhook or not."""
    named = Donation.objects.named_by([each.seen for each in fresh if each.seen])
    directory = named.select_related("campaign__card_fund").directory()
    bookings: list[Booking] = []
    settled: set[int] = set()
    for each in fresh:
        donation = directory.find(each.seen) if each.seen else None
        problem = obstacle(each, donation, settled)
        bookings.append(Booking(each.moved, donation, problem))
        if donation and not problem:
            settled.add(donation.pk)
    return bookings


def obstacle(each: Listed, donation: Donation | None, settled: Collection[int]) -> str:
    """Why this movement cannot be booked as a gift, in a sentence for the treasurer; empty where it can."""
    if each.seen is None:
        return f"Stripe's charge {each.moved.source} cannot be understood."
    if donation is None:
        return f"The charge {each.moved.source} names no donation of ours."
    donation.hear(each.seen)
    return unfit(donation, each.moved, again=donation.pk in settled)


def unfit(donation: Donation, moved: Moved, *, again: bool) -> str:
    """Why this gift cannot be settled by this movement; empty where it can."""
    if donation.review:
        return donation.review
    if donation.state in {State.PENDING, State.FAILED}:
        return WAITING_FOR_THE_BANK
    if donation.state != State.PAID or again:
        return f"The gift {donation.reference} is {donation.get_state_display()}: it cannot be settled by this charge."
    if donation.campaign.card_fund.currency != moved.currency:
        return f"Stripe settled in {moved.currency}, the fund is kept in {donation.campaign.card_fund.currency}."
    return ""


def clear_waiting() -> list[Exception]:
    """Book what waited under suspense for a donor's bank, or for its gift to be in the books, and need not any more.

    What cannot be booked all the same stays under suspense; why not is the answer.
    """
    stuck: list[Exception] = []
    for waiting, clear in (
        (BalanceTransaction.objects.waiting_for_the_bank(), clear_gift),
        (BalanceTransaction.objects.waiting_for_their_gift(), movements.clear),
    ):
        for pk in waiting.order_by("pk").values_list("pk", flat=True):
            try:
                clear_one(waiting, pk, clear)
            except Exception as error:
                log.exception("balance transaction %s stays under suspense", pk)
                stuck.append(error)
    with transaction.atomic():
        settle_alone()
        BalanceTransaction.objects.of_failed_debits().update(problem="")
    return stuck


@transaction.atomic
def clear_one(waiting: QuerySet[BalanceTransaction], pk: int, clear: Callable[[BalanceTransaction], None]) -> None:
    """With its gift locked too, so that nothing that is said of it meanwhile is lost."""
    settle_alone()
    held = waiting.filter(pk=pk).select_related("donation__campaign__card_fund")
    for each in held.select_for_update(of=("self", "donation")):
        clear(each)


def clear_gift(movement: BalanceTransaction) -> None:
    """The donor's bank has confirmed it. Where it still cannot be booked as the gift, say why."""
    assert movement.donation is not None  # noqa: S101 (only a gift can wait for its donor's bank)
    if problem := unfit(movement.donation, bookkeeping.moved_by(movement), again=False):
        BalanceTransaction.objects.filter(pk=movement.pk).update(problem=problem)
    else:
        bookkeeping.clear(movement)
