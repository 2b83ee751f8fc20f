"""The journal of a million lines as a file, beside PostgreSQL's own COPY of the same rows."""

import gc
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from django.db import connection, transaction

from ledger import journal_file
from ledger.journal_file import Span
from ledger.models import Fund

LINES = 1_000_000
ALWAYS = Span(date(2026, 1, 1), date(2026, 12, 31))
ENTRIES = """
    INSERT INTO ledger_entry (kind, source, occurred_on)
    SELECT 'bench', 'line ' || number, date '2026-01-01' + number %% 365 FROM generate_series(1, %s) AS number
"""
POSTINGS = """
    INSERT INTO ledger_posting (entry_id, line, account_id, fund_id, currency, amount)
    SELECT id, line, account, %s, 'USD', amount
    FROM ledger_entry, (VALUES (1, 'stripe', 5000), (2, 'gifts', -5000)) AS one (line, account, amount)
    WHERE kind = 'bench'
"""


def measure(rounds: int, fund: Fund) -> Iterable[dict[str, float]]:
    """Lines a second; `grown` is how many MiB the process grew by, at its highest."""
    lay_out(fund)
    for _round in range(rounds):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limit, ours = rate(copied), rate(lambda: journal_file.as_csv(ALWAYS))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        yield {"limit": limit, "ours": ours, "grown": grown}


@transaction.atomic
def lay_out(fund: Fund) -> None:
    """Past the guards of the books, which a million single entries would keep busy for an hour."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM ledger_entry WHERE kind = 'bench')")
        if not cursor.fetchone()[0]:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(ENTRIES, [LINES // 2])
            cursor.execute(POSTINGS, [fund.pk])


def copied() -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.cursor.copy("COPY ledger_posting TO STDOUT") as rows:
        yield from (bytes(row) for row in rows)


def rate(export: Callable[[], Iterator[bytes]]) -> float:
    gc.collect()
    began = time.perf_counter()
    for _block in export():
        pass
    return LINES / (time.perf_counter() - began)
