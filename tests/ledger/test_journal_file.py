"""The journal as a file: whole, balanced, harmless in a spreadsheet, and proved by a reader that is not ours."""

import csv
import io
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from beancount import loader
from beancount.core.data import Transaction
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from ledger import journal_file
from ledger.journal_file import Format, Span
from ledger.models import Balance, Entry
from tests.ledger import build

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
ALWAYS = Span(date(2026, 1, 1), date(2026, 12, 31))


def text(form: Format, span: Span = ALWAYS) -> str:
    return b"".join(journal_file.written(form, span)).decode()


def rows(span: Span = ALWAYS) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(Format.CSV, span))))


def story() -> None:
    dollars, yen, dinars = build.fund(holding=5_000_00), build.fund(currency="JPY"), build.fund(currency="KWD")
    build.booked(build.gift(dollars, 100_00, fee=3_20))
    build.booked(build.promise(dollars, 3_000_00))
    build.booked(build.payment(dollars, 3_000_00))
    build.booked(build.gift(yen, 5_000))
    build.booked(build.gift(dinars, 1_234))


def test_every_posting_is_a_line_and_debits_are_credits() -> None:
    story()
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows():
        sums[row["entry"], row["currency"]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    assert set(sums.values()) == {Decimal(0)}
    assert {int(entry) for entry, _currency in sums} == set(Entry.objects.values_list("pk", flat=True))
    written = {(row["account"], row["debit"] or f"-{row['credit']}", row["currency"]) for row in rows()}
    assert {("fees", "3.20", "USD"), ("gifts", "-5000", "JPY"), ("stripe", "1.234", "KWD")} <= written


def test_only_the_days_that_were_asked_for() -> None:
    story()
    assert rows(Span(build.TODAY, build.TODAY)) == rows()
    assert rows(Span(build.TODAY + DAY, build.TODAY + DAY)) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_text_is_a_formula_and_amounts_stay_numbers(start: str) -> None:
    build.booked(build.gift(build.fund(), 100_00, source=f"{start}cmd|' /C calc'!A0"))
    row = rows()[0]
    assert row["source"] == f"'{start}cmd|' /C calc'!A0"
    assert Decimal(row["debit"]) == 100


def checked(source: str) -> dict[str, Decimal]:
    """beancount's own reading: no complaint, and what each account comes to."""
    entries, errors, _options = loader.load_string(source)
    assert not errors, [error.message for error in errors]
    held: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            held[f"{posting.account} {posting.units.currency}"] += posting.units.number
    return {name: amount for name, amount in held.items() if amount}


def test_beancount_accepts_it_and_comes_to_our_balances() -> None:
    story()
    read = sorted(checked(text(Format.BEANCOUNT)).values())
    assert read == sorted(balance.money.decimal for balance in Balance.objects.exclude(amount=0))


def test_what_was_before_is_carried_over() -> None:
    story()
    later = Span(build.TODAY + DAY, build.TODAY + DAY)
    assert checked(text(Format.BEANCOUNT, later)) == checked(text(Format.BEANCOUNT))
    empty = Span(build.TODAY - DAY, build.TODAY - DAY)
    assert checked(text(Format.BEANCOUNT, empty)) == {}


@given(st.text(min_size=1, max_size=60).filter(lambda source: "\x00" not in source and source.isprintable()))
@example('a "quoted" \\ back\\\\slash \\n')
@example("x\x1fy\nz")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_source_breaks_out_of_its_quotes(source: str) -> None:
    before = Entry.objects.count()
    build.booked(build.gift(build.fund(), 100_00, source=source + str(before)))
    told = [entry for entry in loader.load_string(text(Format.BEANCOUNT))[0] if isinstance(entry, Transaction)]
    assert len(told) == before + 1
    assert told[-1].narration == re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", source) + str(before)


def test_one_changed_amount_is_found_by_the_reader() -> None:
    story()
    changed = text(Format.BEANCOUNT).replace("96.80", "96.81", 1)
    assert loader.load_string(changed)[1]


def test_staff_who_see_the_books_save_it_and_nobody_else(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    story()
    client = Client()
    client.force_login(User.objects.create_superuser("treasurer"))
    page = "/staff/ledger/entry/journal/"
    assert page in client.get("/staff/ledger/entry/").content.decode()
    asked = {"first": "2026-01-01", "last": "2026-12-31", "form": "csv", "do": "save"}
    answer = client.get(page, asked)
    assert b"".join(answer) == text(Format.CSV).encode()
    assert answer["Content-Disposition"] == 'attachment; filename="journal-2026-01-01-2026-12-31.csv"'
    wrong = client.get(page, asked | {"last": "2025-12-31"}).content.decode()
    assert "comes before the first" in wrong
    someone = Client()
    someone.force_login(User.objects.create_user("someone", is_staff=True))
    assert someone.get(page, asked).status_code == 403


def test_the_command_prints_the_same() -> None:
    story()
    out = StringIO()
    call_command("journal", "--first=2026-01-01", "--last=2026-12-31", "--format=beancount", stdout=out)
    assert out.getvalue() == text(Format.BEANCOUNT)
    with pytest.raises(CommandError, match="comes before the first"):
        call_command("journal", "--first=2026-01-02", "--last=2026-01-01")
