"""The form field that takes money as people write it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ledger.money import AmountError, Money


class MoneyInput(forms.MultiWidget):
    """An amount (NAME) beside its currency (NAME_currency), which is a hidden field when there is no choice."""

    use_fieldset = False

    def __init__(self, choices: Sequence[str], attrs: dict[str, Any] | None = None) -> None:
        amount = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"})
        currency = (
            forms.Select({"aria-label": _("Currency")}, choices=[(code, code) for code in choices])
            if len(choices) > 1
            else forms.HiddenInput()
        )
        self.first_choice = choices[0]
        super().__init__({"": amount, "currency": currency}, attrs)

    def decompress(self, value: Money | None) -> list[str | None]:
        return [str(value.decimal), value.currency] if value else [None, self.first_choice]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class MoneyField(forms.MultiValueField):
    """Cleans to Money of more than zero, in one of these currencies."""

    widget: type[forms.Widget] | forms.Widget

    def __init__(self, *, currencies: Sequence[str], **kwargs: Any) -> None:
        kwargs.setdefault("widget", MoneyInput(currencies))
        kwargs["error_messages"] = {"required": _("Enter an amount.")} | kwargs.get("error_messages", {})
        chosen = {"incomplete": _("Choose a currency."), "invalid_choice": _("Choose a currency from the list.")}
        super().__init__(
            (
                forms.CharField(),
                forms.ChoiceField(choices=[(code, code) for code in currencies], error_messages=chosen),
            ),
            require_all_fields=False,
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """An empty amount beside a chosen currency is empty."""
        amount, *_rest = value or [None]
        if amount is None or not amount.strip():
            value = None
        return super().clean(value)

    def compress(self, data_list: list[str]) -> Money | None:
        if not data_list:
            return None
        try:
            money = Money.parse(*data_list)
        except AmountError as error:
            raise ValidationError(str(error), code="amount") from error
        if not money:
            raise ValidationError(_("The amount must be more than zero."), code="amount")
        return money
