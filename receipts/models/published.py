"""Transparency reports on their way out: prepared by one person, checked by another, published, and then fixed.

What may never happen is refused by the database (`migrations/0011_report_rules.py`). It also takes a version from the
public, in the same transaction, when less may be shown of a grant than the version shows.
"""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from grants.models import Grant, Publication
from receipts.models.document import Sha256

PERIOD = r"^20[0-9]{2}(-q[1-4]|-(0[1-9]|1[0-2]))?$"


class ReportVersionQuerySet(models.QuerySet["ReportVersion"]):
    def about(self, campaign: Campaign | None, currency: str, period: str) -> Self:
        """All funds of the currency, where no campaign is given."""
        return self.filter(campaign=campaign, currency=currency, period=period)

    def named(self, about: str) -> Self:
        """By the slug of a campaign, or `all-usd`."""
        funds = Q(campaign=None, currency=about.removeprefix("all-").upper()) if about.startswith("all-") else Q()
        return self.filter(Q(campaign__slug=about) | funds) if funds else self.filter(campaign__slug=about)

    def waiting(self) -> Self:
        """Not published yet."""
        return self.filter(published_at=None)

    def published(self) -> Self:
        """Since ever, also those that were withdrawn."""
        return self.filter(published_at__isnull=False)

    def public(self) -> Self:
        """What anybody may read: published, and nothing in it is to be withheld by now."""
        about = Q(campaign=None) | Q(campaign__in=Campaign.objects.public())
        return self.published().filter(about, withdrawn_at=None)

    def newest(self) -> Self:
        """The last published version of each report, withdrawn or not."""
        return self.published().exclude(replaced_by__published_at__isnull=False)

    def to_renew(self) -> Self:
        """The public has none of them: less may be shown now than the last version did."""
        return self.newest().filter(withdrawn_at__isnull=False)

    def without_files(self) -> Self:
        """And nothing is known that stands in the way of making them."""
        made = Exists(ReportFile.objects.filter(report=OuterRef("pk")))
        return self.waiting().filter(~made, withdrawn_at=None, problem="")

    def renewed(self) -> Self:
        """Made by the service itself, with files, and to be published."""
        made = Exists(ReportFile.objects.filter(report=OuterRef("pk")))
        return self.waiting().filter(made, renewal=True, withdrawn_at=None)


class ReportVersion(models.Model):
    """One version of the report of a campaign, or of all funds of a currency, and a period."""

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("campaign")
    )
    currency = models.CharField(_("currency"), max_length=3)
    period = models.CharField(_("period"), max_length=7, help_text=_("A year, a quarter or a month: 2026, 2026-q3."))
    version = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=12)
    facts = models.BinaryField(editable=False)
    sha256 = models.GeneratedField(
        expression=Sha256(F("facts")), output_field=models.CharField(max_length=64), db_persist=True
    )
    changed = models.TextField(_("what this version changes"), blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    renewal = models.BooleanField(
        _("renewal"), default=False, help_text=_("Made by the service itself, because less may be shown of a grant.")
    )

    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"), default=timezone.now)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    problem = models.TextField(_("problem"), blank=True, help_text=_("Why it cannot be printed. Prepare it again."))

    objects = ReportVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("transparency report")
        verbose_name_plural = _("transparency reports")
        ordering = ["-pk"]
        permissions = [
            ("check_reportversion", "Can check a transparency report that another person prepared"),
            ("publish_reportversion", "Can publish a transparency report that was checked"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="report_version_is_its_own",
                fields=["campaign", "currency", "period", "version"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="report_period_is_one", condition=Q(period__regex=PERIOD)),
            models.CheckConstraint(name="report_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="report_later_says_what_changed",
                condition=Q(version=1, replaces=None, changed="", renewal=False)
                | Q(version__gt=1, replaces__isnull=False) & (~Q(changed="") | Q(renewal=True)),
            ),
            models.CheckConstraint(
                name="report_prepared_by_a_person_or_renewed", condition=Q(renewal=Q(prepared_by__isnull=True))
            ),
            models.CheckConstraint(
                name="report_checked_by_another_person",
                condition=Q(checked_by=None, checked_at=None)
                | Q(checked_by__isnull=False, checked_at__isnull=False, renewal=False)
                & ~Q(checked_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="report_published_means_checked",
                condition=Q(published_by=None, published_at=None)
                | Q(published_by__isnull=False, published_at__isnull=False, checked_at__isnull=False)
                | Q(published_by=None, published_at__isnull=False, renewal=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about}-{self.period}-v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("receipts:report", args=[self.about, self.period])

    @property
    def about(self) -> str:
        """The campaign's slug, or what stands in its place for all funds."""
        return self.campaign.slug if self.campaign else f"all-{self.currency.lower()}"

    @property
    def is_waiting(self) -> bool:
        return self.published_at is None

    def check_it(self, *, by: User, seen: str) -> None:
        """Another person has read exactly what has this sum, and found it right."""
        if by.pk == self.prepared_by_id:
            raise Refused(_now("You prepared this report, so another person has to check it."))
        unread = ReportVersion.objects.waiting().filter(pk=self.pk, checked_at=None, withdrawn_at=None, sha256=seen)
        if not unread.update(checked_by=by, checked_at=timezone.now()):
            raise Refused(_now("This report was prepared anew, or checked already. Please read it again."))
        self.refresh_from_db()

    def cannot_be_printed(self, problem: str) -> None:
        ReportVersion.objects.waiting().filter(pk=self.pk).update(problem=problem)

    def publish(self, *, by: User | None) -> None:
        """Let everyone read it, for good. Its files have to be there."""
        self._refuse_unless_ready()
        waiting = ReportVersion.objects.waiting().filter(pk=self.pk, withdrawn_at=None)
        try:
            with transaction.atomic():
                done = waiting.update(published_by=by, published_at=timezone.now())
        except IntegrityError as error:
            raise Refused(_now("This report cannot be published as it is. Prepare it again.")) from error
        if not done:
            raise Refused(_now("This report is published already, or less may be shown by now: prepare it again."))
        self.refresh_from_db()

    def _refuse_unless_ready(self) -> None:
        if not self.renewal and self.checked_at is None:
            raise Refused(_now("Another person has to check this report first."))
        if not self.files.exists():
            raise Refused(_now("Its files are still being made. Try again in a minute."))


class ReportFile(models.Model):
    """One of its files: made once, kept for good, and given out as the same bytes each time."""

    report = models.ForeignKey(ReportVersion, models.PROTECT, related_name="files", verbose_name=_("report"))
    name = models.CharField(_("name"), max_length=120)
    content = models.BinaryField(editable=False)
    sha256 = models.GeneratedField(
        expression=Sha256(F("content")), output_field=models.CharField(max_length=64), db_persist=True
    )

    class Meta:
        ordering = ["report", "pk"]
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")
        constraints = [models.UniqueConstraint(name="report_file_name_is_its_own", fields=["report", "name"])]

    def __str__(self) -> str:
        return self.name


class ShownGrant(models.Model):
    """That a version shows a grant, and how much of it: by this the database knows what to withdraw."""

    report = models.ForeignKey(ReportVersion, models.PROTECT, related_name="shown")
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="+")
    level = models.CharField(max_length=16, choices=Publication)
    country = models.CharField(max_length=2, blank=True, help_text=_("as far as it is told"))

    class Meta:
        verbose_name = _("shown grant")
        verbose_name_plural = _("shown grants")
        constraints = [models.UniqueConstraint(name="shown_grant_is_one_line", fields=["report", "grant"])]

    def __str__(self) -> str:
        return f"{self.report_id} {self.grant_id}"
