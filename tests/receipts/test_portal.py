"""What is handed in to an authority: declared by donors, without what went back, and harmless in a spreadsheet."""

import csv
import datetime
from io import StringIO
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from ledger.money import Money
from receipts import gift_aid, issuing, portal
from receipts.models import FiscalYear, GiftAidDeclaration, Receipt
from tests.receipts import build
from tests.receipts.test_admin import no_second_factor, signed_in
from tests.receipts.test_profiles import approved

__all__ = ["no_second_factor"]
pytestmark = pytest.mark.django_db(transaction=True)
DETAILS = {
    "title": "Dr",
    "first_name": "Leila",
    "last_name": "Noori-Smith",
    "house": "=1+1",
    "postcode": "sw1a1aa",
    "agreed": "on",
}


def year_of(receipt: Receipt) -> FiscalYear:
    return FiscalYear.objects.create(
        issuer=receipt.issuer, first_day=datetime.date(2026, 4, 6), last_day=datetime.date(2027, 4, 5)
    )


def in_pounds(**fields: Any) -> Receipt:
    if not Receipt.objects.exists():
        approved("gb")
    gift = build.gift(Money(20_00, "GBP"), **fields)
    issuing.issue(build.NOW)
    return Receipt.objects.get(donation=gift)


def declared(receipt: Receipt, **more: str) -> GiftAidDeclaration:
    answer = Client().post(f"/receipts/{receipt.key}/gift-aid/", DETAILS | more)
    assert answer.status_code == 302
    return GiftAidDeclaration.objects.latest("pk")


def handed_in(year: FiscalYear) -> list[list[str]]:
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    answer = client.get(f"/staff/receipts/fiscalyear/{year.pk}/list/")
    return [*csv.reader(StringIO(answer.getvalue().decode()))][1:]


def test_a_donor_declares_on_a_page_of_the_receipt_and_may_withdraw() -> None:
    receipt, client = in_pounds(), Client()
    page = f"/receipts/{receipt.key}/gift-aid/"
    assert page in client.get(receipt.get_absolute_url()).content.decode()
    assert "I want Asia Pacific Network of Refugees Ltd to claim Gift Aid" in client.get(page).content.decode()
    assert client.post(page, DETAILS | {"agreed": ""}).status_code == 422
    assert client.post(page, DETAILS | {"postcode": "12345"}).status_code == 422
    kept = declared(receipt)
    assert (kept.postcode, kept.text.version) == ("SW1A 1AA", "gb-2026-11-23")
    assert "You have declared Gift Aid" in client.get(page).content.decode()
    client.post(page)
    kept.refresh_from_db()
    assert kept.withdrawn_at


def test_there_is_nothing_to_declare_for_other_schemes_and_currencies() -> None:
    receipt = build.receipt()
    assert Client().get(f"/receipts/{receipt.key}/gift-aid/").status_code == 404
    assert "Gift Aid" not in Client().get(receipt.get_absolute_url()).content.decode()


def test_the_schedule_has_the_columns_and_the_forms_that_are_asked_for() -> None:
    receipt = in_pounds()
    declared(receipt)
    assert gift_aid.COLUMNS[1:6] == ("Title", "First name or initial", "Last name", "House name or number", "Postcode")
    row = ["1", "Dr", "Leila", "Noori Smith", "'=1+1", "SW1A 1AA", "", "", "14/05/26", "20.00"]
    assert handed_in(year_of(receipt)) == [row]


def test_what_went_back_is_not_claimed() -> None:
    whole, part = in_pounds(), in_pounds()
    for receipt in (whole, part):
        declared(receipt)
    build.refund(whole.gift, 20_00)
    build.refund(part.gift, 5_00)
    assert [row[-1] for row in handed_in(year_of(part))] == ["15.00"]


def test_a_declaration_is_for_the_gifts_that_it_names_and_no_others() -> None:
    now = datetime.datetime.now(datetime.UTC)
    before, after = now - datetime.timedelta(days=30), now + datetime.timedelta(days=30)
    long_ago = now - datetime.timedelta(days=5 * 366)
    first = in_pounds()
    gifts = [build.gift(Money(1_00, "GBP"), charged_at=moment) for moment in (long_ago, before, after)]
    alone = declared(first)
    assert [alone.covers(gift) for gift in (first.gift, *gifts)] == [True, False, False, False]
    gift_aid.withdraw(alone, now)
    wide = declared(first, past="on", future="on")
    assert [wide.covers(gift) for gift in (first.gift, *gifts)] == [True, False, True, True]


def test_a_gift_without_a_declaration_and_another_donors_are_not_claimed() -> None:
    receipt = in_pounds()
    declared(receipt, past="on", future="on")
    in_pounds(email="mina@example.org")
    assert len(handed_in(year_of(receipt))) == 1


def test_a_declaration_stays_what_was_declared_and_is_sealed() -> None:
    receipt = in_pounds()
    declared(receipt)
    for change in ("past = true", "last_name = 'x'", "created_at = now()"):
        with pytest.raises(IntegrityError, match="is refused"):
            build.sql(f"UPDATE receipts_giftaiddeclaration SET {change}")
    with pytest.raises(IntegrityError, match="is refused"):
        build.sql("DELETE FROM receipts_giftaiddeclaration")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM receipts_giftaiddeclaration t")
        assert "Noori" not in str(cursor.fetchone())


def test_form_10bd_lists_each_valid_receipt_with_its_donors_number() -> None:
    approved("in")
    build.told("leila@example.org", address="1 Elm Street\nDelhi", tax_id="ABCDE1234F")
    build.told("mina@example.org", name="+Mina", address="2 Elm Street", tax_id="P 12")
    gifts = [build.gift(Money(500_00, "INR")), build.gift(Money(100_00, "INR"), email="mina@example.org")]
    issuing.issue(build.NOW)
    build.refund(gifts[0], 200_00)
    issuing.correct(build.NOW)
    rows = {row[7]: row for row in handed_in(year_of(Receipt.objects.valid().latest("pk")))}
    assert len(portal.FORM_10BD) == len(rows["Leila Noori"]) == 12
    assert rows["Leila Noori"][2:5] == ["Permanent Account Number", "ABCDE1234F", "Section 80G"]
    assert rows["Leila Noori"][8:] == ["1 Elm Street, Delhi", "Others", portal.ELECTRONIC, "300.00"]
    assert rows["'+Mina"][2:4] == ["", "P 12"]


def test_the_list_is_for_whoever_closes_years() -> None:
    receipt = in_pounds()
    client, _person = signed_in("view_fiscalyear")
    assert client.get(f"/staff/receipts/fiscalyear/{year_of(receipt).pk}/list/").status_code == 403
