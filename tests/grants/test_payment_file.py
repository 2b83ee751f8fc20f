"""The file that our bank reads: nothing in it that a bank refuses, and nobody else's account."""

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.account_numbers import IBAN_LENGTHS, SEPA, Unfit
from grants.payment_file import NAMESPACE, Debtor, Transfer, as_csv, pain001
from ledger.currencies import decimals, exponent
from ledger.money import Money

IN = {"": NAMESPACE}
GERMAN, DUTCH, BRITISH, PAKISTANI = (
    "DE89370400440532013000 NL91ABNA0417164300 GB29NWBK60161331926819 PK36SCBL0000001123456702".split()
)
MADE_AT, EXECUTE_ON = datetime(2026, 11, 23, 9, 30, 5, 123, tzinfo=UTC), date(2026, 11, 25)
US = Debtor(name="Refugees Rise e.V.", account=GERMAN, bic="COBADEFFXXX", country="DE", currency="EUR")

# What the schema pain.001.001.09 lists, in its order, for each element that we write and that has children. An element
# whose name is used for two types goes by its parent's as well.
PARTY = "Nm PstlAdr Id CtryOfRes CtctDtls"
ACCOUNT = "Id Tp Ccy Nm Prxy"
AGENT = "FinInstnId BrnchId"
ORDER = {
    "Document": "CstmrCdtTrfInitn",
    "CstmrCdtTrfInitn": "GrpHdr PmtInf SplmtryData",
    "GrpHdr": "MsgId CreDtTm Authstn NbOfTxs CtrlSum InitgPty FwdgAgt",
    "PmtInf": (
        "PmtInfId PmtMtd BtchBookg NbOfTxs CtrlSum PmtTpInf ReqdExctnDt PoolgAdjstmntDt Dbtr DbtrAcct DbtrAgt"
        " DbtrAgtAcct InstrForDbtrAgt UltmtDbtr ChrgBr ChrgsAcct ChrgsAcctAgt CdtTrfTxInf"
    ),
    "PmtTpInf": "InstrPrty SvcLvl LclInstrm CtgyPurp",
    "SvcLvl": "Cd Prtry",
    "ReqdExctnDt": "Dt DtTm",
    "CdtTrfTxInf": (
        "PmtId PmtTpInf Amt XchgRateInf ChrgBr ChqInstr UltmtDbtr IntrmyAgt1 IntrmyAgt1Acct IntrmyAgt2 IntrmyAgt2Acct"
        " IntrmyAgt3 IntrmyAgt3Acct CdtrAgt CdtrAgtAcct Cdtr CdtrAcct UltmtCdtr InstrForCdtrAgt InstrForDbtrAgt Purp"
        " RgltryRptg Tax RltdRmtInf RmtInf SplmtryData"
    ),
    "PmtId": "InstrId EndToEndId UETR",
    "Amt": "InstdAmt EqvtAmt",
    **dict.fromkeys(["InitgPty", "Dbtr", "Cdtr"], PARTY),
    **dict.fromkeys(["DbtrAcct", "CdtrAcct"], ACCOUNT),
    **dict.fromkeys(["DbtrAgt", "CdtrAgt"], AGENT),
    "FinInstnId": "BICFI ClrSysMmbId LEI Nm PstlAdr Othr",
    "PstlAdr": (
        "AdrTp Dept SubDept StrtNm BldgNb BldgNm Flr PstBx Room PstCd TwnNm TwnLctnNm DstrctNm CtrySubDvsn Ctry AdrLine"
    ),
    "Id": "IBAN Othr",
    "Othr": "Id SchmeNm Issr",
    "RmtInf": "Ustrd Strd",
}
MANDATORY = {
    "GrpHdr": "MsgId CreDtTm NbOfTxs InitgPty",
    "PmtInf": "PmtInfId PmtMtd ReqdExctnDt Dbtr DbtrAcct DbtrAgt CdtTrfTxInf",
    "CdtTrfTxInf": "PmtId Amt",
    "PmtId": "EndToEndId",
    "DbtrAcct": "Id",
    "DbtrAgt": "FinInstnId",
    "CdtrAgt": "FinInstnId",
}
REPEATED = {"PmtInf", "CdtTrfTxInf", "AdrLine"}


def transfer(**fields: Any) -> Transfer:
    defaults: dict[str, Any] = {
        "reference": "RR-2026-0041",
        "payee": "Hope Learning Centre",
        "account": "0012345678",
        "bic": "CENAIDJA",
        "bank_name": "Bank Central Asia",
        "bank_country": "ID",
        "payee_country": "ID",
        "amount": Money(1_250_50, "USD"),
        "purpose": "Winter school, first tranche",
    }
    return Transfer(**(defaults | fields))


def in_sepa(**fields: Any) -> Transfer:
    defaults: dict[str, Any] = {
        "account": DUTCH,
        "bic": "",
        "bank_name": "",
        "bank_country": "NL",
        "payee_country": "NL",
        "amount": Money(900_00, "EUR"),
    }
    return transfer(**(defaults | fields))


def written(*transfers: Transfer, debtor: Debtor = US, message_id: str = "RR-20261123-1") -> bytes:
    return pain001(debtor, transfers, message_id=message_id, made_at=MADE_AT, execute_on=EXECUTE_ON)


def read(*transfers: Transfer, debtor: Debtor = US) -> ET.Element:
    return ET.fromstring(written(*transfers, debtor=debtor))


def at(element: ET.Element, path: str) -> str | None:
    return element.findtext(path, namespaces=IN)


def each(element: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in element.findall(path, namespaces=IN)]


def payments(document: ET.Element) -> list[ET.Element]:
    return document.findall(".//PmtInf", namespaces=IN)


def children(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]


def refused(*transfers: Transfer, debtor: Debtor = US) -> str:
    with pytest.raises(Unfit) as caught:
        written(*transfers, debtor=debtor)
    return str(caught.value)


def rows(*transfers: Transfer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(transfers), newline="")))


# Strategies


def iban(country: str, rest: str) -> str:
    """One that adds up."""
    rest = rest[: IBAN_LENGTHS[country] - 4].rjust(IBAN_LENGTHS[country] - 4, "0")
    number = int("".join(str(int(character, 36)) for character in f"{rest}{country}00"))
    return f"{country}{98 - number % 97:02}{rest}"


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
IBANS = st.builds(iban, st.sampled_from(sorted(IBAN_LENGTHS)), st.text(LETTERS, max_size=30))
WORDS = st.text("abcXYZ019/-?:().,'+ ", min_size=1, max_size=60).map(lambda text: f"N {text}".strip())
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "ISK", "UGX", "AUD"])


@st.composite
def amounts(draw: st.DrawFn) -> Money:
    currency = draw(CURRENCIES)
    whole = draw(st.integers(1, 10**9))
    return Money(whole * 10 ** (exponent(currency) - decimals(currency)), currency)


@st.composite
def banked(draw: st.DrawFn) -> dict[str, str]:
    """An account and its bank, with an IBAN or without."""
    if draw(st.booleans()):
        number = draw(IBANS)
        return {"account": number, "bank_country": number[:2], "bic": draw(st.sampled_from(["", "DEUTDEFF500"]))}
    number = draw(st.text("0123456789", min_size=1, max_size=34))
    return {"account": number, "bank_country": draw(st.sampled_from(["ID", "TH", "KE", "AU"])), "bic": "ABCDIDJA"}


@st.composite
def batches(draw: st.DrawFn) -> list[Transfer]:
    references = draw(st.lists(st.text(LETTERS + "-.", min_size=1, max_size=35), min_size=1, max_size=8, unique=True))
    return [
        transfer(reference=reference, payee=draw(WORDS), purpose=draw(WORDS), amount=draw(amounts()), **draw(banked()))
        for reference in references
    ]


# The schema


def in_all_its_forms() -> list[Transfer]:
    address = ("Jalan Raya 17", "Kampung Baru")
    return [
        transfer(payee_town="Bogor", payee_address=address),
        transfer(
            reference="2", account=PAKISTANI, bic="", bank_name="Standard Chartered", bank_country="PK", purpose=""
        ),
        transfer(reference="3", amount=Money(80_000, "JPY")),
        transfer(reference="4", amount=Money(5_00, "EUR")),
        in_sepa(reference="5", bank_name="ABN AMRO"),
        in_sepa(reference="6", bic="ABNANL2A", payee_town="Utrecht"),
    ]


@pytest.mark.parametrize("debtor", [US, replace(US, bic=""), replace(US, account="12345", bic="CHASUS33")])
def test_every_element_stands_where_the_schema_wants_it(debtor: Debtor) -> None:
    seen = set()
    for element in read(*in_all_its_forms(), debtor=debtor).iter():
        name, inside = element.tag.removeprefix(f"{{{NAMESPACE}}}"), children(element)
        if inside:
            seen.add(name)
            order = ORDER[name].split()
            assert inside == sorted(inside, key=order.index), name
            assert {tag for tag in inside if inside.count(tag) > 1} <= REPEATED
            assert set(MANDATORY.get(name, "").split()) <= set(inside)
    assert {"PmtInf", "CdtTrfTxInf", "PmtId", "FinInstnId", "PstlAdr", "CdtrAcct", "RmtInf"} <= seen


def test_of_two_ways_to_say_a_thing_one_is_chosen() -> None:
    for element in read(*in_all_its_forms()).iter():
        if element.tag.removeprefix(f"{{{NAMESPACE}}}") in {"SvcLvl", "ReqdExctnDt", "Amt"}:
            assert len(element) == 1


def test_a_payment_says_all_that_the_bank_needs() -> None:
    document = read(transfer(payee_town="Bogor", payee_address=("Jalan Raya 17",)))
    header, [payment] = document.find(".//GrpHdr", IN), payments(document)
    assert header is not None
    assert [at(header, path) for path in ("MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty/Nm")] == [
        *("RR-20261123-1", "2026-11-23T09:30:05+00:00", "1", "1250.50", "Refugees Rise e.V.")
    ]
    assert [at(payment, path) for path in ("PmtInfId", "PmtMtd", "ReqdExctnDt/Dt")] == [
        *("RR-20261123-1-1", "TRF", "2026-11-25")
    ]
    ours = ("Dbtr/Nm", "Dbtr/PstlAdr/Ctry", "DbtrAcct/Id/IBAN", "DbtrAcct/Ccy", "DbtrAgt/FinInstnId/BICFI")
    assert [at(payment, path) for path in ours] == ["Refugees Rise e.V.", "DE", GERMAN, "EUR", "COBADEFFXXX"]
    amount = payment.find("CdtTrfTxInf/Amt/InstdAmt", IN)
    assert amount is not None
    assert (amount.text, amount.attrib) == ("1250.50", {"Ccy": "USD"})
    theirs = (
        *("PmtId/EndToEndId", "CdtrAgt/FinInstnId/BICFI", "Cdtr/Nm", "Cdtr/PstlAdr/TwnNm", "Cdtr/PstlAdr/Ctry"),
        *("Cdtr/PstlAdr/AdrLine", "CdtrAcct/Id/Othr/Id", "RmtInf/Ustrd"),
    )
    assert [at(payment, f"CdtTrfTxInf/{path}") for path in theirs] == [
        *("RR-2026-0041", "CENAIDJA", "Hope Learning Centre", "Bogor", "ID"),
        *("Jalan Raya 17", "0012345678", "Winter school, first tranche"),
    ]


def test_the_same_payments_give_the_same_bytes() -> None:
    assert written(*in_all_its_forms()) == written(*in_all_its_forms())
    assert written(transfer()).startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<Document xmlns=\"urn:iso:")


def test_a_payment_without_a_purpose_has_no_remittance() -> None:
    assert "RmtInf" not in children(payments(read(transfer(purpose="")))[0][-1])


# Sums


def test_currencies_stand_apart_each_with_its_own_decimals() -> None:
    document = read(
        transfer(reference="1", amount=Money(80_000, "JPY")),
        transfer(reference="2", amount=Money(1_250, "KWD")),
        transfer(reference="3", amount=Money(500, "JPY")),
        transfer(reference="4", amount=Money(70_000_00, "UGX")),
    )
    assert [(at(p, "NbOfTxs"), at(p, "CtrlSum")) for p in payments(document)] == [
        *(("2", "80500"), ("1", "1.250"), ("1", "70000"))
    ]
    assert each(document, ".//InstdAmt") == ["80000", "500", "1.250", "70000"]
    assert (at(document, ".//GrpHdr/NbOfTxs"), at(document, ".//GrpHdr/CtrlSum")) == ("4", "150501.250")
    assert each(document, ".//PmtInfId") == ["RR-20261123-1-1", "RR-20261123-1-2", "RR-20261123-1-3"]


@given(batches())
def test_counts_and_control_sums_add_up(batch: list[Transfer]) -> None:
    document = read(*batch)
    parts = payments(document)
    for whole in (document.find(".//GrpHdr", IN), *parts):
        assert whole is not None
        inside = document if whole.tag.endswith("GrpHdr") else whole
        amounts = [Decimal(text or "") for text in each(inside, ".//InstdAmt")]
        assert (at(whole, "NbOfTxs"), Decimal(at(whole, "CtrlSum") or "")) == (str(len(amounts)), sum(amounts))
    assert len(document.findall(".//InstdAmt", IN)) == len(batch)
    for part in parts:
        assert len({amount.get("Ccy") for amount in part.findall(".//InstdAmt", IN)}) == 1


def test_an_amount_with_more_digits_than_the_schema_takes_is_refused() -> None:
    assert "more than a bank’s file can say" in refused(transfer(amount=Money(10**18, "USD")))
    assert at(read(transfer(amount=Money(10**18 - 1, "USD"))), ".//GrpHdr/CtrlSum") == "9999999999999999.99"


# What went in comes out


def read_back(document: ET.Element) -> Iterator[dict[str, Any]]:
    for element in document.findall(".//CdtTrfTxInf", IN):
        amount = element.find("Amt/InstdAmt", IN)
        assert amount is not None
        yield {
            "reference": at(element, "PmtId/EndToEndId"),
            "payee": at(element, "Cdtr/Nm"),
            "account": at(element, "CdtrAcct/Id/IBAN") or at(element, "CdtrAcct/Id/Othr/Id"),
            "bic": at(element, "CdtrAgt/FinInstnId/BICFI") or "",
            "amount": Money.from_decimal(Decimal(amount.text or ""), amount.get("Ccy") or ""),
            "purpose": at(element, "RmtInf/Ustrd"),
        }


@given(batches())
def test_the_bank_reads_what_was_approved(batch: list[Transfer]) -> None:
    got = {payment["reference"]: payment for payment in read_back(read(*batch))}
    assert got == {
        one.reference: {
            **{name: getattr(one, name) for name in ("reference", "account", "bic", "amount")},
            "payee": " ".join(one.payee.split()),
            "purpose": " ".join(one.purpose.split()),
        }
        for one in batch
    }


@given(batches())
def test_the_table_has_what_was_approved(batch: list[Transfer]) -> None:
    got = [(row["reference"].removeprefix("'"), row["account"], row["currency"], row["amount"]) for row in rows(*batch)]
    assert [
        (reference, account, Money.from_decimal(Decimal(amount), code)) for reference, account, code, amount in got
    ] == [(one.reference, one.account, one.amount) for one in batch]


# Who pays the bank


def test_we_bear_the_fees_so_that_the_initiative_gets_the_whole_sum() -> None:
    [payment] = payments(read(transfer()))
    assert (at(payment, "ChrgBr"), payment.find("PmtTpInf", IN)) == ("DEBT", None)


def test_euros_inside_the_sepa_go_by_its_rules() -> None:
    [payment] = payments(read(in_sepa()))
    assert (at(payment, "ChrgBr"), at(payment, "PmtTpInf/SvcLvl/Cd")) == ("SLEV", "SEPA")
    assert payment.find("CdtTrfTxInf/CdtrAgt", IN) is None


@pytest.mark.parametrize(
    ("one", "debtor"),
    [
        (in_sepa(amount=Money(900_00, "USD"), bank_name="ABN AMRO"), US),
        (in_sepa(account=PAKISTANI, bank_country="PK", bank_name="SCB"), US),
        (in_sepa(account=iban("FR", "1"), bank_country="NC", bank_name="Bank of New Caledonia"), US),
        (in_sepa(bank_name="ABN AMRO"), replace(US, account="12345678", bic="CHASUS33")),
        (in_sepa(bank_name="ABN AMRO"), replace(US, account=PAKISTANI, bic="SCBLPKKX")),
    ],
)
def test_any_other_payment_does_not(one: Transfer, debtor: Debtor) -> None:
    assert each(read(one, debtor=debtor), ".//ChrgBr") == ["DEBT"]


def test_euros_that_leave_the_sepa_stand_apart_from_those_that_stay() -> None:
    document = read(in_sepa(reference="1"), transfer(reference="2", amount=Money(5_00, "EUR")), in_sepa(reference="3"))
    found = [(at(p, "ChrgBr"), each(p, ".//EndToEndId"), at(p, "CtrlSum")) for p in payments(document)]
    assert found == [("SLEV", ["1", "3"], "1800.00"), ("DEBT", ["2"], "5.00")]


def test_the_sepa_has_41_countries_and_13_territories() -> None:
    territories = set("AX BL GF GG GI GP IM JE MF MQ PM RE YT".split())
    assert (len(SEPA - territories), len(SEPA & territories)) == (41, 13)


# References


def test_a_payment_can_be_traced_and_keeps_its_number() -> None:
    [traced] = each(read(transfer()), ".//UETR")
    assert traced is not None
    assert (uuid.UUID(traced).version, uuid.UUID(traced).variant, str(uuid.UUID(traced))) == (4, uuid.RFC_4122, traced)
    assert each(read(transfer(amount=Money(1, "USD"))), ".//UETR") == [traced]
    assert each(read(transfer(reference="RR-2026-0042")), ".//UETR") != [traced]


def test_another_organisation_with_the_same_reference_has_another_number() -> None:
    assert each(read(transfer(), debtor=replace(US, account=BRITISH, bic="")), ".//UETR") != each(
        read(transfer()), ".//UETR"
    )


def test_two_payments_never_share_a_reference() -> None:
    twins = (transfer(), transfer(amount=Money(1, "USD")))
    assert refused(*twins) == "Two payments have the reference “RR-2026-0041”."
    with pytest.raises(Unfit, match="Two payments"):
        as_csv(twins)


@pytest.mark.parametrize("reference", ["", "a" * 36, "/a", "a/", "a//b", "a_b", "é", " a", "a\n", "پرداخت"])
def test_a_reference_that_a_bank_would_change_is_refused(reference: str) -> None:
    assert "the reference" in refused(transfer(reference=reference))


@pytest.mark.parametrize("message_id", ["", "a" * 32, "a//b", "é"])
def test_so_is_such_a_name_of_the_file(message_id: str) -> None:
    with pytest.raises(Unfit, match="This file: the name"):
        written(transfer(), message_id=message_id)


def test_the_longest_names_still_fit() -> None:
    document = ET.fromstring(written(transfer(reference="a" * 35), message_id="b" * 31))
    assert [len(at(document, f".//{tag}") or "") for tag in ("EndToEndId", "MsgId", "PmtInfId")] == [35, 31, 33]


# Amounts and the whole


def test_nothing_to_pay_is_no_file() -> None:
    assert refused() == "There is no payment to write."
    with pytest.raises(Unfit, match="no payment"):
        as_csv([])


@pytest.mark.parametrize("minor", [0, -1])
def test_a_payment_is_more_than_nothing(minor: int) -> None:
    nothing = transfer(amount=Money(minor, "USD"))
    assert refused(nothing) == "Payment “RR-2026-0041”: the amount must be more than nothing."
    with pytest.raises(Unfit, match="more than nothing"):
        as_csv([nothing])


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_a_fraction_of_a_currency_of_whole_units_is_refused(currency: str) -> None:
    fraction = transfer(amount=Money(10_50, currency))
    assert f"banks count {currency} in whole units" in refused(fraction)
    with pytest.raises(Unfit, match="whole units"):
        as_csv([fraction])


# Accounts


@pytest.mark.parametrize("typed", ["DE89 3704 0044 0532 0130 00", "de89370400440532013000", f" {GERMAN}\n"])
def test_an_iban_may_be_typed_as_it_is_printed(typed: str) -> None:
    document = read(in_sepa(account=typed, bank_country="DE"))
    assert each(document, ".//CdtrAcct/Id/IBAN") == [GERMAN]


@pytest.mark.parametrize(
    ("typed", "country", "trouble"),
    [
        ("DE89370400440532013001", "DE", "does not add up"),
        ("DE89370400440523013000", "DE", "does not add up"),
        ("DE8937040044053201300", "DE", "has 21 characters, and those of DE have 22"),
        ("DEO9370400440532013000", "DE", "may have letters and digits only"),
        ("-", "ID", "has no letter and no digit"),
        ("DE89-3704-0044-0532-0130-00", "DE", "may have letters and digits only"),
        ("370400440532013000", "DE", "“370400440532013000” is not an IBAN, and banks in DE need one"),
        (GERMAN, "ID", "is of DE, and its bank is said to be in ID"),
        (PAKISTANI[:-1] + "3", "PK", "does not add up"),
        ("PK0112345678901234567890", "ID", "does not add up"),
    ],
)
def test_a_wrong_iban_is_refused_with_what_is_wrong(typed: str, country: str, trouble: str) -> None:
    said = refused(transfer(account=typed, bank_country=country))
    assert said.startswith("Payment “RR-2026-0041”: ")
    assert trouble in said


@given(IBANS, st.data())
def test_one_wrong_character_never_passes_nor_do_two_that_changed_places(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(4, len(number) - 1))
    wrong = data.draw(st.sampled_from(LETTERS).filter(lambda letter: letter != number[place]))
    swapped = number[: place - 1] + number[place] + number[place - 1] + number[place + 1 :]
    for other in {number[:place] + wrong + number[place + 1 :], swapped} - {number}:
        assert "IBAN" in refused(transfer(account=other, bank_country=number[:2]))


@pytest.mark.parametrize("digits", ["00", "01", "99"])
def test_check_digits_that_are_never_given_out_are_refused(digits: str) -> None:
    """Each equals another pair of check digits modulo 97, and only that one is ever printed."""
    other = {"00": "97", "01": "98", "99": "02"}[digits]
    number = next(n for n in (iban("DE", f"{i}") for i in range(1000)) if n[2:4] == other)
    assert read(in_sepa(account=number, bank_country="DE")) is not None
    assert "does not add up" in refused(in_sepa(account=f"DE{digits}{number[4:]}", bank_country="DE"))


@pytest.mark.parametrize(("territory", "number"), [("JE", BRITISH), ("RE", iban("FR", "1")), ("AX", iban("FI", "7"))])
def test_a_territory_has_the_ibans_of_its_country(territory: str, number: str) -> None:
    assert each(read(in_sepa(account=number, bank_country=territory)), ".//ChrgBr") == ["SLEV"]


def test_an_account_number_keeps_its_zeros_and_its_capitals() -> None:
    assert each(read(transfer(account="000 12-3a")), ".//CdtrAcct/Id/Othr/Id") == ["00012-3a"]


@pytest.mark.parametrize("number", ["", "1" * 35, "١٢٣٤٥", "12²", "12_3", "/123", "12//3"])
def test_an_account_number_that_a_bank_would_change_is_refused(number: str) -> None:
    assert "the account" in refused(transfer(account=number))


@pytest.mark.parametrize("bic", ["CENAIDJ", "CENAIDJAXX", "CENA1DJA", "CENAIDJA-XX", "CÉNAIDJA"])
def test_a_bic_of_the_wrong_shape_is_refused(bic: str) -> None:
    assert f"“{bic}” is not a BIC" in refused(transfer(bic=bic))


def test_a_bic_may_be_typed_in_small_letters() -> None:
    assert each(read(transfer(bic="cena idja")), ".//CdtTrfTxInf//BICFI") == ["CENAIDJA"]


def test_a_bank_without_a_bic_goes_by_its_name_and_country() -> None:
    document = read(transfer(account=PAKISTANI, bic="", bank_name="Bänk of Lahore", bank_country="PK"))
    [agent] = document.findall(".//CdtrAgt/FinInstnId", IN)
    assert (children(agent), at(agent, "Nm"), at(agent, "PstlAdr/Ctry")) == (["Nm", "PstlAdr"], "Bank of Lahore", "PK")
    assert "bank’s name" in refused(transfer(account=PAKISTANI, bic="", bank_name="", bank_country="PK"))


def test_a_number_that_is_no_iban_needs_the_bic() -> None:
    assert "its bank’s BIC is needed" in refused(transfer(bic=""))
    assert "without an IBAN it needs a BIC" in refused(transfer(), debtor=replace(US, account="12345678", bic=""))


@pytest.mark.parametrize("field", ["bank_country", "payee_country"])
@pytest.mark.parametrize("code", ["", "id", "IDN", "I1"])
def test_a_country_is_two_capital_letters(field: str, code: str) -> None:
    assert f"“{code}” is no country’s code" in refused(transfer(**{field: code}))


def test_our_own_account_is_looked_at_as_well() -> None:
    assert refused(transfer(), debtor=replace(US, account=GERMAN[:-1] + "1")).startswith("Our own account: the IBAN")
    assert refused(transfer(), debtor=replace(US, name="")) == "Our own account: the name is missing."
    assert "no country’s code" in refused(transfer(), debtor=replace(US, country="Germany"))
    assert "no currency’s code" in refused(transfer(), debtor=replace(US, currency="eur"))


def test_without_our_bic_the_bank_is_said_not_to_be_provided() -> None:
    [payment] = payments(read(transfer(), debtor=replace(US, bic="")))
    assert at(payment, "DbtrAgt/FinInstnId/Othr/Id") == "NOTPROVIDED"


# Text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Amélie Žukić", "Amelie Zukic"),
        ("Nguyễn Thị Ánh", "Nguyen Thi Anh"),
        ("İpek  Çağ’in  Şen", "Ipek Cag'in Sen"),
        ("Hope – Light\u00a0e.V.", "Hope - Light e.V."),
    ],
)
def test_accents_are_folded_as_banks_fold_them(typed: str, plain: str) -> None:
    document = read(transfer(payee=typed, purpose=typed))
    assert (each(document, ".//Cdtr/Nm"), each(document, ".//Ustrd")) == ([plain], [plain])


@pytest.mark.parametrize("name", ["مرکز امید", "Центр надії", "希望", "မျှော်လင့်ချက်", "Łukasz", "Strauß", "Hope & Light"])
def test_a_name_in_other_letters_is_asked_for_as_the_bank_has_it(name: str) -> None:
    said = refused(transfer(payee=name))
    assert said.startswith(f"Payment “RR-2026-0041”: the payee’s name “{name}” has “")
    assert said.endswith("write it as the bank has it, in Latin letters.")


@pytest.mark.parametrize("field", ["purpose", "payee_town", "payee"])
def test_what_is_too_long_is_refused_and_never_cut(field: str) -> None:
    limit = {"purpose": 140, "payee_town": 35, "payee": 140}[field]
    assert ("a" * limit).encode() in written(transfer(**{field: "a" * limit}))
    assert f"has {limit + 1} characters, and banks take {limit}" in refused(transfer(**{field: "a" * (limit + 1)}))


def test_the_sepa_takes_shorter_names() -> None:
    assert "and banks take 70" in refused(in_sepa(payee="a" * 71))


def test_a_payee_has_a_name() -> None:
    assert "the payee’s name is missing" in refused(transfer(payee=" \u0301"))


def test_an_address_has_its_town_by_itself_and_two_lines() -> None:
    assert "needs its town" in refused(transfer(payee_address=("Jalan Raya 17, Bogor",)))
    assert "two lines at most" in refused(transfer(payee_town="Bogor", payee_address=("a", "b", "c")))
    assert "the address is missing" in refused(transfer(payee_town="Bogor", payee_address=("",)))
    document = read(transfer(payee_town="Bogor", payee_address=("Jalan Raya 17", "Lantai 2")))
    assert each(document, ".//AdrLine") == ["Jalan Raya 17", "Lantai 2"]


# The table


def test_the_table_has_a_header_and_a_row_for_each_payment_in_any_script() -> None:
    table = as_csv(
        [
            transfer(
                payee="مرکز امید",
                payee_town="Bogor",
                payee_address=("Jalan Raya 17", "Lantai 2"),
                bank_name="BCA",
                purpose="Winter",
            )
        ]
    )
    assert table.splitlines() == [
        "reference,payee,account,bic,bank_name,bank_country,payee_country,payee_town,payee_address,currency,amount,purpose",
        'RR-2026-0041,مرکز امید,0012345678,CENAIDJA,BCA,ID,ID,Bogor,"Jalan Raya 17, Lantai 2",USD,1250.50,Winter',
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=", "-", "+1-1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_only_text(text: str) -> None:
    [row] = rows(transfer(payee=text, purpose=text))
    assert (row["payee"], row["purpose"]) == (f"'{text}", f"'{text}")


@pytest.mark.parametrize("number", ["0012345678", "-5.00", "+6281234567", "17"])
def test_a_plain_number_is_left_as_it_is(number: str) -> None:
    [row] = rows(transfer(account=number))
    assert row["account"] == number


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    [row] = rows(transfer(payee=text))
    if row["payee"].startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        assert Decimal(row["payee"]).is_finite()
    assert row["payee"].removeprefix("'") == text.removeprefix("'")


def test_the_table_has_the_decimals_of_each_currency() -> None:
    four = [Money(80_000, "JPY"), Money(1_250, "KWD"), Money(5_00, "ISK"), Money(5_00, "USD")]
    found = rows(*(transfer(reference=f"{n}", amount=amount) for n, amount in enumerate(four)))
    assert [(row["amount"], row["currency"]) for row in found] == [
        *(("80000", "JPY"), ("1.250", "KWD"), ("5", "ISK"), ("5.00", "USD"))
    ]
