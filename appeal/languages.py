"""The languages that people tell us things in, by their codes."""

import unicodedata

from babel import Locale, UnknownLocaleError
from django.conf import locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def known_language(code: str) -> None:
    if code.partition("-")[0] not in {*Locale("en").languages, "prs"}:  # CLDR writes Dari as fa-AF
        raise ValidationError(_("“%(code)s” is no language code. Dari is “prs”, Burmese “my”."), params={"code": code})


def own_name(code: str) -> str:
    """What its speakers call it, or its code where we do not know."""
    if told := locale.LANG_INFO.get(code, {}).get("name_local"):
        return str(told)
    try:
        return Locale.parse(code, sep="-").get_display_name(code) or code
    except (UnknownLocaleError, ValueError):
        return code


def is_read_by(language: str, reader: str) -> bool:
    """Whether a text in this language is for who reads that one: the same, or another kind of it."""
    return language.lower().partition("-")[0] == reader.lower().partition("-")[0]


def direction(text: str) -> str:
    """`rtl` or `ltr`, by the first letter that has a direction."""
    sides = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((side for side in sides if side in {"L", "R", "AL"}), "L") != "L" else "ltr"


def is_mark(letter: str) -> bool:
    """Whether it is written onto the letter before it."""
    return unicodedata.category(letter).startswith("M")
