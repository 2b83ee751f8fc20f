"""Grants: what an initiative is given from a campaign's money, and how much of it the public may know."""

import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from grants.models.application import Application
from grants.models.initiative import Initiative
from grants.models.keys import new_key, new_reference
from ledger.models import Fund
from ledger.money import Money


class Publication(models.TextChoices):
    """How much of a grant may be shown. Withholding is the default; more needs the initiative's consent."""

    FULL = "full", _("everything but the place")
    NAME_WITHHELD = "name_withheld", _("everything but the name and the place")
    COUNTRY_ONLY = "country_only", _("country, month and amount")
    REGION_ONLY = "region_only", _("region, month and amount")
    AGGREGATE = "aggregate", _("only as part of a sum")
    EMBARGO = "embargo", _("only as part of a sum, until the danger is over")


class GrantState(models.TextChoices):
    OFFERED = "offered", _("offered")
    ACCEPTED = "accepted", _("accepted")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")


GRANT_MOVES = {
    GrantState.OFFERED: {GrantState.ACCEPTED, GrantState.CANCELLED},
    GrantState.ACCEPTED: {GrantState.CLOSED, GrantState.CANCELLED},
    GrantState.CLOSED: set(),
    GrantState.CANCELLED: set(),
}
WITHHELD = (Publication.AGGREGATE, Publication.EMBARGO)
IN_FORCE = (GrantState.ACCEPTED, GrantState.CLOSED)


class GrantQuerySet(models.QuerySet["Grant"]):
    def of(self, campaign: Campaign) -> Self:
        return self.filter(campaign=campaign)

    def shown(self, today: datetime.date) -> Self:
        """Those that are a line of the public register: each from the month after it was awarded.

        So whoever looks every day learns the month, as they may, and not the day.
        """
        settled = self.filter(state__in=IN_FORCE, awarded_on__lt=today.replace(day=1))
        return settled.filter(campaign__in=Campaign.objects.public()).exclude(publication__in=WITHHELD)


class Grant(models.Model):
    """Money for one initiative and one purpose, out of one fund of one campaign; paid in tranches."""

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    initiative = models.ForeignKey(Initiative, models.PROTECT, verbose_name=_("initiative"), related_name="grants")
    campaign = models.ForeignKey(Campaign, models.PROTECT, verbose_name=_("campaign"), related_name="grants")
    fund = models.ForeignKey(Fund, models.PROTECT, verbose_name=_("fund"), related_name="+")
    purpose = models.TextField(_("purpose"), help_text=_("In plain words, without names of people or places."))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    awarded_on = models.DateField(_("awarded on"), default=timezone.localdate)
    publication = models.CharField(
        _("what the public may know"), max_length=16, choices=Publication, default=Publication.AGGREGATE
    )
    consent = models.TextField(
        _("consent"), blank=True, help_text=_("How, when and by whom the initiative agreed to be shown.")
    )

    state = models.CharField(
        _("state"), max_length=9, choices=GrantState, default=GrantState.ACCEPTED, db_default=GrantState.ACCEPTED
    )
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, related_name="grant", verbose_name=_("application"), editable=False
    )
    answered_on = models.DateField(_("answered on"), null=True, editable=False)
    answered_by = SealedTextField(_("answered by"), max_length=200, blank=True, editable=False, db_default="")
    answer = SealedTextField(_("what they say"), max_length=1000, blank=True, editable=False, db_default="")
    agreement = models.TextField(_("agreement"), blank=True, editable=False, db_default="")

    report_days = models.PositiveSmallIntegerField(
        _("days until its final report"), default=180, db_default=180, help_text=_("After it is accepted.")
    )
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, editable=False)
    why_cancelled = models.TextField(_("why it is cancelled"), blank=True, editable=False, db_default="")

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        permissions = [
            ("close_grant", "Can close a grant"),
            ("cancel_grant", "Can take an offer back, or cancel a grant"),
        ]
        constraints = [
            models.CheckConstraint(name="grant_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="grant_shown_means_consented",
                condition=Q(publication__in=WITHHELD) | ~Q(consent=""),
                violation_error_message=_(
                    "Write down the initiative's consent, or publish the grant only as part of a sum."
                ),
            ),
            models.CheckConstraint(
                name="grant_of_an_application_is_accepted_by_somebody",
                condition=Q(application=None)
                | Q(state=GrantState.OFFERED)
                | Q(state=GrantState.CANCELLED)
                | Q(answered_on__isnull=False, answered_by__empty=False) & ~Q(agreement=""),
            ),
            models.CheckConstraint(
                name="grant_closed_means_by_a_person",
                condition=Q(state=GrantState.CLOSED, closed_by__isnull=False, closed_at__isnull=False)
                | ~Q(state=GrantState.CLOSED) & Q(closed_by=None, closed_at=None),
            ),
            models.CheckConstraint(
                name="grant_cancelled_by_us_says_why",
                condition=Q(cancelled_by=None, cancelled_at=None, why_cancelled="")
                | ~Q(why_cancelled="")
                & Q(state=GrantState.CANCELLED, cancelled_by__isnull=False, cancelled_at__isnull=False),
            ),
            models.CheckConstraint(name="grant_state_is_known", condition=Q(state__in=GrantState.values)),
            models.CheckConstraint(name="grant_publication_is_known", condition=Q(publication__in=Publication.values)),
        ]

    def __str__(self) -> str:
        return f"{self.initiative}, {self.reference}"

    def get_absolute_url(self) -> str:
        """The initiative's own link to its award: whoever has it may answer for the group."""
        return reverse("grants:award", args=[self.key])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def given(self) -> Money:
        """While it runs, what was awarded; once it is closed, what of that was paid. The host's fee is part of it."""
        if self.state != GrantState.CLOSED:
            return self.amount
        return Money(sum(each.amount_minor for each in self.tranches.all() if each.is_confirmed), self.currency)

    @property
    def is_offered(self) -> bool:
        return self.state == GrantState.OFFERED

    def accept(self, *, by: str, said: str, agreement: str, on: datetime.date) -> None:
        """The initiative accepts, in the name of this person, exactly the agreement that it has read."""
        self.move(GrantState.ACCEPTED, answered_on=on, answered_by=by, answer=said, agreement=agreement)

    def decline(self, *, by: str, said: str, on: datetime.date) -> None:
        self.move(GrantState.CANCELLED, answered_on=on, answered_by=by, answer=said)

    def move(self, goal: GrantState, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = [state for state, goals in GRANT_MOVES.items() if goal in goals]
        moved = Grant.objects.filter(pk=self.pk, state__in=ready).update(state=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"state": self.get_state_display(), "goal": goal.label}
            raise Refused(_("This grant is already “%(state)s”, so it cannot become “%(goal)s”.") % words)

    def next_number(self) -> int:
        return 1 + (self.tranches.aggregate(last=Max("number"))["last"] or 0)
