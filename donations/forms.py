"""The give form: an amount, an address for the receipt, and nothing else that has to be answered."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from donations import limits
from ledger.forms import MoneyField
from ledger.money import Money

OTHER = "other"


class GiveForm(forms.Form):
    """Cleans to `amount` (Money), `email`, `name`, `show_name`, `message`; the token is the view's affair."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        help_text=_("For your receipt. We never pass it on."),
        error_messages={
            "required": _("Enter your email address, so that we can send your receipt."),
            "invalid": _("Enter an email address like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        label=_("Your name (optional)"),
        help_text=_("For your receipt."),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    show_name = forms.BooleanField(
        label=_("You may show my name to others"),
        help_text=_("Leave this empty to give anonymously: your name is on your receipt, and nowhere else."),
        required=False,
    )
    message = forms.CharField(
        label=_("A message for the people you support (optional)"),
        help_text=_("We may pass it on; with your name only if you allow it below."),
        max_length=280,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, campaign: Campaign, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggested = {f"{money.currency}:{money.minor}": money for money in campaign.suggested(currency)}
        self.fields["choice"] = forms.ChoiceField(
            label=_("How much would you like to give?"),
            required=False,
            widget=forms.RadioSelect,
            choices=[
                *((key, money.format(get_language() or "en", brief=True)) for key, money in self.suggested.items()),
                (OTHER, _("Another amount")),
            ],
            error_messages={"invalid_choice": _("Choose one of these amounts, or type another one.")},
        )
        others = [code for code in limits.currencies() if code != currency]
        self.fields["gift"] = MoneyField(
            label=_("The amount, if you chose another one"), required=False, currencies=[currency, *others]
        )
        self.order_fields(["choice", "gift"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if not self.has_error("choice") and not self.has_error("gift"):
            cleaned["amount"] = self._amount(cleaned.get("choice", ""), cleaned.get("gift"))
        return cleaned

    def _amount(self, choice: str, typed: Money | None) -> Money | None:
        chosen = self.suggested.get(choice)
        if chosen and typed:
            self.add_error("gift", _("You chose an amount and typed another one. Keep just one of them."))
            return None
        amount = chosen or typed
        if amount is None:
            self.add_error(
                "gift" if choice == OTHER or not self.suggested else "choice", _("Choose or type an amount.")
            )
        elif amount < (least := limits.least(amount.currency)):
            self.add_error(
                "gift",
                _("The smallest gift we can take is %(amount)s.")
                % {"amount": least.format(get_language() or "en", brief=True)},
            )
        elif amount > (most := limits.most(amount.currency)):
            self.add_error(
                "gift",
                _("The largest gift by card is %(amount)s. For a larger one, please write to us first.")
                % {"amount": most.format(get_language() or "en", brief=True)},
            )
        return amount
