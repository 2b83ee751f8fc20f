"""Gather the facts of a report out of one snapshot of the books: whatever happens meanwhile is in none of them."""

import datetime
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count as Number_of
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from appeal.models import Campaign
from grants.models import Access, Application, Call, Decision, Grant, Outcome, Report, ReportState, Route
from grants.register import FEWEST, crowds, rolled_up
from ledger import chart
from ledger.money import Money
from receipts.models import SignedCheckpoint
from receipts.reports.facts import (
    TELLS_WORK,
    Bearer,
    Correction,
    DecidedCall,
    Directness,
    Fee,
    IncomeLine,
    Mishap,
    Number,
    OpenBooks,
    Payment,
    ReportGrant,
    TransparencyReport,
    Trouble,
    Way,
    counted,
    grouped,
    sums_by,
)
from receipts.statement import Period, Scope, Sums, figures, read_books

# A gift that is taken out again is a reversal of the entry that booked it, and counts as one less in its own month.
INCOME = """
    SELECT date_trunc('month', entry.occurred_on)::date, coalesce(donation.method, 'other'),
           coalesce(donation.currency, posting.currency),
           count(*) FILTER (WHERE posting.amount < 0),
           sum(-sign(posting.amount) * coalesce(donation.amount_minor, abs(posting.amount)))::bigint,
           -sum(posting.amount)::bigint
    FROM ledger_posting AS posting
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    LEFT JOIN donations_donation AS donation ON donation.entry_id = coalesce(entry.reverses_id, entry.id)
    WHERE posting.account_id = 'gifts' AND posting.fund_id = ANY(%(funds)s)
      AND entry.occurred_on BETWEEN %(since)s AND %(until)s
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

# What entries of these funds cost other funds.
FEES_ELSEWHERE = """
    SELECT posting.account_id, fund.restricted, posting.currency, sum(posting.amount)::bigint
    FROM ledger_posting AS posting
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    JOIN ledger_fund AS fund ON fund.id = posting.fund_id
    WHERE posting.account_id = ANY(%(accounts)s) AND posting.fund_id <> ALL(%(funds)s)
      AND entry.occurred_on BETWEEN %(since)s AND %(until)s
      AND EXISTS (
        SELECT FROM ledger_posting AS other WHERE other.entry_id = entry.id AND other.fund_id = ANY(%(funds)s))
    GROUP BY 1, 2, 3
"""

PAYMENTS = """
    SELECT tranche.grant_id, coalesce(evidence.route, ''), date_trunc('month', entry.occurred_on)::date,
           sum(posting.amount)::bigint
    FROM ledger_posting AS posting
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    LEFT JOIN (
        SELECT id, grant_id, unnest(ARRAY[payment_entry_id, return_entry_id]) AS entry_id FROM grants_tranche
    ) AS tranche USING (entry_id)
    LEFT JOIN grants_evidence AS evidence ON evidence.tranche_id = tranche.id
    WHERE posting.account_id = 'grants' AND posting.fund_id = ANY(%(funds)s)
      AND entry.occurred_on BETWEEN %(since)s AND %(until)s
    GROUP BY 1, 2, 3 HAVING sum(posting.amount) <> 0 ORDER BY 1, 3, 2
"""

PROMISES = """
    SELECT tranche.grant_id, sum(posting.amount)::bigint
    FROM ledger_posting AS posting
    JOIN ledger_entry AS entry ON entry.id = posting.entry_id
    JOIN (
        SELECT grant_id,
               unnest(ARRAY[promise_entry_id, payment_entry_id, return_entry_id, release_entry_id]) AS entry_id
        FROM grants_tranche
    ) AS tranche USING (entry_id)
    WHERE posting.account_id = 'encumbered' AND posting.fund_id = ANY(%(funds)s) AND entry.occurred_on <= %(until)s
    GROUP BY 1 HAVING sum(posting.amount) <> 0
"""

TROUBLES = """
    SELECT kind, count(*), sum(amount)::bigint FROM (
        SELECT CASE
                   WHEN posting.account_id = 'refunds' THEN 'refunded'
                   WHEN posting.account_id = 'lost' THEN 'lost'
                   WHEN entry.kind = 'tranche_returned' THEN 'returned'
                   WHEN entry.kind = 'tranche_released' THEN 'released'
               END AS kind,
               CASE WHEN entry.kind = 'tranche_released' THEN -posting.amount ELSE posting.amount END AS amount
        FROM ledger_posting AS posting
        JOIN ledger_entry AS entry ON entry.id = posting.entry_id
        WHERE posting.fund_id = ANY(%(funds)s) AND entry.occurred_on BETWEEN %(since)s AND %(until)s
          AND (posting.account_id IN ('refunds', 'lost')
               OR posting.account_id = 'encumbered' AND entry.kind IN ('tranche_returned', 'tranche_released'))
    ) AS what GROUP BY kind
"""

COSTS = [chart.FEES, chart.DISPUTE_FEES, chart.BANK_FEES]
ROUTES = {"": Directness.UNTOLD, Route.HOST: Directness.ONE}


class Paid(NamedTuple):
    grant: int | None
    payment: Payment


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All that is read inside is as of the same moment; only by itself, for it cannot begin in the middle of others."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def gather(
    scope: Scope,
    period: Period,
    *,
    version: int = 1,
    language: str = "en",
    text: str = "",
    corrections: tuple[Correction, ...] = (),
) -> TransparencyReport:
    """What the books have of this scope (`Scope.of(campaign)`, `Scope.all_funds("USD")`) in these days."""
    with one_snapshot():
        today = timezone.localdate()
        sums = read_books(scope, period)
        paid = payments(scope, period)
        lines = register(scope, period, paid, today)
        return TransparencyReport(
            version=version,
            period=period,
            as_of=today,
            language=language,
            text=text,
            statement=figures(scope, period, sums),
            income=income(scope, period),
            fees=fees(scope, period, sums),
            grants=lines,
            directness=directness(scope, paid, lines),
            decisions=decisions(scope, period),
            mishaps=mishaps(scope, period, today),
            corrections=corrections,
            open_books=open_books(),
        )


def open_books() -> OpenBooks | None:
    last = SignedCheckpoint.objects.current()
    return OpenBooks(last.origin, last.size, last.root_letters, timezone.localdate(last.stored_at)) if last else None


def asked(query: str, scope: Scope, period: Period, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"funds": list(scope.funds), "since": period.since, "until": period.until, **more})
        return list(cursor.fetchall())


def campaigns(scope: Scope) -> QuerySet[Campaign]:
    return Campaign.objects.filter(Q(card_fund__in=scope.funds) | Q(bank_fund__in=scope.funds))


def income(scope: Scope, period: Period) -> tuple[IncomeLine, ...]:
    return tuple(
        IncomeLine(month, way, counted(gifts), Money(given, currency), Money(booked, scope.currency))
        for month, way, currency, gifts, given, booked in asked(INCOME, scope, period)
    )


def fees(scope: Scope, period: Period, sums: Iterable[Sums]) -> tuple[Fee, ...]:
    """What the entries of these funds cost, whichever fund bore it: that of gifts first."""
    own = [(each.account, each.restricted, Money(each.during, scope.currency)) for each in sums if each.grant is None]
    elsewhere = [
        (account, restricted, Money(amount, currency))
        for account, restricted, currency, amount in asked(FEES_ELSEWHERE, scope, period, accounts=COSTS)
    ]
    borne = sums_by(
        ((account, not restricted, amount.currency), amount)
        for account, restricted, amount in own + elsewhere
        if account in COSTS
    )
    return tuple(
        Fee(account, Bearer.GENERAL if general else Bearer.GIFTS, amount)
        for (account, general, _currency), amount in sorted(borne.items(), key=itemgetter(0))
        if amount
    )


def payments(scope: Scope, period: Period) -> list[Paid]:
    return [
        Paid(grant, Payment(month, ROUTES.get(route, Directness.DIRECT), Money(amount, scope.currency)))
        for grant, route, month, amount in asked(PAYMENTS, scope, period)
    ]


def register(scope: Scope, period: Period, paid: Iterable[Paid], today: datetime.date) -> tuple[ReportGrant, ...]:
    """The grants that may be shown, the latest month first, and in a month by their random reference."""
    promised = {grant: Money(amount, scope.currency) for grant, amount in asked(PROMISES, scope, period)}
    each = grouped((pk, payment) for pk, payment in paid if pk is not None)
    touched = Grant.objects.shown(today).filter(pk__in=promised.keys() | each.keys())
    grants = list(
        touched.select_related("initiative", "campaign").order_by(TruncMonth("awarded_on").desc(), "reference")
    )
    crowded = crowds({grant.campaign_id for grant in grants}, today)
    numbers = told_numbers(grants, period)
    zero = Money.zero(scope.currency)
    return tuple(
        line(grant, shown, promised.get(grant.pk, zero), each.get(grant.pk, ()), numbers.get(grant.pk, ()))
        for grant in grants
        if (shown := rolled_up(grant, crowded))
    )


def line(
    grant: Grant, shown: Any, promised: Money, payments: tuple[Payment, ...], outcomes: tuple[Number, ...]
) -> ReportGrant:
    tells = grant.publication in TELLS_WORK
    return ReportGrant(
        grant=shown,
        campaign=grant.campaign.slug,
        level=grant.publication,
        promised=promised,
        paid=sum((payment.amount for payment in payments), start=Money.zero(promised.currency)),
        payments=payments if tells else (),
        outcomes=outcomes if tells else (),
    )


def told_numbers(grants: Collection[Grant], period: Period) -> dict[int, tuple[Number, ...]]:
    """Of reports that were accepted, and that their initiatives agree to show."""
    sent_in = Q(submitted_at__date__gte=period.since, submitted_at__date__lte=period.until)
    reports = Report.objects.filter(sent_in, state=ReportState.ACCEPTED, consented_on__isnull=False)
    found = reports.filter(grant__in=[grant.pk for grant in grants if grant.publication in TELLS_WORK])
    return grouped(
        (report.grant_id, Number(figure.measure, figure.number, figure.estimate))
        for report in found.prefetch_related("figures").order_by("grant", "number")
        for figure in report.figures.all()
    )


def directness(scope: Scope, paid: Iterable[Paid], lines: Iterable[ReportGrant]) -> tuple[Way, ...]:
    """How directly the money went, of all grants; but not where it would tell of one that is withheld.

    What a line does not tell stays untold unless enough initiatives share each way: see `grants.register.FEWEST`.
    """
    telling = {line.grant.reference for line in lines if line.payments}
    paid = list(paid)
    known = dict(
        Grant.objects.filter(pk__in={pk for pk, _payment in paid}, reference__in=telling).values_list("pk", "reference")
    )
    hidden = [each for each in paid if each.grant not in known]
    open_too = all(len(groups) >= FEWEST for groups in sharing(hidden).values())
    sums = sums_by(
        (each.payment.route if each.grant in known or open_too else Directness.UNTOLD, each.payment.amount)
        for each in paid
    )
    zero = Money.zero(scope.currency)
    always = {Directness.DIRECT: zero, Directness.ONE: zero, Directness.MORE: zero}
    return tuple(Way(route, amount) for route, amount in (always | sums).items())


def sharing(paid: Collection[Paid]) -> dict[Directness, set[int | None]]:
    """The initiatives that money went to by each way."""
    of = dict(Grant.objects.filter(pk__in={each.grant for each in paid}).values_list("pk", "initiative"))
    return {
        route: {of.get(grant) if grant else None for grant in grants}
        for route, grants in grouped((each.payment.route, each.grant) for each in paid).items()
    }


def decisions(scope: Scope, period: Period) -> tuple[DecidedCall, ...]:
    calls = Call.objects.filter(campaign__in=campaigns(scope), access=Access.OPEN).select_related("campaign")
    decided = calls.annotate(
        decided=Min("applications__decision__decided_at"),
    ).filter(decided__date__gte=period.since, decided__date__lte=period.until)
    return tuple(told_call(call) for call in decided.order_by("decided", "pk"))


def told_call(call: Any) -> DecidedCall:
    received = Application.objects.filter(call=call).sent()
    of_panel = Decision.objects.of(call)
    return DecidedCall(
        title=call.title,
        slug=call.slug,
        campaign=call.campaign.slug,
        month=call.decided.date().replace(day=1),
        ceiling=call.ceiling,
        quorum=call.quorum,
        received=counted(received.count()),
        eligible=counted(of_panel.count()),
        funded=counted(of_panel.filter(outcome=Outcome.FUNDED).count()),
    )


def mishaps(scope: Scope, period: Period, today: datetime.date) -> tuple[Mishap, ...]:
    """Only of what happened at all."""
    found = {kind: (count, amount) for kind, count, amount in asked(TROUBLES, scope, period)}
    of_money = tuple(
        Mishap(kind, counted(found[kind][0]), Money(found[kind][1], scope.currency))
        for kind in Trouble
        if kind in found
    )
    late = Report.objects.late(min(today, period.until + datetime.timedelta(days=1)))
    late = late.filter(grant__campaign__in=campaigns(scope), due_on__gte=period.since)
    missing = late.aggregate(number=Number_of("pk"))["number"]
    return (*of_money, Mishap(Trouble.LATE, counted(missing), None)) if missing else of_money
