"""The fund statement of a campaign: one frozen object out of the books, shown alike as page and as PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple, Self

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.db.models.functions import TruncMonth
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.models import Campaign
from grants.models import Grant, Region
from grants.publication import PublicGrant
from grants.register import crowds, rolled_up
from ledger import chart
from ledger.models import Entry, Fund
from ledger.money import Money
from receipts import printing

# One statement, so that the totals and the register of grants are sums over the very same postings. The totals, of no
# grant, come first; for the grants only the entries of tranches are looked at, so that a million gifts are read once.
READ_BOOKS = """
    SELECT posting.account_id, fund.restricted, NULL::bigint,
           coalesce(sum(posting.amount) FILTER (WHERE entry.occurred_on < %(since)s), 0)::bigint,
           coalesce(sum(posting.amount) FILTER (WHERE entry.occurred_on >= %(since)s), 0)::bigint
    FROM ledger_posting AS posting
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    JOIN ledger_fund AS fund ON fund.id = posting.fund_id
    WHERE posting.fund_id = ANY(%(funds)s) AND entry.occurred_on <= %(until)s
    GROUP BY posting.account_id, fund.restricted
    UNION ALL
    SELECT posting.account_id, true, tranche.grant_id,
           coalesce(sum(posting.amount) FILTER (WHERE entry.occurred_on < %(since)s), 0)::bigint,
           coalesce(sum(posting.amount) FILTER (WHERE entry.occurred_on >= %(since)s), 0)::bigint
    FROM (
        SELECT grant_id,
               unnest(ARRAY[promise_entry_id, payment_entry_id, return_entry_id, release_entry_id]) AS entry_id
        FROM grants_tranche
    ) AS tranche
    JOIN ledger_posting AS posting USING (entry_id)
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    WHERE posting.fund_id = ANY(%(funds)s) AND posting.account_id IN ('encumbered', 'grants')
        AND entry.occurred_on <= %(until)s
    GROUP BY posting.account_id, tranche.grant_id
"""

NET_ASSETS = (*chart.NET, *chart.INCOME, *chart.EXPENSES)
HOLDINGS: dict[str, Promise] = {
    chart.STRIPE: _("at Stripe, our payment company"),
    chart.TRANSIT: _("on its way from Stripe to our bank"),
    chart.BANK: _("in our bank"),
    chart.DISPUTED: _("held back while a donor's bank asks questions"),
    chart.SUSPENSE: _("received, but not explained yet"),
}


class BooksDisagree(Exception):
    """A statement that does not follow from the books is never shown."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both included."""

    since: date
    until: date

    @classmethod
    def whole(cls, campaign: Campaign, today: date) -> Self:
        """All that is in the books of this campaign."""
        entries = Entry.objects.filter(postings__fund__in=[campaign.card_fund_id, campaign.bank_fund_id])
        days = entries.aggregate(first=Min("occurred_on"), last=Max("occurred_on"))
        first, last = days["first"] or campaign.opens_on, days["last"] or today
        return cls(min(first, campaign.opens_on, today), max(last, today))

    def years(self) -> list[int]:
        return list(range(self.since.year, self.until.year + 1))

    def within(self, year: int) -> Self:
        return type(self)(max(self.since, date(year, 1, 1)), min(self.until, date(year, 12, 31)))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose money a statement is about: one campaign's two funds, or all funds of a currency (then without a slug)."""

    title: str
    slug: str
    currency: str
    funds: tuple[int, ...]

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(campaign.title, campaign.slug, campaign.currency, (campaign.card_fund_id, campaign.bank_fund_id))

    @classmethod
    def all_funds(cls, currency: str) -> Self:
        funds = Fund.objects.filter(currency=currency).order_by("pk").values_list("pk", flat=True)
        return cls(gettext("All funds in %(currency)s") % {"currency": currency}, "", currency, tuple(funds))


class Sums(NamedTuple):
    """What an account adds up to, in an appeal's funds or the general ones, or of one grant: + debit, − credit."""

    account: str
    restricted: bool
    grant: int | None
    before: int
    during: int


class Row(NamedTuple):
    label: Promise
    amount: Money
    total: bool = False


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A grant that may be shown. What is promised is as of the last day, what is paid was paid in the period."""

    grant: PublicGrant
    promised: Money
    paid: Money

    @property
    def where(self) -> str:
        return place_of(self.grant)


def place_of(grant: PublicGrant) -> str:
    """The country, or the region where that is all that may be said."""
    country = grant.country
    return country_names().get(country, country) if country else str(Region(grant.region).label)


@dataclass(frozen=True, slots=True)
class FundStatement:
    """Both funds of a campaign over a period, in its currency. Each amount counts up in its own direction."""

    campaign: str
    slug: str
    period: Period
    currency: str
    opening: Money
    gifts: Money
    refunds: Money
    lost: Money
    transfers: Money
    returned: Money
    fees: Money
    bank_costs: Money
    paid: Money
    promised: Money
    held: tuple[tuple[str, Money], ...]
    register: tuple[RegisterLine, ...]

    def __post_init__(self) -> None:
        if self.closing != total((amount for _account, amount in self.held), self.currency):
            raise BooksDisagree(f"{self.slug}: what happened does not lead to what is held.")

    @property
    def url(self) -> str:
        """The whole address of the page: it is printed."""
        return settings.PUBLIC_URL + reverse("receipts:transparency", args=[self.slug])

    @property
    def came_in(self) -> Money:
        """Gifts that stayed: as the campaign's page counts what was raised."""
        return self.gifts - self.refunds - self.lost

    @property
    def costs(self) -> Money:
        return self.fees + self.bank_costs

    @property
    def closing(self) -> Money:
        return self.opening + self.came_in + self.transfers + self.returned - self.costs - self.paid

    @property
    def left(self) -> Money:
        return self.closing - self.promised

    @property
    def withheld_promised(self) -> Money:
        """To initiatives that would be in danger, or did not agree to be shown; like withheld_paid one sum."""
        return self.promised - total((line.promised for line in self.register), self.currency)

    @property
    def withheld_paid(self) -> Money:
        return self.paid - total((line.paid for line in self.register), self.currency)

    def rows(self) -> list[Row]:
        """From opening to closing, and what of it is left; what did not happen is left out."""
        rows = [
            Row(_("At the beginning"), self.opening),
            Row(_("Gifts"), self.gifts),
            Row(_("Gifts paid back to their donors"), -self.refunds),
            Row(_("Gifts lost to disputes with donors' banks"), -self.lost),
            Row(_("From or to other funds"), self.transfers),
            Row(_("Grants that came back unspent"), self.returned),
            Row(_("Fees of the payment company"), -self.fees),
            Row(_("Fees of banks"), -self.bank_costs),
            Row(_("Paid to refugee-led initiatives"), -self.paid),
            Row(_("At the end"), self.closing, total=True),
            Row(_("Promised to them, not paid yet"), -self.promised),
            Row(_("Left, and free for new grants"), self.left, total=True),
        ]
        return [row for row in rows if row.amount or row.total]

    def holdings(self) -> list[Row]:
        return [Row(HOLDINGS[account], amount) for account, amount in self.held if amount]


def statement_of(campaign: Campaign, period: Period) -> FundStatement:
    return told(Scope.of(campaign), period)


def told(scope: Scope, period: Period) -> FundStatement:
    sums = read_books(scope, period)
    return replace(figures(scope, period, sums), register=register(sums, scope.currency))


def figures(scope: Scope, period: Period, sums: Sequence[Sums]) -> FundStatement:
    """The statement without its register."""
    totals, currency = [each for each in sums if each.grant is None], scope.currency

    def during(*accounts: str) -> Money:
        return Money(sum(each.during for each in totals if each.account in accounts), currency)

    def until(*accounts: str) -> Money:
        return Money(sum(each.before + each.during for each in totals if each.account in accounts), currency)

    return FundStatement(
        campaign=scope.title,
        slug=scope.slug,
        period=period,
        currency=currency,
        opening=-(until(*NET_ASSETS) - during(*NET_ASSETS)),
        gifts=-during(chart.GIFTS),
        refunds=during(chart.REFUNDS),
        lost=during(chart.LOST),
        transfers=-during(chart.TRANSFER),
        returned=-during(chart.GRANTS_RETURNED),
        fees=during(chart.FEES, chart.DISPUTE_FEES),
        bank_costs=during(chart.BANK_FEES),
        paid=during(chart.GRANTS),
        promised=until(chart.ENCUMBERED),
        held=tuple((account, until(account)) for account in HOLDINGS),
        register=(),
    )


def read_books(scope: Scope, period: Period) -> list[Sums]:
    with connection.cursor() as cursor:
        cursor.execute(READ_BOOKS, {"since": period.since, "until": period.until, "funds": list(scope.funds)})
        return [Sums(*row) for row in cursor.fetchall()]


def register(sums: Sequence[Sums], currency: str) -> tuple[RegisterLine, ...]:
    """The grants that are in the public register by today, the latest month first."""
    today = timezone.localdate()
    promised = {each.grant: each.before + each.during for each in sums if each.account == chart.ENCUMBERED}
    paid = {each.grant: each.during for each in sums if each.account == chart.GRANTS}
    touched = [pk for pk in promised.keys() | paid.keys() if pk and (promised.get(pk) or paid.get(pk))]
    found = Grant.objects.shown(today).filter(pk__in=touched).select_related("initiative")
    grants = found.order_by(TruncMonth("awarded_on").desc(), "reference")
    crowded = crowds({grant.campaign_id for grant in grants}, today)
    return tuple(
        RegisterLine(shown, Money(promised.get(grant.pk, 0), currency), Money(paid.get(grant.pk, 0), currency))
        for grant in grants
        if (shown := rolled_up(grant, crowded))
    )


def total(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))


@lru_cache(maxsize=32)
def to_pdf(statement: FundStatement, language: str) -> bytes:
    """The same figures as paper. Kept for the statements asked for last: the books decide when there is a new one."""
    with translation.override(language):
        title = gettext("Fund statement: %(campaign)s") % {"campaign": statement.campaign}
        html = render_to_string("receipts/paper/statement.html", {"statement": statement, "title": title})
    return printing.to_pdf(html, "receipts/statement.css")
