from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from ledger.money import Money


class Channel(models.TextChoices):
    """The road by which a fund's money comes in, and so the rules that hold for spending it."""

    CARD = "card", _("Card")
    BANK = "bank", _("Bank")
    NONE = "none", _("None")


class FundQuerySet(models.QuerySet["Fund"]):
    def general(self, currency: str) -> "Fund":
        """The unrestricted fund of this currency, made on first use. It bears the costs no campaign should."""
        fund, _made = self.get_or_create(
            code=f"general-{currency.lower()}",
            defaults={"name": f"General fund {currency}", "currency": currency, "restricted": False},
        )
        return fund


class Fund(models.Model):
    """Money held for one purpose, in one currency. Once it has postings, its code and currency never change."""

    Channel = Channel

    code = models.SlugField(_("code"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    channel = models.CharField(_("channel"), max_length=4, choices=Channel, default=Channel.NONE)
    restricted = models.BooleanField(_("restricted"), default=True)
    currency = models.CharField(_("currency"), max_length=3)
    excluded_countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("excluded countries"),
        default=list,
        blank=True,
        help_text=_("Two-letter codes of countries where nobody may be paid from this fund."),
    )

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [
            models.UniqueConstraint(name="ledger_fund_currency_can_be_referred_to", fields=["id", "currency"]),
            models.CheckConstraint(
                name="ledger_fund_currency_is_a_code", condition=models.Q(currency__regex=r"^[A-Z]{3}$")
            ),
            models.CheckConstraint(name="ledger_fund_channel_known", condition=models.Q(channel__in=Channel.values)),
        ]

    def __str__(self) -> str:
        return self.name

    def free(self) -> Money:
        """What may still be promised or spent: what came in, less what went out, less what is promised."""
        free = models.Func(models.F("pk"), function="ledger_free", output_field=models.BigIntegerField())
        return Money(Fund.objects.values_list(free, flat=True).get(pk=self.pk), self.currency)

    def balance(self, *accounts: str) -> Money:
        """The sum of these accounts in this fund, + debit and − credit."""
        total = self.balances.filter(account__in=accounts).aggregate(total=Sum("amount"))["total"]
        return Money(int(total or 0), self.currency)

    def excludes(self, country: str) -> bool:
        """Whether nobody in this country (two letters) may be paid from this fund."""
        return country.upper() in self.excluded_countries
