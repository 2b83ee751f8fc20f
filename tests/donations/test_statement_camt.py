"""CAMT.053: what the bank booked is read in every version it sends, and no file can make the reader work for it."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations import statement_camt
from donations.statement import Broken, Listed, keyed
from ledger.money import Money
from tests.donations import bank

BILLION_LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
)
XXE = "<!DOCTYPE x [<!ENTITY passwords SYSTEM 'file:///etc/passwd'>]>"
FROM_OUTSIDE = "<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/evil.dtd'>"


def read(content: bytes, number: str = bank.IBAN) -> list[Listed]:
    return [line for statement in statement_camt.read(content, number) for line in statement]


def test_a_booked_credit_is_read() -> None:
    (line,) = read(bank.camt(bank.entry("1250.5", "for\n  the winter", number="A1")))
    assert line == Listed(3, date(2026, 11, 20), Money(1_250_50, "EUR"), "for the winter", "", "Leila Noori", "A1")


def test_the_shape_of_later_versions_is_read_too() -> None:
    details = (
        "<TxDtls><Refs><EndToEndId>KTM-2XP</EndToEndId></Refs>"
        "<AmtDtls><InstdAmt><Amt Ccy='USD'>108.00</Amt></InstdAmt></AmtDtls>"
        "<RltdPties><Dbtr><Pty><Nm>Leila &amp; Co</Nm></Pty></Dbtr></RltdPties>"
        "<RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
    )
    entry = bank.entry(inside=details).replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
    (line,) = read(bank.camt(entry.replace("<Dt>2026-11-20</Dt>", "<DtTm>2026-11-20T09:00:00Z</DtTm>"), version="08"))
    assert (line.payer, line.text, line.reference) == ("Leila & Co", "one two", "RF18 KTM-2XP")
    assert (line.booked_on, line.amount, line.given) == (date(2026, 11, 20), Money(100_00, "EUR"), Money(108_00, "USD"))


def test_money_out_is_negative_and_what_is_not_booked_is_not_there() -> None:
    lines = read(bank.camt(bank.entry("7.00", direction="DBIT"), bank.entry("9.00", status="PDNG")))
    assert [line.amount.minor for line in lines] == [-7_00]


def batch(*amounts: str, number: str = "B1") -> str:
    parts = "".join(
        f"<TxDtls><AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt></AmtDtls>"
        f"<RmtInf><Ustrd>gift {amount}</Ustrd></RmtInf></TxDtls>"
        for amount in amounts
    )
    return bank.entry("10.00", number=number, inside=parts)


def test_a_batch_is_as_many_lines_as_it_has_transactions() -> None:
    lines = read(bank.camt(batch("4.00", "6.00")))
    assert [(line.amount.minor, line.text, line.bank_id) for line in lines] == [
        (4_00, "gift 4.00", "B1/1"),
        (6_00, "gift 6.00", "B1/2"),
    ]


def test_a_batch_whose_parts_do_not_add_up_is_one_line() -> None:
    (line,) = read(bank.camt(batch("4.00", "5.00")))
    assert (line.amount.minor, line.text, line.bank_id) == (10_00, "gift 4.00 gift 5.00", "B1")


def test_a_number_that_stands_in_every_part_of_a_batch_hides_none_of_them() -> None:
    part = (
        "<TxDtls><Refs><AcctSvcrRef>B1</AcctSvcrRef></Refs><Amt Ccy='EUR'>50.00</Amt>"
        "<RmtInf><Ustrd>gift</Ustrd></RmtInf></TxDtls>"
    )
    once = bank.statement(bank.entry("100.00", number="B1", inside=part * 2))
    for file in bank.camt_of(once), bank.camt_of(once, once):
        found = keyed(statement_camt.read(file, bank.IBAN)).values()
        assert [line.amount.minor for line in found] == [50_00, 50_00]


def test_a_number_that_is_none_is_none() -> None:
    lines = read(bank.camt(bank.entry(number="NOTPROVIDED"), bank.entry(number="NONREF")))
    assert [line.bank_id for line in lines] == ["", ""]
    assert len(keyed([lines])) == 2


def test_two_statements_in_one_file_that_overlap_are_told_apart() -> None:
    both = statement_camt.read(bank.camt_of(bank.statement(bank.entry()), bank.statement(bank.entry())), bank.IBAN)
    assert len(keyed(both)) == 1


def test_another_accounts_statement_is_refused() -> None:
    assert read(bank.camt(bank.entry(), iban="ie29 aibk 9311 5212 3456 78"))
    assert read(bank.camt(bank.entry(), iban="DE00"), number="")
    with pytest.raises(Broken, match="Line 2: this is the statement of another account"):
        read(bank.camt(bank.entry(), iban="DE00"))


def test_a_statement_that_does_not_lead_to_its_closing_balance_is_refused() -> None:
    opening, moved = bank.balance("OPBD", "50.00", "DBIT"), bank.entry("80.00")
    assert read(bank.camt(opening, bank.balance("CLBD", "30.00"), moved))
    with pytest.raises(Broken, match="Line 2: the lines of this statement do not lead"):
        read(bank.camt(opening, bank.balance("CLBD", "30.01"), moved))


@pytest.mark.parametrize("head", [BILLION_LAUGHS, XXE, FROM_OUTSIDE, "<!DOCTYPE x>"])
@pytest.mark.parametrize("entity", ["&a9;", "&passwords;", ""])
def test_a_document_type_is_refused_and_no_entity_means_anything(head: str, entity: str) -> None:
    hostile = bank.camt(bank.entry(text="TEXT"), head=head).replace(b"TEXT", entity.encode())
    with pytest.raises(Broken, match="Line 2: a statement has no document type"):
        read(hostile)


def test_a_document_type_in_another_encoding_is_refused_too() -> None:
    text = bank.camt(bank.entry(), head=XXE).decode().replace("UTF-8", "UTF-16")
    with pytest.raises(Broken, match="no document type"):
        read(text.encode("utf-16"))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_that_the_file_names_is_read(encoding: str) -> None:
    text = bank.camt(bank.entry(payer="Müller")).decode().replace("UTF-8", encoding)
    assert read(text.encode(encoding))[0].payer == "Müller"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Line 1: this is no whole XML"),
        (b"Date,Amount\n2026-11-20,5.00\n", "Line 1: this is no whole XML"),
        (bank.camt(bank.entry())[:-20], "Line 3: this is no whole XML"),
        (bank.camt(bank.entry(text="TEXT")).replace(b"TEXT", b"&undefined;"), "this is no whole XML"),
        (bank.camt(bank.entry(text="TEXT")).replace(b"TEXT", b"\xff"), "this is no whole XML"),
        (bank.camt(bank.entry()).replace(b"UTF-8", b"rot13"), "this is no whole XML|encoding"),
        (b"<html/>", "no CAMT.053"),
        (bank.camt(bank.entry()).replace(b"camt.053", b"camt.052"), "no CAMT.053"),
        (bank.camt("\n", bank.entry(on="2026-02-31")), "Line 5: “2026-02-31” is no day"),
        (bank.camt(bank.entry(on="0001-01-02")), "Line 3: “0001-01-02” is no day"),
        (bank.camt(bank.entry(on="31.02.2026")), "Line 3: “31.02.2026” is no day"),
        (bank.camt(bank.entry("1e3")), "Line 3: “1e3” is no amount"),
        (bank.camt(bank.entry("-5.00")), "Line 3: “-5.00” is no amount"),
        (bank.camt(bank.entry("5.001")), "Line 3: .*too many decimals"),
        (bank.camt(bank.entry(currency="EURO")), "Line 3: “EURO” is no currency"),
        (bank.camt(bank.entry(direction="CREDIT")), "Line 3: “CREDIT” is neither"),
        (bank.camt(bank.entry().replace("Amt", "Amount")), "Line 3: Amt is missing"),
        (bank.camt(bank.entry().replace("BookgDt", "Day")), "Line 3: BookgDt/Dt is missing"),
        (bank.camt(bank.entry()).replace(b"IBAN", b"BBAN"), "Line 2: Acct/Id/IBAN is missing"),
        (bank.camt("<x>" * 100 + "</x>" * 100), "Line 3: .*deep"),
        (bank.camt("<x/>" * 500_001), "large"),
    ],
)
def test_a_broken_file_is_refused_with_the_line(content: bytes, sentence: str) -> None:
    with pytest.raises(Broken, match=sentence):
        read(content)


@given(st.binary(max_size=200), st.integers(0, 600))
def test_whatever_is_in_the_file_it_is_read_or_refused(junk: bytes, place: int) -> None:
    whole = bank.camt(bank.entry())
    with suppress(Broken):
        read(whole[:place] + junk + whole[place:])
