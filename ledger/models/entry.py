from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.models.account import Account
from ledger.models.fund import Fund
from ledger.money import Money


class Entry(models.Model):
    """One event in the books. Written once, by ledger.journal, and never changed: PostgreSQL refuses it."""

    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=200, help_text=_("What it books; once for each kind."))
    occurred_on = models.DateField(_("occurred on"))
    posted_at = models.DateTimeField(_("posted at"), db_default=TransactionNow(), editable=False)
    discretionary = models.BooleanField(
        _("discretionary"),
        default=False,
        db_default=False,
        help_text=_("A decision, refused beyond the free money; not a fact."),
    )
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="reversals",
        verbose_name=_("reverses"),
    )

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(name="ledger_entry_books_its_source_once", fields=["kind", "source"]),
            models.UniqueConstraint(
                name="ledger_entry_reversed_once", fields=["reverses"], condition=models.Q(reverses__isnull=False)
            ),
            models.CheckConstraint(
                name="ledger_entry_names_its_source", condition=~models.Q(kind="") & ~models.Q(source="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class Posting(models.Model):
    """One line of an entry: + debit, − credit, never 0. Lines are numbered from 1 and written all at once."""

    entry = models.ForeignKey(Entry, models.PROTECT, db_index=False, related_name="postings", verbose_name=_("entry"))
    line = models.PositiveSmallIntegerField(_("line"))
    account = models.ForeignKey(Account, models.PROTECT, db_index=False, related_name="+", verbose_name=_("account"))
    fund = models.ForeignKey(
        Fund, models.PROTECT, db_index=False, db_constraint=False, related_name="postings", verbose_name=_("fund")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount in minor units"))

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        indexes = [
            models.Index(name="ledger_posting_fund_account", fields=["fund", "account"]),
            models.Index(  # the few postings among a million gifts that take money out of a fund's holdings
                name="ledger_posting_out",
                fields=["fund", "account", "entry"],
                condition=models.Q(amount__lt=0) & ~models.Q(account="gifts"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="ledger_posting_line_taken_once", fields=["entry", "line"]),
            models.CheckConstraint(name="ledger_posting_never_zero", condition=~models.Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.money.format()}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)
