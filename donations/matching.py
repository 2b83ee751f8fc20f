"""Give each gift its turn at the matching pot of its appeal, and follow what becomes of it.

A gift has its turn once it is in the books, in their order, and gets what the funder promised for it as far as the
pot still goes. The turn comes once: it is never made up for later. When something of a gift goes back to its donor,
that part of its match is the pot's again, for gifts whose turn is still to come; if the money stays after all, the
match grows again, as far as the pot is open and goes.

One pass at a time works on a pot, behind the lock of its row; the database would refuse any two that together went
beyond its total.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django_stubs_ext import WithAnnotations

from appeal.matching import MatchingPot, Terms
from appeal.models import Campaign
from appeal.refusal import Refused
from donations.kept import DonationAndKept, Kept, disturbed, with_kept
from donations.models import Donation, Match, OfflineGift, PotPayment, State
from ledger import chart
from ledger.models import Posting
from ledger.money import Money

AT_ONCE = 500


class Booked(Kept):
    booked_minor: int


if TYPE_CHECKING:
    DonationInLine = WithAnnotations[Donation, Booked]
else:
    DonationInLine = Donation


@dataclass(frozen=True, slots=True)
class Offer:
    """What the give page says of a pot: for a gift like `example`, the funder gives `added`."""

    terms: Terms
    now: str
    example: Money | None
    added: Money | None


def offer(campaign: Campaign, today: date, gift: Money | None) -> Offer | None:
    """Of the pot that is open; an example only where the gift is in the currency of the appeal."""
    pot = MatchingPot.objects.open().filter(campaign=campaign).first()
    if pot is None or (now := pot.terms.now(today)) not in {"on", "used_up"}:
        return None
    same = gift if now == "on" and gift and gift.currency == pot.currency else None
    return Offer(pot.terms, now, same, min(pot.terms.on_top_of(same), pot.terms.left) if same else None)


def keep_up() -> int:
    """Whatever there is to do for all pots; how many gifts had their turn."""
    for pot in MatchingPot.objects.filter(pk__in=changed().values("match__pot")).order_by("pk"):
        follow(pot)
    return sum(take_turns(pot) for pot in MatchingPot.objects.open().order_by("pk"))


def take_turns(pot: MatchingPot) -> int:
    """Give all gifts their turn that wait for one; how many there were."""
    done = 0
    while some := take_some(pot):
        done += some
    return done


@transaction.atomic
def take_some(pot: MatchingPot) -> int:
    held = MatchingPot.objects.open().select_for_update(no_key=True).filter(pk=pot.pk).first()
    if held is None:
        return 0
    terms, left, turns = held.terms, held.terms.left, list[Match]()
    for gift in in_line(held)[:AT_ONCE]:
        first = min(due(terms, gift.booked_minor, gift.amount_minor, gift.kept_minor), left)
        left -= first
        turns.append(
            Match(
                pot=held,
                donation=gift,
                booked_minor=gift.booked_minor,
                kept_minor=gift.kept_minor,
                first_minor=first.minor,
                amount_minor=first.minor,
            )
        )
    return len(Match.objects.bulk_create(turns))


def in_line(pot: MatchingPot) -> QuerySet[DonationInLine]:
    """The gifts whose turn is still to come, in the order of the books, each with `booked_minor` and `kept_minor`."""
    booked = Posting.objects.filter(entry=OuterRef("entry"), account=chart.GIFTS).order_by().values("entry")
    paying = PotPayment.objects.standing().filter(gift__donation=OuterRef("pk"))
    gifts = Donation.objects.settled().filter(
        ~Exists(paying),
        campaign=pot.campaign_id,
        match=None,
        charged_at__date__range=(pot.opens_on, pot.closes_on),
    )
    total = Cast(Subquery(booked.annotate(total=-Sum("amount")).values("total")), BigIntegerField())
    return with_kept(gifts).annotate(booked_minor=total).filter(booked_minor__gt=0).order_by("entry")


def due(terms: Terms, booked: int, given: int, kept: int) -> Money:
    """What is promised for a gift, if the pot lasts: on top of that part of what was booked which its donor left us."""
    return terms.on_top_of(Money(booked * kept // given, terms.total.currency))


def changed() -> QuerySet[DonationAndKept]:
    """The gifts of which more, or less, is kept than when their match was last looked at."""
    matched = disturbed().filter(match__isnull=False)
    return with_kept(matched).exclude(kept_minor=F("match__kept_minor"))


@transaction.atomic
def follow(pot: MatchingPot) -> None:
    """Bring the matches of gifts that went back, or stayed after all, up to date."""
    held = MatchingPot.objects.select_for_update(no_key=True).get(pk=pot.pk)
    for gift in changed().filter(match__pot=held).select_related("match").order_by("pk"):
        set_right(held, gift.match, kept=gift.kept_minor)


def set_right(pot: MatchingPot, match: Match, *, kept: int) -> None:
    """What stands of a match, now that so much of its gift is kept. The pot must be locked."""
    pot.refresh_from_db(fields=["matched_minor"])
    wanted = min(match.first_minor, due(pot.terms, match.booked_minor, match.donation.amount_minor, kept).minor)
    if wanted > match.amount_minor:  # it came again
        paying = PotPayment.objects.standing().filter(gift__donation=match.donation_id).exists()
        room = 0 if pot.closed_at or paying else pot.terms.left.minor
        wanted = min(wanted, match.amount_minor + room)
    Match.objects.filter(pk=match.pk).update(amount_minor=wanted, kept_minor=kept, updated_at=timezone.now())


@transaction.atomic
def close(pot: MatchingPot, *, by: User, reason: str) -> None:
    """Close it, once all gifts that are in the books by now have had their turn. Refused says why not."""
    take_turns(pot)
    pot.close(by=by, reason=reason)


def not_in_the_books(pot: MatchingPot) -> int:
    """How many gifts of its time have been paid, and wait to be booked."""
    waiting = Donation.objects.filter(state=State.PAID, campaign=pot.campaign_id)
    return waiting.filter(charged_at__date__range=(pot.opens_on, pot.closes_on)).count()


@transaction.atomic
def name_payment(gift: OfflineGift, pot: MatchingPot, *, by: User) -> PotPayment:
    """This gift is the funder's, and pays what the pot owes: it is matched by none. Refused says why not."""
    held = OfflineGift.objects.select_for_update(of=("self",)).get(pk=gift.pk)
    if not held.stands:
        raise Refused(_("This gift has moved on: it is “%(state)s” now.") % {"state": held.standing.label})
    pots = MatchingPot.objects.filter(campaign=held.campaign_id).order_by("pk").select_for_update(no_key=True)
    if pot not in [each for each in pots if each.opened_at]:
        raise Refused(_("This pot is of another appeal, or was never opened."))
    if PotPayment.objects.standing().filter(gift=held).exists():
        raise Refused(_("This gift pays a pot already."))
    Match.objects.filter(donation=held.donation_id).standing().update(amount_minor=0, updated_at=timezone.now())
    return PotPayment.objects.create(pot=pot, gift=held, named_by=by, named_at=timezone.now())


@transaction.atomic
def drop_payment(gift: OfflineGift, *, by: User) -> None:
    """It is a gift like any other after all: its match stands again, as far as its pot is open and goes."""
    held = OfflineGift.objects.select_for_update(of=("self",)).get(pk=gift.pk)
    list(MatchingPot.objects.filter(campaign=held.campaign_id).order_by("pk").select_for_update(no_key=True))
    payment = PotPayment.objects.standing().filter(gift=held).first()
    if payment is None:
        raise Refused(_("This gift pays no pot."))
    payment.drop(by=by)
    if match := Match.objects.select_related("pot", "donation").filter(donation=held.donation_id).first():
        set_right(match.pot, match, kept=match.kept_minor)
