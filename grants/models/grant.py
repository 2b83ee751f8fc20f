"""Grants: what an initiative is given from a campaign's money, and how much of it the public may know."""

import secrets
from typing import Self

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from grants.models.initiative import Initiative
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


WITHHELD = (Publication.AGGREGATE, Publication.EMBARGO)


def new_reference() -> str:
    """16 characters nobody can guess, and that tell nothing of date or order."""
    return secrets.token_hex(8)


class GrantQuerySet(models.QuerySet["Grant"]):
    def of(self, campaign: Campaign) -> Self:
        return self.filter(campaign=campaign)


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

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(name="grant_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="grant_shown_means_consented",
                condition=Q(publication__in=WITHHELD) | ~Q(consent=""),
                violation_error_message=_(
                    "Write down the initiative's consent, or publish the grant only as part of a sum."
                ),
            ),
            models.CheckConstraint(name="grant_publication_is_known", condition=Q(publication__in=Publication.values)),
        ]

    def __str__(self) -> str:
        return f"{self.initiative}, {self.reference}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    def next_number(self) -> int:
        return 1 + (self.tranches.aggregate(last=Max("number"))["last"] or 0)
