"""A report's grants as a package of 360Giving 1.4.

Only grants that the register shows are in it, each as far as its initiative has agreed. All others are one sum, in the
description: the sum that the report has too. A recipient without a name is given as an organisation that is withheld,
with an identifier of its own for each grant, so that two grants are never known to be the same group's. The standard
has a word for a recipient who is a person; none of ours is, so it is not used to hide a group.
"""

import datetime
import json
from typing import Any

from django.utils.translation import gettext as _

from grants.publication import PublicGrant
from ledger.money import Money
from receipts.reports.facts import Payment, ReportGrant, TransparencyReport
from receipts.reports.opendata import phrases
from receipts.reports.opendata.publisher import Publisher

VERSION = "1.4"
FISCAL_SPONSOR = "FRG050"
TITLE = 140
NOT_OF_ISO = "X"
"""Countries whose code begins so have none of ISO 3166; the standard takes no other."""

Json = dict[str, Any]


def written(report: TransparencyReport, publisher: Publisher) -> bytes:
    return json.dumps(package(report, publisher), ensure_ascii=False, indent=1).encode() + b"\n"


def package(report: TransparencyReport, publisher: Publisher) -> Json:
    return {
        "version": VERSION,
        "identifier": f"{publisher.grant_prefix}-{report.key}",
        "title": _("Grants of %(campaign)s") % {"campaign": phrases.clean(report.title)},
        "description": description(report, publisher),
        "issued": moment(report.as_of),
        "license": publisher.licence,
        "accessURL": report.url,
        "publisher": {
            "identifier": publisher.organisation_id,
            "name": phrases.clean(publisher.name),
            "website": publisher.website,
        },
        "grants": [grant(line, report, publisher) for line in report.grants],
    }


def description(report: TransparencyReport, publisher: Publisher) -> str:
    said = [phrases.about(report), sums(report), phrases.months_only()]
    if not publisher.prefix:
        said.insert(0, _("NOT REGISTERED with 360Giving: the identifiers in this file are nobody's."))
    return " ".join(said)


def sums(report: TransparencyReport) -> str:
    amounts = {
        "paid": figure(report.statement.paid),
        "withheld": figure(report.withheld_paid),
        "promised": figure(report.statement.promised),
        "withheld_promised": figure(report.withheld_promised),
    }
    return (
        _(
            "Paid in this time: %(paid)s, of it %(withheld)s to initiatives that are not listed, to protect them. "
            "Promised and not paid yet: %(promised)s, of it %(withheld_promised)s to them."
        )
        % amounts
    )


def grant(line: ReportGrant, report: TransparencyReport, publisher: Publisher) -> Json:
    shown = line.grant
    name = publisher.grant_prefix
    return {
        "id": f"{name}-{shown.reference}",
        "title": titled(report),
        "description": phrases.purpose(shown),
        "currency": shown.amount.currency,
        "amountAwarded": number(shown.amount),
        "awardDate": moment(shown.month),
        "recipientOrganization": [{"id": f"{name}-org-{shown.reference}", "name": phrases.recipient(shown)}],
        "fundingOrganization": [{"id": publisher.organisation_id, "name": phrases.clean(publisher.name)}],
        "grantProgramme": [{"code": report.slug, "title": phrases.clean(report.title)}],
        "beneficiaryLocation": [location(shown)],
        "disbursementTransaction": paid(line),
        "dateModified": moment(report.as_of),
        **({"regrantType": FISCAL_SPONSOR} if line.hosted else {}),
    }


def titled(report: TransparencyReport) -> str:
    title = _("Grant of %(campaign)s") % {"campaign": phrases.clean(report.title)}
    return title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"


def location(shown: PublicGrant) -> Json:
    country = shown.country
    code = {"countryCode": country} if country and not country.startswith(NOT_OF_ISO) else {}
    return {"name": phrases.where(shown), **code}


def paid(line: ReportGrant) -> list[Json]:
    """By months where these are told; else what was paid in the report's whole time, without a date."""
    if line.payments:
        return [transaction(payment) for payment in line.payments]
    if not line.paid:
        return []
    return [{"currency": line.paid.currency, "value": number(line.paid)}]


def transaction(payment: Payment) -> Json:
    amount = payment.amount
    return {
        "transactionDate": moment(payment.month),
        "currency": amount.currency,
        "value": number(amount),
        "description": _("In this month, less what came back."),
    }


def moment(day: datetime.date) -> str:
    """The schema takes a day too, but a reader that checks no formats finds it right twice over, and refuses it."""
    return f"{day.isoformat()}T00:00:00Z"


def figure(amount: Money) -> str:
    return f"{amount.decimal:f} {amount.currency}"


def number(amount: Money) -> int | float:
    """Exactly this amount as a number of JSON; a ValueError for one that has too many digits for that."""
    exact = amount.decimal
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(exact)
    if f"{near!r}" != f"{exact.normalize():f}":
        raise ValueError(f"{figure(amount)} has more digits than a number of JSON can have.")
    return near
