"""The give form: an amount, an address for the receipt, and nothing else that has to be answered."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from donations import challenge, fees, limits
from donations.models.monthly_gift import Every
from ledger.forms import MoneyField
from ledger.money import Money

OTHER = "other"
ONCE = "once"


class Unanswered(forms.TextInput):
    """Shows nothing that was typed before: the question is another one each time."""

    def format_value(self, value: Any) -> None:
        return None


class GiveForm(forms.Form):
    """Cleans to `often` (ONCE or an Every), `amount` (Money), `email`, `name`, `show_name`, `message`.

    The amount is what is charged: with the fee, if the donor adds it.
    The token is the view's affair. In challenge mode the form asks a question as well.
    """

    often = forms.ChoiceField(
        label=_("How often would you like to give?"),
        choices=[(ONCE, _("Once")), (Every.MONTH, _("Every month")), (Every.YEAR, _("Every year"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose whether you give once, every month or every year."),
            "invalid_choice": _("Choose whether you give once, every month or every year."),
        },
    )
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
    cover_fees = forms.BooleanField(label=_("Add the payment fee, so that all of my gift arrives"), required=False)
    answer = forms.CharField(
        help_text=_("Stolen cards are being tried out here at the moment. This shows that a person is giving."),
        required=False,
        widget=Unanswered(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, campaign: Campaign, currency: str, challenged: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.challenged = challenged
        if not challenged:
            del self.fields["answer"]
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
        self.fields["cover_fees"].help_text = fee_hint(currency)
        self.fields["gift"] = MoneyField(
            label=_("The amount, if you chose another one"), required=False, currencies=[currency, *others]
        )
        self.order_fields(["often", "choice", "gift"])

    def example(self, currency: str) -> Money | None:
        """The amount that the page may speak of: the one that a link asked for, or else the first that is offered."""
        asked = str(self.initial.get("choice", ""))
        return self.suggested.get(asked) or next(iter(self.suggested.values()), None)

    def ask(self, token: str) -> None:
        """The question of a form that is shown with this token; none outside challenge mode."""
        if self.challenged:
            self["answer"].label = challenge.question(token)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if self.challenged and not challenge.answered(cleaned.get("token", ""), cleaned.get("answer", "")):
            self.add_error("answer", _("Type the four numbers that stand in words at the end of this form, as digits."))
        if not self.has_error("choice") and not self.has_error("gift"):
            meant = self._amount(cleaned.get("choice", ""), cleaned.get("gift"))
            cleaned["amount"] = fees.covered(meant) if meant and cleaned.get("cover_fees") else meant
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


def fee_hint(currency: str) -> str:
    """What adding the fee would come to, by an example in this currency."""
    example = Money(50 * limits.least(currency).minor // 2, currency)
    extra = fees.covered(example) - example
    language = get_language() or "en"
    return _(
        "Our payment company keeps a part of each gift. For a gift of %(gift)s you would pay about %(fee)s more."
    ) % {
        "gift": example.format(language, brief=True),
        "fee": extra.format(language),
    }
