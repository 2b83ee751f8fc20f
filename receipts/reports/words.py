"""The facts of a report as rows with words, in the active language: what its page and its paper show alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from donations.models import Method
from grants.models import Measure, Region
from grants.publication import PublicGrant
from ledger import chart, currencies
from ledger.money import Money
from receipts.reports import periods
from receipts.reports.facts import Bearer, Count, Directness, ReportGrant, TransparencyReport, Trouble, sums_by

DIRECTNESS: dict[Directness, Promise] = {
    Directness.DIRECT: _("Straight to the initiative"),
    Directness.ONE: _("Through one fiscal host"),
    Directness.MORE: _("Through more than one organisation"),
    Directness.UNTOLD: _("Not told, to protect people"),
}
TROUBLES: dict[Trouble, Promise] = {
    Trouble.REFUNDED: _("Gifts paid back to their donors"),
    Trouble.LOST: _("Gifts lost to disputes with donors' banks"),
    Trouble.RETURNED: _("Payments to initiatives that came back"),
    Trouble.RELEASED: _("Promises to initiatives that ended without a payment"),
    Trouble.LATE: _("Reports of initiatives that are late"),
}
FEES: dict[str, Promise] = {
    chart.FEES: _("The payment company's fees"),
    chart.DISPUTE_FEES: _("The payment company's fees for disputes"),
    chart.BANK_FEES: _("Banks' and transfer services' fees"),
}
BEARERS: dict[Bearer, Promise] = {
    Bearer.GIFTS: _("taken from the gifts"),
    Bearer.GENERAL: _("paid by the network from its general fund"),
}
OTHER_WAY = _("explained afterwards")


class Bar(NamedTuple):
    """A row of a chart: `part` of the longest bar's length, from 0 to 1."""

    label: str
    amount: Money
    part: float
    note: str = ""


class Part(NamedTuple):
    """A part of a whole; `shade` is one of the chart's colours."""

    label: str
    amount: Money
    share: float
    shade: str


class Row(NamedTuple):
    label: str
    about: str
    amount: Money | None
    number: Count = 0


class Line(NamedTuple):
    """A grant of the register."""

    reference: str
    name: str
    about: str
    purpose: str
    promised: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class Told:
    """What the templates show. `report` has the rest."""

    report: TransparencyReport
    period: str
    whole: tuple[Part, ...]
    months: tuple[Bar, ...]
    ways: tuple[Row, ...]
    fees: tuple[Row, ...]
    directness: tuple[Bar, ...]
    troubles: tuple[Row, ...]
    outcomes: tuple[Row, ...]
    corrections: tuple[Row, ...]

    @property
    def statement(self) -> object:
        return self.report.statement


def told(report: TransparencyReport) -> Told:
    return Told(
        report=report,
        period=periods.in_words(report.period),
        whole=whole(report),
        months=bars((capital(date_format(month, "YEAR_MONTH_FORMAT")), amount) for month, amount in report.months),
        ways=ways(report),
        fees=tuple(Row(str(FEES[fee.kind]), str(BEARERS[fee.borne_by]), fee.amount) for fee in report.fees),
        directness=bars((str(DIRECTNESS[way.route]), way.paid) for way in report.directness),
        troubles=tuple(Row(str(TROUBLES[each.kind]), "", each.amount, each.count) for each in report.mishaps),
        outcomes=tuple(
            Row(
                capital(str(Measure(each.measure).label)),
                gettext("estimated, at least in part") if each.estimate else gettext("counted"),
                None,
                each.number,
            )
            for each in report.outcomes
        ),
        corrections=tuple(
            Row(
                gettext("Version %(version)s, %(month)s")
                % {"version": each.version, "month": date_format(each.month, "YEAR_MONTH_FORMAT")},
                each.words or gettext("Less is shown of grants, to protect people. No amount has changed."),
                None,
            )
            for each in report.corrections
        ),
    )


def whole(report: TransparencyReport) -> tuple[Part, ...]:
    """What is paid, promised, fees and left, of all that there was; nothing where these are no parts of a whole."""
    statement = report.statement
    amounts = (
        (gettext("Paid to initiatives"), statement.paid, "paid"),
        (gettext("Promised to them"), statement.promised, "promised"),
        (gettext("Fees"), statement.costs, "fees"),
        (gettext("Left"), statement.left, "left"),
    )
    most = sum(amount.minor for _label, amount, _shade in amounts)
    if most <= 0 or any(amount.minor < 0 for _label, amount, _shade in amounts):
        return ()
    return tuple(Part(label, amount, amount.minor / most, shade) for label, amount, shade in amounts)


def bars(amounts: Iterable[tuple[str, Money]]) -> tuple[Bar, ...]:
    rows = list(amounts)
    most = max((amount.minor for _label, amount in rows), default=0) or 1
    return tuple(Bar(label, amount, max(amount.minor, 0) / most) for label, amount in rows)


def ways(report: TransparencyReport) -> tuple[Row, ...]:
    """By way and currency, with what it came to in the currency of the books."""
    labels = {value: str(label) for value, label in Method.choices} | {"other": str(OTHER_WAY)}
    given = sums_by(((line.way, line.given.currency), line.given) for line in report.income)
    booked = sums_by(((line.way, line.given.currency), line.booked) for line in report.income)
    return tuple(
        Row(
            f"{capital(labels[way])}, {currencies.name(currency)}",
            given[way, currency].format(language()) if currency != report.currency else "",
            amount,
        )
        for (way, currency), amount in sorted(booked.items())
    )


def language() -> str:
    return get_language() or "en"


def lines(grants: Sequence[ReportGrant]) -> list[Line]:
    names = country_names()
    return [line(each, names) for each in grants]


def line(each: ReportGrant, names: dict[str, str]) -> Line:
    grant = each.grant
    about = [where(grant, names), date_format(grant.month, "YEAR_MONTH_FORMAT")]
    if each.hosted:
        about.append(gettext("through a fiscal host"))
    return Line(
        reference=grant.reference,
        name=capital(grant.name or ""),
        about=", ".join(about),
        purpose=grant.purpose or "",
        promised=each.promised,
        paid=each.paid,
    )


def where(grant: PublicGrant, names: dict[str, str]) -> str:
    return names.get(grant.country, grant.country) if grant.country else str(Region(grant.region).label)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
