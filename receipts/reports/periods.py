"""The time a report is about, as people write it: a year, a quarter or a month."""

import calendar
import re
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from receipts.statement import Period

YEAR = re.compile(r"(20\d\d)", re.ASCII)
QUARTER = re.compile(r"(20\d\d)-q([1-4])", re.ASCII)
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
SHAPE = r"^20\d\d(-q[1-4]|-(0[1-9]|1[0-2]))?$"


def read(name: str) -> Period:
    """`2026`, `2026-q3` or `2026-05`; a ValueError for anything else."""
    if found := YEAR.fullmatch(name):
        return months(int(found[1]), 1, 12)
    if found := QUARTER.fullmatch(name):
        last = 3 * int(found[2])
        return months(int(found[1]), last - 2, last)
    if found := MONTH.fullmatch(name):
        return months(int(found[1]), int(found[2]), int(found[2]))
    raise ValueError(f"“{name}” is no period. Write a year, a quarter or a month: 2026, 2026-q3 or 2026-05.")


def months(year: int, first: int, last: int) -> Period:
    return Period(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))


def name(period: Period) -> str:
    """What `read` takes; a ValueError for days that are none of these."""
    year, first, last = period.since.year, period.since.month, period.until.month
    written = {1: f"{year}-{first:02}", 3: f"{year}-q{last // 3}", 12: f"{year}"}.get(last - first + 1, "")
    if read(written) != period:
        raise ValueError(f"{period} is no month, quarter or year.")
    return written


def in_words(period: Period) -> str:
    """In the active language."""
    if period.since.month == period.until.month:
        return date_format(period.since, "YEAR_MONTH_FORMAT")
    if (period.since.month, period.until.month) == (1, 12):
        return str(period.since.year)
    between = {
        "first": date_format(period.since, "YEAR_MONTH_FORMAT"),
        "last": date_format(period.until, "YEAR_MONTH_FORMAT"),
    }
    return _("%(first)s to %(last)s") % between
