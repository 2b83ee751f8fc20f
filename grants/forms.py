"""The forms of the staff pages: amounts as people write them, in the currency of the fund that pays."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.languages import known_language
from grants.account_numbers import Unfit, account_number, bic_code, is_iban, phone_number
from grants.models import FiscalHost, Grant, Initiative, PayeeAccount, Route, Tranche
from grants.steps import read_amount
from ledger.models import Channel, Fund
from ledger.money import Money

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class LanguagesField(forms.CharField):
    """Language codes with commas between; a list to the model."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        codes = [code.strip() for code in super().clean(value).split(",") if code.strip()]
        for code in codes:
            known_language(code)
        return codes


class InitiativeForm(forms.ModelForm[Initiative]):
    country = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", "—"), *country_names().items()],
        help_text=_("Where the work is done."),
    )
    languages = LanguagesField(
        label=_("Languages"), help_text=_("Codes with commas between, the one they read best first: prs, ps, en")
    )

    class Meta:
        model = Initiative
        fields = (
            *("name", "public_alias", "country", "region", "place", "languages", "contact", "email", "phone"),
            *("registration", "why_unregistered"),
        )
        widgets = dict.fromkeys(("place", "contact", "phone"), forms.TextInput(attrs={"size": 40})) | {
            "email": forms.EmailInput(attrs={"size": 40})
        }

    def clean(self) -> None:
        super().clean()
        if "email" in self.fields and not (self.cleaned_data.get("email") or self.cleaned_data.get("phone")):
            self.add_error("email", _("Give an address or a telephone number, so that somebody can reach the group."))


class HostForm(forms.ModelForm[FiscalHost]):
    country = forms.ChoiceField(label=_("Country"), choices=lambda: [("", "—"), *country_names().items()])

    class Meta:
        model = FiscalHost
        fields = ("name", "country", "registration", "fee")


def country_choice(label: "_StrPromise") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=lambda: [("", "—"), *country_names().items()])


class AccountForm(forms.ModelForm[PayeeAccount]):
    """A new account; it is recorded, and never edited. What its way needs is asked for, and nothing else is kept."""

    bank_country = country_choice(_("Country of the bank"))
    country = country_choice(_("Country of the payee"))

    class Meta:
        model = PayeeAccount
        fields = (
            *("initiative", "route", "host", "payee", "number", "bic", "bank_name", "bank_country"),
            *("provider", "phone", "country", "town"),
        )
        widgets = dict.fromkeys(("payee", "number", "phone", "town"), forms.TextInput(attrs={"size": 40}))

    def clean_payee(self) -> str:
        return " ".join(self.cleaned_data["payee"].split())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if route := given.get("route"):
            self._keep_only(NEEDED[route])
            for name in NEEDED[route]:
                self._check(name, optional=name in OPTIONAL[route])
            self._ask_for_bic()
        return given

    def _keep_only(self, needed: tuple[str, ...]) -> None:
        for name in {name for names in NEEDED.values() for name in names}.difference(needed):
            if self.cleaned_data.get(name):
                self.add_error(name, _("This way of payment does not need it. Leave it empty."))

    def _check(self, name: str, *, optional: bool) -> None:
        typed = self.cleaned_data.get(name, "")
        if not (typed or optional or name in self.errors):
            self.add_error(name, _("This way of payment needs it."))
        elif typed and name in CHECKS:
            self._set(name, lambda: CHECKS[name](typed, self.cleaned_data.get("bank_country", "")))

    def _set(self, name: str, checked: Callable[[], str]) -> None:
        try:
            self.cleaned_data[name] = checked()
        except Unfit as trouble:
            self.add_error(name, str(trouble))

    def _ask_for_bic(self) -> None:
        number = self.cleaned_data.get("number")
        if number and "bic" not in self.errors and not (is_iban(number) or self.cleaned_data.get("bic")):
            self.add_error("bic", _("The account number is not an IBAN, so its bank’s BIC is needed."))


AT_ITS_BANK = ("bank_country", "number", "bic", "bank_name", "country", "town")
NEEDED = {
    Route.BANK: AT_ITS_BANK,
    Route.HOST: AT_ITS_BANK,
    Route.TRANSFER_SERVICE: ("provider", "phone", "country", "town"),
    Route.MOBILE_MONEY: ("provider", "phone"),
}
OPTIONAL = {
    Route.BANK: {"bic", "town"},
    Route.HOST: {"bic", "town"},
    Route.TRANSFER_SERVICE: set(),
    Route.MOBILE_MONEY: set(),
}
CHECKS: dict[str, Callable[[str, str], str]] = {
    "number": lambda typed, country: account_number("", typed, country),
    "bic": lambda typed, _country: bic_code("", typed),
    "phone": lambda typed, _country: phone_number(typed),
}


class FundChoice(forms.ModelChoiceField[Fund]):
    def label_from_instance(self, fund: Fund) -> str:
        return _("%(fund)s: %(free)s free") % {"fund": fund.name, "free": fund.free().format()}


def positive_amount(text: str, currency: str) -> Money:
    amount = read_amount(text, currency)
    if amount <= Money.zero(currency):
        raise ValidationError(_("Give an amount above zero."))
    return amount


class GrantForm(forms.ModelForm[Grant]):
    fund = FundChoice(label=_("Fund"), queryset=Fund.objects.exclude(channel=Channel.NONE))
    amount = forms.CharField(label=_("Amount"), help_text=_("In the fund's currency."))

    class Meta:
        model = Grant
        fields = ("initiative", "campaign", "fund", "purpose", "awarded_on", "publication", "consent", "report_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["amount"] = self.instance.amount.decimal

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        campaign, fund, amount = given.get("campaign"), given.get("fund"), given.get("amount")
        if campaign and fund and fund not in {campaign.card_fund, campaign.bank_fund}:
            self.add_error("fund", _("This fund belongs to another appeal."))
        elif fund and amount:
            self._set_amount(amount, fund.currency)
        return given

    def _set_amount(self, text: str, currency: str) -> None:
        try:
            amount = positive_amount(text, currency)
        except ValidationError as error:
            self.add_error("amount", error)
        else:
            self.instance.amount_minor, self.instance.currency = amount.minor, amount.currency


class PlanForm(forms.ModelForm[Tranche]):
    """A tranche that is not promised yet; fund and currency are its grant's."""

    amount = forms.CharField(label=_("Amount"))

    class Meta:
        model = Tranche
        fields = ()

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grant = grant
        if self.instance.pk:
            self.initial["amount"] = self.instance.amount.decimal

    def clean_amount(self) -> Money | None:
        if not self.grant.currency:  # the grant's own form has said what is wrong with it
            return None
        amount = positive_amount(self.cleaned_data["amount"], self.grant.currency)
        self.instance.fund = self.grant.fund
        self.instance.amount_minor, self.instance.currency = amount.minor, amount.currency
        return amount


class PlanFormSet(forms.BaseInlineFormSet[Tranche, Grant, forms.ModelForm[Tranche]]):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"grant": self.instance}

    def clean(self) -> None:
        super().clean()
        if not self.instance.currency or any(self.errors):
            return
        total = sum((form.cleaned_data["amount"] for form in self.kept()), start=self.already())
        if total > self.instance.amount:
            words = {"total": total.format(), "grant": self.instance.amount.format()}
            raise ValidationError(_("The tranches come to %(total)s, more than the grant of %(grant)s.") % words)

    def kept(self) -> list[forms.ModelForm[Tranche]]:
        deleted = self.deleted_forms
        return [form for form in self.forms if form.cleaned_data.get("amount") and form not in deleted]

    def already(self) -> Money:
        """What is promised or paid of this grant."""
        sums = [tranche.amount for tranche in self.instance.tranches.claiming()] if self.instance.pk else []
        return sum(sums, start=Money.zero(self.instance.currency))

    def save_new(self, form: forms.ModelForm[Tranche], commit: bool = True) -> Tranche:
        form.instance.number = self.instance.next_number()
        return super().save_new(form, commit)
