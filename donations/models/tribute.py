"""A gift in honour of somebody, or in memory: one card by mail, on a day that its donor chose.

What a stranger may be told of is that the gift was made, never how much it was. Their address is sealed, emptied some
days after the card is gone, and never written to again if they say so.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal import sealed
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from donations.models.donation import Donation
from donations.models.stayed import has_stayed, stayed

LEAVES_AT = time(10, tzinfo=UTC)
"""From Honolulu to Auckland it is the same day at this hour, so nobody has to say in which time zone they are."""
FIRST_ZONE, LAST_ZONE = timedelta(hours=14), timedelta(hours=-12)
A_YEAR = timedelta(days=365)
KEPT_AFTER_MAIL = timedelta(days=7)
KEPT_AFTER_DAY = timedelta(days=30)
"""For a card that could not be mailed: longer than it is tried."""
CARDS_A_DAY = 3
A_DAY = timedelta(days=1)
PURPOSE = "card:"


class Kind(models.TextChoices):
    HONOUR = "honour", _("in honour of")
    MEMORY = "memory", _("in memory of")


def digest_of(address: str) -> str:
    """The same for all ways to write an address that reach the same box, as far as we know them."""
    box, _at, host = address.strip().translate(str.maketrans(ascii_uppercase, ascii_lowercase)).rpartition("@")
    return hashlib.sha256(f"{box.partition('+')[0]}@{host}".encode()).hexdigest()


def mark_of(digest: str) -> str:
    return sealed.mark(PURPOSE + digest)


def marks_of(digest: str) -> list[str]:
    return sealed.marks(PURPOSE + digest)


def days_to_choose(now: datetime) -> tuple[date, date]:
    """From the day that is today somewhere to a year from the day that is today anywhere."""
    return (now.astimezone(UTC) + LAST_ZONE).date(), (now.astimezone(UTC) + FIRST_ZONE).date() + A_YEAR


def leaving(now: datetime) -> date:
    """The newest day whose cards leave now."""
    today = now.astimezone(UTC)
    return today.date() if today.timetz() >= LEAVES_AT else today.date() - A_DAY


class TributeQuerySet(OutgoingQuerySet["Tribute"]):
    def to_mail(self) -> Self:
        """Not of a gift that went back or is disputed."""
        return super().to_mail().filter(*stayed("donation__"), address__empty=False, send_on__isnull=False)

    def due(self, now: datetime) -> Self:
        return super().due(now).filter(send_on__lte=leaving(now))

    def given_up(self) -> Self:
        return super().given_up().filter(send_on__isnull=False)

    def to_forget(self, now: datetime) -> Self:
        """Whose address is of no use any more."""
        gone = Q(mailed_at__lt=now - KEPT_AFTER_MAIL) | Q(send_on__lt=(now - KEPT_AFTER_DAY).date())
        return self.filter(gone, address__empty=False)

    def forget(self) -> int:
        """Empties addresses and messages; how many."""
        return self.update(address="", address_mark="", message="")

    def lately(self, digest: str, now: datetime) -> int:
        """How many cards this address was sent in the last 24 hours."""
        return self.filter(address_mark__in=marks_of(digest), mailed_at__gt=now - A_DAY).count()

    @transaction.atomic
    def write(self, gift: Donation, *, address: str, **said: Any) -> "Tribute":
        """What the donor wants, instead of what they wanted before. Refused once the card is gone."""
        Donation.objects.select_for_update().get(pk=gift.pk)  # one at a time
        if not has_stayed(gift):
            raise Refused(_now("This gift is not with us, so no card goes with it."))
        earlier = self.filter(donation=gift).select_for_update().first()
        if earlier and earlier.mailed_at:
            raise Refused(_now("The card is mailed already."))
        tribute = earlier or Tribute(donation=gift)
        for name, value in said.items():
            setattr(tribute, name, value)
        tribute.address, tribute.tries, tribute.retry_at, tribute.problem = address, 0, None, ""
        tribute.mark_again()
        tribute.save()
        return tribute

    def withdraw(self, gift: Donation) -> None:
        """Nothing is kept of it. Refused once the card is gone."""
        if self.filter(donation=gift, mailed_at=None).delete()[0]:
            return
        if self.filter(donation=gift).exists():
            raise Refused(_now("The card is mailed already."))


class Tribute(Outgoing):
    """`send_on` and an address, if somebody shall hear of it; else only its donor reads it."""

    donation = models.OneToOneField(Donation, models.PROTECT, related_name="tribute")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    honoured = SealedTextField(_("who is honoured"))
    sender = SealedTextField(_("from whom"), blank=True)
    message = SealedTextField(_("message"), blank=True)
    address = SealedTextField(_("address"), blank=True)
    address_mark = models.CharField(max_length=64, blank=True, db_index=True)
    send_on = models.DateField(_("day of the card"), null=True)

    objects = TributeQuerySet.as_manager()

    class Meta:
        verbose_name = _("tribute")
        verbose_name_plural = _("tributes")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="tribute_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="tribute_without_a_day_is_not_mailed",
                condition=Q(send_on__isnull=False) | Q(address__empty=True, mailed_at=None),
            ),
            models.CheckConstraint(
                name="tribute_address_has_its_mark",
                condition=Q(address__empty=True, address_mark="")
                | Q(address__empty=False, address_mark__regex=r"^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        """Never by the gift's reference: that opens its donor's page."""
        return f"{self.pk}"

    def mark_again(self) -> list[str]:
        self.address_mark = mark_of(digest_of(self.address)) if self.address else ""
        return ["address_mark"]


class NeverAgainQuerySet(models.QuerySet["NeverAgain"]):
    def said_by(self, digest: str) -> bool:
        return self.filter(mark__in=marks_of(digest)).exists()

    def say(self, digest: str) -> None:
        """Once is enough."""
        if not self.said_by(digest):
            self.get_or_create(mark=mark_of(digest), defaults={"digest": digest})


class NeverAgain(models.Model):
    """Somebody wants no card from us, whoever asks. We keep what recognises their address, and not the address."""

    mark = models.CharField(max_length=64, unique=True)
    digest = SealedTextField(help_text=_("what the mark is made of, so that it can be made with another key"))
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NeverAgainQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="never_again_has_its_mark", condition=Q(mark__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def mark_again(self) -> list[str]:
        self.mark = mark_of(self.digest)
        return ["mark"]


def token_of(digest: str) -> str:
    """For the link in a card, which its address need not be kept for."""
    return sealed.seal(digest)


def digest_in(token: str) -> str | None:
    try:
        return sealed.unseal(token)
    except (ImproperlyConfigured, ValueError):
        return None


def one_at_a_time(digest: str) -> None:
    """Until the transaction ends, nobody else mails to this address. Marks may be of different keys; this is not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [PURPOSE + digest])
