"""Lists that an issuer hands in to an authority, as CSV. A cell never begins as a formula does."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from io import StringIO

from appeal.cells import inert
from donations.kept import DonationAndKept, with_kept
from donations.models import Donation, Method
from ledger.money import Money
from receipts import issuing
from receipts.models import FiscalYear, Receipt

AT_ONCE = 500
A_DAY = timedelta(days=1)

# Form 10BD, part B. ID code and unique identification number are the donor's own.
FORM_10BD = (
    *("Sl. No.", "Pre Acknowledgement Number", "ID Code", "Unique Identification Number", "Section Code"),
    *("Unique Registration Number (URN)", "Date of Issuance of Unique Registration Number", "Name of donor"),
    *("Address of donor", "Donation Type", "Mode of receipt", "Amount of donation (Indian rupees)"),
)
ID_CODES = {
    "Permanent Account Number": re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]"),
    "Aadhaar Number": re.compile(r"[0-9]{12}"),
}
RUPEES = "INR"
ELECTRONIC = "Electronic modes including account payee cheque/draft"


def written(lines: Iterable[list[str]]) -> Iterator[bytes]:
    for line in lines:
        row = StringIO()
        csv.writer(row).writerow([inert(cell) for cell in line])
        yield row.getvalue().encode()


def spread(gift: DonationAndKept) -> str:
    """What was kept of it, as a decimal number."""
    return str(Money(gift.kept_minor, gift.currency).decimal)


def gifts_of_year(year: FiscalYear, currency: str) -> Iterator[tuple[DonationAndKept, date]]:
    """Gifts of the issuer's year of which something was kept, each with its day; few at a time are in memory."""
    settled = Donation.objects.settled().filter(review="", currency=currency)
    near = settled.filter(charged_at__date__range=(year.first_day - A_DAY, year.last_day + A_DAY))
    for gift in with_kept(near).filter(kept_minor__gt=0).order_by("charged_at", "pk").iterator(AT_ONCE):
        day = issuing.given_on(gift, year.issuer)
        if year.holds(day):
            yield gift, day


def form_10bd(year: FiscalYear) -> Iterator[list[str]]:
    """A line for each valid receipt and statement of the year in rupees: refunds have replaced or voided the others."""
    yield [*FORM_10BD]
    mine = Receipt.objects.valid().for_tax().filter(currency=RUPEES, given_on__range=(year.first_day, year.last_day))
    receipts = mine.select_related("donation", "issuer").order_by("pk").iterator(AT_ONCE)
    for number, receipt in enumerate(receipts, 1):
        address = ", ".join(receipt.donor_address.split("\n"))
        yield [
            *(str(number), "", id_code(receipt.donor_tax_id), receipt.donor_tax_id.strip(), "Section 80G"),
            *(receipt.issuer.registration, "", receipt.donor_name, address, "Others"),
            *(mode(receipt), str(receipt.amount.decimal)),
        ]


def id_code(tax_id: str) -> str:
    """Empty where the number itself does not tell: a person chooses."""
    plain = tax_id.replace(" ", "").upper()
    return next((name for name, pattern in ID_CODES.items() if pattern.fullmatch(plain)), "")


def mode(receipt: Receipt) -> str:
    return "Cash" if receipt.donation and receipt.donation.method == Method.CASH else ELECTRONIC
