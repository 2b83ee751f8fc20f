"""A bank's CSV file: read as its account says, or refused whole with the line that is wrong."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations import statement_csv
from donations.models import BankAccount
from donations.statement import Broken, Listed, keyed
from ledger.money import Money
from tests.donations import bank


def account(**changes: Any) -> BankAccount:
    columns = {"date_column": "Date", "amount_column": "Amount", "currency_column": "Currency", "text_column": "Text"}
    others = {"reference_column": "Reference", "payer_column": "Payer", "id_column": "Number"}
    return BankAccount(**{"name": "Ours", "currency": "USD", "format": "csv"} | columns | others | changes)


def read(content: bytes, **changes: Any) -> list[Listed]:
    return statement_csv.read(content, account(**changes))


def one(amount: str, **changes: Any) -> Money:
    return read(bank.csv_file(bank.row(amount), delimiter="|"), delimiter="|", **changes)[0].amount


def test_a_line_is_read_by_the_columns_that_the_account_names() -> None:
    (line,) = read(bank.csv_file(bank.row("1,250.50", "for  the\nwinter", reference="R 1", number="A1")))
    assert line == Listed(2, date(2026, 11, 20), Money(1_250_50, "USD"), "for the winter", "R 1", "Leila Noori", "A1")


def test_the_order_of_columns_and_what_is_above_them_do_not_matter() -> None:
    file = 'Example Bank\n"An "odd" head;\nText;Buchungstag;Betrag\n\nwinter;20.11.26;-1.250,50\n\n'.encode("cp1252")
    (line,) = read(
        file,
        delimiter=";",
        encoding="cp1252",
        header_line=3,
        date_format="%d.%m.%y",
        decimal_mark=",",
        date_column="buchungstag",
        amount_column="Betrag",
        currency_column="",
        reference_column="",
        payer_column="",
        id_column="",
    )
    assert (line.number, line.booked_on, line.amount) == (5, date(2026, 11, 20), Money(-1_250_50, "USD"))


@pytest.mark.parametrize(
    ("written", "mark", "minor"),
    [
        ("250", ".", 250_00),
        ("+250.5", ".", 250_50),
        ("-1,234,567.89", ".", -1_234_567_89),
        ("1.234,56", ",", 1_234_56),
        ("1 234,56", ",", 1_234_56),
        ("1\u202f234,56", ",", 1_234_56),
        ("1'234.56", ".", 1_234_56),
        ("250,00-", ",", -250_00),
        ("−250,00", ",", -250_00),
        ("250.00000", ".", 250_00),
    ],
)
def test_amounts_as_banks_write_them(written: str, mark: str, minor: int) -> None:
    assert one(written, decimal_mark=mark) == Money(minor, "USD")


@pytest.mark.parametrize(
    "written",
    ["", "abc", "1e3", "NaN", "1,23,4.00", "12,34", "--5", "-5-", "1.2.3", "0x1", "١٢٣", "=1+1", "9" * 16, "5 USD"],
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(Broken, match=r"Line 2: .*no amount"):
        one(written)


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    with pytest.raises(Broken, match=r"Line 2: .*too many decimals"):
        one("250.005")
    with pytest.raises(Broken, match=r"Line 2: .*too many decimals"):
        read(bank.csv_file(bank.row("250.5", currency="JPY")))


@given(amount=st.integers(-(10**12), 10**12), mark=st.sampled_from([".", ","]))
def test_every_amount_is_read_back(amount: int, mark: str) -> None:
    plain = f"{Decimal(amount) / 100:,.2f}"
    written = plain if mark == "." else plain.translate(str.maketrans(",.", ".,"))
    assert one(written, decimal_mark=mark) == Money(amount, "USD")


def test_a_bank_may_have_a_column_for_money_out() -> None:
    file = b"Date,In,Out,Text\n2026-11-20,5.00,,a\n2026-11-20,,7.00,b\n2026-11-20,0.00,-8.00,c\n"
    of = {"amount_column": "In", "debit_column": "Out", "currency_column": "", "reference_column": ""}
    lines = read(file, payer_column="", id_column="", **of)
    assert [line.amount.minor for line in lines] == [5_00, -7_00, -8_00]
    with pytest.raises(Broken, match="Line 2: money comes in and goes out"):
        read(file.replace(b"5.00,,", b"5.00,5.00,"), payer_column="", id_column="", **of)


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("31.02.", "%d.%m.%Y"),
        ("31.02.2026", "%d.%m.%Y"),
        ("29/02/2026", "%d/%m/%Y"),
        ("2026-13-01", "%Y-%m-%d"),
        ("20/11/2026", "%m/%d/%Y"),
        ("", "%Y-%m-%d"),
        ("2026-11-20 10:00", "%Y-%m-%d"),
        ("2026131", "%Y%m%d"),
        ("yesterday", "%Y-%m-%d"),
    ],
)
def test_days_that_never_were_are_refused(written: str, shape: str) -> None:
    with pytest.raises(Broken, match=r"Line 3: .*no day"):
        read(bank.csv_file(bank.row(on=date(2026, 11, 20).strftime(shape)), bank.row(on=written)), date_format=shape)


def test_a_day_that_is_still_to_come_is_refused() -> None:
    with pytest.raises(Broken, match="Line 2: “2999-01-01” is still to come"):
        read(bank.csv_file(bank.row(on="2999-01-01")))


@pytest.mark.parametrize("currency", ["usd ", "USD"])
def test_a_currency_is_a_code(currency: str) -> None:
    assert read(bank.csv_file(bank.row(currency=currency)))[0].amount.currency == "USD"
    with pytest.raises(Broken, match="Line 2: “EURO” is no currency"):
        read(bank.csv_file(bank.row(currency="euro")))


def test_a_wrong_encoding_is_refused_with_the_line() -> None:
    file = bank.csv_file(bank.row(), bank.row(payer="Müller"), encoding="cp1252")
    with pytest.raises(Broken, match=r"Line 3: .*encoding"):
        read(file)
    assert read(file, encoding="cp1252")[1].payer == "Müller"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_file_of_two_bytes_a_character_is_not_taken_for_one(encoding: str) -> None:
    with pytest.raises(Broken, match="Line 1: this is no text"):
        read(bank.csv_file(bank.row(), encoding=encoding))
    assert len(read(bank.csv_file(bank.row(), encoding="utf-16"), encoding="utf-16")) == 1


def test_a_mark_of_the_byte_order_is_no_part_of_a_name() -> None:
    assert len(read(bank.csv_file(bank.row(), encoding="utf-8-sig"))) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "ends before"),
        (b"\n\n\n", "ends before"),
        (b"Date,Amount\n2026-11-20,5.00\n", "Line 1 does not name one column “Currency”"),
        (b"Date,Amount,Currency,Text,Reference,Payer,Number,Text\n", "Line 1 does not name one column “Text”"),
        (bank.csv_file(bank.row()) + b"2026-11-20,5.00\n", "Line 3: 2 columns in place of 7"),
        (bank.csv_file(bank.row()) + b'2026-11-20,"5.00\n', "Line 3: this is no CSV"),
        (bank.csv_file(bank.row()) + b'2026-11-20,"5"x,USD,,,,\n', "Line 3: this is no CSV"),
        (bank.csv_file(bank.row(text="x" * 200_000)), "Line 2: this is no CSV"),
        (bank.csv_file(bank.row()).replace(b"winter", b"win\0ter"), "Line 2: this is no text"),
        (b"%PDF-1.7\n\xff\xfe", "Line 2: .*encoding"),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong(content: bytes, sentence: str) -> None:
    with pytest.raises(Broken, match=sentence):
        read(content)


def test_a_line_of_several_rows_is_named_by_its_first() -> None:
    file = bank.csv_file(bank.row(text="a\nb\nc"), bank.row("x"))
    with pytest.raises(Broken, match="Line 5: “x” is no amount"):
        read(file)


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(Broken, match="more than 20000 lines"):
        read(bank.csv_file(*[bank.row()] * 20_001))


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://evil.example")', "@SUM(1)", "+1-1", "-2+3", "<script>alert(1)</script>"]
)
def test_a_formula_is_text_like_any_other(text: str) -> None:
    assert read(bank.csv_file(bank.row(text=text)))[0].text == text


def test_equal_lines_are_told_apart_by_those_above_them() -> None:
    lines = read(bank.csv_file(bank.row(), bank.row(), bank.row("7.00")))
    assert len(keyed([lines])) == 3
    assert keyed([lines]).keys() == keyed([lines, lines]).keys()


@given(st.binary(max_size=300))
def test_whatever_is_in_the_file_it_is_read_or_refused(content: bytes) -> None:
    with suppress(Broken):
        read(b"Date,Amount,Currency,Text,Reference,Payer,Number\n" + content)
