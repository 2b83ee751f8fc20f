"""Who issues receipts, and in what words. Prepared by one person, approved by another, and fixed from then on."""

from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from receipts import schemes, wording


def known_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is no time zone. Write it like Asia/Bangkok."), params={"name": name})


class Days(Func):
    """The days on which a profile issues: from valid_from on, and before valid_until if that is set."""

    function = "daterange"
    output_field = DateRangeField()


PATTERN = "{prefix}-{year}-{number}"
NUMBER_PATTERN = r"^\{prefix\}[-.]?\{year\}[-.]\{number\}$"


class IssuerProfileQuerySet(models.QuerySet["IssuerProfile"]):
    def approved(self) -> Self:
        return self.filter(approved_at__isnull=False)

    def issuing_at(self, moment: datetime) -> "IssuerProfile | None":
        """The approved profile whose days hold this moment, by its own calendar."""
        return next(
            (
                profile
                for profile in self.approved().prefetch_related("texts", "required")
                if profile.issues_on(profile.day_of(moment))
            ),
            None,
        )


class IssuerProfile(models.Model):
    """The legal entity that signs receipts. A change of words is a new profile, so that old receipts keep theirs."""

    scheme = models.CharField(
        _("scheme"),
        max_length=20,
        default=schemes.PLAIN,
        db_default=schemes.PLAIN,
        choices=schemes.CHOICES,
        help_text=_("What the receipts are for. Its words are a beginning: have your adviser approve them."),
    )
    legal_name = models.CharField(_("legal name"), max_length=200)
    address = models.TextField(_("address"))
    jurisdiction = models.CharField(
        _("jurisdiction"), max_length=100, help_text=_("The country whose law it is under.")
    )
    registration = models.CharField(
        _("registration"), max_length=200, help_text=_("As it has to be printed, such as: ABN 12 345 678 901.")
    )
    signatory = models.CharField(
        _("signatory"), max_length=200, help_text=_("Name and office, such as: A. Noori, treasurer.")
    )
    place_of_issue = models.CharField(
        _("place of issue"), max_length=100, blank=True, db_default="", help_text=_("Printed, where it is given.")
    )
    statement = models.TextField(
        _("statement"),
        validators=[wording.of_a_gift],
        help_text=_("What the receipt states, as your adviser has approved it. {amount} and its like are filled in."),
    )
    language = models.CharField(
        _("language"), max_length=10, default="en", help_text=_("Of the statement, as a code such as en or fa.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=60, validators=[known_time_zone], help_text=_("A gift's date is the date there.")
    )
    year_begins = models.CharField(
        _("year begins on"),
        max_length=5,
        default="01-01",
        db_default="01-01",
        validators=[RegexValidator(r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$", _("Write month and day, such as 07-01."))],
        help_text=_("Of the year that annual statements are for: month and day, such as 07-01."),
    )
    currency = models.CharField(
        _("only in"),
        max_length=3,
        blank=True,
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Use three capital letters, such as CAD."))],
        help_text=_("If set, a gift in another currency gets an acknowledgement and no receipt for tax."),
    )
    yearly = models.BooleanField(
        _("one statement a year"),
        default=False,
        db_default=False,
        help_text=_("Instead of a receipt for each gift."),
    )
    prefix = models.CharField(
        _("prefix of the numbers"),
        max_length=8,
        default="RR",
        validators=[RegexValidator(r"^[A-Z]{1,8}$", _("Use one to eight capital letters."))],
        help_text=_("Profiles with the same prefix share one series of numbers."),
    )
    number_pattern = models.CharField(
        _("pattern of the numbers"),
        max_length=40,
        default=PATTERN,
        db_default=PATTERN,
        validators=[
            RegexValidator(NUMBER_PATTERN, _("Write {prefix}, {year} and {number}, with a hyphen or dot between."))
        ],
    )
    valid_from = models.DateField(_("issues from"))
    valid_until = models.DateField(_("issues until"), null=True, blank=True, help_text=_("The first day it does not."))
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"), default=timezone.now, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)

    objects = IssuerProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("issuer profile")
        verbose_name_plural = _("issuer profiles")
        ordering = ["-valid_from", "-pk"]
        permissions = [("approve_issuerprofile", "Can approve an issuer profile that another person prepared")]
        constraints = [
            models.CheckConstraint(
                name="issuer_approved_by_another_person",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("prepared_by")),
            ),
            models.CheckConstraint(name="issuer_prefix_is_letters", condition=Q(prefix__regex=r"^[A-Z]{1,8}$")),
            models.CheckConstraint(name="issuer_scheme_is_known", condition=Q(scheme__in=[*schemes.SCHEMES])),
            models.CheckConstraint(
                name="issuer_numbers_have_their_parts", condition=Q(number_pattern__regex=NUMBER_PATTERN)
            ),
            models.CheckConstraint(
                name="issuer_year_begins_on_a_day",
                condition=Q(year_begins__regex=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"),
            ),
            models.CheckConstraint(
                name="issuer_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("The last day is before the first."),
            ),
            ExclusionConstraint(
                name="issuer_is_one_at_a_time",
                expressions=[(Days("valid_from", "valid_until"), RangeOperators.OVERLAPS)],
                condition=Q(approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name}, {self.valid_from}"

    def day_of(self, moment: datetime) -> date:
        """The date where the issuer is."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def issues_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    @transaction.atomic
    def approve(self, *, by: User) -> None:
        """Let it issue, and the one before it until then only. Refused to the person who prepared it."""
        held = IssuerProfile.objects.select_for_update().get(pk=self.pk)
        if held.approved_at:
            raise Refused(_now("This profile is approved already."))
        if held.prepared_at != self.prepared_at:
            raise Refused(_now("This profile was changed since you read it. Please read it again."))
        if held.prepared_by_id == by.pk:
            raise Refused(_now("You prepared this profile, so another person has to approve it."))
        try:
            with transaction.atomic():
                IssuerProfile.objects.approved().filter(valid_until=None, valid_from__lte=held.valid_from).update(
                    valid_until=held.valid_from
                )
                IssuerProfile.objects.filter(pk=held.pk).update(approved_by=by, approved_at=timezone.now())
        except IntegrityError as error:
            raise Refused(_now("Another approved profile issues in these days.")) from error
        self.refresh_from_db()
