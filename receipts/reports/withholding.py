"""What of a report may still be shown, when less may be shown of a grant than when it was made.

Nothing is ever added: a line keeps what it tells, as far as that is still agreed and still true.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from django.db.models import Q
from django.utils import timezone

from grants.models import Grant, Publication
from grants.publication import PublicGrant
from grants.register import crowds, rolled_up
from ledger.money import Money
from receipts.reports.facts import (
    TELLS_WORK,
    Correction,
    Directness,
    Number,
    ReportGrant,
    TransparencyReport,
    Way,
    sums_by,
)
from receipts.reports.gathering import told_numbers

TOLD = (Publication.REGION_ONLY, Publication.COUNTRY_ONLY, Publication.NAME_WITHHELD, Publication.FULL)
SHORT = 4
"""Shorter words are part of too many others to be looked for."""


def reduced(report: TransparencyReport) -> TransparencyReport:
    """The same report with each line as far as it may be shown today."""
    lines = agreed_lines(report)
    if lines == report.grants:
        return report
    hidden = hidden_words(report, lines)
    return replace(
        report,
        grants=lines,
        directness=told_ways(lines, report.statement.paid),
        text="" if names_any(report.text, hidden) else report.text,
        corrections=tuple(
            replace(each, words="", withheld=True) if names_any(each.words, hidden) else each
            for each in report.corrections
        ),
    )


def renewed(report: TransparencyReport) -> TransparencyReport:
    """The next version, made by nobody: what is withheld now, and a word that it is."""
    less, version = reduced(report), report.version + 1
    said = Correction(version, timezone.localdate().replace(day=1), words="", withheld=True)
    return less.said_again(version=version, corrections=(*less.corrections, said))


def agreed_lines(report: TransparencyReport) -> tuple[ReportGrant, ...]:
    found = Grant.objects.filter(reference__in=[line.grant.reference for line in report.grants])
    grants = {grant.reference: grant for grant in found.select_related("initiative", "campaign")}
    crowded = crowds({grant.campaign_id for grant in grants.values()}, timezone.localdate())
    numbers = told_numbers(grants.values(), report.period)
    lines = []
    for line in report.grants:
        grant = grants[line.grant.reference]
        if now := rolled_up(grant, crowded):
            told = tuple(number for number in line.outcomes if number in numbers.get(grant.pk, ()))
            lines.append(lowered(line, grant, now, told))
    return tuple(lines)


def lowered(line: ReportGrant, grant: Grant, now: PublicGrant, told: tuple[Number, ...]) -> ReportGrant:
    was, level = line.grant, min(line.level, grant.publication, key=TOLD.index)
    less = replace(
        was,
        region=now.region,
        country=now.country if was.country else None,
        purpose=now.purpose if was.purpose else None,
        name=now.name if was.name else None,
    )
    tells = level in TELLS_WORK
    return replace(
        line, grant=less, level=level, payments=line.payments if tells else (), outcomes=told if tells else ()
    )


def told_ways(lines: Iterable[ReportGrant], paid: Money) -> tuple[Way, ...]:
    """Only what the lines themselves tell: the rest of each way could point to what was just withheld."""
    zero = Money.zero(paid.currency)
    sums = dict.fromkeys((Directness.DIRECT, Directness.ONE, Directness.MORE), zero)
    sums |= sums_by((payment.route, payment.amount) for line in lines for payment in line.payments)
    rest = paid - sum(sums.values(), start=zero)
    return (*(Way(route, amount) for route, amount in sums.items()), Way(Directness.UNTOLD, rest))


def hidden_words(report: TransparencyReport, lines: Collection[ReportGrant]) -> set[str]:
    """Names, places and addresses of groups with a grant in this report's reach, as far as no line shows them."""
    shown = {word for line in lines for word in (line.grant.name, line.grant.purpose) if word}
    scope = Q(campaign__slug=report.slug) if report.slug else Q(currency=report.currency)
    words: set[str] = set()
    for grant in Grant.objects.filter(scope).select_related("initiative"):
        group = grant.initiative
        words |= {group.name, group.public_alias, str(group.place), str(group.email), grant.purpose}
    return {word for word in words - shown if len(word) >= SHORT}


def names_any(text: str, words: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(word.casefold() in folded for word in words)
