"""A receipt: what was given, when and by whom, as of the day of issue. It is voided or replaced, never edited."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from donations.kept import DonationAndKept, disturbed, with_kept
from donations.models import Donation
from donations.models.donation import ALPHABET
from ledger.money import Money
from receipts.models.issuer import IssuerProfile

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


def new_key() -> str:
    """130 random bits: the donor's own page is found by who was given its address."""
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


def new_code() -> str:
    """80 random bits, short enough to type from paper. It opens the verify page only."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class State(models.TextChoices):
    VALID = "valid", _("valid")
    VOID = "void", _("void")
    REPLACED = "replaced", _("replaced")


@dataclass(frozen=True, slots=True)
class Donor:
    """Who a receipt is made out to. One of the two may be empty."""

    name: str
    email: str


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def valid(self) -> Self:
        return self.filter(voided_at__isnull=True)

    def due(self, now: datetime) -> Self:
        return self.valid().filter(retry_at__lte=now).order_by("retry_at", "pk")

    def to_render(self, now: datetime) -> Self:
        return self.due(now).filter(document=None)

    def to_mail(self, now: datetime) -> Self:
        return self.due(now).unmailed().exclude(document=None)

    def unmailed(self) -> Self:
        """Still to go out. One without an address never does: it is for staff to print."""
        return self.valid().filter(mailed_at=None).exclude(donor_email="")

    def stuck(self) -> Self:
        """Tried and failed: a person should look."""
        return self.valid().exclude(problem="")


def gifts_without_receipt() -> models.QuerySet[DonationAndKept]:
    """Settled gifts that no receipt was ever issued for; one that a person has to look at first waits.

    Cash of nobody we know, without a name or an address, gets none: there is nobody to make it out to.
    """
    of_somebody = Donation.objects.settled().filter(review="", receipts=None).exclude(name="", email="")
    return with_kept(of_somebody).filter(kept_minor__gt=0)


def gifts_with_a_wrong_receipt() -> models.QuerySet[DonationAndKept]:
    """Gifts whose money went back, or came again, since their receipt. What staff have voided stays."""
    now_valid = Receipt.objects.valid().filter(donation=OuterRef("pk")).values("amount_minor")
    by_staff = Receipt.objects.filter(donation=OuterRef("pk"), voided_by__isnull=False, replaced_by=None)
    said = with_kept(disturbed().exclude(receipts=None)).annotate(said_minor=Coalesce(Subquery(now_valid), 0))
    return said.exclude(said_minor=F("kept_minor")).exclude(Exists(by_staff))


class Receipt(models.Model):
    """The columns above `mailed_at` are a snapshot that PostgreSQL keeps as it is; so are the words of its issuer."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    key = models.CharField(max_length=26, unique=True, default=new_key, editable=False)
    code = models.CharField(max_length=16, unique=True, default=new_code, editable=False)
    donation = models.ForeignKey(Donation, models.PROTECT, related_name="receipts", verbose_name=_("donation"))
    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="receipts", verbose_name=_("issuer"))
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    donor_name = models.CharField(_("donor's name"), max_length=100, blank=True)
    donor_email = models.EmailField(_("donor's email"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    purpose = models.CharField(_("given to"), max_length=120)
    given_on = models.DateField(_("given on"), help_text=_("Where the issuer is."))
    issued_on = models.DateField(_("issued on"), help_text=_("Where the issuer is."))
    issued_at = models.DateTimeField(_("issued at"))
    language = models.CharField(_("language"), max_length=10)

    mailed_at = models.DateTimeField(_("mailed at"), null=True)
    voided_at = models.DateTimeField(_("voided at"), null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("voided by"),
        help_text=_("nobody, where the gift's money went back"),
    )
    void_reason = models.TextField(_("reason"), blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    retry_at = models.DateTimeField(db_default=Now())
    problem = models.TextField(_("problem"), blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-pk"]
        permissions = [("void_receipt", "Can void or replace a receipt")]
        constraints = [
            models.CheckConstraint(name="receipt_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="receipt_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.UniqueConstraint(
                name="receipt_first_once_for_a_gift", fields=["donation"], condition=Q(replaces__isnull=True)
            ),
            models.UniqueConstraint(
                name="receipt_valid_once_for_a_gift", fields=["donation"], condition=Q(voided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="receipt_voided_means_why",
                condition=Q(voided_at=None, voided_by=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                name="receipt_not_mailed",
                fields=["retry_at", "id"],
                condition=Q(mailed_at__isnull=True, voided_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("receipts:receipt", args=[self.key])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def state(self) -> State:
        if self.voided_at is None:
            return State.VALID
        return State.REPLACED if self.replacement() else State.VOID

    @property
    def verify_url(self) -> str:
        """The whole address: it is printed."""
        return settings.PUBLIC_URL + reverse("receipts:verify", args=[self.code])

    @property
    def verify_address(self) -> str:
        """The same without scheme and code, as people type it."""
        return self.verify_url.partition("://")[2].removesuffix(f"{self.code}/")

    @property
    def own_url(self) -> str:
        """The whole address of the donor's page: it is mailed."""
        return settings.PUBLIC_URL + self.get_absolute_url()

    def replacement(self) -> "Receipt | None":
        return getattr(self, "replaced_by", None)

    def void(self, *, by: User | None, reason: str, now: datetime) -> None:
        """Take it back for good. Refused where that has been done, or no reason is given."""
        if not reason.strip():
            raise Refused(_now("Say why the receipt is void."))
        still_valid = Receipt.objects.valid().filter(pk=self.pk)
        if not still_valid.update(voided_at=now, voided_by=by, void_reason=reason.strip()):
            raise Refused(_now("Receipt %(number)s is void already.") % {"number": self.number})
        self.refresh_from_db()

    def mailed(self, now: datetime) -> None:
        Receipt.objects.filter(pk=self.pk).update(mailed_at=now, tries=0, problem="")

    def begin_again(self) -> None:
        """What stood in the way is gone."""
        Receipt.objects.filter(pk=self.pk).update(tries=0, retry_at=Now(), problem="")

    def put_off(self, now: datetime, problem: str) -> None:
        """It stays and is tried again, ever more rarely."""
        pause = RETRY_AFTER[min(self.tries, len(RETRY_AFTER) - 1)]
        Receipt.objects.filter(pk=self.pk).update(tries=self.tries + 1, retry_at=now + pause, problem=problem[:2000])
