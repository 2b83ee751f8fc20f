"""The figures and the register of a report as CSV, for spreadsheets: no cell of it can be taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator

from appeal import cells
from ledger.money import Money
from receipts.reports.facts import Count, Number, TransparencyReport

FIGURES = ("section", "item", "detail", "month", "count", "currency", "amount", "given_currency", "given_amount")
GRANTS = (
    *("reference", "campaign", "level", "month", "region", "country", "name", "purpose", "currency", "amount"),
    *("promised", "paid", "route", "payments", "outcomes"),
)
Cell = str | int | Money | None


def figures(report: TransparencyReport) -> bytes:
    return written(FIGURES, figure_rows(report))


def grants(report: TransparencyReport) -> bytes:
    """Months of payment are `2026-05 direct 500.00`, numbers `people 60` or `people ~60`, each parted by `;`."""
    return written(GRANTS, grant_rows(report))


def figure_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    yield from statement_rows(report)
    yield from money_rows(report)
    yield from call_rows(report)
    for mishap in report.mishaps:
        yield figure("mishap", mishap.kind, mishap.amount, count=mishap.count)
    for number in report.outcomes:
        yield figure("outcome", number.measure, None, detail=estimated(number), count=number.number)
    for each in report.corrections:
        yield figure("correction", str(each.version), None, detail=each.words, month=f"{each.month:%Y-%m}")


def statement_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    statement = report.statement
    movements = ("opening", "gifts", "refunds", "lost", "transfers", "returned", "fees", "bank_costs", "paid")
    for name in (*movements, "closing", "promised", "left"):
        yield figure("statement", name, getattr(statement, name))
    for account, amount in statement.held:
        yield figure("held", account, amount)
    yield figure("grants", "withheld", report.withheld_promised, detail="promised")
    yield figure("grants", "withheld", report.withheld_paid, detail="paid")


def money_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    for line in report.income:
        booked = figure("income", line.way, line.booked, month=f"{line.month:%Y-%m}", count=line.gifts)
        yield (*booked[:-2], line.given.currency, line.given)
    for fee in report.fees:
        yield figure("fee", fee.kind, fee.amount, detail=fee.borne_by)
    for way in report.directness:
        yield figure("directness", way.route, way.paid)


def call_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    for call in report.decisions:
        month = f"{call.month:%Y-%m}"
        yield figure("call", call.title, call.ceiling, detail="ceiling", month=month)
        for name in ("received", "eligible", "funded"):
            yield figure("call", call.title, None, detail=name, month=month, count=getattr(call, name))


def figure(
    section: str, item: str, amount: Money | None, *, detail: str = "", month: str = "", count: Count = 0
) -> tuple[Cell, ...]:
    said = "" if count == 0 else "fewer than 10" if count is None else count
    return section, item, detail, month, said, amount.currency if amount else "", amount, "", ""


def grant_rows(report: TransparencyReport) -> Iterator[tuple[Cell, ...]]:
    for line in report.grants:
        grant = line.grant
        yield (
            *(grant.reference, line.campaign, line.level, f"{grant.month:%Y-%m}", grant.region, grant.country),
            *(grant.name, grant.purpose, grant.amount.currency, grant.amount, line.promised, line.paid, line.route),
            "; ".join(f"{each.month:%Y-%m} {each.route} {each.amount.decimal}" for each in line.payments),
            "; ".join(f"{each.measure} {'~' if each.estimate else ''}{each.number}" for each in line.outcomes),
        )


def estimated(number: Number) -> str:
    return "estimate" if number.estimate else "counted"


def written(head: Iterable[str], rows: Iterable[tuple[Cell, ...]]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(head)
    table.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def inert(cell: Cell) -> str:
    if isinstance(cell, Money):
        return str(cell.decimal)
    return cells.inert("" if cell is None else str(cell))
