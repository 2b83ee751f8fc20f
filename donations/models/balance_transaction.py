"""What Stripe really moved on our balance: the truth that the books are made from."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from donations.lattice import State
from donations.models.donation import Donation
from donations.models.payout import Payout
from ledger.models import Entry

GIFTS = {"charge", "payment"}  # Stripe's types for money in by card and by other methods
# Stripe's types that are explained without a gift: on their way to our bank or back, and its bills.
OF_NO_GIFT = ["payout", "payout_failure", "payout_cancel", "stripe_fee", "stripe_fx_fee", "tax_fee"]
WAITING_FOR_THE_BANK = "The donor's bank has not confirmed this gift yet."
WAITING_FOR_ITS_GIFT = "The gift that this happened to is not in the books of its appeal."


class BalanceTransactionQuerySet(models.QuerySet["BalanceTransaction"]):
    def needing_a_person(self) -> Self:
        """In the books under suspense: somebody has to find out what they are."""
        return self.exclude(problem="")

    def waiting_for_the_bank(self) -> Self:
        """Moved before the donor's bank confirmed it, which it has done by now."""
        return self.filter(problem=WAITING_FOR_THE_BANK, donation__state=State.PAID, donation__review="")

    def named_since(self, charge: str, donation: Donation) -> int:
        """Stripe said only now which gift this charge is for. It waits to be cleared, as one its bank confirms."""
        unnamed = self.filter(source=charge, kind__in=GIFTS, donation=None).exclude(problem="")
        return unnamed.update(donation=donation, problem=WAITING_FOR_THE_BANK)

    def waiting_for_their_gift(self) -> Self:
        """Happened to a gift before it was in the books, which it is by now."""
        return self.filter(problem=WAITING_FOR_ITS_GIFT, donation__state=State.SETTLED)

    def of_failed_debits(self) -> Self:
        """Came while the donor's bank was asked, and went again when it refused: nothing is left to explain."""
        failed = self.filter(
            problem__in=[WAITING_FOR_THE_BANK, WAITING_FOR_ITS_GIFT], donation__state=State.FAILED
        ).order_by()
        gone = failed.values("donation").annotate(left=Sum("net")).filter(left=0)
        return failed.filter(donation__in=gone.values("donation"))


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
    explained = models.BooleanField(default=False, db_default=False, help_text=_("by two people, out of suspense"))
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
                condition=Q(donation__isnull=False) | Q(kind__in=OF_NO_GIFT) | Q(explained=True) | ~Q(problem=""),
            ),
            models.CheckConstraint(
                name="balance_transaction_explained_means_no_problem", condition=Q(explained=False) | Q(problem="")
            ),
        ]

    def __str__(self) -> str:
        return self.stripe_id

    def leave_suspense(self, *, explained: bool = False) -> None:
        """Its money is booked as what it is."""
        BalanceTransaction.objects.filter(pk=self.pk).update(problem="", explained=explained)


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
