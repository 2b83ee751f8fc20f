"""Many at once: the books never promise the same money twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from ledger import audit, journal
from ledger.journal import Draft, NotEnoughFree
from ledger.models import Entry, Fund
from tests.ledger import build

pytestmark = pytest.mark.django_db(transaction=True)


def at_once[T](deeds: list[Callable[[], T]]) -> list[T]:
    """Runs every deed in a thread and a connection of its own, all starting together."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            start.wait()
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))


def granted(draft: Draft) -> bool:
    try:
        build.booked(draft)
    except NotEnoughFree:
        return False
    return True


def test_forty_promises_of_100_against_1000_leave_exactly_ten() -> None:
    fund = build.fund(holding=1_000)
    drafts = [build.promise(fund, 100) for _ in range(40)]
    assert sum(at_once([lambda draft=draft: granted(draft) for draft in drafts])) == 10  # type: ignore[misc]
    assert fund.free().minor == 0
    assert list(audit.findings()) == []


def test_promise_and_spend_never_both_take_the_last_money() -> None:
    """They touch different balances, so nothing but the fund's lock makes them see each other."""
    rounds = [(build.fund(holding=100), build.fund()) for _ in range(200)]
    step = Barrier(2)

    def play(decide: Callable[[Fund, Fund], Draft]) -> list[bool]:
        outcome = []
        for fund, other in rounds:
            draft = decide(fund, other)
            step.wait()
            outcome.append(granted(draft))
        return outcome

    promises, transfers = at_once(
        [
            lambda: play(lambda fund, _other: build.promise(fund, 100)),
            lambda: play(lambda fund, other: build.transfer(fund, other, 100)),
        ]
    )
    assert [promised + moved for promised, moved in zip(promises, transfers, strict=True)] == [1] * 200
    assert [fund.free().minor for fund, _other in rounds] == [0] * 200


def test_a_promise_waits_for_one_that_is_not_committed_yet() -> None:
    fund = build.fund(holding=100)
    first_is_in = Barrier(2)

    def hold() -> bool:
        with transaction.atomic():
            journal.record(build.promise(fund, 60))
            first_is_in.wait()
            build.sql("SELECT pg_sleep(0.2)")
        return True

    def follow() -> bool:
        first_is_in.wait()
        return granted(build.promise(fund, 60))

    assert at_once([hold, follow]) == [True, False]


def test_the_same_event_from_eight_threads_is_booked_once() -> None:
    fund = build.fund()
    gift = build.gift(fund, 100, fee=3)
    entries = at_once([lambda: build.booked(gift).pk] * 8)
    assert len(set(entries)) == 1
    assert (Entry.objects.count(), fund.free().minor) == (1, 97)


def test_overlapping_batches_in_any_order_neither_deadlock_nor_book_twice() -> None:
    funds = [build.fund() for _ in range(3)]
    gifts = [build.gift(fund, 100, fee=7) for fund in funds for _ in range(400)]

    def book(batch: list[Draft]) -> int:
        with transaction.atomic():
            return len(journal.record_all(batch))

    at_once([lambda batch=batch: book(batch) for batch in (gifts, gifts[::-1])])  # type: ignore[misc]
    assert [fund.free().minor for fund in funds] == [400 * 93] * 3


def test_transfers_both_ways_do_not_deadlock() -> None:
    one, other = build.fund(holding=10_000), build.fund(holding=10_000)

    def move(out_of: Fund, to: Fund) -> int:
        return sum(granted(build.transfer(out_of, to, 10)) for _ in range(50))

    pairs = [(one, other), (other, one)] * 3
    assert at_once([lambda pair=pair: move(*pair) for pair in pairs]) == [50] * 6  # type: ignore[misc]
    assert one.free() == other.free()


def test_a_postings_row_cannot_slip_into_an_entry_that_is_being_written() -> None:
    """Its foreign keys are only checked at commit, when the entry of the other transaction may be there."""
    fund = build.fund()
    written, tried = Barrier(2), Barrier(2)

    def write() -> bool:
        with transaction.atomic():
            entry = journal.record(build.gift(fund, 100))
            numbers.append(entry.pk)
            written.wait()
            tried.wait(5)
        return True

    def slip_in() -> bool:
        written.wait()
        try:
            with transaction.atomic():
                build.sql("SET LOCAL lock_timeout = '100ms'")
                build.bare_postings(numbers[0], [("bank", fund, 5), ("gifts", fund, -5)])
        except Exception:  # noqa: BLE001 (refused in whichever way)
            return False
        finally:
            tried.wait(5)
        return True

    numbers: list[int] = []
    assert at_once([write, slip_in]) == [True, False]
    assert Entry.objects.get().postings.count() == 2
