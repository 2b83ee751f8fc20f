"""Offline gifts, bank accounts, and statements of them as banks write them."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.contrib.auth.models import Permission, User

from appeal.models import Campaign
from donations import bookkeeping, importing
from donations.importing import Outcome
from donations.models import BankAccount, Method, OfflineGift
from ledger.money import Money

DAY = date(2026, 11, 20)
IBAN = "IE29AIBK93115212345678"
HEADER = ["Date", "Amount", "Currency", "Text", "Reference", "Payer", "Number"]
numbers = count(1)

type Row = Sequence[str]


def person(*permissions: str) -> User:
    user = User.objects.create_user(f"teller-{next(numbers)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def recorded(to: Campaign, amount: Money | None = None, *, by: User | None = None, **details: Any) -> OfflineGift:
    given = amount or Money(250_00, "USD")
    gift = OfflineGift(
        **{
            "campaign": to,
            "amount": given,
            "credited": given,
            "method": Method.BANK_TRANSFER,
            "received_on": DAY,
            "name": "Leila Noori",
            "email": "leila@example.org",
            "evidence": "Statement of 20 November, line 4.",
        }
        | details
    )
    gift.record(by=by or person())
    return gift


def confirmed(to: Campaign, amount: Money | None = None, **details: Any) -> OfflineGift:
    gift = recorded(to, amount, **details)
    bookkeeping.receive(gift, by=person())
    return gift


def reversed_(gift: OfflineGift) -> OfflineGift:
    gift.ask_reversal(by=person(), reason="It was for another appeal.")
    bookkeeping.undo(gift, by=person())
    return gift


def account(**changes: Any) -> BankAccount:
    """Its statements are CSV in the columns of HEADER."""
    given: dict[str, Any] = {
        "name": f"Account {next(numbers)}",
        "currency": "USD",
        "format": "csv",
        "date_column": "Date",
        "amount_column": "Amount",
        "currency_column": "Currency",
        "text_column": "Text",
        "reference_column": "Reference",
        "payer_column": "Payer",
        "id_column": "Number",
    } | changes
    return BankAccount.objects.create(**given)


def camt_account(**changes: Any) -> BankAccount:
    given = {"name": f"Account {next(numbers)}", "currency": "EUR", "format": "camt", "number": IBAN} | changes
    return BankAccount.objects.create(**given)


def row(
    amount: str = "250.00",
    text: str = "winter",
    *,
    on: str = "2026-11-20",
    currency: str = "USD",
    reference: str = "",
    payer: str = "Leila Noori",
    number: str = "",
) -> Row:
    return [on, amount, currency, text, reference, payer, number]


def csv_file(*rows: Row, header: Sequence[str] = HEADER, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def bring_in(into: BankAccount, content: bytes, *, by: User | None = None) -> Outcome:
    return importing.bring_in(into, content, name="statement", by=by or person())


def entry(
    amount: str = "100.00",
    text: str = "winter",
    *,
    direction: str = "CRDT",
    currency: str = "EUR",
    on: str = "2026-11-20",
    status: str = "BOOK",
    number: str = "",
    payer: str = "Leila Noori",
    inside: str = "",
) -> str:
    """An entry with one transaction, as in version 02; `inside` stands in the transaction's place."""
    transaction = inside or (
        f"<TxDtls><RltdPties><Dbtr><Nm>{escape(payer)}</Nm></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls>"
    )
    return (
        f"<Ntry><Amt Ccy={quoteattr(currency)}>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>"
        f"<BookgDt><Dt>{on}</Dt></BookgDt>{f'<AcctSvcrRef>{number}</AcctSvcrRef>' if number else ''}"
        f"<NtryDtls>{transaction}</NtryDtls></Ntry>"
    )


def balance(kind: str, amount: str, direction: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{direction}</CdtDbtInd></Bal>"
    )


def camt(*entries: str, version: str = "02", iban: str = IBAN, head: str = "") -> bytes:
    return camt_of(statement(*entries, iban=iban), version=version, head=head)


def statement(*entries: str, iban: str = IBAN) -> str:
    return f"<Stmt><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>\n{'\n'.join(entries)}</Stmt>"


def camt_of(*statements: str, version: str = "02", head: str = "") -> bytes:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    body = f"<BkToCstmrStmt>{''.join(statements)}</BkToCstmrStmt>"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{head}<Document xmlns='{namespace}'>{body}</Document>".encode()
