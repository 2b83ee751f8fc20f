"""Annual statements: one for each donor, year and currency, of the gifts that no receipt of their own says.

The rows of donors' years are the queue. A few statements are one transaction, so that a worker may be killed at any
moment: the next one goes on where it stopped, and no number is lost. Memory does not grow with the year.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Value, prefetch_related_objects
from django.db.models.functions import Upper
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from appeal.refusal import Refused
from donations.kept import DonationAndKept, with_kept
from donations.models import Donation
from receipts import holding, issuing
from receipts.models import (
    Donor,
    DonorYear,
    FiscalYear,
    IssuerProfile,
    Kind,
    NumberSeries,
    Receipt,
    StatementLine,
    TextKind,
    text_of,
)
from receipts.models.particulars import donor_of
from receipts.models.receipt import gifts_on_a_wrong_statement, gifts_without_receipt, in_open_years

AT_ONCE = 100
TOGETHER = 20

# The day of a gift is the issuer's; of a gift by no card the day is known and no hour, and is kept in UTC.
DONORS = """
    INSERT INTO receipts_donoryear (year_id, donor, currency)
    SELECT DISTINCT %(year)s::bigint, lower(d.email COLLATE "C"), d.currency
    FROM donations_donation d
    WHERE d.state = 'settled' AND d.review = '' AND d.email <> '' AND (%(currency)s = '' OR d.currency = %(currency)s)
        AND (d.charged_at AT TIME ZONE CASE d.method WHEN 'card' THEN %(zone)s ELSE 'UTC' END)::date
            BETWEEN %(first)s AND %(last)s
        AND NOT EXISTS (SELECT FROM receipts_receipt r WHERE r.donation_id = d.id)
        AND NOT EXISTS (SELECT FROM receipts_statementline l WHERE l.donation_id = d.id)
        AND NOT EXISTS (
            SELECT FROM receipts_receiptchoice c WHERE c.donor = lower(d.email COLLATE "C") AND NOT c.tax_receipt)
    ORDER BY 2, 3
    ON CONFLICT (year_id, donor, currency) WHERE handled_at IS NULL DO NOTHING
"""


@transaction.atomic
def begin(year: FiscalYear, *, by: User, now: datetime) -> None:
    """Put the year's donors into the queue; begun again, add who is new. Refused where there are no words for it."""
    if text_of(year.issuer, TextKind.STATEMENT, year.issuer.language) is None:
        raise Refused(_("The issuer's profile has no text for annual statements in its language."))
    year.begin(by=by, now=now)
    issuer = year.issuer
    said: dict[str, Any] = {"year": year.pk, "first": year.first_day, "last": year.last_day}
    with connection.cursor() as cursor:
        cursor.execute(DONORS, said | {"zone": issuer.time_zone, "currency": issuer.currency})


def write(now: datetime) -> int:
    """Statements of about a hundred donors' years; how many were looked at."""
    done = 0
    while done < AT_ONCE and (looked_at := write_some(now)):
        done += looked_at
    return done


@transaction.atomic
def write_some(now: datetime, most: int = TOGETHER) -> int:
    """How many donors' years were looked at, past those that another worker holds."""
    free = DonorYear.objects.to_write().select_related("year__issuer").select_for_update(skip_locked=True, of=("self",))
    rows = list(free[:most])
    for year, of_year in groupby(rows, attrgetter("year")):
        write_of(year, list(of_year), now)
    return len(rows)


def write_of(year: FiscalYear, rows: Sequence[DonorYear], now: datetime) -> None:
    """A row whose gifts lack something is left: it comes back to the queue when the donor has told what is missing."""
    prefetch_related_objects([year.issuer], "texts", "required")
    gifts = gifts_of(year, rows)
    complete = holding.complete(year.issuer, [*chain.from_iterable(gifts.values())], now)
    paper_of = {gift.pk: (gift, donor) for gift, donor in complete}
    papers = {row: [paper_of[gift.pk] for gift in gifts[row] if gift.pk in paper_of] for row in rows}
    whole = [row for row in rows if len(papers[row]) == len(gifts[row])]
    if due := {row: papers[row] for row in whole if papers[row]}:
        state(year, due, now)
    DonorYear.objects.finish(whole, now)


def gifts_of(year: FiscalYear, rows: Sequence[DonorYear]) -> dict[DonorYear, list[DonationAndKept]]:
    """All of theirs are locked: none gets a receipt of its own meanwhile. The second look leaves out what had one."""
    row_of = {(row.donor, row.currency): row for row in rows}
    addresses = [Upper(Value(row.donor)) for row in rows]
    theirs = Donation.objects.alias(address=Upper("email")).filter(address__in=addresses).order_by("pk")
    held = [*theirs.select_for_update().values_list("pk", flat=True)]
    due = gifts_without_receipt().filter(pk__in=held).select_related("campaign").order_by("charged_at", "pk")
    found: dict[DonorYear, list[DonationAndKept]] = {row: [] for row in rows}
    for gift in due:
        row = row_of.get((donor_of(gift), gift.currency))
        if row and year.holds(issuing.given_on(gift, year.issuer)):
            found[row].append(gift)
    return found


def state(
    year: FiscalYear,
    papers: Mapping[DonorYear, Sequence[holding.Paper]],
    now: datetime,
    replaces: Receipt | None = None,
) -> list[Receipt]:
    """Issue statements with the next numbers of the issuer's receipts, each made out as its latest gift is."""
    issuer = year.issuer
    frozen = {"issuer": issuer, "replaces": replaces, "issued_on": issuer.day_of(now), "issued_at": now}
    numbers = NumberSeries.take(issuer.prefix, issuer.day_of(now).year, len(papers), issuer.number_pattern)
    statements = Receipt.objects.bulk_create(
        Receipt(number=number, **frozen, **snapshot(row, gifts_and_donors, issuer))
        for number, (row, gifts_and_donors) in zip(numbers, papers.items(), strict=True)
    )
    StatementLine.objects.bulk_create(
        StatementLine(
            receipt=statement,
            donation=gift,
            amount_minor=gift.kept_minor,
            given_on=issuing.given_on(gift, issuer),
            purpose=gift.campaign.title,
        )
        for statement, gifts_and_donors in zip(statements, papers.values(), strict=True)
        for gift, _donor in gifts_and_donors
    )
    return statements


def snapshot(row: DonorYear, papers: Sequence[holding.Paper], issuer: IssuerProfile) -> dict[str, Any]:
    last, donor = papers[-1]
    return {
        "kind": Kind.STATEMENT,
        "of_year": row,
        "text": text_of(issuer, TextKind.STATEMENT, last.language),
        "donor_name": donor.name.strip(),
        "donor_email": donor.email,
        "donor_address": donor.address,
        "donor_tax_id": donor.tax_id,
        "amount_minor": sum(gift.kept_minor for gift, _donor in papers),
        "currency": row.currency,
        "purpose": purpose_of(row.year, last.language),
        "given_on": row.year.last_day,
        "language": last.language,
    }


def purpose_of(year: FiscalYear, language: str) -> str:
    with override(language):
        first, last = (date_format(day, "DATE_FORMAT") for day in (year.first_day, year.last_day))
        return _("Gifts of %(first)s to %(last)s") % {"first": first, "last": last}


def correct(now: datetime) -> int:
    """Let statements follow the gifts whose money went back, or came again; how many did."""
    wrong = in_open_years(gifts_on_a_wrong_statement()).order_by("pk").values_list("pk", flat=True)
    return sum(correct_one(pk, now) for pk in wrong[:AT_ONCE])


@transaction.atomic
def correct_one(pk: int, now: datetime) -> bool:
    """Void the statement that this gift is on, and issue another for what is left of all its gifts."""
    row = DonorYear.objects.select_for_update().filter(statements__lines__donation=pk).order_by("-pk").first()
    if row is None or not in_open_years(gifts_on_a_wrong_statement()).filter(pk=pk).exists():
        return False
    last = row.statements.get(replaced_by=None)
    if last.voided_at is None:
        last.void(by=None, reason=str(_("Money of a gift on it went back.")), now=now)
    again(row, last, last.donor, now)
    return True


@transaction.atomic
def replace(statement: Receipt, *, by: User, reason: str, donor: Donor, now: datetime) -> Receipt:
    """Void a statement and issue another for what is left of its gifts. Refused where nothing is."""
    row = DonorYear.objects.select_for_update().get(statements=statement.pk)
    statement.void(by=by, reason=reason, now=now)
    another = again(row, statement, donor, now)
    if another is None:
        raise Refused(_("Nothing of these gifts is left to give a statement for."))
    return another


def again(row: DonorYear, last: Receipt, donor: Donor, now: datetime) -> Receipt | None:
    """The same issuer states what is left, to this donor; None where nothing is."""
    pks = StatementLine.objects.filter(receipt__of_year=row).values_list("donation", flat=True)
    gifts = Donation.objects.filter(pk__in=set(pks)).order_by("charged_at", "pk")
    list(gifts.select_for_update())
    left = with_kept(gifts.select_related("campaign")).filter(kept_minor__gt=0)
    papers = [(gift, donor) for gift in left]
    return state(row.year, {row: papers}, now, replaces=last)[0] if papers else None
