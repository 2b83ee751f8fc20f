"""What was granted in a year, by country, for the accountant: exact, and for us alone. The public reads reports.

What is not of a grant's payment has no country. Money in is not told by country: no donor's country is kept.
"""

import csv
import io
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from appeal.cells import inert
from ledger import chart
from ledger.money import Money

COLUMNS = ("year", "fund", "country", "currency", "initiatives", "paid", "of_which_kept_by_hosts", "came_back", "net")

# Each posting has at most one of the three: a payment, its return by the bank, or unspent money that came back.
READ = """
    SELECT f.code, coalesce(i.country, ''), p.currency, count(DISTINCT i.id),
           coalesce(sum(p.amount) FILTER (WHERE p.account_id = %(paid)s), 0)::bigint,
           coalesce(sum(e.host_fee_minor * sign(p.amount)) FILTER (WHERE p.account_id = %(paid)s), 0)::bigint,
           coalesce(-sum(p.amount) FILTER (WHERE p.account_id = %(back)s), 0)::bigint
    FROM ledger_posting p
    JOIN ledger_entry entry ON entry.id = p.entry_id
    JOIN ledger_fund f ON f.id = p.fund_id
    LEFT JOIN grants_tranche t ON entry.id IN (t.payment_entry_id, t.return_entry_id)
    LEFT JOIN grants_evidence e ON e.tranche_id = t.id
    LEFT JOIN grants_returned r ON r.entry_id = entry.id
    LEFT JOIN grants_grant g ON g.id = coalesce(t.grant_id, r.grant_id)
    LEFT JOIN grants_initiative i ON i.id = g.initiative_id
    WHERE p.account_id IN (%(paid)s, %(back)s)
      AND entry.occurred_on BETWEEN make_date(%(year)s, 1, 1) AND make_date(%(year)s, 12, 31)
    GROUP BY f.code, coalesce(i.country, ''), p.currency
    ORDER BY f.code, coalesce(i.country, ''), p.currency
"""


class Line(NamedTuple):
    """One fund and one country, by its ISO 3166 code. Less than nothing is paid where more was sent back than paid."""

    fund: str
    country: str
    initiatives: int
    paid: Money
    kept_by_hosts: Money
    came_back: Money

    @property
    def net(self) -> Money:
        return self.paid - self.came_back


def lines(year: int) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(READ, {"paid": chart.GRANTS, "back": chart.GRANTS_RETURNED, "year": year})
        return [
            Line(fund, country, initiatives, *(Money(minor, currency) for minor in amounts))
            for fund, country, currency, initiatives, *amounts in cursor.fetchall()
        ]


def as_csv(year: int) -> str:
    """Amounts as decimal numbers. No cell is a formula to a spreadsheet."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for line in lines(year):
        amounts: list[Decimal] = [each.decimal for each in (line.paid, line.kept_by_hosts, line.came_back, line.net)]
        table.writerow([year, inert(line.fund), line.country, line.paid.currency, line.initiatives, *amounts])
    return out.getvalue()
