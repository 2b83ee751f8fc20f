"""What Stripe really moved on our balance: the truth that the books are made from."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from ledger.models import Entry
from ledger.money import Money


class BalanceTransactionQuerySet(models.QuerySet["BalanceTransaction"]):
    def unexplained(self) -> Self:
        """In the books under suspense: somebody has to find out what they are."""
        return self.filter(donation__isnull=True)


class BalanceTransaction(models.Model):
    """One row of Stripe's balance, booked by exactly one entry. Amounts are minor units of the settlement currency."""

    stripe_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=60, help_text=_("Stripe's type"))
    source = models.CharField(max_length=255, blank=True, help_text=_("the charge, refund or payout behind it"))
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    net = models.BigIntegerField()
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    created_at = models.DateTimeField(help_text=_("at Stripe"))
    donation = models.ForeignKey(Donation, models.PROTECT, null=True, related_name="balance_transactions")
    problem = models.TextField(blank=True, help_text=_("why it is not booked as a gift"))
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")

    objects = BalanceTransactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="balance_transaction_net_is_amount_less_fee", condition=Q(net=F("amount") - F("fee"))
            ),
            models.CheckConstraint(
                name="balance_transaction_moved_means_booked",
                condition=Q(entry__isnull=False) | Q(amount=0, net=0),
            ),
            models.CheckConstraint(
                name="balance_transaction_explained_or_not",
                condition=Q(donation__isnull=False, problem="") | (Q(donation__isnull=True) & ~Q(problem="")),
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def net_money(self) -> Money:
        return Money(self.net, self.currency)


class Sweep(models.Model):
    """How far a listing of Stripe's has been read and booked."""

    name = models.CharField(max_length=40, unique=True)
    read_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} until {self.read_until:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def reached(cls, name: str, until: datetime) -> None:
        """Remember it; an overtaken worker never moves the mark back."""
        cls.objects.get_or_create(name=name, defaults={"read_until": until})
        cls.objects.filter(name=name, read_until__lt=until).update(read_until=until)
