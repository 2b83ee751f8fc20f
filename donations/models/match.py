"""What a gift got from a matching pot, and the funder's gifts by which a pot is paid.

What may never happen is refused by the database (`migrations/0009_match_rules.py`).
"""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.matching import MatchingPot
from appeal.refusal import Refused
from donations.models.donation import Donation
from donations.models.offline import OfflineGift
from ledger.money import Money


class MatchQuerySet(models.QuerySet["Match"]):
    def standing(self) -> Self:
        """Those that a funder owes something for."""
        return self.filter(amount_minor__gt=0)

    def released(self) -> Self:
        """Those that a funder owes less for than at first, because something of the gift went back."""
        return self.filter(amount_minor__lt=F("first_minor"))


class Match(models.Model):
    """A gift's turn at a pot, which comes once. Of an empty pot it got nothing, and that is on record too."""

    pot = models.ForeignKey(MatchingPot, models.PROTECT, related_name="matches", verbose_name=_("matching pot"))
    donation = models.OneToOneField(Donation, models.PROTECT, related_name="match", verbose_name=_("donation"))
    booked_minor = models.BigIntegerField(help_text=_("the gift as it is in the books, in the currency of the pot"))
    kept_minor = models.BigIntegerField(
        help_text=_("what of the gift we still had when last looked at, in its currency")
    )
    first_minor = models.BigIntegerField(help_text=_("what the pot gave when it was the gift's turn"))
    amount_minor = models.BigIntegerField(help_text=_("what of that stands"))
    created_at = models.DateTimeField(_("matched at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="match_stands_within_what_it_was",
                condition=Q(amount_minor__gte=0, amount_minor__lte=F("first_minor")),
            ),
            models.CheckConstraint(name="match_of_a_gift", condition=Q(booked_minor__gt=0, kept_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount.format()}, {self.donation}"

    def money(self, minor: int) -> Money:
        return Money(minor, self.pot.currency)

    @property
    def amount(self) -> Money:
        return self.money(self.amount_minor)

    @property
    def first(self) -> Money:
        return self.money(self.first_minor)

    @property
    def released(self) -> Money:
        return self.first - self.amount


class PotPaymentQuerySet(models.QuerySet["PotPayment"]):
    def standing(self) -> Self:
        return self.filter(dropped_at=None)


class PotPayment(models.Model):
    """This offline gift is from the funder of a pot, and pays it. It counts once the gift is in the books."""

    pot = models.ForeignKey(MatchingPot, models.PROTECT, related_name="payments", verbose_name=_("matching pot"))
    gift = models.ForeignKey(OfflineGift, models.PROTECT, related_name="pot_payments", verbose_name=_("offline gift"))
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("named by"))
    named_at = models.DateTimeField(_("named at"))
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dropped by")
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True)

    objects = PotPaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment of a matching pot")
        verbose_name_plural = _("payments of matching pots")
        constraints = [
            models.UniqueConstraint(
                name="pot_payment_of_a_gift_stands_once", fields=["gift"], condition=Q(dropped_at=None)
            ),
            models.CheckConstraint(
                name="pot_payment_dropped_means_by_whom",
                condition=Q(dropped_by=None, dropped_at=None) | Q(dropped_by__isnull=False, dropped_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gift} → {self.pot}"

    @transaction.atomic
    def drop(self, *, by: User) -> None:
        """It is a gift like any other after all. It had no turn at a pot, and gets none."""
        still = PotPayment.objects.standing().filter(pk=self.pk)
        if not still.update(dropped_by=by, dropped_at=timezone.now()):
            raise Refused(_now("This gift pays no pot any more."))
        self.refresh_from_db()
