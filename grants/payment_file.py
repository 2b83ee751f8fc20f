"""Writes approved payments as a file for our bank, so that nobody retypes an account number.

`pain001` is what banks take: an ISO 20022 customer credit transfer initiation, version 9. What a bank would refuse, or
would pay to somebody else, is Unfit, in a sentence for the treasurer. `as_csv` is for people, and for a bank that takes
no XML; it carries every script and only looks after amounts and references.

Sources: the schema pain.001.001.09; SWIFT's IBAN registry; the European Payments Council's list of the SEPA's countries
(EPC409-09, of 41 with Serbia). Text is of SWIFT's X character set. Addresses are as banks want them from November 2026:
the town and the country by themselves, and two free lines at most.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NoReturn
from uuid import UUID
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from ledger import currencies
from ledger.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

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
_MOST_DIGITS = 18
_ADDRESS_LINES = 2

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_COLUMNS = (
    "reference payee account bic bank_name bank_country payee_country payee_town payee_address currency amount purpose"
).split()


class Unfit(Exception):
    """No bank would take this, or it would take it wrongly; the message tells the treasurer which payment and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """Us: whose account the payments leave, and in which currency it is kept. The BIC may be '' beside an IBAN."""

    name: str
    account: str
    bic: str
    country: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One payment. The reference names it for good, to us, to the banks and to the payee.

    The account is an IBAN, or the number that the payee's bank uses instead; the BIC may be '' beside an IBAN.
    Countries are of ISO 3166, in two letters.
    """

    reference: str
    payee: str
    account: str
    bic: str
    bank_name: str
    bank_country: str
    payee_country: str
    amount: Money
    purpose: str
    payee_town: str = ""
    payee_address: tuple[str, ...] = ()


def pain001(
    debtor: Debtor, transfers: Sequence[Transfer], *, message_id: str, made_at: datetime, execute_on: date
) -> bytes:
    """The bank's file; the same payments give the same bytes. Unfit, if one of them is."""
    message_id = _identifier(_("This file"), _("name"), message_id, 31)
    _refuse_as_a_whole(transfers)
    debtor = _fit_debtor(debtor)
    fit = [_fit(transfer, debtor) for transfer in transfers]
    document = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(document, "CstmrCdtTrfInitn")
    header = _put(initiation, "GrpHdr")
    _put(header, "MsgId", message_id)
    _put(header, "CreDtTm", made_at.isoformat(timespec="seconds"))
    _put_totals(header, fit)
    _put(header, "InitgPty/Nm", debtor.name)
    for number, (sepa, group) in enumerate(_grouped(fit, debtor), start=1):
        payment = _put(initiation, "PmtInf")
        _put(payment, "PmtInfId", f"{message_id}-{number}")
        _put_order(payment, debtor, group, execute_on, sepa=sepa)
    ET.indent(document)
    content: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    return content


def as_csv(transfers: Sequence[Transfer]) -> str:
    """A row for each payment under a header, as they were typed, and harmless to the spreadsheet that opens it."""
    _refuse_as_a_whole(transfers)
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    rows.writerows([_harmless(cell) for cell in _row(transfer)] for transfer in transfers)
    return text.getvalue()


# What is fit


def _fit_debtor(debtor: Debtor) -> Debtor:
    who = _("Our own account")
    bic = _bic(who, debtor.bic)
    prefix = debtor.account.strip()[:2].upper()
    account = _account(who, debtor.account, prefix if prefix in IBAN_LENGTHS else bic[4:6])
    if not (bic or _is_iban(account)):
        _refuse(who, _("without an IBAN it needs a BIC."))
    return Debtor(
        name=_text(who, _("name"), debtor.name, 70),
        account=account,
        bic=bic,
        country=_country(who, debtor.country),
        currency=_currency(who, debtor.currency),
    )


def _fit(transfer: Transfer, debtor: Debtor) -> Transfer:
    """The payment as it goes into the file: spaces, accents and small letters made plain, all else refused."""
    who = _named(transfer)
    _identifier(who, _("reference"), transfer.reference, 35)
    bank_country = _country(who, transfer.bank_country)
    fit = replace(
        transfer,
        account=_account(who, transfer.account, bank_country),
        bic=_bic(who, transfer.bic),
        payee_country=_country(who, transfer.payee_country),
        purpose=transfer.purpose and _text(who, _("purpose"), transfer.purpose, 140),
    )
    sepa = _in_sepa(fit, debtor)
    return _with_address(
        replace(
            fit,
            payee=_text(who, _("payee’s name"), transfer.payee, 70 if sepa else 140),
            bank_name="" if fit.bic or sepa else _bank_name(who, fit),
        )
    )


def _with_address(transfer: Transfer) -> Transfer:
    who, town, lines = _named(transfer), transfer.payee_town, transfer.payee_address
    if lines and not town:
        _refuse(who, _("an address needs its town by itself."))
    if len(lines) > _ADDRESS_LINES:
        _refuse(who, _("an address has two lines at most, beside town and country."))
    return replace(
        transfer,
        payee_town=town and _text(who, _("town"), town, 35),
        payee_address=tuple(_text(who, _("address"), line, 70) for line in lines),
    )


def _bank_name(who: str, transfer: Transfer) -> str:
    if not _is_iban(transfer.account):
        _refuse(who, _("the account is not an IBAN, so its bank’s BIC is needed."))
    return _text(who, _("bank’s name, needed because there is no BIC,"), transfer.bank_name, 140)


def _in_sepa(transfer: Transfer, debtor: Debtor) -> bool:
    """Whether it goes by the SEPA's rules; `_account` has seen to it that accounts there are IBANs."""
    ours = {debtor.account[:2], debtor.bic[4:6] or debtor.account[:2]} if _is_iban(debtor.account) else {""}
    return transfer.amount.currency == "EUR" and SEPA.issuperset({transfer.bank_country, *ours})


def _refuse_as_a_whole(transfers: Sequence[Transfer]) -> None:
    if not transfers:
        raise Unfit(_("There is no payment to write."))
    for transfer in transfers:
        _refuse_amount(transfer)
    for reference, times in Counter(transfer.reference for transfer in transfers).items():
        if times > 1:
            raise Unfit(_("Two payments have the reference “%(reference)s”.") % {"reference": reference})
    if len(_total(transfers).as_tuple().digits) > _MOST_DIGITS:
        raise Unfit(_("The payments come to more than a bank’s file can say."))


def _refuse_amount(transfer: Transfer) -> None:
    who, amount = _named(transfer), transfer.amount
    _currency(who, amount.currency)
    if amount.minor <= 0:
        _refuse(who, _("the amount must be more than nothing."))
    if Decimal(_plain(amount)) != amount.decimal:
        _refuse(who, _("banks count %(currency)s in whole units only.") % {"currency": amount.currency})


def _named(transfer: Transfer) -> str:
    return _("Payment “%(reference)s”") % {"reference": transfer.reference}


def _refuse(who: str, trouble: str) -> NoReturn:
    raise Unfit(f"{who}: {trouble}")


# Text


def _text(who: str, what: str, typed: str, limit: int) -> str:
    """Without accents, as banks have it; what is not Latin is refused, for only the payee knows how it is written."""
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", typed.translate(_SAME_MARKS)))
    plain = " ".join(folded.split())
    if _X.sub("", plain):
        words = {"what": what, "typed": typed, "odd": _X.sub("", plain)[0]}
        sentence = _(
            "the %(what)s “%(typed)s” has “%(odd)s”, unknown to banks: write it as the bank has it, in Latin letters."
        )
        _refuse(who, sentence % words)
    return _no_longer(who, what, plain, limit)


def _identifier(who: str, what: str, typed: str, limit: int) -> str:
    """Nothing is made plain here: an identifier that changes on its way is another one."""
    slashed = typed.startswith("/") or typed.endswith("/") or "//" in typed
    if _X.sub("", typed) or slashed or typed != typed.strip():
        words = {"what": what, "typed": typed}
        _refuse(who, _("the %(what)s “%(typed)s” may have Latin letters, digits and single - / . inside.") % words)
    return _no_longer(who, what, typed, limit)


def _no_longer(who: str, what: str, text: str, limit: int) -> str:
    if not text:
        _refuse(who, _("the %(what)s is missing.") % {"what": what})
    if len(text) > limit:
        words = {"what": what, "length": len(text), "limit": limit}
        _refuse(who, _("the %(what)s has %(length)s characters, and banks take %(limit)s.") % words)
    return text


def _country(who: str, code: str) -> str:
    if not re.fullmatch("[A-Z]{2}", code):
        _refuse(who, _("“%(code)s” is no country’s code of two letters.") % {"code": code})
    return code


def _currency(who: str, code: str) -> str:
    if not re.fullmatch("[A-Z]{3}", code):
        _refuse(who, _("“%(code)s” is no currency’s code of three letters.") % {"code": code})
    return code


# Accounts


def _account(who: str, typed: str, country: str) -> str:
    """Without spaces. It is held to be an IBAN if it begins as one, and must be one in the SEPA."""
    number = _identifier(who, _("account"), "".join(typed.split()), 34)
    if _begins_as_iban(number.upper(), country):
        _refuse_bad_iban(who, number.upper(), country)
        return number.upper()
    if country in SEPA:
        words = {"number": number, "country": country}
        _refuse(who, _("“%(number)s” is not an IBAN, and banks in %(country)s need one.") % words)
    return number


def _begins_as_iban(number: str, country: str) -> bool:
    return number[:2] in IBAN_LENGTHS and (number[:2] == country or number[2:4].isdecimal())


def _refuse_bad_iban(who: str, iban: str, country: str) -> None:
    prefix = iban[:2]
    words = {"iban": iban, "is": len(iban), "must": IBAN_LENGTHS[prefix], "prefix": prefix, "country": country}
    if not _IBAN.fullmatch(iban):
        _refuse(
            who, _("the IBAN “%(iban)s” may have letters and digits only, its check digits after the country.") % words
        )
    if words["is"] != words["must"]:
        _refuse(who, _("the IBAN “%(iban)s” has %(is)s characters, and those of %(prefix)s have %(must)s.") % words)
    if not _adds_up(iban):
        _refuse(
            who, _("the IBAN “%(iban)s” does not add up: a character is wrong, or two have changed places.") % words
        )
    if prefix != _IBANS_OF.get(country, country):
        _refuse(who, _("the IBAN “%(iban)s” is of %(prefix)s, and its bank is said to be in %(country)s.") % words)


def _adds_up(iban: str) -> bool:
    """ISO 7064's mod 97-10, letters counting from 10; the check digits 00, 01 and 99 are never given out."""
    number = int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4]))
    return number % 97 == 1 and 2 <= int(iban[2:4]) <= 98


def _is_iban(number: str) -> bool:
    """Said of an account that is fit."""
    return bool(_IBAN.fullmatch(number)) and len(number) == IBAN_LENGTHS.get(number[:2]) and _adds_up(number)


def _bic(who: str, typed: str) -> str:
    bic = "".join(typed.split()).upper()
    if bic and not _BIC.fullmatch(bic):
        _refuse(who, _("“%(bic)s” is not a BIC, which has 8 or 11 characters, like DEUTDEFF.") % {"bic": typed})
    return bic


# Amounts


def _plain(amount: Money) -> str:
    return f"{amount.decimal:.{currencies.decimals(amount.currency)}f}"


def _total(transfers: Sequence[Transfer]) -> Decimal:
    """Over all currencies: a check on the file, and no amount of money."""
    return sum((Decimal(_plain(transfer.amount)) for transfer in transfers), Decimal())


# The file, each element in the order of the schema


def _grouped(transfers: Sequence[Transfer], debtor: Debtor) -> list[tuple[bool, list[Transfer]]]:
    """By currency, and euros inside the SEPA apart from those that leave it, because banks send them another way."""
    groups: dict[tuple[str, bool], list[Transfer]] = {}
    for transfer in transfers:
        groups.setdefault((transfer.amount.currency, _in_sepa(transfer, debtor)), []).append(transfer)
    return [(sepa, group) for (_currency_of, sepa), group in groups.items()]


def _put_order(payment: ET.Element, debtor: Debtor, group: list[Transfer], execute_on: date, *, sepa: bool) -> None:
    """We bear all fees (DEBT), so that the initiative gets the whole sum; the SEPA allows only SLEV, and takes none."""
    _put(payment, "PmtMtd", "TRF")
    _put_totals(payment, group)
    if sepa:
        _put(payment, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _put(payment, "ReqdExctnDt/Dt", execute_on.isoformat())
    party = _put(payment, "Dbtr")
    _put(party, "Nm", debtor.name)
    _put(party, "PstlAdr/Ctry", debtor.country)
    account = _put_account(payment, "DbtrAcct", debtor.account)
    _put(account, "Ccy", debtor.currency)
    bank = _put(payment, "DbtrAgt/FinInstnId")
    _put(bank, *(("BICFI", debtor.bic) if debtor.bic else ("Othr/Id", "NOTPROVIDED")))
    _put(payment, "ChrgBr", "SLEV" if sepa else "DEBT")
    for transfer in group:
        _put_transfer(_put(payment, "CdtTrfTxInf"), transfer, debtor)


def _put_transfer(element: ET.Element, transfer: Transfer, debtor: Debtor) -> None:
    identification = _put(element, "PmtId")
    _put(identification, "EndToEndId", transfer.reference)
    _put(identification, "UETR", str(_uetr(debtor, transfer)))
    _put(element, "Amt/InstdAmt", _plain(transfer.amount)).set("Ccy", transfer.amount.currency)
    _put_bank(element, transfer)
    _put_payee(_put(element, "Cdtr"), transfer)
    _put_account(element, "CdtrAcct", transfer.account)
    if transfer.purpose:
        _put(element, "RmtInf/Ustrd", transfer.purpose)


def _put_bank(element: ET.Element, transfer: Transfer) -> None:
    """By its BIC, or by name; inside the SEPA the IBAN says it."""
    if transfer.bic:
        _put(element, "CdtrAgt/FinInstnId/BICFI", transfer.bic)
    elif transfer.bank_name:
        bank = _put(element, "CdtrAgt/FinInstnId")
        _put(bank, "Nm", transfer.bank_name)
        _put(bank, "PstlAdr/Ctry", transfer.bank_country)


def _put_payee(party: ET.Element, transfer: Transfer) -> None:
    _put(party, "Nm", transfer.payee)
    address = _put(party, "PstlAdr")
    if transfer.payee_town:
        _put(address, "TwnNm", transfer.payee_town)
    _put(address, "Ctry", transfer.payee_country)
    for line in transfer.payee_address:
        _put(address, "AdrLine", line)


def _put_account(element: ET.Element, tag: str, number: str) -> ET.Element:
    account = _put(element, tag)
    _put(account, "Id/IBAN" if _is_iban(number) else "Id/Othr/Id", number)
    return account


def _put_totals(element: ET.Element, transfers: Sequence[Transfer]) -> None:
    _put(element, "NbOfTxs", str(len(transfers)))
    _put(element, "CtrlSum", f"{_total(transfers):f}")


def _put(parent: ET.Element, path: str, text: str | None = None) -> ET.Element:
    """The last element of the path, all of which is new."""
    for tag in path.split("/"):
        parent = ET.SubElement(parent, tag)
    parent.text = text
    return parent


def _uetr(debtor: Debtor, transfer: Transfer) -> UUID:
    """The number by which banks everywhere trace a payment. Ours is in it, because others count their payments too."""
    digest = hashlib.sha256(f"{debtor.account}\n{transfer.reference}".encode()).digest()
    return UUID(bytes=digest[:16], version=4)


# The rows


def _row(transfer: Transfer) -> list[str]:
    fields = {column: getattr(transfer, column, "") for column in _COLUMNS}
    fields["payee_address"] = ", ".join(transfer.payee_address)
    fields |= {"currency": transfer.amount.currency, "amount": _plain(transfer.amount)}
    return list(fields.values())


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like this for a formula; a plain number it may have."""
    return (
        f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) and not _NUMBER.fullmatch(cell) else cell
    )
