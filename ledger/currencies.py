"""What is peculiar about each currency: how many decimals it has, and what people call it.

The exponents are Stripe's and ISO 4217's, not CLDR's, which prints AFN, IRR, MMK and LBP without decimals. Where the
two differ (MGA), Stripe's holds, because its amounts are what the books compare with.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError, numbers
from django.utils.translation import get_language, to_locale

_WITHOUT_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3)
)
"""The currencies that do not have two decimals."""


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency, 2)


def whole_units_only(currency: str) -> bool:
    """Stripe counts these in hundredths, but takes no amount with a fraction."""
    return currency in {"ISK", "UGX"}


def decimals(currency: str) -> int:
    """How many decimals a person may write."""
    return 0 if whole_units_only(currency) else exponent(currency)


def name(currency: str) -> str:
    """Its name in the language of the page."""
    return numbers.get_currency_name(currency, locale=locale_for(get_language() or "en"))


def symbol(currency: str, language: str = "en") -> str:
    """Its symbol, or its code where it has none."""
    return numbers.get_currency_symbol(currency, locale=locale_for(language))


@cache
def locale_for(language: str) -> Locale:
    """Babel's locale for a language of Django's; English for one that Babel does not know."""
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
