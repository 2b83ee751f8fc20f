"""An issuer's year: its annual statements are written after it, and then it is closed.

Each donor of the year is a row of the queue, so that whoever writes statements can be stopped at any moment.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from receipts.models.issuer import IssuerProfile
from receipts.models.particulars import HeldGift


class WholeDays(Func):
    """From the first day to the last, both included."""

    template = "daterange(%(expressions)s, '[]')"
    output_field = DateRangeField()


class FiscalYearQuerySet(models.QuerySet["FiscalYear"]):
    def closed_over(self, day: models.F | OuterRef) -> Self:
        return self.filter(closed_at__isnull=False, first_day__lte=day, last_day__gte=day)


class FiscalYear(models.Model):
    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="years", verbose_name=_("issuer"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    begun_at = models.DateTimeField(_("statements begun at"), null=True)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("begun by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("closed by")
    )

    objects = FiscalYearQuerySet.as_manager()

    class Meta:
        verbose_name = _("fiscal year")
        verbose_name_plural = _("fiscal years")
        ordering = ["-first_day"]
        permissions = [("close_fiscalyear", "Can write the statements of a fiscal year, and close it")]
        constraints = [
            models.CheckConstraint(
                name="year_ends_after_it_begins",
                condition=Q(last_day__gte=F("first_day")),
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                name="year_begun_by_somebody",
                condition=Q(begun_at=None, begun_by=None) | Q(begun_at__isnull=False, begun_by__isnull=False),
            ),
            models.CheckConstraint(
                name="year_closed_by_somebody",
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
            ExclusionConstraint(
                name="year_has_its_days_alone",
                expressions=[(WholeDays("first_day", "last_day"), RangeOperators.OVERLAPS)],
                violation_error_message=_("Another fiscal year has some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"

    def over(self, now: datetime) -> bool:
        return self.issuer.day_of(now) > self.last_day

    def holds(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def begin(self, *, by: User, now: datetime) -> None:
        """From now on workers write the statements. Refused where the year goes on, or is closed."""
        self._after_it(now)
        FiscalYear.objects.filter(pk=self.pk).update(begun_at=now, begun_by=by)
        self.refresh_from_db()

    def close(self, *, by: User, now: datetime) -> None:
        """For good: from now on its receipts change by a person's decision only."""
        self._after_it(now)
        FiscalYear.objects.filter(pk=self.pk, closed_at=None).update(closed_at=now, closed_by=by)
        self.refresh_from_db()

    def _after_it(self, now: datetime) -> None:
        if not self.over(now):
            raise Refused(_now("This year is not over yet where its issuer is."))
        if self.closed_at:
            raise Refused(_now("This year is closed already."))


class DonorYearQuerySet(models.QuerySet["DonorYear"]):
    def waiting(self) -> Self:
        return self.filter(handled_at=None)

    def to_write(self) -> Self:
        """The queue. Whose gifts lack something waits for the donor."""
        held = HeldGift.objects.waiting().filter(particulars__donor=OuterRef("donor"))
        return self.waiting().filter(~Exists(held)).order_by("pk")

    def finish(self, rows: Iterable["DonorYear"], now: datetime) -> None:
        self.filter(pk__in=[row.pk for row in rows]).update(handled_at=now)


class DonorYear(models.Model):
    """What one donor gave in one year in one currency, and no receipt says yet."""

    year = models.ForeignKey(FiscalYear, models.PROTECT, related_name="donors", verbose_name=_("year"))
    donor = models.CharField(_("donor"), max_length=254)
    currency = models.CharField(_("currency"), max_length=3)
    handled_at = models.DateTimeField(_("written at"), null=True)

    objects = DonorYearQuerySet.as_manager()

    class Meta:
        verbose_name = _("donor's year")
        verbose_name_plural = _("donors' years")
        constraints = [
            models.UniqueConstraint(
                name="donor_year_waits_once", fields=["year", "donor", "currency"], condition=Q(handled_at=None)
            )
        ]
        indexes = [models.Index(name="donor_year_waiting", fields=["id"], condition=Q(handled_at=None))]

    def __str__(self) -> str:
        return f"{self.donor}, {self.year}, {self.currency}"
