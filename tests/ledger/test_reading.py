"""An amount is taken as people type it, or refused with a sentence that says what to change."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger import currencies
from ledger.money import AmountError, Money
from ledger.reading import read

DIGITS = ["٠", "۰", "０", "०", "၀", "০", "๐", "૦", "០"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50", "50"),
        ("0", "0"),
        ("007", "7"),
        (" 50 ", "50"),
        ("50.5", "50.5"),
        ("50,5", "50.5"),
        (".50", "0.50"),
        ("1,250", "1250"),
        ("1,250.50", "1250.50"),
        ("1.250,50", "1250.50"),
        ("1 250,50", "1250.50"),
        ("1\xa0250,50", "1250.50"),
        ("1\u202f250.50", "1250.50"),
        ("1'250.50", "1250.50"),
        ("1’250.50", "1250.50"),
        ("1,250,000", "1250000"),
        ("1.250.000", "1250000"),
        ("12,34,567.50", "1234567.50"),
        ("1,25,000", "125000"),
        ("۱۲٬۵۰۰", "12500"),
        ("١٢٣٫٥٠", "123.50"),
        ("١٬٢٣٤٫٥٠", "1234.50"),
        ("۱۲،۵", "12.5"),
        ("１２３．５０", "123.50"),
        ("１，２５０", "1250"),
        ("१,२५,०००.५०", "125000.50"),
        ("၁၂၅၀", "1250"),
        ("১২৫০", "1250"),
        ("๑๒๕๐", "1250"),
        ("\u200f۵۰\u200e", "50"),
        ("\u2066$50\u2069", "50"),
        ("$50", "50"),
        ("US$50", "50"),
        ("50 usd", "50"),
        ("USD 50", "50"),
        ("$ ۵۰", "50"),
    ],
)
def test_people_type_an_amount_in_many_ways(text: str, amount: str) -> None:
    assert read(text, "USD") == Decimal(amount)


NOT_AN_AMOUNT = "is not an amount"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter an amount."),
        ("   ", "Enter an amount."),
        ("\u200e", "Enter an amount."),
        ("$", "Enter an amount."),
        ("1e3", NOT_AN_AMOUNT),
        ("1E3", NOT_AN_AMOUNT),
        ("1_000", NOT_AN_AMOUNT),
        ("NaN", NOT_AN_AMOUNT),
        ("inf", NOT_AN_AMOUNT),
        ("Infinity", NOT_AN_AMOUNT),
        ("0x10", NOT_AN_AMOUNT),
        ("fifty", NOT_AN_AMOUNT),
        ("½", NOT_AN_AMOUNT),
        ("5²", NOT_AN_AMOUNT),
        ("Ⅷ", NOT_AN_AMOUNT),
        ("五十", NOT_AN_AMOUNT),
        ("50.", NOT_AN_AMOUNT),
        ("1.2.3", NOT_AN_AMOUNT),
        ("1,25,0", NOT_AN_AMOUNT),
        ("1,,250", NOT_AN_AMOUNT),
        ("1,2500", "2 decimals"),
        ("12 50", NOT_AN_AMOUNT),
        ("1 250 50", NOT_AN_AMOUNT),
        ("0,250,000", NOT_AN_AMOUNT),
        ("1.250.50", NOT_AN_AMOUNT),
        ("1,250.50.75", NOT_AN_AMOUNT),
        ("٫", NOT_AN_AMOUNT),
        ("50\x00", NOT_AN_AMOUNT),
        ("5 0", NOT_AN_AMOUNT),
        ("<b>5</b>", NOT_AN_AMOUNT),
        ("€50", NOT_AN_AMOUNT),
        ("A$50", NOT_AN_AMOUNT),
        ("50 EUR", NOT_AN_AMOUNT),
        ("-1", "The amount must be more than zero."),
        ("−1", "The amount must be more than zero."),
        ("$-1", "The amount must be more than zero."),
        ("-$1", "The amount must be more than zero."),
        ("1-", "The amount must be more than zero."),
        ("+1", "Write the amount without a plus sign."),
        ("1٢", "Write the amount in one kind of digits."),
        ("٤۵", "Write the amount in one kind of digits."),
        ("0.505", "US Dollar has 2 decimals, not more."),
        ("1,250.505", "US Dollar has 2 decimals, not more."),
        ("10.1234", "US Dollar has 2 decimals, not more."),
        ("10.999", "“10.999” can be read in two ways. Write 10999 or 10.99."),
        ("9" * 16, "This amount is too large."),
        ("9" * 41, "This amount is too long."),
        ("9" * 100_000, "This amount is too long."),
    ],
)
def test_what_is_no_amount_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(AmountError) as refusal:
        read(text, "USD")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("10.5", "JPY", "Japanese Yen has no decimals. Write a whole number."),
        ("10.00", "JPY", "Japanese Yen has no decimals. Write a whole number."),
        ("0.500", "JPY", "Japanese Yen has no decimals. Write a whole number."),
        ("50.50", "ISK", "Icelandic Króna has no decimals. Write a whole number."),
        ("50.50", "UGX", "Ugandan Shilling has no decimals. Write a whole number."),
        ("1.2345", "KWD", "Kuwaiti Dinar has 3 decimals, not more."),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str, sentence: str) -> None:
    with pytest.raises(AmountError) as refusal:
        read(text, currency)
    assert str(refusal.value) == sentence


def test_the_currencys_name_is_in_the_language_of_the_page() -> None:
    with translation.override("fr"), pytest.raises(AmountError, match="yen japonais"):
        read("10.5", "JPY")


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1,250", "USD", "1250"),
        ("1,250", "JPY", "1250"),
        ("1.250", "JPY", "1250"),
        ("50.000", "VND", "50000"),
        ("1.250", "KWD", "1.250"),
        ("1٬250", "KWD", "1250"),
        ("1٫250", "KWD", "1.250"),
        ("1.250", "USD", None),
        ("1,250", "KWD", None),
    ],
)
def test_one_separator_before_three_digits_is_decided_or_asked_about(
    text: str, currency: str, amount: str | None
) -> None:
    if amount:
        assert read(text, currency) == Decimal(amount)
    else:
        with pytest.raises(AmountError, match="two ways"):
            read(text, currency)


def test_the_question_offers_two_answers_that_are_taken() -> None:
    for text, currency in (("1.250", "USD"), ("10.999", "USD"), ("1,250", "KWD")):
        with pytest.raises(AmountError) as question:
            read(text, currency)
        first, second = str(question.value).split("Write ")[1].rstrip(".").split(" or ")
        assert (read(first, currency), read(second, currency)) == (Decimal(first), Decimal(second))


@given(st.decimals(0, 10**12, places=2), st.sampled_from(DIGITS))
def test_every_scripts_digits_mean_the_same(amount: Decimal, zero: str) -> None:
    other = str(amount).translate({ord("0") + digit: ord(zero) + digit for digit in range(10)})
    assert Money.parse(other, "USD") == Money.parse(str(amount), "USD") == Money.from_decimal(amount, "USD")


@given(st.integers(1, 10**12), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("٬", "٫")]))
def test_every_pair_of_separators_means_the_same(minor: int, separators: tuple[str, str]) -> None:
    group, point = separators
    text = f"{Decimal(minor).scaleb(-2):,}".translate({ord(","): group, ord("."): point})
    assert Money.parse(text, "USD").minor == minor


@given(st.text(max_size=50), st.sampled_from(["USD", "JPY", "KWD", "AFN", "ISK"]))
def test_any_text_is_an_amount_or_a_refusal(text: str, currency: str) -> None:
    """Never another error, never less than 0, never finer than the currency."""
    with suppress(AmountError):
        assert 0 <= Money.parse(text, currency).minor < 10**18


@given(st.text("0123456789.,٫٬ '", min_size=1, max_size=14), st.sampled_from(["USD", "JPY", "KWD"]))
def test_what_is_taken_has_the_digits_that_were_typed(text: str, currency: str) -> None:
    try:
        amount = read(text, currency)
    except AmountError:
        assume(False)
    typed = "".join(character for character in text if character.isdigit())
    assert "".join(map(str, amount.as_tuple().digits)).lstrip("0") == typed.lstrip("0")
    assert -int(amount.as_tuple().exponent) <= currencies.decimals(currency)
