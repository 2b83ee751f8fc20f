"""What Stripe really moved on our balance: the truth that the books are made from."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from donations.lattice import State
from donations.models.donation import Donation
from donations.models.payout import Payout
from ledger.models import Entry

# Stripe's types that are explained without a gift: on their way to our bank or back, and its bills.
OF_NO_GIFT = ["payout", "payout_failure", "payout_cancel", "stripe_fee", "stripe_fx_fee", "tax_fee"]
WAITING_FOR_THE_BANK = "The donor's bank has not confirmed this gift yet."


class BalanceTransactionQuerySet(models.QuerySet["BalanceTransaction"]):
    def needing_a_person(self) -> Self:
        """In the books under suspense: somebody has to find out what they are."""
        return self.exclude(problem="")

    def waiting_for_the_bank(self) -> Self:
        """Moved before the donor's bank confirmed it, which it has done by now."""
        return self.filter(problem=WAITING_FOR_THE_BANK, donation__state=State.PAID, donation__review="")


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
    payout = models.ForeignKey(
        Payout, models.PROTECT, null=True, related_name="transactions", help_text=_("which took it to our bank")
    )
    problem = models.TextField(blank=True, help_text=_("why it waits under suspense"))
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")

    objects = BalanceTransactionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="balance_tx_unexplained", fields=["id"], condition=~Q(problem="")),
            models.Index(name="balance_tx_source", fields=["source"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="balance_transaction_net_is_amount_less_fee", condition=Q(net=F("amount") - F("fee"))
            ),
            models.CheckConstraint(
                name="balance_transaction_moved_means_booked",
                condition=Q(entry__isnull=False) | Q(net=0),
            ),
            models.CheckConstraint(
                name="balance_transaction_explained_or_not",
                condition=Q(donation__isnull=False) | Q(kind__in=OF_NO_GIFT) | ~Q(problem=""),
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id


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
