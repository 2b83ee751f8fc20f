"""A gift on an annual statement, as it was on the day of issue. Like its statement it is never edited."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from donations.models import Donation
from ledger.money import Money
from receipts.models.receipt import Receipt


class StatementLine(models.Model):
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines", verbose_name=_("receipt"))
    donation = models.ForeignKey(Donation, models.PROTECT, related_name="statement_lines", verbose_name=_("donation"))
    amount_minor = models.BigIntegerField()
    given_on = models.DateField(_("given on"))
    purpose = models.CharField(_("given to"), max_length=120)

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["given_on", "pk"]
        constraints = [
            models.UniqueConstraint(name="line_once_on_a_statement", fields=["receipt", "donation"]),
            models.CheckConstraint(name="line_amount_positive", condition=Q(amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.receipt}: {self.donation}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.receipt.currency)
