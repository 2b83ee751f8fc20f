from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from ledger.models.account import Account
from ledger.models.fund import Fund
from ledger.money import Money


class BalanceQuerySet(models.QuerySet["Balance"]):
    def rebuild(self) -> int:
        """Writes every balance anew from the postings; the number of rows that were wrong."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ledger_posting, ledger_balance IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute(REMOVE_UNFOUNDED)
            wrong: int = cursor.rowcount
            cursor.execute(WRITE_SUMS)
            wrong += cursor.rowcount
        return wrong


class Balance(models.Model):
    """What an account holds in a fund: the sum of its postings. Kept by a trigger; PostgreSQL takes no other sum."""

    account = models.ForeignKey(Account, models.PROTECT, db_index=False, related_name="+", verbose_name=_("account"))
    fund = models.ForeignKey(
        Fund, models.PROTECT, db_index=False, db_constraint=False, related_name="balances", verbose_name=_("fund")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount in minor units"))

    objects = BalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [models.UniqueConstraint(name="ledger_balance_one_for_each", fields=["fund", "account"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.money.format()}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


REMOVE_UNFOUNDED = """
    DELETE FROM ledger_balance b WHERE NOT EXISTS (
        SELECT FROM ledger_posting p WHERE (p.fund_id, p.account_id) = (b.fund_id, b.account_id))
"""

WRITE_SUMS = """
    INSERT INTO ledger_balance (fund_id, account_id, currency, amount)
    SELECT fund_id, account_id, currency, sum(amount) FROM ledger_posting GROUP BY 1, 2, 3 ORDER BY 1, 2
    ON CONFLICT (fund_id, account_id) DO UPDATE SET currency = excluded.currency, amount = excluded.amount
    WHERE (ledger_balance.currency, ledger_balance.amount) <> (excluded.currency, excluded.amount)
"""
