"""Hold a gift whose receipt would lack something, until its donor has told it. A held gift takes no number."""

from collections.abc import Sequence
from datetime import datetime

from donations.kept import DonationAndKept
from donations.models import Donation
from ledger.money import Money
from receipts.models import Donor, Field, HeldGift, IssuerProfile, Known, Particulars, missing
from receipts.models.particulars import donor_of

AT_ONCE = 100
type Paper = tuple[DonationAndKept, Donor]


def complete(issuer: IssuerProfile, gifts: Sequence[DonationAndKept], now: datetime) -> list[Paper]:
    """Those whose receipt lacks nothing, each with whom it is made out to. The others are held."""
    rules = issuer.required.all()
    told = told_by(gifts) if rules else {}
    ready = []
    for gift in gifts:
        particulars = told.get(donor_of(gift))
        if lacking := missing(rules, known_of(gift, particulars)):
            hold(gift, lacking, issuer, now)
        else:
            ready.append((gift, made_out_to(gift, particulars, {rule.field for rule in rules})))
    return ready


def told_by(gifts: Sequence[DonationAndKept]) -> dict[str, Particulars]:
    donors = Particulars.objects.filter(donor__in={donor_of(gift) for gift in gifts})
    return {particulars.donor: particulars for particulars in donors}


def known_of(gift: Donation, particulars: Particulars | None) -> Known:
    fields = {*(particulars.told() if particulars else ()), *([Field.NAME] if gift.name.strip() else ())}
    country, organisation = (particulars.country, particulars.organisation) if particulars else ("", False)
    return Known(Money(gift.amount_minor, gift.currency), fields, country, organisation)


def made_out_to(gift: Donation, particulars: Particulars | None, asked: set[str]) -> Donor:
    """What the issuer asks for goes on the paper, and nothing else that we were told."""
    if particulars is None or not asked:
        return Donor(gift.name, gift.email)
    name = particulars.name if Field.NAME in asked else ""
    address = particulars.address if Field.ADDRESS in asked else ""
    tax_id = particulars.tax_id if Field.TAX_ID in asked else ""
    return Donor(name or gift.name, gift.email, address, tax_id)


def hold(gift: Donation, lacking: list[str], issuer: IssuerProfile, now: datetime) -> None:
    details = {"email": gift.email, "language": gift.language}
    particulars, _made = Particulars.objects.get_or_create(donor=donor_of(gift), defaults=details)
    HeldGift.objects.update_or_create(
        donation=gift,
        defaults={"missing": lacking, "issuer": issuer, "seen_at": now, "handled_at": None},
        create_defaults={
            "particulars": particulars,
            "missing": lacking,
            "issuer": issuer,
            "created_at": now,
            "seen_at": now,
        },
    )


def look_again(issuer: IssuerProfile, now: datetime) -> None:
    """Let go those that lack nothing any more: their donor has told us, or the rules are others."""
    rules = issuer.required.all()
    waiting = HeldGift.objects.to_look_at_again(issuer).select_related("donation", "particulars").order_by("pk")
    for held in waiting.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]:
        held.look_again(missing(rules, known_of(held.donation, held.particulars)), issuer, now)
