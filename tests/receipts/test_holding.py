"""A receipt never prints a blank: what it lacks is asked of its donor by a link, and until then it takes no number."""

import datetime
import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from pytest_django import Settings

from ledger.money import Money
from receipts import asking, issuing, rendering
from receipts.models import HeldGift, Known, NumberSeries, Particulars, Receipt, Refused, RequiredField, missing
from tests.receipts import build, paper
from tests.receipts.test_admin import no_second_factor, signed_in

__all__ = ["no_second_factor"]
pytestmark = pytest.mark.django_db(transaction=True)


def asking_for(*fields: str, **when: object) -> None:
    profile = build.prepared()
    for field in fields:
        RequiredField.objects.create(issuer=profile, field=field, **when)
    profile.approve(by=build.person())


def held(**fields: Any) -> HeldGift:
    asking_for("address", "tax_id")
    gift = build.gift(**fields)
    assert issuing.issue(build.NOW) == 0
    return HeldGift.objects.get(donation=gift)


def link() -> str:
    asking.ask(build.later())
    found = re.search(r"http\S+/receipts/particulars/\S+/", str(mail.outbox[-1].body))
    assert found
    return found[0]


US, LOW = Money(250_00, "USD"), Money(249_99, "USD")


@pytest.mark.parametrize(
    ("rule", "known", "asks"),
    [
        ({"when": "always"}, Known(LOW, ()), True),
        ({"when": "amount", "amount_minor": 250_00, "currency": "USD"}, Known(US, ()), True),
        ({"when": "amount", "amount_minor": 250_00, "currency": "USD"}, Known(LOW, ()), False),
        ({"when": "amount", "amount_minor": 250_00, "currency": "CAD"}, Known(LOW, ()), True),
        ({"when": "individual"}, Known(LOW, ()), True),
        ({"when": "individual"}, Known(LOW, (), organisation=True), False),
        ({"when": "country", "country": "IN"}, Known(LOW, (), country="IN"), True),
        ({"when": "country", "country": "IN"}, Known(LOW, ()), False),
        ({"when": "always"}, Known(LOW, ("address",)), False),
    ],
)
def test_a_rule_asks_when_it_says(rule: dict[str, object], known: Known, asks: bool) -> None:
    assert missing([RequiredField(field="address", **rule)], known) == (["address"] if asks else [])


@pytest.mark.parametrize(
    "rule",
    [
        {"when": "amount"},
        {"when": "always", "country": "IN"},
        {"when": "country"},
        {"when": "__import__", "field": "x"},
    ],
)
def test_a_rule_outside_the_grammar_is_refused_by_the_database(rule: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match="required_"):
        RequiredField.objects.create(**{"issuer": build.prepared(), "field": "address"} | rule)


def test_a_receipt_that_lacks_something_is_held_and_uses_no_number() -> None:
    waiting = held()
    assert waiting.missing == ["address", "tax_id"]
    assert not NumberSeries.objects.exists()
    assert issuing.issue(build.NOW) == 0
    assert HeldGift.objects.count() == 1


def test_a_held_gift_does_not_hold_up_others() -> None:
    held()
    build.told("mina@example.org", address="1 Elm Street", tax_id="X-1")
    build.gift(email="Mina@example.org")
    assert issuing.issue(build.NOW) == 1
    assert Receipt.objects.get().number == "RR-2026-000001"


def test_the_donor_tells_by_a_link_and_then_gets_the_receipt() -> None:
    waiting, client = held(), Client()
    address = link()
    asked = str(mail.outbox[-1].body)
    assert "- postal address" in asked
    assert "$150.00" in asked
    page = client.get(address).content.decode()
    assert "Postal address" in page
    assert "Full name" not in page
    assert client.post(address, {"address": ""}).status_code == 422
    assert client.post(address, {"address": "1 Elm Street\nOttawa", "tax_id": "ABCDE1234F"}).status_code == 302
    assert issuing.issue(build.later()) == 1
    receipt = Receipt.objects.get(donation=waiting.donation)
    said = " ".join(paper.text(rendering.to_pdf(receipt)).split())
    assert "1 Elm Street Ottawa" in said
    assert "ABCDE1234F" in said
    assert "Your receipt needs nothing more" in client.get(address).content.decode()
    waiting.refresh_from_db()
    assert waiting.handled_at


def test_what_was_told_once_is_not_asked_again() -> None:
    waiting = held()
    waiting.particulars.tell({"address": "1 Elm Street", "tax_id": "X-1"}, build.NOW + datetime.timedelta(seconds=1))
    assert issuing.issue(build.later()) == 1
    build.gift(email="LEILA@example.org")
    assert issuing.issue(build.later()) == 1
    assert Particulars.objects.count() == 1


def test_what_was_told_is_sealed_in_every_table_and_left_out_of_what_nobody_asked_for() -> None:
    asking_for("address")
    build.told("leila@example.org", address="1 Elm Street", tax_id="ABCDE1234F")
    build.gift()
    issuing.issue(build.NOW)
    receipt = Receipt.objects.get()
    assert (receipt.donor_address, receipt.donor_tax_id) == ("1 Elm Street", "")
    for table in ("receipts_receipt", "receipts_particulars", "ledger_change"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert "Elm" not in str(cursor.fetchone())


def test_a_donor_is_asked_three_times_at_most_and_not_within_two_weeks() -> None:
    held()
    for day in (0, 1, 13, 15, 31, 60, 90):
        asking.ask(build.later(days=day))
    assert len(mail.outbox) == 3
    assert Particulars.objects.get().asked_times == 3
    with pytest.raises(IntegrityError, match="three_times"):
        build.sql("UPDATE receipts_particulars SET asked_times = 4")


def test_nobody_is_asked_whose_gift_is_not_held() -> None:
    waiting = held()
    waiting.particulars.tell({"address": "1 Elm Street", "tax_id": "X-1"}, build.later())
    issuing.issue(build.later())
    assert asking.ask(build.later()) == 0


def test_a_link_ends_after_90_days_and_when_a_newer_one_is_mailed() -> None:
    waiting = held()
    first = link()
    waiting.particulars.refresh_from_db()
    waiting.particulars.mint(build.NOW)
    assert Client().get(first).status_code == 410
    second = Particulars.objects.get().mint(build.NOW - datetime.timedelta(days=200))
    assert Client().get(f"/receipts/particulars/{second}/").status_code == 410


def test_the_link_itself_is_not_stored() -> None:
    held()
    token = link().rstrip("/").rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM receipts_particulars t")
        assert token not in str(cursor.fetchone())


def test_other_rules_let_a_held_gift_go() -> None:
    held()
    later = build.issuer(valid_from=datetime.date(2026, 5, 1))
    assert later.required.count() == 0
    assert issuing.issue(build.NOW) == 1


def test_staff_enter_what_was_told_by_telephone() -> None:
    asking_for("address")
    gift = build.gift(email="")
    issuing.issue(build.NOW)
    waiting = HeldGift.objects.get(donation=gift)
    client, _person = signed_in("view_heldgift", "ask_heldgift")
    page = f"/staff/receipts/heldgift/{waiting.pk}/step/tell/"
    assert "Postal address" in client.get(page).content.decode()
    assert client.post(page, {"address": "1 Elm Street"}).status_code == 302
    assert issuing.issue(build.later()) == 1
    assert "Elm" not in client.get(f"/staff/receipts/heldgift/{waiting.pk}/change/").content.decode()


def test_asking_again_lets_one_more_mail_go_and_not_within_a_day() -> None:
    waiting = held()
    asking.ask(build.later())
    waiting.particulars.refresh_from_db()
    with pytest.raises(Refused, match="less than a day ago"):
        waiting.particulars.ask_again(build.later())
    waiting.particulars.ask_again(build.later(days=2))
    assert asking.ask(build.later(days=2)) == 1
    assert len(mail.outbox) == 2


def test_a_new_key_seals_what_receipts_say_as_well(settings: Settings) -> None:
    asking_for("address")
    build.told("leila@example.org", address="1 Elm Street")
    build.gift()
    issuing.issue(build.NOW)
    settings.FIELD_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=", *settings.FIELD_KEYS]
    call_command("reseal", verbosity=0)
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Receipt.objects.get().donor_address == "1 Elm Street"
    assert Particulars.objects.get().address == "1 Elm Street"
    with pytest.raises(IntegrityError, match="what was issued stays"):
        build.sql("UPDATE receipts_receipt SET donor_address = 'x'")


def test_no_number_of_addresses_that_cannot_be_written_to_holds_up_another_donor() -> None:
    asking_for("address")
    appeal = build.campaign()
    for number in range(101):
        build.gift(to=appeal, email=f"{number}@example.org\nBcc: all@example.org")
    build.gift(to=appeal, email="mina@example.org")
    for _ in range(2):
        assert issuing.issue(build.NOW) == 0
    assert HeldGift.objects.count() == 102
    assert asking.ask(build.later()) == 1
    assert [each.to for each in mail.outbox] == [["mina@example.org"]]
