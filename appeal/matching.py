"""Matching pots: a funder promises to give more for each gift to an appeal, in a time, up to a sum.

A pot is a promise and no money: nothing of it is raised before the funder's own gift is in the books. It is prepared by
one person and opened by another, and its terms stay as they were opened. Which gifts it matches is the affair of
the room that knows gifts; this room shows the pot, and the database keeps its two sums (see migrations).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from ledger.currencies import decimals, exponent
from ledger.money import Money

MOST_PERCENT = 1000


class Standing(models.TextChoices):
    DRAFT = "draft", _("waits for a second person")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")
    DROPPED = "dropped", _("dropped")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a funder promised, and what has become of it so far."""

    shown_as: str
    percent: int
    per_gift: Money
    total: Money
    matched: Money
    received: Money
    opens_on: date
    closes_on: date
    closed: bool

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """Of a pot's columns, as SHOWN names them."""
        return cls(
            shown_as=told["shown_as"],
            percent=told["percent"],
            per_gift=Money(told["per_gift_minor"], told["currency"]),
            total=Money(told["total_minor"], told["currency"]),
            matched=Money(told["matched_minor"], told["currency"]),
            received=Money(told["received_minor"], told["currency"]),
            opens_on=date.fromisoformat(str(told["opens_on"])),
            closes_on=date.fromisoformat(str(told["closes_on"])),
            closed=bool(told["closed_at"]),
        )

    @property
    def left(self) -> Money:
        return self.total - self.matched

    @property
    def used_up(self) -> bool:
        return not self.left

    @property
    def still_to_come(self) -> Money:
        """Of what gifts have earned, what the funder has not given yet; below zero if it gave more."""
        return self.matched - self.received

    @property
    def as_much_again(self) -> bool:
        return self.percent == 100

    @property
    def caps_a_gift(self) -> bool:
        return self.per_gift < self.total

    def on_top_of(self, gift: Money) -> Money:
        """What the funder adds to a gift, in the currency of the appeal, if the pot lasts: rounded down."""
        step: int = 10 ** (exponent(gift.currency) - decimals(gift.currency))
        added = gift.minor * self.percent // 100
        return min(self.per_gift, Money(added - added % step, gift.currency))

    def now(self, today: date) -> str:
        """before, on, used_up or over: what there is to say of it."""
        if self.closed or today > self.closes_on:
            return "over" if self.matched else ""
        if today < self.opens_on:
            return "before"
        return "used_up" if self.used_up else "on"


SHOWN = (
    *("shown_as", "percent", "currency", "per_gift_minor", "total_minor", "matched_minor", "received_minor"),
    *("opens_on", "closes_on", "closed_at"),
)


class MatchingPotQuerySet(models.QuerySet["MatchingPot"]):
    def drafts(self) -> Self:
        return self.filter(opened_at=None, dropped_at=None)

    def open(self) -> Self:
        return self.filter(opened_at__isnull=False, closed_at=None)

    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def dropped(self) -> Self:
        return self.filter(dropped_at__isnull=False)

    def shown(self) -> Self:
        """What the public may read: the open pot first, then those whose funder has still to give, latest first."""
        owing = Q(closed_at=None) | Q(received_minor__lt=F("matched_minor"))
        return self.filter(owing, opened_at__isnull=False).order_by(F("closed_at").desc(nulls_first=True), "-pk")

    def needing_a_person(self) -> Self:
        """To be opened, to be closed because its time is over, or with money still to come."""
        over = Q(opened_at__isnull=False, closed_at=None, closes_on__lt=timezone.localdate())
        owed = Q(closed_at__isnull=False, received_minor__lt=F("matched_minor"))
        return self.filter(Q(opened_at=None, dropped_at=None) | over | owed)


class MatchingPot(models.Model):
    """Who it is from is shown as they agreed: a name, or “a funder”."""

    campaign = models.ForeignKey(
        "appeal.Campaign", models.PROTECT, related_name="matching_pots", verbose_name=_("campaign")
    )
    funder = models.CharField(_("funder"), max_length=120, help_text=_("Who promised it. Staff alone see this."))
    shown_as = models.CharField(
        _("shown as"),
        max_length=120,
        blank=True,
        help_text=_("The name that the funder agreed to show to everyone. Empty: “a funder”."),
    )
    agreement = models.TextField(
        _("agreement"),
        help_text=_(
            "What the second person can check the promise by: the letter, the contract, the mail, with its day."
        ),
    )
    currency = models.CharField(_("currency"), max_length=3)
    percent = models.PositiveSmallIntegerField(
        _("percent"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PERCENT)],
        help_text=_("What the funder adds to each gift: 100 is as much again, 50 is half as much."),
    )
    per_gift_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    opens_on = models.DateField(_("first day"))
    closes_on = models.DateField(_("last day"))

    matched_minor = models.BigIntegerField(default=0, db_default=0, editable=False)
    received_minor = models.BigIntegerField(default=0, db_default=0, editable=False)

    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("opened by")
    )
    opened_at = models.DateTimeField(_("opened at"), null=True)
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dropped by")
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closing_reason = models.TextField(_("why it was closed"), blank=True)

    objects = MatchingPotQuerySet.as_manager()

    class Meta:
        verbose_name = _("matching pot")
        verbose_name_plural = _("matching pots")
        ordering = ["-pk"]
        permissions = [("open_matchingpot", "Can open a matching pot that another person prepared, and close one")]
        constraints = [
            models.CheckConstraint(
                name="matching_pot_amounts_positive",
                condition=Q(per_gift_minor__gt=0, total_minor__gte=F("per_gift_minor")),
            ),
            models.CheckConstraint(
                name="matching_pot_percent_in_reason", condition=Q(percent__gte=1, percent__lte=MOST_PERCENT)
            ),
            models.CheckConstraint(name="matching_pot_ends_after_it_begins", condition=Q(closes_on__gte=F("opens_on"))),
            models.CheckConstraint(name="matching_pot_can_be_checked", condition=~Q(funder="") & ~Q(agreement="")),
            models.CheckConstraint(
                name="matching_pot_within_its_total",
                condition=Q(matched_minor__gte=0, matched_minor__lte=F("total_minor"), received_minor__gte=0),
            ),
            models.CheckConstraint(
                name="matching_pot_opened_by_another_person",
                condition=Q(opened_by=None, opened_at=None)
                | Q(opened_by__isnull=False, opened_at__isnull=False) & ~Q(opened_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="matching_pot_dropped_means_by_whom",
                condition=Q(dropped_by=None, dropped_at=None)
                | Q(dropped_by__isnull=False, dropped_at__isnull=False, opened_at=None),
            ),
            models.CheckConstraint(
                name="matching_pot_closed_means_by_whom_and_why",
                condition=Q(closed_by=None, closed_at=None, closing_reason="")
                | Q(closed_by__isnull=False, closed_at__isnull=False, opened_at__isnull=False) & ~Q(closing_reason=""),
            ),
            models.UniqueConstraint(
                name="matching_pot_open_once_for_a_campaign",
                fields=["campaign"],
                condition=Q(opened_at__isnull=False, closed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.funder}, {self.terms.total.format()}"

    @property
    def terms(self) -> Terms:
        return Terms.of({name: getattr(self, name) for name in SHOWN})

    @property
    def standing(self) -> Standing:
        if self.dropped_at:
            return Standing.DROPPED
        if not self.opened_at:
            return Standing.DRAFT
        return Standing.CLOSED if self.closed_at else Standing.OPEN

    def prepare(self, *, by: User) -> None:
        """One person writes down what a funder promised. It matches nothing before another person has opened it."""
        self.currency = self.campaign.currency
        self.prepared_by, self.prepared_at = by, timezone.now()
        self.save(force_insert=True)

    @transaction.atomic
    def open(self, *, by: User) -> None:
        """A second person has read the agreement. Refused to the first, and while another pot of the appeal is open."""
        if by.pk == self.prepared_by_id:
            raise Refused(_now("You prepared this pot, so another person has to open it."))
        if self.closes_on < timezone.localdate():
            raise Refused(_now("The time of this pot is over. Drop it, and prepare another one."))
        siblings = MatchingPot.objects.filter(campaign=self.campaign_id).order_by("pk").select_for_update(no_key=True)
        if any(pot.standing == Standing.OPEN and pot.pk != self.pk for pot in siblings):
            raise Refused(
                _now("Another pot of this appeal is open. An appeal has one at a time: close that one first.")
            )
        self._move(MatchingPot.objects.drafts(), opened_by=by, opened_at=timezone.now())

    def drop(self, *, by: User) -> None:
        """It was prepared wrongly, or is not wanted. Refused once it was opened."""
        self._move(MatchingPot.objects.drafts(), dropped_by=by, dropped_at=timezone.now())

    def close(self, *, by: User, reason: str) -> None:
        """It matches no more gifts. What gifts have earned stays promised, less what goes back to their donors."""
        if not reason.strip():
            raise Refused(_now("Say why."))
        self._move(MatchingPot.objects.open(), closed_by=by, closed_at=timezone.now(), closing_reason=reason.strip())

    def _move(self, ready: MatchingPotQuerySet, **acts: Any) -> None:
        moved = ready.filter(pk=self.pk).update(**acts)
        self.refresh_from_db()
        if not moved:
            raise Refused(_now("This pot has moved on: it is “%(state)s” now.") % {"state": self.standing.label})
