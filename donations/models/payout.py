"""Money on its way from Stripe to our bank."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.mirror import Mirror, MirrorQuerySet
from ledger.models import Entry
from ledger.money import Money

ASK_AGAIN = timedelta(seconds=30)
PAID = "paid"
CAME_BACK = {"failed", "canceled"}


class PayoutQuerySet(MirrorQuerySet["Payout"]):
    def unfinished(self) -> Self:
        """Not at the bank yet, or Stripe has not said what it is made of."""
        return self.exclude(status__in=CAME_BACK).exclude(
            models.Q(status=PAID), models.Q(automatic=False) | models.Q(composed=True)
        )

    def to_book(self, now: datetime) -> Self:
        """Something has become of them that is not in the books yet."""
        return self.to_explain(now) | self.to_arrive() | self.to_take_back()

    def to_explain(self, now: datetime) -> Self:
        """Stripe can say what they are made of, and was not asked just now. What did not add up is asked for again."""
        asked = models.Q(asked_at=None) | models.Q(asked_at__lt=now - ASK_AGAIN)
        return self.filter(asked, automatic=True, composed=True, explained=False)

    def to_arrive(self) -> Self:
        return self.filter(status=PAID, arrival=None)

    def to_take_back(self) -> Self:
        booked = models.Q(arrival__isnull=False, arrival__reversals=None) | models.Q(
            spread__isnull=False, spread__reversals=None
        )
        return self.filter(booked, status__in=CAME_BACK).exclude(failure_transaction="")

    def needing_a_person(self) -> Self:
        return self.exclude(problem="")


class Payout(Mirror):
    """A payout as Stripe has it; `spread` booked which funds' money it is, `arrival` that it came to the bank."""

    amount_minor = models.BigIntegerField(help_text=_("negative where Stripe takes money from the bank"))
    currency = models.CharField(max_length=3)
    automatic = models.BooleanField(help_text=_("only of these Stripe says what they are made of"))
    composed = models.BooleanField(help_text=_("Stripe has finished saying so"))
    arrival_on = models.DateField()
    failure_transaction = models.CharField(
        max_length=255, blank=True, help_text=_("the balance transaction that brought it back")
    )
    explained = models.BooleanField(default=False, help_text=_("its balance transactions add up to it"))
    spread = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    arrival = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    problem = models.TextField(_("problem"), blank=True)
    asked_at = models.DateTimeField(null=True, help_text=_("when Stripe was asked what it is made of"))

    objects = PayoutQuerySet.as_manager()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
