"""Issue a receipt for each settled gift that has none, and put a corrected one in the place of a wrong one.

The queue is a queryset over the gifts: whatever stops a worker, the next one finds the same gifts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from donations.kept import DonationAndKept, with_kept
from donations.models import Donation, Method
from receipts.models import Donor, IssuerProfile, NumberSeries, Receipt, Refused
from receipts.models.receipt import gifts_with_a_wrong_receipt, gifts_without_receipt

AT_ONCE = 100


def issue(now: datetime) -> int:
    """Receipts for up to a hundred gifts, numbered in one transaction; how many. None while nobody may issue."""
    issuer = IssuerProfile.objects.issuing_at(now)
    return issue_as(issuer, now) if issuer else 0


def correct(now: datetime) -> int:
    """Let receipts follow the gifts whose money went back, or came again; how many did."""
    return sum(correct_one(gift.pk, now) for gift in gifts_with_a_wrong_receipt().order_by("pk")[:AT_ONCE])


@transaction.atomic
def correct_one(pk: int, now: datetime) -> bool:
    """Void the receipt, and where something of the gift is left, issue another for what that is."""
    issuer = IssuerProfile.objects.issuing_at(now)
    Donation.objects.select_for_update().get(pk=pk)
    gift = gifts_with_a_wrong_receipt().select_related("campaign").filter(pk=pk).first()
    if gift is None or issuer is None:
        return False
    last = gift.receipts.select_related("replaced_by").get(replaced_by=None)
    if last.voided_at is None:
        last.void(by=None, reason=str(_("Money of this gift went back.")), now=now)
    if gift.kept_minor:
        write(issuer, [(gift, Donor(last.donor_name, last.donor_email))], now, replaces=last)
    return True


@transaction.atomic
def issue_as(issuer: IssuerProfile, now: datetime) -> int:
    gifts = claim()
    if gifts:
        write(issuer, [(gift, Donor(gift.name, gift.email)) for gift in gifts], now)
    return len(gifts)


def claim() -> list[DonationAndKept]:
    """The oldest gifts without a receipt, locked, past those that another worker holds.

    The second look, after the locks, leaves out what another worker finished while we came for it.
    """
    free = gifts_without_receipt().order_by("pk").select_for_update(skip_locked=True, of=("self",))
    held = [gift.pk for gift in free[:AT_ONCE]]
    return list(gifts_without_receipt().filter(pk__in=held).select_related("campaign").order_by("pk"))


def write(
    issuer: IssuerProfile,
    gifts: Sequence[tuple[DonationAndKept, Donor]],
    now: datetime,
    replaces: Receipt | None = None,
) -> list[Receipt]:
    numbers = NumberSeries.take(issuer.prefix, issuer.day_of(now).year, len(gifts))
    return Receipt.objects.bulk_create(
        snapshot(gift, donor, issuer=issuer, number=number, now=now, replaces=replaces)
        for (gift, donor), number in zip(gifts, numbers, strict=True)
    )


def snapshot(
    gift: DonationAndKept, donor: Donor, *, issuer: IssuerProfile, number: str, now: datetime, replaces: Receipt | None
) -> Receipt:
    return Receipt(
        number=number,
        donation=gift,
        issuer=issuer,
        replaces=replaces,
        donor_name=donor.name.strip(),
        donor_email=donor.email,
        amount_minor=gift.kept_minor,
        currency=gift.currency,
        purpose=gift.campaign.title,
        given_on=given_on(gift, issuer),
        issued_on=issuer.day_of(now),
        issued_at=now,
        language=gift.language,
    )


def given_on(gift: DonationAndKept, issuer: IssuerProfile) -> date:
    """The day where the issuer is. Of a gift that came by no card the day is known and no hour: it is kept in UTC."""
    assert gift.charged_at is not None  # noqa: S101 (the database says so of every settled gift)
    return issuer.day_of(gift.charged_at) if gift.method == Method.CARD else gift.charged_at.astimezone(UTC).date()


@transaction.atomic
def replace(receipt: Receipt, *, by: User, reason: str, donor: Donor, now: datetime) -> Receipt:
    """Void a receipt and issue a corrected one for the same gift, with the next number. Refused says why not."""
    issuer = IssuerProfile.objects.issuing_at(now)
    if issuer is None:
        raise Refused(_("No approved issuer profile is valid today."))
    receipt.void(by=by, reason=reason, now=now)
    gift = with_kept(Donation.objects.select_related("campaign")).get(pk=receipt.donation_id)
    if not gift.kept_minor:
        raise Refused(_("Nothing of this gift is left to give a receipt for."))
    return write(issuer, [(gift, donor)], now, replaces=receipt)[0]
