"""The journal as a file for an accountant: CSV, written by PostgreSQL itself, or beancount text.

Both are streamed: a million lines take no more memory than ten.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import batched
from typing import NamedTuple

from django.db import connection, models, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from ledger import currencies
from ledger.models import Account, Posting
from ledger.money import Money

AT_ONCE = 5_000
ROOTS = {
    Account.Kind.ASSET: "Assets",
    Account.Kind.LIABILITY: "Liabilities",
    Account.Kind.NET: "Equity",
    Account.Kind.INCOME: "Income",
    Account.Kind.EXPENSE: "Expenses",
    Account.Kind.MEMO: "Equity:Memo",
}


class Format(models.TextChoices):
    CSV = "csv", _("CSV, for a spreadsheet")
    BEANCOUNT = "beancount", _("beancount, plain text accounting")


@dataclass(frozen=True, slots=True)
class Span:
    """The entries that occurred from the first day to the last, both included."""

    first: date
    last: date


def written(form: Format, span: Span) -> Iterator[bytes]:
    return as_csv(span) if form == Format.CSV else as_beancount(span)


# CSV

# A spreadsheet takes a text for a formula that begins with one of these; an apostrophe before it keeps it a text.
FORMULA = sql.SQL(", ").join(ord(letter) for letter in "=+-@\t\r＝＋－＠")
TEXT = sql.SQL("CASE WHEN ascii({0}) IN ({formula}) THEN '''' || {0} ELSE {0} END")
COLUMNS = {
    "entry": sql.SQL("e.id"),
    "occurred_on": sql.SQL("e.occurred_on"),
    "posted_at_utc": sql.SQL("e.posted_at AT TIME ZONE 'UTC'"),
    "kind": TEXT.format(sql.Identifier("e", "kind"), formula=FORMULA),
    "source": TEXT.format(sql.Identifier("e", "source"), formula=FORMULA),
    "reverses": sql.SQL("e.reverses_id"),
    "line": sql.SQL("p.line"),
    "fund": sql.SQL("f.code"),
    "account": sql.SQL("p.account_id"),
    "account_kind": sql.SQL("a.kind"),
    "debit": sql.SQL("CASE WHEN p.amount > 0 THEN p.amount * f.unit END"),
    "credit": sql.SQL("CASE WHEN p.amount < 0 THEN -p.amount * f.unit END"),
    "currency": sql.SQL("p.currency"),
}
FUNDS = sql.SQL("""
    SELECT id, {code} AS code,
        ('1e-' || coalesce({exponents}::jsonb ->> currency, '2'))::numeric AS unit FROM ledger_fund
""")
JOURNAL = sql.SQL("""
    COPY (
        WITH f AS MATERIALIZED ({funds})
        SELECT {columns} FROM ledger_entry e
        JOIN ledger_posting p ON p.entry_id = e.id
        JOIN ledger_account a ON a.code = p.account_id
        JOIN f ON f.id = p.fund_id
        WHERE {which}
        ORDER BY e.id, p.line
    ) TO STDOUT WITH (FORMAT csv, HEADER)
""")
OCCURRED = sql.SQL("e.occurred_on BETWEEN {} AND {}")
NUMBERED = sql.SQL("e.id <@ {}::int8multirange")


def as_csv(span: Span) -> Iterator[bytes]:
    """A line for each posting, in the order of the books; amounts as decimal numbers, debits and credits apart."""
    return lines(OCCURRED.format(span.first, span.last))


def of_entries(numbers: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The same lines as CSV, of entries by their numbers: each pair is the first and the last of some."""
    return lines(NUMBERED.format(multirange(numbers)))


def multirange(numbers: Iterable[tuple[int, int]]) -> str:
    """As PostgreSQL reads it."""
    return "{" + ",".join(f"[{first},{last}]" for first, last in numbers) + "}"


def lines(which: sql.Composable) -> Iterator[bytes]:
    named = sql.SQL(", ").join(sql.SQL("{} AS {}").format(what, sql.Identifier(name)) for name, what in COLUMNS.items())
    statement = JOURNAL.format(columns=named, funds=funds(), which=which)
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as rows:
        yield from in_blocks(bytes(row) for row in rows)


def funds() -> sql.Composed:
    """Each fund, and how its amounts are written."""
    code = TEXT.format(sql.Identifier("code"), formula=FORMULA)
    return FUNDS.format(code=code, exponents=json.dumps(dict(currencies.EXPONENTS)))


def in_blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Enough at a time that passing them on costs nothing beside writing them."""
    for block in batched(lines, AT_ONCE, strict=False):
        yield b"".join(block)


# beancount


class Place(NamedTuple):
    """An account of a fund, under a name that beancount takes. The fund's number keeps two alike codes apart."""

    account: str
    kind: str
    fund: int
    code: str
    currency: str

    @property
    def name(self) -> str:
        fund, account = (re.sub(r"[^A-Za-z0-9-]", "-", text) for text in (self.code, self.account))
        return f"{ROOTS[Account.Kind(self.kind)]}:F{self.fund}-{fund}:{account.capitalize()}"

    def amount(self, minor: int) -> str:
        return f"{Money(minor, self.currency).decimal} {self.currency}"


PLACE = ("account", "account__kind", "fund", "fund__code", "currency")
LINE_END = "\x1f"  # PostgreSQL hands out a line end as two letters, and this as it is
QUOTED = sql.SQL("""
    '"' || CASE WHEN {0} ~ '["\\\\[:cntrl:]]' THEN
        regexp_replace(regexp_replace({0}, '[[:cntrl:]]', ' ', 'g'), '(["\\\\])', '\\\\\\1', 'g')
    ELSE {0} END || '"'
""")
TRANSACTIONS = sql.SQL("""
    COPY (
        WITH f AS MATERIALIZED ({funds})
        SELECT {end} || e.occurred_on || ' * ' || {kind} || ' ' || {source} || {end} || '  entry: ' || e.id || {end}
            || string_agg(
                '  ' || place.name || '  ' || p.amount * f.unit || ' ' || p.currency, {end}
                ORDER BY p.line
            )
        FROM ledger_entry e
        JOIN ledger_posting p ON p.entry_id = e.id
        JOIN f ON f.id = p.fund_id
        JOIN (VALUES {places}) AS place (account, fund, name) ON place.account = p.account_id AND place.fund = p.fund_id
        WHERE e.occurred_on BETWEEN {first} AND {last}
        GROUP BY e.id ORDER BY e.id
    ) TO STDOUT
""")


def as_beancount(span: Span) -> Iterator[bytes]:
    """What was before stands in one opening entry; at the end each balance is asserted, so that a reader checks it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        before, after = sums(span)
        yield "".join(opening(span, before, after)).encode()
        if after:
            yield from in_blocks(transactions(span, after))
        yield "".join(closing(span, after)).encode()


def opening(span: Span, before: dict[Place, int], after: dict[Place, int]) -> Iterator[str]:
    eve = span.first - timedelta(days=1)
    yield f'option "title" "RefugeesRise, {span.first} to {span.last}"\n\n'
    yield from (f"{eve} open {place.name} {place.currency}\n" for place in after)
    if before:
        yield f'\n{eve} * "opening" "What was before"\n'
        yield from (f"  {place.name}  {place.amount(minor)}\n" for place, minor in before.items())


def transactions(span: Span, places: Iterable[Place]) -> Iterator[bytes]:
    names = (sql.SQL("({}, {}, {})").format(place.account, place.fund, place.name) for place in places)
    statement = TRANSACTIONS.format(
        end=LINE_END,
        kind=QUOTED.format(sql.Identifier("e", "kind")),
        source=QUOTED.format(sql.Identifier("e", "source")),
        funds=funds(),
        places=sql.SQL(", ").join(names),
        first=span.first,
        last=span.last,
    )
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as rows:
        for row in rows:
            yield bytes(row).replace(rb"\\", b"\\").replace(LINE_END.encode(), b"\n")


def closing(span: Span, after: dict[Place, int]) -> Iterator[str]:
    morrow = span.last + timedelta(days=1)
    yield "\n"
    yield from (f"{morrow} balance {place.name}  {place.amount(minor)}\n" for place, minor in after.items())


def sums(span: Span) -> tuple[dict[Place, int], dict[Place, int]]:
    """What each account of each fund came to before this time, if it was touched at all, and what at its end."""
    earlier = Q(entry__occurred_on__lt=span.first)
    touched = Posting.objects.filter(entry__occurred_on__lte=span.last).order_by(*PLACE).values_list(*PLACE)
    before, after = {}, {}
    for *place, opening, closing in touched.annotate(opening=Sum("amount", filter=earlier), closing=Sum("amount")):
        after[Place(*place)] = int(closing)
        if opening is not None:
            before[Place(*place)] = int(opening)
    return before, after
