"""A campaign's report as an activity of IATI 2.03.

Gifts are monthly sums, never anybody's own. A grant is a line of its own only where the register has one, and its
payments have months only where its initiative lets them be told. All other commitments and payments, of withheld
grants and of those that tell no months, are one sum each at the end of the report's time: never of a month or a
country, and no more than the fund statement gives away. So no part of the file is about fewer grants than there are in
that sum, and nothing can be taken from anything else to learn when or where a withheld grant was paid.

The transactions lead from the opening to the closing balance: opening + incoming funds (1) − disbursements (3)
− expenditure (4). Commitments (2) are what was paid in this time and what is still promised on its last day.
"""

import datetime
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from ledger import chart
from ledger.money import Money
from receipts.reports.facts import Bearer, Directness, ReportGrant, TransparencyReport
from receipts.reports.opendata import phrases
from receipts.reports.opendata.publisher import Publisher
from receipts.statement import total

INCOMING, COMMITMENT, DISBURSEMENT, EXPENDITURE = "1", "2", "3", "4"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
OTHER_ORGANISATION, ACCOUNTABLE, IMPLEMENTATION, PLANNED_START, ACTUAL_START = "90", "2", "2", "1", "2"
DEVELOPING_COUNTRIES = "998"
DAC_CATEGORIES, EMERGENCY_RESPONSE = "2", "720"
PRIVATE_DEVELOPMENT_FINANCE, GRANT = "30", "110"
OUR_OWN = "99"


class Move(NamedTuple):
    kind: str
    on: datetime.date
    amount: Money
    words: str
    receiver: str = ""


def written(report: TransparencyReport, publisher: Publisher) -> bytes:
    root = ET.Element("iati-activities", {"version": "2.03", "generated-datetime": moment(report)})
    root.append(activity(report, publisher))
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()


def activity(report: TransparencyReport, publisher: Publisher) -> ET.Element:
    """In the order of the schema."""
    us, name = publisher.organisation_id, publisher.name
    about = ET.Element(
        "iati-activity",
        {
            LANG: report.language.split("-")[0],
            "default-currency": report.currency,
            "last-updated-datetime": moment(report),
            "humanitarian": "1",
        },
    )
    ET.SubElement(about, "iati-identifier").text = f"{us}-{report.slug}"
    told(about, "reporting-org", name, ref=us, type=OTHER_ORGANISATION)
    told(about, "title", report.title)
    told(about, "description", described(report, publisher), type="1")
    told(about, "participating-org", name, ref=us, role=ACCOUNTABLE, type=OTHER_ORGANISATION)
    ET.SubElement(about, "activity-status", code=IMPLEMENTATION)
    began(about, report)
    ET.SubElement(about, "recipient-region", code=DEVELOPING_COUNTRIES, vocabulary="1")
    ET.SubElement(about, "sector", code=EMERGENCY_RESPONSE, vocabulary=DAC_CATEGORIES)
    told(about, "tag", "refugee-led", code="refugee-led", vocabulary=OUR_OWN, **{"vocabulary-uri": publisher.website})
    ET.SubElement(about, "default-flow-type", code=PRIVATE_DEVELOPMENT_FINANCE)
    ET.SubElement(about, "default-finance-type", code=GRANT)
    for move in moves(report):
        if move.amount:
            about.append(transaction(move))
    return about


def described(report: TransparencyReport, publisher: Publisher) -> str:
    said = [phrases.about(report), phrases.months_only(), _("Licence: %(url)s") % {"url": publisher.licence}]
    if not publisher.organisation:
        said.insert(0, _("NOT REGISTERED with IATI: the identifiers in this file are nobody's."))
    return " ".join(said)


def began(about: ET.Element, report: TransparencyReport) -> None:
    since = report.period.since
    kind = ACTUAL_START if since <= report.as_of else PLANNED_START
    words = _("The first day that this file is about.")
    told(about, "activity-date", words, type=kind, **{"iso-date": since.isoformat()})


def moves(report: TransparencyReport) -> Iterator[Move]:
    yield from incoming(report)
    yield from commitments(report)
    yield from disbursements(report)
    yield from expenditure(report)


def incoming(report: TransparencyReport) -> Iterator[Move]:
    books, end = report.statement, last_day(report)
    for month, amount in report.months:
        yield Move(INCOMING, month, amount, _("Gifts of this month, all together"))
    yield Move(INCOMING, end, -books.refunds, _("Gifts paid back to their donors"))
    yield Move(INCOMING, end, -books.lost, _("Gifts lost to disputes with donors' banks"))
    yield Move(INCOMING, end, books.transfers, _("From or to other funds of ours"))


def commitments(report: TransparencyReport) -> Iterator[Move]:
    listed = [commitment(line) for line in report.grants]
    yield from listed
    books = report.statement
    rest = books.promised + books.paid - total((move.amount for move in listed), report.currency)
    yield Move(COMMITMENT, last_day(report), rest, _("All grants that are not listed, to protect people"))


def commitment(line: ReportGrant) -> Move:
    words = {"reference": line.grant.reference, "where": phrases.where(line.grant)}
    said = _("Grant %(reference)s, %(where)s: what was paid in this time, and what is promised still") % words
    said = f"{said}. {phrases.purpose(line.grant)}"
    return Move(COMMITMENT, line.grant.month, line.promised + line.paid, said, phrases.recipient(line.grant))


def disbursements(report: TransparencyReport) -> Iterator[Move]:
    listed = [move for line in report.grants for move in payments(line)]
    yield from listed
    books, end = report.statement, last_day(report)
    rest = books.paid - total((move.amount for move in listed), report.currency)
    yield Move(DISBURSEMENT, end, rest, _("All payments whose month or grant is not told, to protect people"))
    yield Move(DISBURSEMENT, end, -books.returned, _("Grants that came back unspent"))


def payments(line: ReportGrant) -> Iterator[Move]:
    for payment in line.payments:
        words = {"reference": line.grant.reference}
        said = _("Grant %(reference)s, in this month, less what came back") % words
        if payment.route in {Directness.ONE, Directness.MORE}:
            said = _("Grant %(reference)s, in this month, less what came back; through a fiscal host") % words
        yield Move(DISBURSEMENT, payment.month, payment.amount, said, phrases.recipient(line.grant))


def expenditure(report: TransparencyReport) -> Iterator[Move]:
    """Only what these gifts themselves bore: what the general fund bore for them is not in their books."""
    words = {
        chart.FEES: _("Fees of the payment company"),
        chart.DISPUTE_FEES: _("Fees of disputes"),
        chart.BANK_FEES: _("Fees of banks"),
    }
    for fee in report.fees:
        if fee.borne_by == Bearer.GIFTS:
            yield Move(EXPENDITURE, last_day(report), fee.amount, words[fee.kind])


def transaction(move: Move) -> ET.Element:
    day = move.on.isoformat()
    made = ET.Element("transaction")
    ET.SubElement(made, "transaction-type", code=move.kind)
    ET.SubElement(made, "transaction-date", {"iso-date": day})
    value = ET.SubElement(made, "value", {"value-date": day, "currency": move.amount.currency})
    value.text = f"{move.amount.decimal:f}"
    told(made, "description", move.words)
    if move.receiver:
        told(made, "receiver-org", move.receiver)
    return made


def told(parent: ET.Element, name: str, words: str, **attributes: str) -> None:
    element = ET.SubElement(parent, name, attributes)
    ET.SubElement(element, "narrative").text = phrases.clean(words)


def last_day(report: TransparencyReport) -> datetime.date:
    """Of what the report tells; never one to come, which the standard would not take."""
    return min(report.period.until, report.as_of)


def moment(report: TransparencyReport) -> str:
    return f"{report.as_of.isoformat()}T00:00:00Z"
