"""Issue a receipt for each settled gift that has none, and put a corrected one in the place of a wrong one.

The queue is a queryset over the gifts: whatever stops a worker, the next one finds the same gifts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Collate, Lower
from django.utils.translation import gettext as _

from donations.kept import DonationAndKept, with_kept
from donations.models import Donation, Method
from receipts import holding
from receipts.holding import Paper
from receipts.models import (
    Advantage,
    Donor,
    IssuerProfile,
    IssuerText,
    Kind,
    NumberSeries,
    Receipt,
    ReceiptChoice,
    Refused,
    TextKind,
    text_of,
)
from receipts.models.particulars import donor_of
from receipts.models.receipt import gifts_with_a_wrong_receipt, gifts_without_receipt, in_open_years

AT_ONCE = 100
ACKNOWLEDGED = "ACK"
NOTHING = Advantage()
KEY = Lower(Collate(F("email"), "C"))  # as Particulars and choices name a donor


def issue(now: datetime) -> int:
    """Receipts for up to a hundred gifts, numbered in one transaction; how many. None while nobody may issue."""
    issuer = IssuerProfile.objects.issuing_at(now)
    return issue_as(issuer, now) if issuer else 0


def correct(now: datetime) -> int:
    """Let receipts follow the gifts whose money went back, or came again; how many did."""
    return sum(
        correct_one(gift.pk, now) for gift in in_open_years(gifts_with_a_wrong_receipt()).order_by("pk")[:AT_ONCE]
    )


@transaction.atomic
def correct_one(pk: int, now: datetime) -> bool:
    """Void the receipt, and where something of the gift is left, issue another for what that is.

    What was given in return counts as before: where no more than that is left, nothing of it is a gift.
    """
    issuer = IssuerProfile.objects.issuing_at(now)
    Donation.objects.select_for_update().get(pk=pk)
    gift = in_open_years(gifts_with_a_wrong_receipt()).select_related("campaign").filter(pk=pk).first()
    if gift is None or issuer is None:
        return False
    last = gift.receipts.select_related("replaced_by").get(replaced_by=None)
    if last.voided_at is None:
        last.void(by=None, reason=str(_("Money of this gift went back.")), now=now)
    if gift.kept_minor > last.advantage_minor:
        kind, returned = Kind(last.kind), last.given_in_return
        write(issuer, [(gift, last.donor)], now, replaces=last, kind=kind, advantage=returned)
    return True


@transaction.atomic
def issue_as(issuer: IssuerProfile, now: datetime) -> int:
    holding.look_again(issuer, now)
    without_tax, for_tax = sorted_out(issuer, claim(issuer))
    acknowledged = [(gift, Donor(gift.name, gift.email)) for gift in without_tax]
    ready = holding.complete(issuer, for_tax, now)
    for kind, papers in ((Kind.ACKNOWLEDGEMENT, acknowledged), (Kind.RECEIPT, ready)):
        if papers:
            write(issuer, papers, now, kind=kind)
    return len(acknowledged) + len(ready)


def claim(issuer: IssuerProfile) -> list[DonationAndKept]:
    """The oldest gifts without a receipt, locked, past those that another worker holds.

    The second look, after the locks, leaves out what another worker finished while we came for it.
    """
    due = left_by_statements(issuer, gifts_without_receipt()).order_by("pk")
    held = [gift.pk for gift in due.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]]
    return list(due.filter(pk__in=held).select_related("campaign"))


def left_by_statements(
    issuer: IssuerProfile, gifts: models.QuerySet[DonationAndKept]
) -> models.QuerySet[DonationAndKept]:
    """Where the issuer writes one statement a year: those gifts alone that will be on none."""
    if not issuer.yearly:
        return gifts
    no_tax = ReceiptChoice.objects.filter(tax_receipt=False).values("donor")
    other = ~Q(currency=issuer.currency) if issuer.currency else Q(pk=None)
    return gifts.annotate(donor=KEY).filter(Q(email="") | other | Q(donor__in=no_tax))


def sorted_out(
    issuer: IssuerProfile, gifts: Sequence[DonationAndKept]
) -> tuple[list[DonationAndKept], list[DonationAndKept]]:
    """Gifts that are only acknowledged, and those with a receipt for tax."""
    declined = ReceiptChoice.without(donor_of(gift) for gift in gifts)
    without, with_receipt = list[DonationAndKept](), list[DonationAndKept]()
    for gift in gifts:
        for_tax = issuer.currency in {"", gift.currency} and donor_of(gift) not in declined
        (with_receipt if for_tax else without).append(gift)
    return without, with_receipt


def write(
    issuer: IssuerProfile,
    gifts: Sequence[Paper],
    now: datetime,
    replaces: Receipt | None = None,
    *,
    kind: Kind = Kind.RECEIPT,
    advantage: Advantage = NOTHING,
) -> list[Receipt]:
    """Papers of one kind. Acknowledgements have numbers of their own, so that receipts for tax have no gap."""
    series = issuer.prefix if kind == Kind.RECEIPT else f"{issuer.prefix}-{ACKNOWLEDGED}"
    numbers = NumberSeries.take(series, issuer.day_of(now).year, len(gifts), issuer.number_pattern)
    frozen = {"issuer": issuer, "kind": kind, "replaces": replaces, "issued_on": issuer.day_of(now), "issued_at": now}
    frozen |= {"advantage_minor": advantage.minor, "advantage": advantage.what}
    return Receipt.objects.bulk_create(
        Receipt(number=number, text=words_for(issuer, kind, gift.language), **frozen, **snapshot(gift, donor, issuer))
        for (gift, donor), number in zip(gifts, numbers, strict=True)
    )


def words_for(issuer: IssuerProfile, kind: Kind, language: str) -> IssuerText | None:
    """In the donor's language, or else in the issuer's own. None: the statement of the profile itself."""
    if kind == Kind.RECEIPT and language == issuer.language:
        return None
    return text_of(issuer, TextKind(kind), language)


def snapshot(gift: DonationAndKept, donor: Donor, issuer: IssuerProfile) -> dict[str, Any]:
    return {
        "donation": gift,
        "donor_name": donor.name.strip(),
        "donor_email": donor.email,
        "donor_address": donor.address,
        "donor_tax_id": donor.tax_id,
        "amount_minor": gift.kept_minor,
        "currency": gift.currency,
        "purpose": gift.campaign.title,
        "given_on": given_on(gift, issuer),
        "language": gift.language,
    }


def given_on(gift: DonationAndKept, issuer: IssuerProfile) -> date:
    """The day where the issuer is. Of a gift that came by no card the day is known and no hour: it is kept in UTC."""
    assert gift.charged_at is not None  # noqa: S101 (the database says so of every settled gift)
    return issuer.day_of(gift.charged_at) if gift.method == Method.CARD else gift.charged_at.astimezone(UTC).date()


@transaction.atomic
def replace(
    receipt: Receipt, *, by: User, reason: str, donor: Donor, now: datetime, advantage: Advantage = NOTHING
) -> Receipt:
    """Void a receipt and issue a corrected one for the same gift, with the next number. Refused says why not."""
    issuer = IssuerProfile.objects.issuing_at(now)
    if issuer is None:
        raise Refused(_("No approved issuer profile is valid today."))
    receipt.void(by=by, reason=reason, now=now)
    gift = with_kept(Donation.objects.select_related("campaign")).get(pk=receipt.gift.pk)
    if not gift.kept_minor:
        raise Refused(_("Nothing of this gift is left to give a receipt for."))
    if advantage.minor >= gift.kept_minor:
        raise Refused(
            _("What was given in return is worth as much as the gift: there is nothing to give a receipt for.")
        )
    kind = Kind(receipt.kind)
    return write(issuer, [(gift, donor)], now, replaces=receipt, kind=kind, advantage=advantage)[0]
