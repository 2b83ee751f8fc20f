"""A mailed link to one's own gifts: for one address, for one time, for half an hour."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

GOOD_FOR = timedelta(minutes=30)
PURPOSE = "see or change my gifts"
AN_HOUR = timedelta(hours=1)
MAILS_AN_HOUR = 3


def digest_of(token: str) -> str:
    """What is stored of a link: of no use to whoever reads our database, nor for anything else than its purpose."""
    return hashlib.sha256(f"{PURPOSE}:{token}".encode()).hexdigest()


class DonorLinkQuerySet(models.QuerySet["DonorLink"]):
    def to_mail(self, now: datetime) -> Self:
        """Asked for, and not answered; after half an hour nobody waits for the mail any more."""
        return self.filter(mailed_at=None, created_at__gt=now - GOOD_FOR)

    def mailed_lately(self, email: str, now: datetime) -> int:
        return self.filter(email__iexact=email, mailed_at__gt=now - AN_HOUR).count()

    def openable(self, token: str, now: datetime) -> Self:
        return self.filter(digest=digest_of(token), opened_at=None, expires_at__gt=now)

    def open(self, token: str, now: datetime) -> "DonorLink | None":
        """Use it up; None where it is not good, or was used before."""
        used = self.openable(token, now).update(opened_at=now)
        return self.filter(digest=digest_of(token)).first() if used else None

    def forgettable(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - timedelta(days=1))


class DonorLink(models.Model):
    """Written for every address that somebody types, known or not; only a known one is mailed to."""

    email = models.EmailField(_("email"))
    language = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 (absent, not empty)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    mailed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    objects = DonorLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="donor_link_mailed_means_with_an_end",
                condition=Q(digest=None, expires_at=None) | Q(digest__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="donor_link_opened_means_mailed", condition=Q(opened_at=None) | Q(digest__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"

    def mint(self, now: datetime) -> str:
        """The token, told once; we keep what it hashes to."""
        token = secrets.token_urlsafe(32)
        self.digest, self.mailed_at, self.expires_at = digest_of(token), now, now + GOOD_FOR
        self.save(update_fields=["digest", "mailed_at", "expires_at"])
        return token
