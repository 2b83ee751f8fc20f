import operator
import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.money import AmountError, CurrencyMismatch, Money, exponent, whole_units_only

CURRENCIES = st.sampled_from(["USD", "AUD", "JPY", "KRW", "VND", "KWD", "TND", "ISK", "UGX", "AFN", "IRR", "MMK"])
LOCALES = st.sampled_from(["en", "de", "fr", "fa", "ps", "ar", "ur", "my", "bn", "hi", "ne", "th", "id", "ja", "fa-af"])
MINORS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("decimals", "currencies"),
    [
        (0, "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"),
        (2, "USD EUR AUD GBP THB MYR PKR INR ISK UGX AFN IRR MMK LBP HUF TWD"),
        (3, "BHD JOD KWD OMR TND"),
    ],
)
def test_each_currency_has_its_own_decimals(decimals: int, currencies: str) -> None:
    assert {exponent(currency) for currency in currencies.split()} == {decimals}


def test_the_currencies_of_whole_units_are_still_counted_in_hundredths() -> None:
    assert [whole_units_only(currency) for currency in ("ISK", "UGX", "USD", "JPY")] == [True, True, False, False]
    assert Money.parse("50", "ISK").minor == 50_00


def test_sums_and_comparisons_in_one_currency() -> None:
    five, two = Money(5_00, "USD"), Money(2_00, "USD")
    assert (five + two, five - two, -five) == (Money(7_00, "USD"), Money(3_00, "USD"), Money(-5_00, "USD"))
    assert (five > two, five >= two, five < two, five <= five) == (True, True, False, True)  # noqa: PLR0124
    assert sum([five, two], Money.zero("USD")) == Money(7_00, "USD")
    assert (bool(five), bool(Money.zero("USD"))) == (True, False)


def test_two_currencies_never_mix() -> None:
    dollars, euros = Money(5_00, "USD"), Money(5_00, "EUR")
    assert dollars != euros
    for mix in (operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(CurrencyMismatch, match="USD"):
            mix(dollars, euros)


def test_money_is_a_whole_number_of_minor_units() -> None:
    for minor in (1.0, Decimal(1), "1", True):
        with pytest.raises(TypeError):
            Money(minor, "USD")  # type: ignore[arg-type]


@given(MINORS, CURRENCIES)
def test_from_decimal_takes_back_what_decimal_gave(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_decimal(money.decimal, currency) == money


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("0.0001", "KWD")])
def test_from_decimal_refuses_what_it_would_have_to_round(amount: str, currency: str) -> None:
    with pytest.raises(AmountError, match="too many decimals"):
        Money.from_decimal(Decimal(amount), currency)


@given(MINORS, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
@example(100, [1, 1, 1])
@example(-100, [1, 1, 1])
@example(1, [0, 0, 5])
def test_a_split_loses_nothing_and_is_fair_to_a_unit(minor: int, weights: list[int]) -> None:
    shares = [share.minor for share in Money(minor, "USD").split(weights)]
    assert sum(shares) == minor
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - minor * weight) < sum(weights)


def test_what_is_left_of_a_split_goes_to_the_largest_remainders() -> None:
    assert [share.minor for share in Money(100, "USD").split([1, 1, 1])] == [34, 33, 33]
    assert [share.minor for share in Money(10, "USD").split([55, 15, 30])] == [6, 1, 3]
    assert [share.minor for share in Money(-100, "USD").split([1, 2])] == [-33, -67]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 1]])
def test_a_split_over_nothing_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="Weights"):
        Money(100, "USD").split(weights)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (1250_50, "USD", "en", "$1,250.50 USD"),
        (50_00, "AUD", "en", "A$50.00 AUD"),
        (1250, "JPY", "en", "¥1,250 JPY"),
        (1234_567, "KWD", "en", "1,234.567 KWD"),
        (50_00, "AFN", "en", "50.00 AFN"),
        (1250_50, "EUR", "de", "1.250,50 € EUR"),
        (1250_50, "USD", "fa", "\u200e$ ۱٬۲۵۰٫۵۰ USD"),
        (1250_50, "USD", "my", "၁,၂၅၀.၅၀ US$ USD"),
        (125000_00, "INR", "hi", "₹1,25,000.00 INR"),
        (-5_00, "USD", "en", "-$5.00 USD"),
        (5_00, "USD", "no such language", "$5.00 USD"),
    ],
)
def test_money_is_shown_with_our_decimals_and_its_code(minor: int, currency: str, locale: str, text: str) -> None:
    assert Money(minor, currency).format(locale).replace("\xa0", " ") == text


@given(st.integers(0, 10**14), CURRENCIES.filter(lambda code: not whole_units_only(code)), LOCALES)
def test_an_amount_as_we_print_it_may_be_typed_back(minor: int, currency: str, locale: str) -> None:
    """Without the sign of the currency, which has another name in every language."""
    money = Money(minor, currency)
    text = NUMBER.findall(money.format(locale))[0]
    try:
        typed_back = Money.parse(text, currency)
    except AmountError:
        assert re.fullmatch(r"\d{1,3}[.,]\d{3}", text), "nothing but the one question that test_reading shows"
    else:
        assert typed_back == money


NUMBER = re.compile("\\d[\\d.,٫٬\u202f]*\\d|\\d")
