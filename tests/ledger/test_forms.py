from typing import Any

import pytest
from django import forms

from ledger.forms import MoneyField
from ledger.money import Money


class Gift(forms.Form):
    amount = MoneyField(currencies=["USD", "JPY"], label="Your gift", help_text="Any amount helps.")


class GiftInDollars(forms.Form):
    amount = MoneyField(currencies=["USD"])


class PerhapsAGift(forms.Form):
    amount = MoneyField(currencies=["USD", "JPY"], required=False)


def errors(form: forms.Form) -> list[str]:
    assert not form.is_valid()
    return [str(sentence) for sentence in form.errors["amount"]]


def test_an_amount_and_its_currency_become_money() -> None:
    form = Gift({"amount": "۱٬۲۵۰٫۵۰", "amount_currency": "USD"})
    assert form.is_valid()
    assert form.cleaned_data["amount"] == Money(1250_50, "USD")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Enter an amount."),
        ({"amount": "", "amount_currency": "USD"}, "Enter an amount."),
        ({"amount": "  ", "amount_currency": "USD"}, "Enter an amount."),
        ({"amount": "0", "amount_currency": "USD"}, "The amount must be more than zero."),
        ({"amount": "0.00", "amount_currency": "USD"}, "The amount must be more than zero."),
        ({"amount": "-1", "amount_currency": "USD"}, "The amount must be more than zero."),
        ({"amount": "1.5", "amount_currency": "JPY"}, "Japanese Yen has no decimals. Write a whole number."),
        ({"amount": "5\x00", "amount_currency": "USD"}, "Null characters are not allowed."),
        ({"amount": "5", "amount_currency": "EUR"}, "Choose a currency from the list."),
        ({"amount": "5", "amount_currency": "usd"}, "Choose a currency from the list."),
        ({"amount": "5", "amount_currency": ""}, "Choose a currency."),
        ({"amount": "5"}, "Choose a currency."),
    ],
)
def test_a_wrong_amount_is_refused_with_one_sentence(data: dict[str, str], sentence: str) -> None:
    assert errors(Gift(data)) == [sentence]


def test_what_was_typed_is_shown_again() -> None:
    html = str(Gift({"amount": "1e3", "amount_currency": "JPY"})["amount"])
    assert 'value="1e3"' in html
    assert '<option value="JPY" selected>' in html


def test_an_amount_that_is_not_required_may_be_left_out() -> None:
    form = PerhapsAGift({"amount": "", "amount_currency": "USD"})
    assert form.is_valid()
    assert form.cleaned_data["amount"] is None


def test_the_form_is_for_typing_amounts() -> None:
    html = str(Gift()["amount"])
    for part in (
        'name="amount"',
        'inputmode="decimal"',
        'dir="ltr"',
        'name="amount_currency"',
        'aria-label="Currency"',
    ):
        assert part in html


def test_the_label_belongs_to_the_amount() -> None:
    field = Gift()["amount"]
    assert f'for="{field.id_for_label}"' in field.label_tag()
    assert f'id="{field.id_for_label}"' in str(field)


def test_hint_and_error_are_announced_with_the_amount() -> None:
    html = str(Gift({"amount": "", "amount_currency": "USD"})["amount"])
    assert 'aria-invalid="true"' in html
    assert "id_amount_helptext" in html


def test_a_single_currency_is_not_asked_for() -> None:
    assert '<input type="hidden" name="amount_currency" value="USD"' in str(GiftInDollars()["amount"])
    assert errors(GiftInDollars({"amount": "5", "amount_currency": "EUR"})) == ["Choose a currency from the list."]


@pytest.mark.parametrize(
    ("initial", "value", "currency"),
    [(Money(1250, "JPY"), "1250", "JPY"), (Money(1250_50, "USD"), "1250.50", "USD")],
)
def test_an_initial_amount_fills_both_inputs(initial: Money, value: str, currency: str) -> None:
    html = str(Gift(initial={"amount": initial})["amount"])
    assert f'value="{value}"' in html
    assert f'<option value="{currency}" selected>' in html


def test_an_amount_typed_again_as_it_was_has_not_changed() -> None:
    data: dict[str, Any] = {"amount": "1250.50", "amount_currency": "USD"}
    assert not Gift(data, initial={"amount": Money(1250_50, "USD")}).has_changed()
    assert Gift(data, initial={"amount": Money(1250_51, "USD")}).has_changed()
