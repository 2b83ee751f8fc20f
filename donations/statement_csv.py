"""Read a bank's CSV file by the columns that its account names."""

import csv
import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from donations.models import BankAccount
from donations.statement import Broken, Listed, day, money, one_line
from ledger.money import Money

Cells = dict[str, str]
MOST_LINES = 20_000
SIGNS = {"": 1, "+": 1, "-": -1, "−": -1}


def read(content: bytes, account: BankAccount) -> list[Listed]:
    """Its lines from top to bottom. Broken names the line that cannot be read; then nothing is taken."""
    return [listed(number, cells, account) for number, cells in rows(decoded(content, account.encoding), account)]


def decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        place = content[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise Broken.at(place, _("this is not written in the encoding %(name)s.") % {"name": encoding}) from error
    if "\0" in text:
        raise Broken.at(text[: text.index("\0")].count("\n") + 1, _("this is no text in that encoding."))
    return text


def rows(text: str, account: BankAccount) -> Iterator[tuple[int, Cells]]:
    """Number and cells, by what they stand for, of each row that is not empty."""
    table = numbered(io.StringIO(text, newline=""), account)
    _number, header = next(table, (0, []))
    if not header:
        raise Broken(_("The file ends before the line of the column names."))
    places = placed(header, account)
    for number, cells in table:
        if len(cells) != len(header):
            words = {"found": len(cells), "expected": len(header)}
            raise Broken.at(number, _("%(found)s columns in place of %(expected)s.") % words)
        if number > MOST_LINES:
            raise Broken(_("The file has more than %(most)s lines: take a shorter time.") % {"most": MOST_LINES})
        yield number, {role: cells[place] for role, place in places.items()}


def numbered(text: io.StringIO, account: BankAccount) -> Iterator[tuple[int, list[str]]]:
    """The rows from the header on that hold anything, each with the line of the file that it begins in."""
    above = account.header_line - 1
    for _line in zip(range(above), text, strict=False):
        pass
    table = csv.reader(text, delimiter=account.delimiter, strict=True)
    number = above + 1
    try:
        for cells in table:
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = above + table.line_num + 1
    except csv.Error as error:
        raise Broken.at(number, _("this is no CSV: a quotation mark is missing or too much.")) from error


def placed(header: list[str], account: BankAccount) -> dict[str, int]:
    names = [name.strip().casefold() for name in header]
    places = {}
    for role, column in account.columns().items():
        if column:
            if names.count(column.casefold()) != 1:
                words = {"line": account.header_line, "column": column}
                raise Broken(_("Line %(line)s does not name one column “%(column)s”.") % words)
            places[role] = names.index(column.casefold())
    return places


def listed(number: int, cells: Cells, account: BankAccount) -> Listed:
    return Listed(
        number=number,
        booked_on=day(cells["date"], account.date_format, number),
        amount=moved(number, cells, account),
        text=one_line(cells["text"]),
        reference=one_line(cells.get("reference")),
        payer=one_line(cells.get("payer")),
        bank_id=one_line(cells.get("id")),
    )


def moved(number: int, cells: Cells, account: BankAccount) -> Money:
    currency = cells.get("currency", "").strip().upper() or account.currency
    into, out = cells["amount"].strip(), cells.get("debit", "").strip()
    if not out:
        return amount(into, currency, account.decimal_mark, number)
    debit = amount(out, currency, account.decimal_mark, number)
    credit = amount(into, currency, account.decimal_mark, number) if into else Money.zero(currency)
    if debit and credit:
        raise Broken.at(number, _("money comes in and goes out in one line."))
    return credit or Money(-abs(debit.minor), currency)


def amount(text: str, currency: str, mark: str, number: int) -> Money:
    """As banks write it: grouped or not, the sign before or behind."""
    group = r"[.'’ \u00a0\u202f]" if mark == "," else r"[,'’ \u00a0\u202f]"
    shape = rf"([+−-]?) ?(\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{re.escape(mark)}(\d+))? ?([+−-]?)"
    match = re.fullmatch(shape, text, re.ASCII)
    if not match or (match[1] and match[4]):
        raise Broken.at(number, _("“%(text)s” is no amount.") % {"text": text[:40]})
    digits = re.sub(r"\D", "", match[2])
    size = money(f"{digits}.{match[3]}" if match[3] else digits, currency, number)
    return Money(size.minor * SIGNS[match[1] or match[4]], currency)
