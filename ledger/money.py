"""Money: a whole number of minor units and its currency, which never part."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Self

from babel.numbers import NumberPattern, parse_pattern
from django.utils.translation import gettext as _

from ledger import currencies, reading, splitting
from ledger.currencies import EXPONENTS, exponent, whole_units_only
from ledger.reading import AmountError

__all__ = ["EXPONENTS", "AmountError", "CurrencyMismatch", "Money", "exponent", "whole_units_only"]

_NO_BREAK = "\N{NO-BREAK SPACE}"
_ZEROS = {"arab": "٠", "arabext": "۰", "beng": "০", "deva": "०", "mymr": "၀", "thai": "๐"}


class CurrencyMismatch(Exception):
    """Two currencies met in one sum or comparison."""


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money is a whole number of minor units, not {self.minor!r}.")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """What a person typed, in any script's digits; an AmountError says what is wrong. Zero is an amount here."""
        return cls.from_decimal(reading.read(text, currency), currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Self:
        """Exactly this amount in major units; an AmountError if it has more decimals than the currency."""
        minor = amount.scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise AmountError(
                _("%(amount)s has too many decimals for %(currency)s.") % {"amount": amount, "currency": currency}
            )
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """In major units, with all the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return self.format()

    def split(self, weights: Sequence[int]) -> list[Self]:
        """Shares in proportion to the weights; they always add up to the whole."""
        return [type(self)(share, self.currency) for share in splitting.split(self.minor, weights)]

    def format(self, locale: str = "en", *, brief: bool = False) -> str:
        """For people: `$1,250.50 USD`, or `12,346.00 AFN` where the language has no symbol for the currency.

        Brief leaves out decimals that are all 0, as on a button: `$35 USD`.
        """
        language = currencies.locale_for(locale)
        symbol = currencies.symbol(self.currency, locale)
        numbering = language.default_numbering_system
        decimals = exponent(self.currency)
        decimals = 0 if brief and not self.minor % 10**decimals else decimals
        text = _pattern(locale, decimals, symbol == self.currency).apply(
            self.decimal, language, currency=self.currency, currency_digits=False, numbering_system="default"
        )
        return f"{_in_digits_of(numbering, text)}{_NO_BREAK}{self.currency}"

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix.")
        return other.minor


@lru_cache
def _pattern(locale: str, decimals: int, plain: bool) -> NumberPattern:
    """The language's own way to write an amount, with our number of decimals instead of CLDR's."""
    language = currencies.locale_for(locale)
    styles = language.decimal_formats[None] if plain else language.currency_formats["standard"]
    pattern = parse_pattern(styles.pattern)
    pattern.frac_prec = (decimals, decimals)
    return pattern


def _in_digits_of(numbering: str, text: str) -> str:
    """Babel sets the separators of a script, but leaves its digits to us."""
    zero = ord(_ZEROS.get(numbering, "0"))
    return text.translate({ord("0") + digit: zero + digit for digit in range(10)})
