"""What is remembered of the fight against card testers: how much came from where, without saying where that is.

Where a form came from is two keys (`donations.origin`), of which nobody can tell an address or a browser; PostgreSQL
takes nothing else in their place. They are forgotten after a day.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db import connection, models
from django.db.models import F, Q, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from donations.lattice import State
from donations.models.donation import Donation

A_KEY = r"^[0-9a-f]{32}$"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# What a bucket is filled with by now. It leaks a second every second, also between the moments it is written.
LEFT = """
    greatest(
        bucket.level - greatest(excluded.updated_at - bucket.updated_at, interval '0'),
        interval '0'
    )
"""
POUR = f"""
    INSERT INTO donations_bucket AS bucket (key, holds, level, updated_at)
    SELECT key, holds, least(weight, holds + holds), poured
    FROM unnest(%(key)s::text[], %(holds)s::interval[], %(weight)s::interval[], %(at)s::timestamptz[])
        AS drop (key, holds, weight, poured)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET level = least({LEFT} + excluded.level, excluded.holds + excluded.holds),
        updated_at = greatest(bucket.updated_at, excluded.updated_at)
"""  # noqa: S608 (of our own words only)
POUR_IF_ALL_FITS = f"{POUR} WHERE {LEFT} + excluded.level <= excluded.holds"
RECORD = """
    INSERT INTO donations_decline (attempt, donation_id, created_at)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS new (attempt, donation, at) ORDER BY attempt
    ON CONFLICT (attempt) DO NOTHING
    RETURNING attempt
"""
COUNT = """
    INSERT INTO donations_tally AS tally (minute, event, count)
    SELECT date_trunc('minute', at), event, sum(n)
    FROM unnest(%s::timestamptz[], %s::text[], %s::int[]) AS new (at, event, n)
    GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (minute, event) DO UPDATE SET count = tally.count + excluded.count
"""
FOLD = """
    WITH old AS (DELETE FROM donations_tally WHERE minute > %(long_ago)s AND minute < %(before)s RETURNING event, count)
    INSERT INTO donations_tally AS tally (minute, event, count)
    SELECT %(long_ago)s, event, sum(count) FROM old GROUP BY event ORDER BY event
    ON CONFLICT (minute, event) DO UPDATE SET count = tally.count + excluded.count
"""
TURN_ON = """
    INSERT INTO donations_challengemode AS mode (id, opened_at, until) VALUES (1, %(now)s, %(until)s)
    ON CONFLICT (id) DO UPDATE
    SET opened_at = CASE WHEN mode.until < excluded.opened_at THEN excluded.opened_at ELSE mode.opened_at END,
        until = greatest(mode.until, excluded.until)
"""


@dataclass(frozen=True, slots=True)
class Drop:
    """What is poured into one bucket: `weight` of the time that it `holds`. A negative one takes out."""

    key: str
    holds: timedelta
    weight: timedelta
    at: datetime

    def __add__(self, other: "Drop") -> "Drop":
        return replace(self, weight=self.weight + other.weight, at=max(self.at, other.at))


class BucketQuerySet(models.QuerySet["Bucket"]):
    def pour(self, drops: Collection[Drop]) -> None:
        """Pour, and stop at twice of what a bucket holds, so that the longest flood is over in a known time."""
        self._write(POUR, drops)

    def pour_if_all_fits(self, drops: Collection[Drop]) -> bool:
        """Whether there was room for each. If not, some may have been poured: roll back."""
        return self._write(POUR_IF_ALL_FITS, drops) == len(drops)

    def _write(self, statement: str, drops: Collection[Drop]) -> int:
        """One statement for all, each bucket once, and always in one order, so that no two ever wait in a circle."""
        merged: dict[str, Drop] = {}
        for drop in drops:
            merged[drop.key] = merged[drop.key] + drop if drop.key in merged else drop
        columns = {name: [getattr(each, name) for each in merged.values()] for name in ("key", "holds", "weight", "at")}
        with connection.cursor() as cursor:
            cursor.execute(statement, columns)
            return int(cursor.rowcount)

    def full(self, now: datetime) -> Self:
        """Those without room for anything at all."""
        return self.filter(level__gte=F("holds") + (now - F("updated_at")))

    def leaked_away(self, now: datetime) -> Self:
        return self.filter(updated_at__lte=now - F("level"))


class Bucket(models.Model):
    """A leaky bucket, filled with time: it leaks a second every second, and what would overflow is refused."""

    key = models.CharField(max_length=32, primary_key=True)
    holds = models.DurationField()
    level = models.DurationField(help_text=_("at `updated_at`; less than nothing is nothing"))
    updated_at = models.DateTimeField()

    objects = BucketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="bucket_key_names_nobody", condition=Q(key__regex=A_KEY)),
            models.CheckConstraint(
                name="bucket_leaks_in_a_known_time", condition=Q(level__lte=F("holds") + F("holds"))
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def room_in(self, weight: timedelta, now: datetime) -> timedelta:
        """How long until there is room for `weight`."""
        left = max(self.level - max(now - self.updated_at, timedelta(0)), timedelta(0))
        return max(left + weight - self.holds, timedelta(0))


class OriginQuerySet(models.QuerySet["Origin"]):
    def newly_paid(self) -> list["Origin"]:
        """Those whose gift was paid, each only once. Must run inside a transaction."""
        found = self.filter(paid=False, donation__state__in=[State.PAID, State.SETTLED])
        origins = list(found.select_for_update(skip_locked=True, of=("self",)))
        self.filter(pk__in=[each.pk for each in origins]).update(paid=True)
        return origins


class Origin(models.Model):
    """Where a donation's form came from. Only card testers are found by it, and it is forgotten after a day."""

    donation = models.OneToOneField(Donation, models.PROTECT, related_name="origin")
    address = models.CharField(max_length=32)
    browser = models.CharField(max_length=32)
    paid = models.BooleanField(db_default=False, help_text=_("counted as paid"))
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = OriginQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="origin_names_nobody", condition=Q(address__regex=A_KEY, browser__regex=A_KEY)),
        ]
        indexes = [models.Index(name="origin_not_paid", fields=["donation"], condition=Q(paid=False))]

    def __str__(self) -> str:
        return f"origin of {self.donation_id}"


class DeclineQuerySet(models.QuerySet["Decline"]):
    def record(self, declines: Collection["Decline"]) -> set[str]:
        """Keep them, each once; the attempts that were not known yet."""
        columns = [[getattr(each, name) for each in declines] for name in ("attempt", "donation_id", "created_at")]
        with connection.cursor() as cursor:
            cursor.execute(RECORD, columns)
            return {attempt for (attempt,) in cursor.fetchall()}


class Decline(models.Model):
    """A card that a bank refused. Stripe tells of it by two events and any number of deliveries; it is one row."""

    attempt = models.CharField(
        max_length=255, unique=True, help_text=_("Stripe's charge, or its event if it made none")
    )
    donation = models.ForeignKey(Donation, models.PROTECT, related_name="declines")
    created_at = models.DateTimeField(db_index=True, help_text=_("at Stripe"))

    objects = DeclineQuerySet.as_manager()

    def __str__(self) -> str:
        return self.attempt


class TallyQuerySet(models.QuerySet["Tally"]):
    def count_in(self, events: Mapping[tuple[datetime, str], int]) -> None:
        rows = [(at, event, count) for (at, event), count in events.items()]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(COUNT, [list(column) for column in zip(*rows, strict=True)])

    def counted(self, event: "Tally.Event", at: datetime) -> None:
        self.count_in({(at, event): 1})

    def since(self, moment: datetime) -> Counter[str]:
        """How many of each there were in the minutes from `moment` on."""
        counts = self.filter(minute__gte=moment.replace(second=0, microsecond=0)).values_list("event")
        return Counter(dict(counts.annotate(total=Sum("count"))))

    def fold(self, before: datetime) -> None:
        """Make one row of the old minutes of an event: the sum over all time stays, and grows only."""
        with connection.cursor() as cursor:
            cursor.execute(FOLD, {"long_ago": LONG_AGO, "before": before})


class Tally(models.Model):
    """How often something happened in a minute, to nobody in particular."""

    class Event(models.TextChoices):
        STARTED = "started", _("gifts started")
        PAID = "paid", _("gifts paid")
        DECLINED = "declined", _("cards declined")
        REFUSED = "refused", _("forms refused, as too many came from one place")
        CHALLENGED = "challenged", _("forms without the right answer in challenge mode")

    minute = models.DateTimeField()
    event = models.CharField(max_length=10, choices=Event)
    count = models.BigIntegerField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure on card testers")
        verbose_name_plural = _("card testers")
        constraints = [
            models.UniqueConstraint(name="tally_one_row_a_minute", fields=["minute", "event"]),
            models.CheckConstraint(name="tally_counts_up", condition=Q(count__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.event}"


class ChallengeModeQuerySet(models.QuerySet["ChallengeMode"]):
    def on(self, now: datetime) -> bool:
        return self.filter(until__gt=now).exists()

    def turn_on(self, now: datetime, until: datetime) -> None:
        """From now on, or for longer if it is on; never for less."""
        with connection.cursor() as cursor:
            cursor.execute(TURN_ON, {"now": now, "until": until})


class ChallengeMode(models.Model):
    """Whether every give form has to answer a question: until when it last was so. One row for all web processes."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    objects = ChallengeModeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="challenge_mode_is_one", condition=Q(id=1)),
            models.CheckConstraint(name="challenge_mode_ends", condition=Q(until__gt=F("opened_at"))),
        ]

    def __str__(self) -> str:
        return f"challenge mode until {self.until:%Y-%m-%d %H:%M}"


def tried_too_often(times: int, since: datetime) -> models.QuerySet[Donation]:
    """Gifts whose open payment page has seen so many declined cards since then."""
    waiting = Donation.objects.filter(state=State.OPEN, checkout_session__isnull=False, declines__created_at__gte=since)
    return waiting.annotate(declined=models.Count("declines")).filter(declined__gte=times)
