"""Gift Aid: the donor's declaration, and the schedule of gifts that the issuer claims tax back on."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from appeal.refusal import Refused
from donations.kept import DonationAndKept
from receipts import wording
from receipts.models import FiscalYear, GiftAidDeclaration, IssuerText, Receipt, TextKind, text_of
from receipts.models.particulars import donor_of
from receipts.portal import gifts_of_year, spread

COLUMNS = (
    *("Item", "Title", "First name or initial", "Last name", "House name or number", "Postcode"),
    *("Aggregated donations", "Sponsored event", "Donation date", "Amount"),
)
CURRENCY = "GBP"


def words_for(receipt: Receipt) -> IssuerText | None:
    """What the donor of this receipt would declare; None where there is nothing to declare."""
    if receipt.donation is None or receipt.voided_at or not receipt.scheme.declares or receipt.currency != CURRENCY:
        return None
    return text_of(receipt.issuer, TextKind.DECLARATION, receipt.language)


def said(text: IssuerText) -> str:
    issuer = text.issuer
    return wording.filled(text.words, {"legal_name": issuer.legal_name, "registration": issuer.registration})


def standing(receipt: Receipt) -> GiftAidDeclaration | None:
    return GiftAidDeclaration.objects.standing().filter(donation=receipt.donation_id).first()


def declare(receipt: Receipt, text: IssuerText, details: dict[str, object], now: datetime) -> GiftAidDeclaration:
    """Keep it with the words that were agreed to. Refused where one stands already."""
    gift = receipt.gift
    try:
        with transaction.atomic():
            return GiftAidDeclaration.objects.create(
                donor=donor_of(gift), donation=gift, text=text, created_at=now, **details
            )
    except IntegrityError as error:
        raise Refused(_("You have declared Gift Aid for this gift already.")) from error


def withdraw(declaration: GiftAidDeclaration, now: datetime) -> None:
    """It counts for no gift any more that is not claimed yet."""
    GiftAidDeclaration.objects.standing().filter(pk=declaration.pk).update(withdrawn_at=now)


def declared_gifts(year: FiscalYear) -> Iterator[tuple[DonationAndKept, date, GiftAidDeclaration]]:
    """The gifts of the year that a declaration is for: each with what was kept of it, its day, and the declaration."""
    for gift, day in gifts_of_year(year, CURRENCY):
        found = GiftAidDeclaration.objects.standing().filter(donor=donor_of(gift), text__issuer__scheme="gb")
        declared = next((one for one in found.order_by("-pk") if one.covers(gift)), None)
        if declared:
            yield gift, day, declared


def schedule(year: FiscalYear) -> Iterator[list[str]]:
    """A line for each gift of the year that a declaration is for, with what was kept of it."""
    yield [*COLUMNS]
    for number, (gift, day, declared) in enumerate(declared_gifts(year), 1):
        who = [declared.title[:4], declared.first_name[:35], declared.last_name.replace("-", " ")[:35]]
        where = [declared.house, declared.postcode]
        yield [str(number), *who, *where, "", "", f"{day:%d/%m/%y}", spread(gift)]
