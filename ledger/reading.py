"""Reads an amount as people type it, in the digits and separators of any script.

A number is read in every way it can be. One way is enough; with none, or two, the person is told what to change, for
nobody should give a thousand times what they meant. Only a single comma or point before exactly three digits can be
read in two ways, and of those two are decided here:

    the currency has    1,250             1.250
    no decimals         1250              1250
    two decimals        1250              a question
    three decimals      a question        one and a quarter
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from itertools import product

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger import currencies

LONGEST = 40
MOST_DIGITS = 15

_MINUS = set("-−–—﹣－")
_PLUS = set("+＋")
_SEPARATORS = {"，": ",", "،": ",", "．": ".", "’": "'", "ʼ": "'", "＇": "'"}
_POINTS = (".", ",", "٫")
_GROUPS = ("", ",", ".", "٬", " ", "'")


class AmountError(ValueError):
    """An amount that cannot be taken; the message tells the person why."""


def read(text: str, currency: str) -> Decimal:
    """The amount that was meant, 0 or more, or an AmountError."""
    plain = _without_currency(_normalised(text), currency)
    _refuse_what_is_no_number(plain)
    value = _the_one_meant(plain, currency)
    _refuse_too_many_decimals(value, currency)
    return value


def _normalised(text: str) -> str:
    """Plain spaces, ASCII separators where they mean the same, and none of the marks that only steer direction."""
    kept = (character for character in text if unicodedata.category(character) != "Cf")
    spaced = (" " if unicodedata.category(c) == "Zs" or c.isspace() else _SEPARATORS.get(c, c) for c in kept)
    return "".join(spaced).strip()


def _without_currency(text: str, currency: str) -> str:
    """`$50`, `A$50`, `50 aud` are 50 in Australian dollars; another currency's sign stays, and is refused."""
    sign = currencies.symbol(currency)[-1]
    marks = [currency] if sign.isalnum() else [currency, currency[:2] + sign, currency[0] + sign, sign]
    mark = "|".join(re.escape(mark) for mark in marks)
    return re.sub(f"^(?:{mark})|(?:{mark})$", "", text, count=1, flags=re.IGNORECASE).strip()


def _refuse_what_is_no_number(text: str) -> None:
    if not text:
        raise AmountError(_("Enter an amount."))
    if len(text) > LONGEST:
        raise AmountError(_("This amount is too long."))
    if text[0] in _MINUS or text[-1] in _MINUS:
        raise AmountError(_("The amount must be more than zero."))
    if text[0] in _PLUS or text[-1] in _PLUS:
        raise AmountError(_("Write the amount without a plus sign."))


def _the_one_meant(text: str, currency: str) -> Decimal:
    ways = set(_readings(_in_ascii_digits(text)))
    if not ways:
        raise AmountError(_("“%(text)s” is not an amount. Use digits, such as 50 or 1,250.50.") % {"text": text})
    whole, *fraction = sorted(ways, reverse=True)
    if len(whole.as_tuple().digits) > MOST_DIGITS:
        raise AmountError(_("This amount is too large."))
    return _decide(text, whole, fraction[0], currency) if fraction else whole


def _in_ascii_digits(text: str) -> str:
    """Any script's digits as ours. Two scripts in one number look alike to no two people, so they are refused."""
    values = {character: unicodedata.decimal(character, None) for character in text}
    if len({ord(character) - value for character, value in values.items() if value is not None}) > 1:
        raise AmountError(_("Write the amount in one kind of digits."))
    return "".join(character if values[character] is None else str(values[character]) for character in text)


def _readings(text: str) -> Iterator[Decimal]:
    """Every number the text can be, under every pair of separators for thousands and for decimals."""
    if text.startswith(_POINTS):
        text = f"0{text}"
    for pattern, group in _SHAPES:
        if match := pattern.fullmatch(text):
            whole, fraction = match.groups()
            digits = whole.replace(group, "") if group else whole
            yield Decimal(f"{digits}.{fraction}" if fraction else digits)


def _shapes() -> Iterator[tuple[re.Pattern[str], str]]:
    for group, point in product(_GROUPS, _POINTS):
        if group != point:
            g = re.escape(group)
            by_thousands = rf"[1-9]\d{{0,2}}(?:{g}\d{{3}})+"
            as_in_india = rf"[1-9]\d?(?:{g}\d{{2}})+{g}\d{{3}}"
            whole = rf"{by_thousands}|{as_in_india}" if group else r"\d+"
            yield re.compile(rf"({whole})(?:{re.escape(point)}(\d+))?", re.ASCII), group


_SHAPES = tuple(_shapes())


def _decide(text: str, whole: Decimal, fraction: Decimal, currency: str) -> Decimal:
    """Between `1250` and `1.250`: see the head of this module."""
    decimals, by_comma = currencies.decimals(currency), "," in text
    if decimals == 0 or (decimals == 2 and by_comma):
        return whole
    if decimals == 3 and not by_comma:
        return fraction
    exact = fraction.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)
    raise AmountError(
        _("“%(text)s” can be read in two ways. Write %(whole)s or %(fraction)s.")
        % {"text": text, "whole": whole, "fraction": exact}
    )


def _refuse_too_many_decimals(value: Decimal, currency: str) -> None:
    allowed = currencies.decimals(currency)
    if _places(value) <= allowed:
        return
    named = {"currency": currencies.name(currency), "count": allowed}
    if not allowed:
        raise AmountError(_("%(currency)s has no decimals. Write a whole number.") % named)
    raise AmountError(
        ngettext(
            "%(currency)s has %(count)s decimal, not more.", "%(currency)s has %(count)s decimals, not more.", allowed
        )
        % named
    )


def _places(value: Decimal) -> int:
    return -int(value.as_tuple().exponent)
