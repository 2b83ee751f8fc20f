"""The one door to the books: writes entries, each exactly once.

Everything here runs inside the caller's transaction, together with the change of state that the entry books.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from ledger.models import Entry, Fund, Posting
from ledger.money import CurrencyMismatch, Money

Key = tuple[str, str]


class AlreadyRecorded(Exception):
    """This kind and source are in the books, with other content."""


class NotEnoughFree(Exception):
    """A decision would spend or promise more than the fund has free."""

    def __init__(self, fund: Fund, free: Money, short: Money) -> None:
        self.fund, self.free, self.short = fund, free, short
        super().__init__(fund, free, short)

    def __str__(self) -> str:
        return _("“%(fund)s” has %(free)s free. That is %(short)s too little.") % {
            "fund": self.fund.name,
            "free": self.free.format(),
            "short": self.short.format(),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: + debit, − credit, in the fund's own currency."""

    account: str
    fund: Fund
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.currency != self.fund.currency:
            raise CurrencyMismatch(f"{self.fund.code} is kept in {self.fund.currency}, not {self.amount.currency}.")

    @property
    def content(self) -> tuple[str, int, int]:
        return self.account, self.fund.pk, self.amount.minor


@dataclass(frozen=True, slots=True)
class Draft:
    """One event to be booked. Lines of zero are left out, so that a gift without a fee needs no other draft."""

    kind: str
    source: str
    occurred_on: date
    lines: tuple[Line, ...]
    discretionary: bool = False
    reverses: Entry | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.source

    @property
    def postings(self) -> list[Line]:
        return [line for line in self.lines if line.amount]

    @property
    def content(self) -> tuple[Any, ...]:
        """What must be the same when the same event comes again."""
        reversed_id = self.reverses and self.reverses.pk
        return self.occurred_on, self.discretionary, reversed_id, sorted(line.content for line in self.postings)


def record(draft: Draft) -> Entry:
    """The entry for this event, written now or before. AlreadyRecorded if it was written with other content.

    NotEnoughFree if the draft is discretionary and takes a fund below zero; the caller's transaction stays usable.
    """
    return record_all([draft])[0]


def record_all(drafts: Sequence[Draft]) -> list[Entry]:
    """The entries for these events, in their order, in one round of SQL; the promises of record()."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Record inside transaction.atomic, with the state that it books.")
    first = _first_of_each(drafts)
    entries = _write([first[key] for key in sorted(first)])
    entries |= _found_again([draft for key, draft in first.items() if key not in entries])
    return [entries[draft.key] for draft in drafts]


def reverse(entry: Entry, *, source: str, occurred_on: date) -> Entry:
    """Books the exact opposite of an entry, as the same kind of decision or fact. An entry is reversed once."""
    lines = tuple(
        Line(posting.account_id, posting.fund, -posting.money)
        for posting in entry.postings.select_related("fund").order_by("line")
    )
    return record(
        Draft(f"{entry.kind}.reversed", source, occurred_on, lines, discretionary=entry.discretionary, reverses=entry)
    )


def _first_of_each(drafts: Sequence[Draft]) -> dict[Key, Draft]:
    first: dict[Key, Draft] = {}
    for draft in drafts:
        if first.setdefault(draft.key, draft).content != draft.content:
            raise AlreadyRecorded(f"{draft.kind} {draft.source} comes twice, with different content.")
    return first


def _write(drafts: Sequence[Draft]) -> dict[Key, Entry]:
    """Those of the drafts that were not in the books yet, by key. Sorted by it, so that two writers cannot deadlock."""
    try:
        with transaction.atomic(savepoint=any(draft.discretionary for draft in drafts)):
            entries = _insert_entries(drafts)
            _insert_postings([(entries[draft.key], draft) for draft in drafts if draft.key in entries])
    except IntegrityError as error:
        _raise_if_not_enough_free(error, drafts)
        raise
    return entries


def _insert_entries(drafts: Sequence[Draft]) -> dict[Key, Entry]:
    columns: list[list[Any]] = [
        [draft.kind for draft in drafts],
        [draft.source for draft in drafts],
        [draft.occurred_on for draft in drafts],
        [draft.discretionary for draft in drafts],
        [draft.reverses and draft.reverses.pk for draft in drafts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ENTRIES, columns)
        written = [Entry.from_db(connection.alias, ENTRY_COLUMNS, row) for row in cursor.fetchall()]
    return {(entry.kind, entry.source): entry for entry in written}


def _insert_postings(booked: Sequence[tuple[Entry, Draft]]) -> None:
    rows = [
        (entry.pk, number, line.account, line.fund.pk, line.fund.currency, line.amount.minor)
        for entry, draft in booked
        for number, line in enumerate(draft.postings, 1)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT_POSTINGS, [list(column) for column in zip(*rows, strict=True)])


def _found_again(drafts: Sequence[Draft]) -> dict[Key, Entry]:
    """The entries that these drafts wrote at an earlier time. AlreadyRecorded where the content differs."""
    if not drafts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND_ENTRIES, [[draft.kind for draft in drafts], [draft.source for draft in drafts]])
        entries = [Entry.from_db(connection.alias, ENTRY_COLUMNS, row) for row in cursor.fetchall()]
    lines: dict[int, list[tuple[str, int, int]]] = {entry.pk: [] for entry in entries}
    for posting in Posting.objects.filter(entry__in=lines):
        lines[posting.entry_id].append((posting.account_id, posting.fund_id, posting.amount))
    found = {(entry.kind, entry.source): entry for entry in entries}
    for draft in drafts:
        entry = found[draft.key]
        if draft.content != (entry.occurred_on, entry.discretionary, entry.reverses_id, sorted(lines[entry.pk])):
            raise AlreadyRecorded(f"{entry} is in the books as entry {entry.pk}, with other content.")
    return found


def _raise_if_not_enough_free(error: IntegrityError, drafts: Sequence[Draft]) -> None:
    diagnosis = error.__cause__.diag  # type: ignore[union-attr]  # psycopg's error, which Django wraps
    if diagnosis.constraint_name == "ledger_not_enough_free":
        detail = json.loads(diagnosis.message_detail)
        funds = {line.fund.pk: line.fund for draft in drafts for line in draft.lines}
        fund = funds[detail["fund"]]
        raise NotEnoughFree(
            fund, Money(detail["free"], fund.currency), Money(detail["short"], fund.currency)
        ) from error


ENTRY_COLUMNS = ["id", "kind", "source", "occurred_on", "posted_at", "discretionary", "reverses_id"]

INSERT_ENTRIES = """
    INSERT INTO ledger_entry (kind, source, occurred_on, discretionary, reverses_id)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::boolean[], %s::bigint[])
    ON CONFLICT (kind, source) DO NOTHING
    RETURNING id, kind, source, occurred_on, posted_at, discretionary, reverses_id
"""

INSERT_POSTINGS = """
    INSERT INTO ledger_posting (entry_id, line, account_id, fund_id, currency, amount)
    SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[])
"""

FIND_ENTRIES = """
    SELECT id, kind, source, occurred_on, posted_at, discretionary, reverses_id
    FROM ledger_entry JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, source) USING (kind, source)
"""
