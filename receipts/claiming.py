"""The claim of Gift Aid for a year: spreadsheets for the tax office of the United Kingdom, and what is not in them.

Where each thing stands in the sheet, and how it is written, is what the checks of its service ask for. Source:
https://www.gov.uk/guidance/schedule-spreadsheet-to-claim-back-tax-on-gift-aid-donations and
github.com/hmrc/charities-claims-validation. Each gift has a line of its own: none are added up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from donations.models import Donation
from ledger.money import Money
from receipts import gift_aid, ods
from receipts.models import FiscalYear, GiftAidDeclaration
from receipts.models.gift_aid import PAST_YEARS
from receipts.ods import Cell
from receipts.spelling import western

AT_MOST = 1000
"""Lines of a file."""
SHEET = "R68GAD_V1_00_0_EN"
EARLIEST, OVERCLAIMED, HEADINGS, FIRST_LINE = 12, 16, 22, 24
"""Rows of the sheet, counted from 0."""
COLUMNS = 11
A_NAME, A_HOUSE = 35, 40
TITLE = re.compile(r"[A-Za-z][A-Za-z'-]{1,3}")
TAX_ON_A_HUNDRED = 25
"""The basic rate is 20 %, and has been since 6 April 2008: of 125 that were earned, 25 were tax and 100 were given."""


class Line(NamedTuple):
    title: str
    first_name: str
    last_name: str
    house: str
    postcode: str
    day: date
    amount: Decimal

    @property
    def complete(self) -> bool:
        """Whether nothing is missing that the tax office would miss."""
        return all((self.first_name, self.last_name, self.house, self.postcode))

    def cells(self, item: int) -> list[Cell]:
        return ["", item, *self[:5], "", "", self.day, self.amount]


@dataclass(frozen=True, slots=True)
class Claim:
    lines: Sequence[Line]
    left_out: Sequence[Donation]
    """Gifts whose donor's name or house cannot be written as the tax office reads it."""

    @property
    def total(self) -> Money:
        return Money.from_decimal(sum((line.amount for line in self.lines), Decimal(0)), gift_aid.CURRENCY)

    @property
    def tax(self) -> Money:
        """What is expected back, without the fraction of a penny."""
        return Money(self.total.minor * TAX_ON_A_HUNDRED // 100, gift_aid.CURRENCY)

    @property
    def files(self) -> list[Sequence[Line]]:
        return [self.lines[first : first + AT_MOST] for first in range(0, len(self.lines), AT_MOST)]


def claim_of(year: FiscalYear) -> Claim:
    lines, left_out = [], []
    for gift, day, declared in gift_aid.declared_gifts(year):
        line = line_of(declared, day, Money(gift.kept_minor, gift.currency).decimal)
        if line.complete:
            lines.append(line)
        else:
            left_out.append(gift)
    return Claim(lines, left_out)


def line_of(declared: GiftAidDeclaration, day: date, amount: Decimal) -> Line:
    title = western(declared.title).rstrip(".")
    return Line(
        title if TITLE.fullmatch(title) else "",
        western(declared.first_name)[:A_NAME].strip(),
        western(declared.last_name.replace("-", " "))[:A_NAME].strip(),
        western(declared.house)[:A_HOUSE].strip(),
        declared.postcode,
        day,
        amount,
    )


def written(lines: Sequence[Line]) -> bytes:
    """One file: never empty, and at most AT_MOST lines."""
    sheet: list[list[Cell]] = [[""] * COLUMNS for _row in range(FIRST_LINE)]
    sheet[EARLIEST - 1][3] = "Earliest donation date in the period of claim. (DD/MM/YY)"
    sheet[EARLIEST][3] = min(line.day for line in lines)
    sheet[OVERCLAIMED - 1][3] = "Previously over-claimed amount. Leave blank if none"
    sheet[HEADINGS][1:] = gift_aid.COLUMNS
    return ods.spreadsheet(SHEET, [*sheet, *(line.cells(item) for item, line in enumerate(lines, 1))])


def last_day_to_claim(year: FiscalYear) -> date:
    """Four years after the end of the year: what is older is too old."""
    try:
        return year.last_day.replace(year=year.last_day.year + PAST_YEARS)
    except ValueError:  # 29 February
        return year.last_day.replace(year=year.last_day.year + PAST_YEARS, day=28)
