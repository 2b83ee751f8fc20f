"""What an issuer must know of a donor before a receipt may be printed: rows of a small closed grammar."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.money import Money
from receipts.models.issuer import IssuerProfile


class Field(models.TextChoices):
    NAME = "name", _("full name")
    ADDRESS = "address", _("postal address")
    COUNTRY = "country", _("country")
    TAX_ID = "tax_id", _("number for tax")


class When(models.TextChoices):
    ALWAYS = "always", _("always")
    AMOUNT = "amount", _("from an amount on")
    INDIVIDUAL = "individual", _("of a person, not of an organisation")
    COUNTRY = "country", _("of somebody in this country")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a donor when a receipt of this amount is due. Who says nothing is a person."""

    amount: Money
    fields: Collection[str]
    country: str = ""
    organisation: bool = False


class RequiredField(models.Model):
    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="required", verbose_name=_("issuer"))
    field = models.CharField(_("field"), max_length=10, choices=Field)
    when = models.CharField(_("when"), max_length=10, choices=When, default=When.ALWAYS)
    amount_minor = models.BigIntegerField(
        _("amount"), null=True, blank=True, help_text=_("In the smallest unit of its currency, such as cents.")
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Use two capital letters, such as IN."))],
    )

    class Meta:
        verbose_name = _("required field")
        verbose_name_plural = _("required fields")
        constraints = [
            models.CheckConstraint(name="required_field_is_known", condition=Q(field__in=Field.values)),
            models.CheckConstraint(
                name="required_when_says_all_it_needs",
                condition=Q(when__in=[When.ALWAYS, When.INDIVIDUAL], amount_minor=None, currency="", country="")
                | Q(when=When.AMOUNT, amount_minor__gt=0, currency__regex=r"^[A-Z]{3}$", country="")
                | Q(when=When.COUNTRY, amount_minor=None, currency="", country__regex=r"^[A-Z]{2}$"),
                violation_error_message=_(
                    "Give an amount with its currency, or a country, just where “when” asks for it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()}: {self.get_when_display()}"

    def asks(self, known: Known) -> bool:
        """Whether it holds for this gift. A limit in another currency than the gift's holds: better to ask."""
        if self.when == When.AMOUNT:
            return known.amount.currency != self.currency or known.amount.minor >= (self.amount_minor or 0)
        if self.when == When.INDIVIDUAL:
            return not known.organisation
        return self.when == When.ALWAYS or known.country == self.country

    def clean(self) -> None:
        if self.when == When.COUNTRY and self.field == Field.COUNTRY:
            raise ValidationError(_("To ask for a country only of those whose country is known asks nobody."))


def missing(rules: Iterable[RequiredField], known: Known) -> list[str]:
    """The fields that the rules ask for and nobody has told, each once."""
    asked = {rule.field for rule in rules if rule.asks(known)}
    return sorted(asked - set(known.fields))
