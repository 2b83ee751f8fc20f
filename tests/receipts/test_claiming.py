"""The claim of Gift Aid: spreadsheets as the tax office's own reader counts them, and nobody's name cut in silence."""

import datetime
import zipfile
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from lxml import etree  # type: ignore[import-untyped]

from ledger.money import Money
from receipts import claiming, ods
from receipts.claiming import Line
from receipts.models import FiscalYear, Receipt
from receipts.spelling import western
from tests.receipts import build
from tests.receipts.test_admin import no_second_factor, signed_in
from tests.receipts.test_portal import DETAILS, declared, in_pounds, year_of

__all__ = ["no_second_factor"]
LEILA = Line("Dr", "Leila", "Noori", "=1+1", "SW1A 1AA", datetime.date(2026, 5, 14), Decimal("20.00"))
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def read(file: bytes) -> tuple[str, list[list[tuple[str, str, str]]]]:
    """The name of the first sheet, and of each cell its type, its value and the text shown."""
    with zipfile.ZipFile(BytesIO(file)) as pack:
        assert pack.testzip() is None
        assert (pack.namelist()[0], pack.read("mimetype").decode()) == ("mimetype", ods.MEDIA_TYPE)
        sheet = next(etree.fromstring(pack.read("content.xml")).iter(f"{TABLE}table"))
    rows = [[typed(cell) for cell in row.iter(f"{TABLE}table-cell")] for row in sheet.iterchildren(f"{TABLE}table-row")]
    return sheet.get(f"{TABLE}name"), rows


def typed(cell: etree._Element) -> tuple[str, str, str]:
    kind = cell.get(f"{OFFICE}value-type", "")
    return kind, cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}date-value") or "", "".join(cell.itertext())


def page_of(year: FiscalYear) -> str:
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    return client.get(f"/staff/receipts/fiscalyear/{year.pk}/gift-aid/").content.decode()


def declared_as(receipt: Receipt, **details: str) -> int:
    return Client().post(f"/receipts/{receipt.key}/gift-aid/", DETAILS | details).status_code


def test_each_thing_stands_where_the_tax_office_looks_for_it() -> None:
    earlier = LEILA._replace(day=datetime.date(2026, 4, 7))
    name, rows = read(claiming.written([LEILA, earlier]))
    assert name == "R68GAD_V1_00_0_EN"
    assert rows[12][3] == ("date", "2026-04-07", "07/04/26")
    assert rows[16][3] == ("", "", "")
    assert [cell[2] for cell in rows[22]][:4] == ["", "Item", "Title", "First name or initial"]
    assert rows[24][1] == ("float", "1", "1")
    assert [cell[2] for cell in rows[24][2:9]] == ["Dr", "Leila", "Noori", "=1+1", "SW1A 1AA", "", ""]
    assert rows[24][9:] == [("date", "2026-05-14", "14/05/26"), ("float", "20.00", "20.00")]
    assert len(rows) == 26


def test_a_text_is_a_text_whatever_it_begins_with() -> None:
    file = claiming.written([LEILA])
    assert read(file)[1][24][5][0] == "string"
    with zipfile.ZipFile(BytesIO(file)) as pack:
        assert b"formula" not in pack.read("content.xml")


def test_the_same_claim_gives_the_same_bytes() -> None:
    assert claiming.written([LEILA, LEILA]) == claiming.written([LEILA, LEILA])


def test_a_file_has_a_thousand_gifts_and_each_file_counts_from_one() -> None:
    claim = claiming.Claim([LEILA] * 2001, [])
    assert [len(lines) for lines in claim.files] == [1000, 1000, 1]
    last = read(claiming.written(claim.files[1]))[1][-1]
    assert last[1][1] == "1000"


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("Zoë  O’Neill", "Zoë O'Neill"),
        ("Şule Łuk", "Sule Luk"),
        ("Nguyễn", "Nguyen"),
        ("لیلا", ""),
        ("Leila نوری", ""),
        ("", ""),
    ],
)
def test_a_name_is_spelled_in_letters_that_are_read_or_not_at_all(typed: str, spelled: str) -> None:
    assert western(typed) == spelled


def test_a_quarter_of_what_was_given_is_expected_without_fractions_of_a_penny() -> None:
    claim = claiming.Claim([LEILA, LEILA._replace(amount=Decimal("0.03"))], [])
    assert (claim.total, claim.tax) == (Money(20_03, "GBP"), Money(5_00, "GBP"))


@pytest.mark.django_db(transaction=True)
def test_staff_see_what_is_claimed_and_save_its_file() -> None:
    receipt = in_pounds()
    declared(receipt)
    build.refund(receipt.gift, 5_00)
    year = year_of(receipt)
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    page = f"/staff/receipts/fiscalyear/{year.pk}/gift-aid/"
    assert page in client.get(f"/staff/receipts/fiscalyear/{year.pk}/change/").content.decode()
    shown = client.get(page).content.decode()
    assert "£15.00" in shown
    assert "£3.75" in shown
    assert "5 April 2031" in shown or "April 5, 2031" in shown
    file = client.get(page, {"file": "1"})
    assert file["Content-Type"] == ods.MEDIA_TYPE
    assert "no-store" in file["Cache-Control"]
    assert read(file.content)[1][24][10][1] == "15.00"
    assert [client.get(page, {"file": no}).status_code for no in ("0", "2", "x", "²")] == [404] * 4


@pytest.mark.django_db(transaction=True)
def test_a_year_is_claimed_within_four_years_of_its_end() -> None:
    receipt = in_pounds()
    declared(receipt)
    year = FiscalYear(issuer=receipt.issuer, first_day=datetime.date(2011, 3, 1), last_day=datetime.date(2012, 2, 29))
    year.save()
    assert claiming.last_day_to_claim(year) == datetime.date(2016, 2, 29)
    assert "It is too late now" in page_of(year)
    year.last_day = datetime.date(2017, 2, 28)
    assert claiming.last_day_to_claim(year) == datetime.date(2021, 2, 28)


@pytest.mark.django_db(transaction=True)
def test_no_file_is_given_of_a_year_that_is_too_old() -> None:
    receipt = in_pounds(charged_at=datetime.datetime(2011, 5, 1, tzinfo=datetime.UTC))
    declared(receipt)
    year = FiscalYear.objects.create(
        issuer=receipt.issuer, first_day=datetime.date(2011, 4, 6), last_day=datetime.date(2012, 4, 5)
    )
    assert claiming.claim_of(year).lines
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    assert client.get(f"/staff/receipts/fiscalyear/{year.pk}/gift-aid/", {"file": "1"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_donor_is_asked_for_letters_that_the_tax_office_reads() -> None:
    receipt = in_pounds()
    assert declared_as(receipt, last_name="نوری") == 422
    assert declared_as(receipt, house="x" * 41) == 422
    assert declared_as(receipt, first_name="Şule") == 302


@pytest.mark.django_db(transaction=True)
def test_a_name_that_cannot_be_read_is_left_out_and_told() -> None:
    receipt = in_pounds()
    made = declared(receipt)
    made.pk, made.last_name = None, "نوری"
    made_before = receipt.gift
    type(made).objects.standing().update(withdrawn_at=build.NOW)
    made.save(force_insert=True)
    year = year_of(receipt)
    claim = claiming.claim_of(year)
    assert (list(claim.lines), [gift.pk for gift in claim.left_out]) == ([], [made_before.pk])
    assert made_before.reference in page_of(year)


@pytest.mark.django_db(transaction=True)
def test_the_claim_is_for_whoever_closes_years_of_a_scheme_that_claims() -> None:
    receipt = in_pounds()
    client, _person = signed_in("view_fiscalyear")
    assert client.get(f"/staff/receipts/fiscalyear/{year_of(receipt).pk}/gift-aid/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_other_schemes_have_no_claim() -> None:
    year = year_of(build.receipt())
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    assert client.get(f"/staff/receipts/fiscalyear/{year.pk}/gift-aid/").status_code == 404
