"""Each finished day of the journal in the open books, so that no line of it can be changed afterwards unnoticed.

A day's leaf is of the entries that were posted before the day's end (in UTC) and are in no leaf yet; it names them by
their numbers. So an entry whose transaction ended late, or that occurred long ago, is in the next leaf, and none that
is written breaks again. The public sees a salted hash: a day with one gift cannot be found out by guessing the gift.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

from django.db import connection, transaction

from ledger import journal_file
from receipts.log.appending import append, lock
from receipts.models import LeafKind, LogLeaf
from receipts.verify import journal_digest

A_DAY = timedelta(days=1)
AT_ONCE = 40
POSTED = """
    SELECT coalesce(range_agg(int8range(id, id + 1)), '{}')::text FROM ledger_entry
    WHERE posted_at < %s AND NOT id <@ %s::int8multirange
"""

Span = tuple[int, int]
"""Entries by their numbers, the first and the last."""


def log_days(now: datetime) -> int:
    """Leaves for the days that have ended since the last one; how many. The first is of all that was before it."""
    return len([log_day(day) for day in unlogged_days(now.astimezone(UTC).date())[:AT_ONCE]])


def unlogged_days(today: date) -> list[date]:
    last = LogLeaf.objects.of(LeafKind.LEDGER).order_by("-index").values_list("key", flat=True).first()
    first = date.fromisoformat(last) + A_DAY if last else today - A_DAY
    return [first + A_DAY * number for number in range((today - first).days)]


@transaction.atomic
def log_day(day: date) -> LogLeaf:
    lock()
    spans = posted_before(datetime.combine(day + A_DAY, time(), UTC), logged())
    digest, postings = journal_digest(csv.DictReader(lines_of(spans)), spans)
    body = {"day": day.isoformat(), "entries": spans, "postings": postings, "sha256": digest}
    return append(kind=LeafKind.LEDGER, key=day.isoformat(), body=body)


def logged() -> list[Span]:
    """The entries that are in a leaf."""
    bodies = LogLeaf.objects.of(LeafKind.LEDGER).values_list("body", flat=True)
    return [tuple(span) for span in chain.from_iterable(json.loads(body)["entries"] for body in bodies)]


def posted_before(moment: datetime, without: list[Span]) -> list[Span]:
    with connection.cursor() as cursor:
        cursor.execute(POSTED, [moment, journal_file.multirange(without)])
        (found,) = cursor.fetchone()
    edges = [piece.split(",") for piece in str(found).strip("{}").replace("[", "").split(")") if piece.strip(",")]
    return [(int(start), int(end) - 1) for *_comma, start, end in edges]


def lines_of(spans: list[Span]) -> Iterator[str]:
    """The journal's file, line by line. A source may hold a line end, and then its line goes on."""
    content = b"".join(journal_file.of_entries(spans)).decode()
    yield from io.StringIO(content, newline="")
