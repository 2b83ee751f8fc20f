"""A donor's declaration of Gift Aid: who they are, sealed; which words they agreed to; and which gifts it is for."""

from datetime import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appeal.sealed import SealedTextField
from donations.models import Donation
from receipts.models.text import IssuerText

PAST_YEARS = 4
known_postcode = RegexValidator(
    r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$", _("Enter a postcode of the United Kingdom, such as SW1A 1AA.")
)


class GiftAidDeclarationQuerySet(models.QuerySet["GiftAidDeclaration"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class GiftAidDeclaration(models.Model):
    donor = models.CharField(_("donor"), max_length=254, db_index=True)
    donation = models.ForeignKey(Donation, models.PROTECT, related_name="+", verbose_name=_("donation"))
    text = models.ForeignKey(IssuerText, models.PROTECT, related_name="+", verbose_name=_("text"))
    past = models.BooleanField(_("gifts of the past four years"))
    future = models.BooleanField(_("gifts from now on"))
    title = SealedTextField(_("title"), blank=True)
    first_name = SealedTextField(_("first name"))
    last_name = SealedTextField(_("last name"))
    house = SealedTextField(_("house name or number"))
    postcode = SealedTextField(_("postcode"))
    created_at = models.DateTimeField(_("declared at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    objects = GiftAidDeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = _("declaration of Gift Aid")
        verbose_name_plural = _("declarations of Gift Aid")
        constraints = [
            models.UniqueConstraint(
                name="gift_aid_stands_once_for_a_gift", fields=["donation"], condition=Q(withdrawn_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.donor}, {self.created_at:%Y-%m-%d}"

    def covers(self, gift: Donation) -> bool:
        """Whether this gift, of the same donor, is one that the declaration is for."""
        if gift.pk == self.donation_id:
            return True
        if gift.charged_at is None:
            return False
        if gift.charged_at > self.created_at:
            return self.future
        return self.past and gift.charged_at >= years_before(self.created_at, PAST_YEARS)


def years_before(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year - years, day=28)
