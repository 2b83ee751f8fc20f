from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    NET = "net", _("Net assets")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")
    MEMO = "memo", _("Memo")


class Account(models.Model):
    """One account of the chart. The names are in ledger.chart, the rows come with migrations."""

    Kind = Kind

    code = models.CharField(_("code"), max_length=20, primary_key=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(name="ledger_account_kind_known", condition=models.Q(kind__in=Kind.values)),
        ]

    def __str__(self) -> str:
        return self.code
