"""Writes approved payments as a file for our bank, so that nobody retypes an account number.

`pain001` is what banks take: an ISO 20022 customer credit transfer initiation, version 9. What a bank would refuse
is Unfit, in a sentence for the treasurer. `as_csv` is for people, and for a bank that takes
no XML; it carries every script and only looks after amounts and references.

Source: the schema pain.001.001.09. What is fit to be written, `account_numbers` tells. Addresses are as banks want them
from November 2026: the town and the country by themselves, and two free lines at most.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from grants.account_numbers import (
    IBAN_LENGTHS,
    SEPA,
    Unfit,
    account_number,
    bic_code,
    country_code,
    currency_code,
    identifier,
    is_iban,
    plain_text,
    refuse,
)
from ledger import currencies
from ledger.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

_MOST_DIGITS = 18
_ADDRESS_LINES = 2

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_COLUMNS = (
    "reference payee account bic bank_name bank_country payee_country payee_town payee_address currency amount purpose"
).split()


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
    message_id = identifier(_("This file"), _("name"), message_id, 31)
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
    bic = bic_code(who, debtor.bic)
    prefix = debtor.account.strip()[:2].upper()
    account = account_number(who, debtor.account, prefix if prefix in IBAN_LENGTHS else bic[4:6])
    if not (bic or is_iban(account)):
        refuse(who, _("without an IBAN it needs a BIC."))
    return Debtor(
        name=plain_text(who, _("name"), debtor.name, 70),
        account=account,
        bic=bic,
        country=country_code(who, debtor.country),
        currency=currency_code(who, debtor.currency),
    )


def _fit(transfer: Transfer, debtor: Debtor) -> Transfer:
    """The payment as it goes into the file: spaces, accents and small letters made plain, all else refused."""
    who = _named(transfer)
    identifier(who, _("reference"), transfer.reference, 35)
    bank_country = country_code(who, transfer.bank_country)
    fit = replace(
        transfer,
        account=account_number(who, transfer.account, bank_country),
        bic=bic_code(who, transfer.bic),
        payee_country=country_code(who, transfer.payee_country),
        purpose=transfer.purpose and plain_text(who, _("purpose"), transfer.purpose, 140),
    )
    sepa = _in_sepa(fit, debtor)
    return _with_address(
        replace(
            fit,
            payee=plain_text(who, _("payee’s name"), transfer.payee, 70 if sepa else 140),
            bank_name="" if fit.bic or sepa else _bank_name(who, fit),
        )
    )


def _with_address(transfer: Transfer) -> Transfer:
    who, town, lines = _named(transfer), transfer.payee_town, transfer.payee_address
    if lines and not town:
        refuse(who, _("an address needs its town by itself."))
    if len(lines) > _ADDRESS_LINES:
        refuse(who, _("an address has two lines at most, beside town and country."))
    return replace(
        transfer,
        payee_town=town and plain_text(who, _("town"), town, 35),
        payee_address=tuple(plain_text(who, _("address"), line, 70) for line in lines),
    )


def _bank_name(who: str, transfer: Transfer) -> str:
    if not is_iban(transfer.account):
        refuse(who, _("the account is not an IBAN, so its bank’s BIC is needed."))
    return plain_text(who, _("bank’s name, needed because there is no BIC,"), transfer.bank_name, 140)


def _in_sepa(transfer: Transfer, debtor: Debtor) -> bool:
    """Whether it goes by the SEPA's rules; `account_number` has seen to it that accounts there are IBANs."""
    ours = {debtor.account[:2], debtor.bic[4:6] or debtor.account[:2]} if is_iban(debtor.account) else {""}
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
    currency_code(who, amount.currency)
    if amount.minor <= 0:
        refuse(who, _("the amount must be more than nothing."))
    if Decimal(_plain(amount)) != amount.decimal:
        refuse(who, _("banks count %(currency)s in whole units only.") % {"currency": amount.currency})


def _named(transfer: Transfer) -> str:
    return _("Payment “%(reference)s”") % {"reference": transfer.reference}


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
    _put(account, "Id/IBAN" if is_iban(number) else "Id/Othr/Id", number)
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
