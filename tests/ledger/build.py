"""Small true things to book in tests: funds, gifts, promises, payments, transfers."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from ledger import chart, journal
from ledger.journal import Draft, Line
from ledger.models import Entry, Fund
from ledger.money import Money

TODAY = date(2026, 11, 22)
_numbers = count(1)


def fund(code: str = "", *, currency: str = "USD", holding: int = 0) -> Fund:
    made = Fund.objects.create(code=code or f"fund-{next(_numbers)}", name="Winter in Peshawar", currency=currency)
    if holding:
        booked(gift(made, holding))
    return made


def draft(*lines: Line, kind: str = "test", source: str = "", discretionary: bool = False) -> Draft:
    return Draft(kind, source or f"source-{next(_numbers)}", TODAY, lines, discretionary=discretionary)


def line(account: str, where: Fund, minor: int) -> Line:
    return Line(account, where, Money(minor, where.currency))


def gift(to: Fund, minor: int, *, fee: int = 0, source: str = "") -> Draft:
    stripe, fees = line(chart.STRIPE, to, minor - fee), line(chart.FEES, to, fee)
    return draft(stripe, fees, line(chart.GIFTS, to, -minor), kind="gift", source=source)


def refund(of: Fund, minor: int) -> Draft:
    return draft(line(chart.REFUNDS, of, minor), line(chart.STRIPE, of, -minor), kind="refund")


def promise(out_of: Fund, minor: int, *, source: str = "") -> Draft:
    lines = line(chart.ENCUMBERED, out_of, minor), line(chart.CONTRA, out_of, -minor)
    return draft(*lines, kind="promise", source=source, discretionary=True)


def payment(out_of: Fund, minor: int) -> Draft:
    """Of what was promised before."""
    return draft(
        line(chart.CONTRA, out_of, minor),
        line(chart.ENCUMBERED, out_of, -minor),
        line(chart.GRANTS, out_of, minor),
        line(chart.BANK, out_of, -minor),
        kind="payment",
        discretionary=True,
    )


def transfer(out_of: Fund, to: Fund, minor: int, *, source: str = "") -> Draft:
    return draft(
        line(chart.TRANSFER, out_of, minor),
        line(chart.BANK, out_of, -minor),
        line(chart.BANK, to, minor),
        line(chart.TRANSFER, to, -minor),
        kind="transfer",
        source=source,
        discretionary=True,
    )


@transaction.atomic
def booked(what: Draft) -> Entry:
    return journal.record(what)


def sql(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Raw SQL, past everything that is ours in Python."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def bare_entry(kind: str = "raw", **columns: Any) -> int:
    """An entry's row without postings."""
    values = {"kind": kind, "source": f"source-{next(_numbers)}", "occurred_on": TODAY} | columns
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    [(number,)] = sql(f"INSERT INTO ledger_entry ({names}) VALUES ({places}) RETURNING id", *values.values())
    return int(number)


Posted = tuple[str, Fund, int]


def bare_postings(entry: int, postings: Sequence[Posted], *, currency: str = "", lines: Sequence[int] = ()) -> None:
    """Rows of postings, in one statement."""
    rows = [
        {"line": number, "account": account, "fund": fund.pk, "currency": currency or fund.currency, "amount": amount}
        for number, (account, fund, amount) in zip(lines or count(1), postings, strict=False)
    ]
    sql(
        """
        INSERT INTO ledger_posting (entry_id, line, account_id, fund_id, currency, amount)
        SELECT %s::bigint, line, account, fund, currency, amount FROM jsonb_to_recordset(%s::jsonb)
            AS row (line smallint, account text, fund bigint, currency text, amount bigint)
        """,
        entry,
        json.dumps(rows),
    )


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    """PostgreSQL itself refuses what is in the block, naming this constraint."""
    with pytest.raises(IntegrityError) as caught:
        yield
    assert caught.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


@contextmanager
def broken_books() -> Iterator[None]:
    """Inside, what only a superuser of the database can do: every guard looks away. Undone at the end."""
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)
