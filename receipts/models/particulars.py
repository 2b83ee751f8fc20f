"""What a donor told us for a receipt alone: sealed, asked for by a link, and printed on their papers only.

A gift whose receipt lacks something is held: it takes no number until its donor has told it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from donations.models import Donation
from receipts.models.issuer import IssuerProfile
from receipts.models.required import Field

GOOD_FOR = timedelta(days=90)
PAUSE = timedelta(days=14)
MOST_MAILS = 3
A_DAY = timedelta(days=1)
PURPOSE = "what a receipt lacks"


def digest_of(token: str) -> str:
    """What is stored of a link, of no use to whoever reads our database."""
    return hashlib.sha256(f"{PURPOSE}:{token}".encode()).hexdigest()


def donor_of(gift: Donation) -> str:
    """Gifts of one address are one donor's; a gift without an address is a donor by itself."""
    return plain(gift.email) if gift.email else f"gift {gift.reference}"


def plain(email: str) -> str:
    """Small and capital letters are alike, those of ASCII only: as in donations."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in email)


class ParticularsQuerySet(models.QuerySet["Particulars"]):
    def to_ask(self, now: datetime) -> Self:
        """Whose gift is held, and who may be written to: three times at most, and not within two weeks."""
        held = HeldGift.objects.waiting().filter(particulars=OuterRef("pk"))
        quiet = Q(asked_at=None) | Q(asked_at__lt=now - PAUSE)
        return self.filter(Exists(held), quiet, asked_times__lt=MOST_MAILS).exclude(email="")

    def behind(self, token: str, now: datetime) -> "Particulars | None":
        return self.filter(digest=digest_of(token), expires_at__gt=now).first()


class Particulars(models.Model):
    donor = models.CharField(_("donor"), max_length=254, unique=True)
    email = models.EmailField(_("email"), blank=True)
    language = models.CharField(max_length=10)
    name = SealedTextField(_("full name"), blank=True)
    address = SealedTextField(_("postal address"), blank=True)
    country = SealedTextField(_("country"), blank=True)
    tax_id = SealedTextField(_("number for tax"), blank=True)
    organisation = models.BooleanField(_("an organisation"), default=False)
    digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 (absent, not empty)
    asked_at = models.DateTimeField(_("asked at"), null=True)
    asked_times = models.PositiveSmallIntegerField(_("times asked"), default=0)
    expires_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(_("received at"), null=True)

    objects = ParticularsQuerySet.as_manager()

    class Meta:
        verbose_name = _("particulars of a donor")
        verbose_name_plural = _("particulars of donors")
        constraints = [
            models.CheckConstraint(
                name="particulars_link_has_an_end",
                condition=Q(digest=None, expires_at=None) | Q(digest__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="particulars_asked_three_times_at_most", condition=Q(asked_times__lte=MOST_MAILS)
            ),
        ]

    def __str__(self) -> str:
        return self.donor

    def told(self) -> list[str]:
        """The fields that we have been told."""
        return [name for name in Field.values if getattr(self, name)]

    def tell(self, fields: Mapping[str, Any], now: datetime) -> None:
        """Keep what the donor told. Gifts held for it are looked at again before receipts are issued next."""
        for name, value in fields.items():
            if name in {*Field.values, "organisation"}:
                setattr(self, name, value.strip() if isinstance(value, str) else value)
        self.country, self.received_at = self.country.upper(), now
        self.save(update_fields=[*Field.values, "organisation", "received_at"])

    def ask_again(self, now: datetime) -> None:
        """Let another mail go, though three have. Refused within a day of the last."""
        if self.asked_at and self.asked_at > now - A_DAY:
            raise Refused(_now("The donor was written to less than a day ago."))
        self.asked_at, self.asked_times = None, min(self.asked_times, MOST_MAILS - 1)
        self.save(update_fields=["asked_at", "asked_times"])

    def mint(self, now: datetime) -> str:
        """The token of the link, told once; we keep what it hashes to. The one mailed before opens nothing any more."""
        token = secrets.token_urlsafe(32)
        self.digest, self.asked_at, self.expires_at = digest_of(token), now, now + GOOD_FOR
        self.asked_times += 1
        self.save(update_fields=["digest", "asked_at", "expires_at", "asked_times"])
        return token


class HeldGiftQuerySet(models.QuerySet["HeldGift"]):
    def waiting(self) -> Self:
        return self.filter(handled_at=None)

    def to_look_at_again(self, issuer: IssuerProfile) -> Self:
        """Their donor has told something since, or the rules are others."""
        told = Q(particulars__received_at__gt=F("seen_at"))
        return self.waiting().filter(told | ~Q(issuer=issuer))


class HeldGift(models.Model):
    donation = models.OneToOneField(Donation, models.PROTECT, related_name="held", verbose_name=_("donation"))
    particulars = models.ForeignKey(
        Particulars, models.PROTECT, related_name="held_gifts", verbose_name=_("particulars")
    )
    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="+", verbose_name=_("issuer"))
    missing = ArrayField(models.CharField(max_length=10, choices=Field), verbose_name=_("missing"))
    created_at = models.DateTimeField(_("held since"))
    seen_at = models.DateTimeField(_("looked at"))
    handled_at = models.DateTimeField(_("complete since"), null=True)

    objects = HeldGiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("held gift")
        verbose_name_plural = _("held gifts")
        ordering = ["-pk"]
        permissions = [("ask_heldgift", "Can ask the donor of a held gift again, or enter what they told")]
        constraints = [
            models.CheckConstraint(
                name="held_gift_lacks_something_until_it_is_complete",
                condition=Q(handled_at=None, missing__len__gt=0) | Q(handled_at__isnull=False, missing__len=0),
            )
        ]
        indexes = [models.Index(name="held_gift_waiting", fields=["particulars"], condition=Q(handled_at=None))]

    def __str__(self) -> str:
        return str(self.donation)

    def look_again(self, lacking: list[str], issuer: IssuerProfile, now: datetime) -> None:
        """What it lacks by these rules; nothing lets it go."""
        self.missing, self.issuer, self.seen_at = lacking, issuer, now
        self.handled_at = None if lacking else now
        self.save(update_fields=["missing", "issuer", "seen_at", "handled_at"])
