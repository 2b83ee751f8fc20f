"""Keep out card testers: programs that try stolen cards on small gifts, to learn which of them still work.

Each form fills two leaky buckets, of the internet connection and of the browser it came from. A gift that is started
fills a little, a declined card much, and a gift that is paid gives back most of what it took: a camp shares one
connection, and fifty people may give through it in an hour. Where a bucket is full, the form is refused until it has
leaked. At midnight UTC all of them are empty, as the keys change: at worst, a tester has two bursts in that night.

Against a tester with very many connections there is challenge mode, for everyone and for a while: see `challenge`.
What is left to Stripe: the number of cards on one payment page, up to the few after which we close it.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.db import transaction
from django.utils.translation import ngettext

from donations import checkout
from donations.models import Bucket, ChallengeMode, Decline, Donation, Origin, Tally
from donations.models.card_testers import Drop, tried_too_often
from donations.origin import Whence

log = logging.getLogger(__name__)
Event = Tally.Event
KINDS = frozenset({"payment_intent.payment_failed", "charge.failed"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A bucket holds so much time, and leaks it in as much."""

    holds: timedelta
    start: timedelta
    paid: timedelta
    decline: timedelta


# A connection: 80 gifts started at once; 240 paid ones an hour, or 16 cards declined. A browser: 15, 60 and 4.
ADDRESS = Measure(
    holds=timedelta(hours=1),
    start=timedelta(seconds=45),
    paid=timedelta(seconds=-30),
    decline=timedelta(minutes=3),
)
BROWSER = Measure(
    holds=timedelta(minutes=30),
    start=timedelta(minutes=2),
    paid=timedelta(minutes=-1),
    decline=timedelta(minutes=5),
)

WINDOW = timedelta(minutes=10)
ALARM = 50  # declined cards in the window, whatever else there was
ALARM_IF_MOST = 10  # … or so many, where no more gifts were paid than cards declined
STAYS_ON = timedelta(minutes=30)
HEAVIER = 3  # what a declined card weighs in challenge mode

CARDS_A_PAGE = 10
FORGET_ORIGIN, FOLD_TALLY, FORGET_DECLINE = timedelta(days=1), timedelta(days=2), timedelta(days=60)


class Full(Exception):
    """No more gifts from there for now; the message says when again, to a person."""

    def __init__(self, pause: timedelta) -> None:
        self.seconds = max(round(pause.total_seconds()) + 1, 1)
        minutes = -(-self.seconds // 60)
        super().__init__(
            ngettext(
                "Too many gifts were started, or too many cards declined, from your internet connection or your "
                "browser. To keep thieves from trying out stolen cards, we take no more from there for now. Please "
                "send this form again in %(minutes)d minute. What you typed is still here. Nothing was charged.",
                "Too many gifts were started, or too many cards declined, from your internet connection or your "
                "browser. To keep thieves from trying out stolen cards, we take no more from there for now. Please "
                "send this form again in %(minutes)d minutes. What you typed is still here. Nothing was charged.",
                minutes,
            )
            % {"minutes": minutes}
        )


def admit(whence: Whence, now: datetime) -> None:
    """Let one more gift start from there, or raise Full. Committed at once: no lock is held while Stripe is asked."""
    drops = _drops(whence, now, ADDRESS.start, BROWSER.start)
    try:
        with transaction.atomic():
            if not Bucket.objects.pour_if_all_fits(drops):
                raise Full(_pause(drops, now))
    except Full:
        Tally.objects.counted(Event.REFUSED, now)
        raise


def _pause(drops: Collection[Drop], now: datetime) -> timedelta:
    weights = {drop.key: drop.weight for drop in drops}
    return max(bucket.room_in(weights[bucket.key], now) for bucket in Bucket.objects.filter(key__in=weights))


def guessed(whence: Whence, now: datetime, *, typed: str) -> None:
    """A form came without the right answer in challenge mode. Only one that tried an answer weighs anything."""
    Tally.objects.counted(Event.CHALLENGED, now)
    if typed:
        Bucket.objects.pour(_drops(whence, now, ADDRESS.start, BROWSER.start))


def started(donation: Donation, whence: Whence, now: datetime) -> None:
    """Remember where it came from, for as long as its cards may be declined."""
    Origin.objects.create(donation=donation, address=whence.address, browser=whence.browser)
    Tally.objects.counted(Event.STARTED, now)


@transaction.atomic
def relieve(now: datetime) -> None:
    """Give back most of what gifts took that have been paid since, whoever found that out."""
    origins = Origin.objects.newly_paid()
    if origins:
        Bucket.objects.pour([drop for each in origins for drop in _drops(each, now, ADDRESS.paid, BROWSER.paid)])
        Tally.objects.count_in({(now, Event.PAID): len(origins)})


@dataclass(frozen=True, slots=True)
class Declined:
    """What an event says of a card that a bank refused."""

    attempt: str
    reference: str
    payer: tuple[str, int, str]
    at: datetime


def read(event: Mapping[str, Any]) -> Declined | None:
    """The declined card in an event of `KINDS`; None for a bank debit, which nobody tries out cards with.

    Only what Stripe has never renamed is read, so that a flood of events in another API version costs no calls.
    """
    thing = event["data"]["object"]
    error = thing.get("last_payment_error") or {}
    by_charge = thing["object"] == "charge"
    method = (thing.get("payment_method_details") if by_charge else error.get("payment_method")) or {}
    if method.get("type", "card") != "card":
        return None
    billing = (thing if by_charge else method).get("billing_details") or {}
    return Declined(
        attempt=thing["id"] if by_charge else error.get("charge") or event["id"],
        reference=(thing.get("metadata") or {}).get("donation") or "",
        payer=(billing.get("email") or "", thing["amount"], thing["currency"].upper()),
        at=datetime.fromtimestamp(event["created"], UTC),
    )


def hear(heard: Sequence[Declined], now: datetime) -> set[str]:
    """Count these declines, each once however often it is told; the attempts that are news.

    Those of gifts that are not ours, or not of today, are none of a tester on our pages: a monthly gift's card that has
    expired weighs on nobody.
    """
    known = _behind(heard)
    found = [(one, donation) for one in heard if (donation := known.get(one.reference or one.payer))]
    fresh = {
        one.attempt: Decline(attempt=one.attempt, donation=donation, created_at=min(one.at, now))
        for one, donation in found
        if one.at - donation.created_at < FORGET_ORIGIN
    }
    news = Decline.objects.record(fresh.values()) if fresh else set()
    if news:
        _weigh([fresh[attempt] for attempt in news], now)
    return news


def _behind(heard: Sequence[Declined]) -> dict[object, Donation]:
    """The gifts by reference; by payer those that begin a monthly gift, as Stripe puts no name on their payments."""
    named = Donation.objects.filter(reference__in={one.reference for one in heard})
    payers = {one.payer[0] for one in heard if not one.reference}
    begun = Donation.objects.filter(origin__paid=False, monthly_gift__isnull=False, email__in=payers)
    return {each.reference: each for each in named.select_related("origin")} | {
        (each.email, each.amount_minor, each.currency): each for each in begun.select_related("origin") if payers
    }


def _weigh(declines: Collection[Decline], now: datetime) -> None:
    times = HEAVIER if ChallengeMode.objects.on(now) else 1
    drops = [
        drop
        for each in declines
        if hasattr(each.donation, "origin")
        for drop in _drops(each.donation.origin, each.created_at, ADDRESS.decline * times, BROWSER.decline * times)
    ]
    Bucket.objects.pour(drops)
    Tally.objects.count_in(Counter((each.created_at, Event.DECLINED) for each in declines))
    watch(now)


def watch(now: datetime) -> None:
    """Turn challenge mode on, or keep it on, while too many cards are declined. It goes off by itself."""
    seen = Tally.objects.since(now - WINDOW)
    if alarming(declined=seen[Event.DECLINED], paid=seen[Event.PAID]):
        ChallengeMode.objects.turn_on(now, now + STAYS_ON)


def alarming(*, declined: int, paid: int) -> bool:
    return declined >= ALARM or (declined >= ALARM_IF_MOST and declined >= paid)


def look_after(now: datetime) -> None:
    """What is not told by an event: gifts that were paid, and pages that have seen too many cards."""
    relieve(now)
    close_pages(now)


def close_pages(now: datetime) -> int:
    """Close payment pages on which too many cards were declined; how many. Who meant to give starts again."""
    closed = 0
    for donation in tried_too_often(CARDS_A_PAGE, now - FORGET_ORIGIN):
        try:
            checkout.close(donation)
            closed += 1
        except stripe.StripeError as error:
            log.warning("the page of donation %s is not closed: %s", donation.pk, type(error).__name__)
    return closed


def figures(now: datetime) -> list[tuple[str, int, int]]:
    """What happened in the last hour and in the last day."""
    hour, day = (Tally.objects.since(now - timedelta(hours=hours)) for hours in (1, 24))
    return [(str(event.label), hour[event], day[event]) for event in Event]


def full(now: datetime) -> int:
    """How many connections or browsers can start no gift at this moment."""
    return Bucket.objects.full(now).count()


def forget(now: datetime) -> None:
    """Let go of what has served: nothing that came of an address outlives a day and an hour."""
    Bucket.objects.leaked_away(now).delete()
    Origin.objects.filter(created_at__lt=now - FORGET_ORIGIN).delete()
    Decline.objects.filter(created_at__lt=now - FORGET_DECLINE).delete()
    Tally.objects.fold(now - FOLD_TALLY)


def _drops(whence: Whence | Origin, at: datetime, of_address: timedelta, of_browser: timedelta) -> list[Drop]:
    return [
        Drop(whence.address, ADDRESS.holds, of_address, at),
        Drop(whence.browser, BROWSER.holds, of_browser, at),
    ]
