"""Which approved payments were given to our bank in a file, from which account of ours, and by whom."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_is_iso
from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from grants.models.keys import new_reference
from grants.models.tranche import Tranche


class OurAccountQuerySet(models.QuerySet["OurAccount"]):
    def waiting(self) -> Self:
        return self.filter(approved_at=None)

    def approved(self) -> Self:
        return self.filter(approved_at__isnull=False)


class OurAccount(models.Model):
    """An account that we pay from, once another person has approved it. Never edited; another one is another row."""

    name = models.CharField(_("account holder"), max_length=70, help_text=_("As our bank has it."))
    number = SealedTextField(_("IBAN or account number"), max_length=40)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    country = models.CharField(_("country of the bank"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)

    objects = OurAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("account of ours")
        verbose_name_plural = _("accounts of ours")
        permissions = [("approve_ouraccount", "Can approve an account of ours that another person recorded")]
        constraints = [
            country_is_iso("our_account"),
            models.CheckConstraint(
                name="our_account_is_approved_by_another_person",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("recorded_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.currency}, …{self.number[-4:]}"

    def approve(self, *, by: User) -> None:
        """From now on we pay from it. Refused to whoever recorded it."""
        if by.pk == self.recorded_by_id:
            raise Refused(_now("You recorded this account, so another person has to approve it."))
        approved = OurAccount.objects.waiting().filter(pk=self.pk).update(approved_by=by, approved_at=timezone.now())
        self.refresh_from_db()
        if not approved:
            raise Refused(_now("This account is approved already."))

    def refuse_unless_approved(self) -> None:
        if not self.approved_at:
            raise Refused(_now("A second person has yet to approve this account of ours."))


class PaymentFile(models.Model):
    """A file that was made for the bank; its hash tells whether one at hand is the same."""

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference)
    account = models.ForeignKey(OurAccount, models.PROTECT, related_name="+", verbose_name=_("from"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("payment file")
        verbose_name_plural = _("payment files")
        constraints = [
            models.CheckConstraint(name="payment_file_has_its_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$"))
        ]

    def __str__(self) -> str:
        day = date_format(timezone.localtime(self.made_at), "DATETIME_FORMAT")
        words = {"reference": self.reference, "day": day, "person": self.made_by}
        return str(_("%(reference)s, %(day)s, by %(person)s") % words)


class FileLine(models.Model):
    """One payment of a file."""

    file = models.ForeignKey(PaymentFile, models.PROTECT, related_name="lines", verbose_name=_("payment file"))
    tranche = models.ForeignKey(Tranche, models.PROTECT, related_name="files", verbose_name=_("tranche"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("payment of a file")
        verbose_name_plural = _("payments of a file")
        constraints = [models.UniqueConstraint(name="payment_is_in_a_file_once", fields=["file", "tranche"])]

    def __str__(self) -> str:
        return str(self.file)
