"""What banks take as text, an account number, a BIC and a country's code; and what a telephone number is.

What they would refuse, or take for somebody else's, is Unfit, in a sentence for the treasurer. `who` is what the
sentence is about, where that is not plain from the place it stands in.

Sources: SWIFT's IBAN registry; the European Payments Council's list of the SEPA's countries (EPC409-09, of 41 with
Serbia); ITU-T's E.164. Text is of SWIFT's X character set.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from django.utils.translation import gettext as _

_LENGTHS = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
    FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
    LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
    RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
IBAN_LENGTHS: Mapping[str, int] = MappingProxyType({word[:2]: int(word[2:]) for word in _LENGTHS.split()})
"""The countries whose banks have IBANs, and how many characters they have."""

SEPA = frozenset(
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE SI"
    " SK SM VA AX BL GF GG GI GP IM JE MF MQ PM RE YT".split()
)
"""Where euros go by the SEPA's rules, territories included."""

_IBANS_OF = MappingProxyType(
    dict.fromkeys("BL GF GP MF MQ NC PF PM RE TF WF YT".split(), "FR")
    | dict.fromkeys("GG IM JE".split(), "GB")
    | {"AX": "FI"}
)
"""Territories with a code of their own, whose banks have another country's IBANs."""

_X = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]")
_SAME_MARKS = str.maketrans("‘’ʼ‐‑–—", "'''----")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Unfit(Exception):
    """No bank would take this, or it would take it wrongly; the message tells the treasurer why."""


def refuse(who: str, trouble: str) -> NoReturn:
    raise Unfit(f"{who}: {trouble}" if who else trouble[:1].upper() + trouble[1:])


# Text


def plain_text(who: str, what: str, typed: str, limit: int) -> str:
    """Without accents, as banks have it; what is not Latin is refused, for only the payee knows how it is written."""
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", typed.translate(_SAME_MARKS)))
    plain = " ".join(folded.split())
    if _X.sub("", plain):
        words = {"what": what, "typed": typed, "odd": _X.sub("", plain)[0]}
        sentence = _(
            "the %(what)s “%(typed)s” has “%(odd)s”, unknown to banks: write it as the bank has it, in Latin letters."
        )
        refuse(who, sentence % words)
    return _no_longer(who, what, plain, limit)


def identifier(who: str, what: str, typed: str, limit: int) -> str:
    """Nothing is made plain here: an identifier that changes on its way is another one."""
    slashed = typed.startswith("/") or typed.endswith("/") or "//" in typed
    if _X.sub("", typed) or slashed or typed != typed.strip():
        words = {"what": what, "typed": typed}
        refuse(who, _("the %(what)s “%(typed)s” may have Latin letters, digits and single - / . inside.") % words)
    return _no_longer(who, what, typed, limit)


def _no_longer(who: str, what: str, text: str, limit: int) -> str:
    if not text:
        refuse(who, _("the %(what)s is missing.") % {"what": what})
    if len(text) > limit:
        words = {"what": what, "length": len(text), "limit": limit}
        refuse(who, _("the %(what)s has %(length)s characters, and banks take %(limit)s.") % words)
    return text


def country_code(who: str, code: str) -> str:
    if not re.fullmatch("[A-Z]{2}", code):
        refuse(who, _("“%(code)s” is no country’s code of two letters.") % {"code": code})
    return code


def currency_code(who: str, code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        refuse(who, _("“%(code)s” is no currency’s code of three letters.") % {"code": code})
    return code


# Accounts


def account_number(who: str, typed: str, country: str) -> str:
    """Without spaces. It is held to be an IBAN if it begins as one, and must be one in the SEPA."""
    number = identifier(who, _("account"), "".join(typed.split()), 34)
    if not any(letter.isalnum() for letter in number):
        refuse(who, _("the account “%(typed)s” has no letter and no digit.") % {"typed": typed})
    if _begins_as_iban(number.upper(), country):
        _refuse_bad_iban(who, number.upper(), country)
        return number.upper()
    if country in SEPA:
        words = {"number": number, "country": country}
        refuse(who, _("“%(number)s” is not an IBAN, and banks in %(country)s need one.") % words)
    return number


def _begins_as_iban(number: str, country: str) -> bool:
    return number[:2] in IBAN_LENGTHS and (number[:2] == country or number[2:4].isdecimal())


def _refuse_bad_iban(who: str, iban: str, country: str) -> None:
    prefix = iban[:2]
    words = {"iban": iban, "is": len(iban), "must": IBAN_LENGTHS[prefix], "prefix": prefix, "country": country}
    if not _IBAN.fullmatch(iban):
        refuse(
            who, _("the IBAN “%(iban)s” may have letters and digits only, its check digits after the country.") % words
        )
    if words["is"] != words["must"]:
        refuse(who, _("the IBAN “%(iban)s” has %(is)s characters, and those of %(prefix)s have %(must)s.") % words)
    if not _adds_up(iban):
        refuse(who, _("the IBAN “%(iban)s” does not add up: a character is wrong, or two have changed places.") % words)
    if prefix != _IBANS_OF.get(country, country):
        refuse(who, _("the IBAN “%(iban)s” is of %(prefix)s, and its bank is said to be in %(country)s.") % words)


def _adds_up(iban: str) -> bool:
    """ISO 7064's mod 97-10, letters counting from 10; the check digits 00, 01 and 99 are never given out."""
    number = int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4]))
    return number % 97 == 1 and 2 <= int(iban[2:4]) <= 98


def is_iban(number: str) -> bool:
    """Said of an account that is fit."""
    return bool(_IBAN.fullmatch(number)) and len(number) == IBAN_LENGTHS.get(number[:2]) and _adds_up(number)


def bic_code(who: str, typed: str) -> str:
    bic = "".join(typed.split()).upper()
    if bic and not _BIC.fullmatch(bic):
        refuse(who, _("“%(bic)s” is not a BIC, which has 8 or 11 characters, like DEUTDEFF.") % {"bic": typed})
    return bic


# Telephones


def phone_number(typed: str) -> str:
    """As E.164 has it: a plus sign, the country's code and the number, 15 digits at most."""
    kept = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in typed)
    number = re.sub(r"[\s().\-\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", kept)
    number = "+" + number[2:] if number.startswith("00") else number
    if not _PHONE.fullmatch(number):
        refuse("", _("the number must begin with + and the country’s code, like +62 812 3456 7890."))
    return number
