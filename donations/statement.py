"""A line of a bank statement as a file lists it, and what makes it the same line in another file."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from appeal.refusal import Refused
from donations.models.offline import still_to_come
from ledger.money import AmountError, Money

EIGHT_DIGITS = "%Y%m%d"
EARLIEST = date(1990, 1, 1)  # no file of a bank is older; an earlier day is a slip


class Broken(Refused):
    """The file cannot be taken. The message tells staff what is wrong, and in which line."""

    @classmethod
    def at(cls, line: int, sentence: str) -> "Broken":
        return cls(_("Line %(line)s: %(sentence)s") % {"line": line, "sentence": sentence})


@dataclass(frozen=True, slots=True)
class Listed:
    """`amount` is negative where money went out; `given` is what the payer sent, where that is another currency."""

    number: int
    booked_on: date
    amount: Money
    text: str
    reference: str
    payer: str
    bank_id: str
    given: Money | None = None

    @property
    def movement(self) -> tuple[str, ...]:
        return self.booked_on.isoformat(), str(self.amount.minor), self.amount.currency

    @property
    def content(self) -> tuple[str, ...]:
        return (*self.movement, self.text, self.reference, self.payer)


def keyed(statements: Iterable[Iterable[Listed]]) -> dict[str, Listed]:
    """Each line under its key: the bank's own number and what it moved, or else all its content.

    Lines that are equal in this are told apart by how many like them stand above in the same statement.
    """
    found: dict[str, Listed] = {}
    for lines in statements:
        above: Counter[tuple[str, ...]] = Counter()
        for line in lines:
            base = ("id", line.bank_id, *line.movement) if line.bank_id else line.content
            above[base] += 1
            name = (*base, str(above[base]))
            found.setdefault(hashlib.sha256(json.dumps(name).encode()).hexdigest(), line)
    return found


def one_line(*parts: str | None) -> str:
    """People's and banks' words with every run of white space as one blank."""
    return " ".join(" ".join(filter(None, parts)).split())


def day(text: str, written: str, line: int) -> date:
    try:
        if written == EIGHT_DIGITS and len(text.strip()) != 8:  # strptime would guess
            raise ValueError(text)
        found = datetime.strptime(text.strip(), written).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError as error:
        raise Broken.at(line, _("“%(text)s” is no day.") % {"text": text[:40]}) from error
    if found < EARLIEST:
        raise Broken.at(line, _("“%(text)s” is no day.") % {"text": text[:40]})
    if still_to_come(found):
        raise Broken.at(line, _("“%(text)s” is still to come.") % {"text": text[:40]})
    return found


def money(amount: str, currency: str, line: int) -> Money:
    """Of digits with a point at most."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Broken.at(line, _("“%(text)s” is no currency.") % {"text": currency[:40]})
    if not re.fullmatch(r"\d{1,15}(\.\d{1,5})?", amount, re.ASCII):
        raise Broken.at(line, _("“%(text)s” is no amount.") % {"text": amount[:40]})
    try:
        return Money.from_decimal(Decimal(amount), currency)
    except AmountError as error:
        raise Broken.at(line, str(error)) from error
