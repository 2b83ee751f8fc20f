"""The story on the staff pages: record, confirm by another, import a statement, clear the queue."""

import logging
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from appeal.models import Campaign
from donations.models import BankAccount, OfflineGift, StatementLine
from donations.models.offline import Standing
from ledger.money import Money
from tests.donations import bank, build

pytestmark = pytest.mark.django_db(transaction=True)
RECORDING = ("add_offlinegift", "view_offlinegift")
CONFIRMING = ("confirm_offlinegift", "view_offlinegift")
IMPORTING = ("add_bankstatement", "view_bankaccount", "view_statementline", "change_statementline", "add_offlinegift")


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def signed_in(*permissions: str) -> Client:
    client = Client()
    client.force_login(bank.person(*permissions))
    return client


def superuser() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(f"treasurer-{next(bank.numbers)}"))
    return client


def step(of: OfflineGift | StatementLine | BankAccount, name: str) -> str:
    return reverse(f"admin:donations_{of._meta.model_name}_step", args=[of.pk, name])


def take(client: Client, of: OfflineGift | StatementLine | BankAccount, step_name: str, /, **given: Any) -> str:
    """Open the page of a step and send it; the text of the page that follows."""
    assert client.get(step(of, step_name)).status_code == 200
    response = client.post(step(of, step_name), given, follow=True)
    of.refresh_from_db()
    return " ".join(response.content.decode().split())


def gift_form(to: Campaign, /, **given: str) -> dict[str, str]:
    return {
        "campaign": str(to.pk),
        "method": "cheque",
        "given": "1,250.50",
        "given_currency": "USD",
        "credited": "",
        "received_on": "2026-11-20",
        "name": "Leila Noori",
        "email": "",
        "language": "en",
        "evidence": "Cheque 000123",
    } | given


ADD = "/staff/donations/offlinegift/add/"


def test_one_person_records_and_another_confirms(campaign: Campaign) -> None:
    recorder, confirmer = signed_in(*RECORDING), signed_in(*CONFIRMING)
    assert recorder.get(ADD).status_code == 200
    recorder.post(ADD, gift_form(campaign))
    gift = OfflineGift.objects.get()
    assert (gift.amount, gift.credited, gift.method) == (Money(1_250_50, "USD"), Money(1_250_50, "USD"), "cheque")
    page = confirmer.get(step(gift, "confirm")).content.decode()
    assert "<bdi>$1,250.50\xa0USD</bdi>" in page
    assert "Cheque 000123" in page
    assert "Done: Confirm" in take(confirmer, gift, "confirm")
    assert gift.standing == Standing.CONFIRMED
    assert campaign.raised() == Money(1_250_50, "USD")


def test_a_superuser_cannot_confirm_what_they_recorded(campaign: Campaign) -> None:
    client = superuser()
    client.post(ADD, gift_form(campaign))
    gift = OfflineGift.objects.get()
    assert "another person has to confirm it" in take(client, gift, "confirm")
    assert gift.standing == Standing.WAITING


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"given": "1e3"}, "not an amount"),
        ({"given": "0"}, "more than zero"),
        ({"given_currency": "EUR"}, "Say what the bank credited in USD"),
        ({"given_currency": "EUR", "credited": "1.3.5"}, "not an amount"),
        ({"credited": "1"}, "In one currency"),
        ({"received_on": "2999-01-01"}, "still to come"),
        ({"received_on": "2026-02-31"}, "valid date"),
        ({"evidence": " "}, "required"),
        ({"method": "card"}, "valid choice"),
        ({"campaign": ""}, "required"),
        ({"email": "leila"}, "valid email"),
    ],
)
def test_what_cannot_be_a_gift_is_refused_with_a_sentence(
    campaign: Campaign, given: dict[str, str], sentence: str
) -> None:
    response = superuser().post(ADD, gift_form(campaign, **given))
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not OfflineGift.objects.exists()


def test_a_gift_in_another_currency_keeps_both_amounts(campaign: Campaign) -> None:
    superuser().post(ADD, gift_form(campaign, given="100", given_currency="EUR", credited="108.00"))
    gift = OfflineGift.objects.get()
    assert (gift.amount, gift.credited) == (Money(100_00, "EUR"), Money(108_00, "USD"))


def test_withdrawing_and_reversing_on_the_pages(campaign: Campaign) -> None:
    first, second = superuser(), superuser()
    wrong = bank.recorded(campaign)
    take(first, wrong, "withdraw", reason="Counted twice.")
    assert wrong.standing == Standing.WITHDRAWN
    gift = bank.confirmed(campaign)
    take(first, gift, "ask-reversal", reason="For another appeal.")
    assert "another person has to agree" in take(first, gift, "reverse")
    assert "For another appeal." in second.get(step(gift, "reverse")).content.decode()
    take(second, gift, "reverse")
    assert gift.standing == Standing.REVERSED
    assert campaign.raised() == Money.zero("USD")


def test_only_the_steps_that_may_come_next_are_offered(campaign: Campaign) -> None:
    gift, client = bank.recorded(campaign), superuser()
    address = reverse("admin:donations_offlinegift_change", args=[gift.pk])
    assert re.findall(r"/step/([a-z-]+)/", client.get(address).content.decode()) == ["confirm", "withdraw"]
    gift = bank.confirmed(campaign)
    address = reverse("admin:donations_offlinegift_change", args=[gift.pk])
    page = client.get(address).content.decode()
    assert re.findall(r"/step/([a-z-]+)/", page) == ["ask-reversal"]
    assert 'name="_save"' not in page


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("confirm", "confirm_offlinegift"),
        ("reverse", "confirm_offlinegift"),
        ("withdraw", "add_offlinegift"),
        ("ask-reversal", "add_offlinegift"),
        ("keep", "add_offlinegift"),
    ],
)
def test_each_step_takes_its_permission(campaign: Campaign, name: str, permission: str) -> None:
    gift = bank.recorded(campaign)
    others = {*RECORDING, *CONFIRMING, "change_offlinegift", "delete_offlinegift"} - {permission}
    assert signed_in(*others).get(step(gift, name)).status_code == 403
    assert signed_in(permission).get(step(gift, name)).status_code == 200
    assert Client().get(step(gift, name)).status_code == 302


def test_what_is_recorded_is_neither_edited_nor_deleted(campaign: Campaign) -> None:
    gift, client = bank.recorded(campaign), superuser()
    client.post(reverse("admin:donations_offlinegift_change", args=[gift.pk]), gift_form(campaign, given="1"))
    assert client.post(f"/staff/donations/offlinegift/{gift.pk}/delete/", {"post": "yes"}).status_code == 403
    gift.refresh_from_db()
    assert gift.amount == Money(250_00, "USD")


# Statements


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("november.csv", content, "text/csv")


def test_a_statement_is_imported_and_says_what_became_of_it(campaign: Campaign) -> None:
    account, client = bank.account(), signed_in(*IMPORTING)
    rows = [bank.row(text=campaign.transfer_code), bank.row(), bank.row("-3.00"), bank.row(text="STRIPE")]
    file = bank.csv_file(*rows)
    page = take(client, account, "import", file=upload(file))
    assert "4 lines: 1 are gifts to confirm, 1 wait in the queue, 2 are no gifts, 0 were known already." in page
    assert "4 were known already" in take(client, account, "import", file=upload(file))


def test_a_broken_statement_is_refused_on_the_page() -> None:
    account = bank.account()
    page = take(superuser(), account, "import", file=upload(bank.csv_file(bank.row(), bank.row(on="31.02."))))
    assert "Line 3: “31.02.” is no day." in page
    assert not StatementLine.objects.exists()


@pytest.mark.parametrize(("megabytes", "words"), [(11, "larger than 10 MB"), (100, "larger than we can take")])
def test_a_file_that_is_too_large_is_refused_unread(megabytes: int, words: str) -> None:
    account = bank.account()
    page = take(superuser(), account, "import", file=upload(b"2026-11-20,5.00\n" * (megabytes * 1024 * 1024 // 16)))
    assert words in page
    assert not account.statements.exists()


def test_only_who_may_import_does() -> None:
    account = bank.account()
    assert signed_in("view_bankaccount", "change_bankaccount").get(step(account, "import")).status_code == 403


def test_how_statements_are_read_is_fixed_once_one_was_imported() -> None:
    account, client = bank.account(), superuser()
    address = reverse("admin:donations_bankaccount_change", args=[account.pk])
    assert 'name="date_column"' in client.get(address).content.decode()
    bank.bring_in(account, bank.csv_file(bank.row()))
    page = client.get(address).content.decode()
    assert 'name="date_column"' not in page
    assert 'name="name"' in page
    assert client.post(f"/staff/donations/bankaccount/{account.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text_column": ""}, "name them"),
        ({"text_column": "amount"}, "one thing only"),
        ({"currency": "usd"}, "Write it like USD"),
        ({"header_line": "0"}, "name them"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(given: dict[str, str], sentence: str) -> None:
    form = {
        "name": "Ours",
        "currency": "USD",
        "format": "csv",
        "encoding": "utf-8-sig",
        "delimiter": ",",
        "header_line": "1",
        "date_format": "%Y-%m-%d",
        "decimal_mark": ".",
        "date_column": "Date",
        "amount_column": "Amount",
        "text_column": "Text",
    } | given
    response = superuser().post("/staff/donations/bankaccount/add/", form)
    assert sentence in response.content.decode()
    assert not BankAccount.objects.exists()


# The queue


def line_of(text: str = "winter", **changes: Any) -> StatementLine:
    bank.bring_in(bank.account(), bank.csv_file(bank.row(text=text, **changes)))
    return StatementLine.objects.latest("pk")


def test_a_line_of_the_queue_is_assigned_and_another_person_confirms(campaign: Campaign) -> None:
    line, client = line_of(), signed_in(*IMPORTING)
    queue = client.get("/staff/donations/statementline/?standing=queue").content.decode()
    assert re.findall(r"/step/([a-z-]+)/", queue) == ["assign", "not-a-gift"]
    take(client, line, "assign", campaign=campaign.pk, name="Leila N.", email="leila@example.org", language="en")
    gift = OfflineGift.objects.get()
    assert (gift.line, gift.amount, gift.name) == (line, Money(250_00, "USD"), "Leila N.")
    assert "another person" in take(superuser_of(gift.recorded_by), gift, "confirm")
    assert "/step/" not in client.get("/staff/donations/statementline/?standing=gifts").content.decode()


def superuser_of(person: User) -> Client:
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def test_a_line_in_another_currency_needs_what_the_bank_credited(campaign: Campaign) -> None:
    line, client = line_of(currency="EUR"), superuser()
    given = {"campaign": campaign.pk, "name": "", "email": "", "language": "en"}
    assert "Say what the bank credited in USD" in take(client, line, "assign", **given)
    take(client, line, "assign", credited="270", **given)
    gift = OfflineGift.objects.get()
    assert (gift.amount, gift.credited) == (Money(250_00, "EUR"), Money(270_00, "USD"))


def test_nobody_types_another_amount_than_the_line_has(campaign: Campaign) -> None:
    line, client = line_of(), superuser()
    given = {"campaign": campaign.pk, "name": "", "email": "", "language": "en"}
    assert "leave this empty" in take(client, line, "assign", credited="900", **given)
    assert not OfflineGift.objects.exists()


def test_a_line_that_is_no_gift_leaves_the_queue_with_a_reason_and_can_come_back() -> None:
    line, client = line_of(), signed_in(*IMPORTING)
    assert "required" in take(client, line, "not-a-gift", reason="")
    take(client, line, "not-a-gift", reason="Rent that came back.")
    assert "Rent that came back." in client.get(f"/staff/donations/statementline/{line.pk}/change/").content.decode()
    assert not StatementLine.objects.queue().exists()
    take(client, line, "reconsider")
    assert StatementLine.objects.queue().get() == line


def test_words_of_payers_are_text_whatever_they_hold(campaign: Campaign) -> None:
    line = line_of("<script>alert(1)</script>", payer='=HYPERLINK("http://evil.example")')
    client = superuser()
    for address in ("/staff/donations/statementline/", step(line, "assign")):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "=HYPERLINK(&quot;" in page


def test_the_lists_ask_the_database_no_more_for_more_rows(
    campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    client = superuser()
    bank.bring_in(bank.account(), bank.csv_file(*(bank.row(f"{n}.00", campaign.transfer_code) for n in range(1, 20))))
    bank.bring_in(bank.account(), bank.csv_file(*(bank.row(f"{n}.00") for n in range(1, 20))))
    for name in ("statementline", "offlinegift", "bankstatement", "bankaccount"):
        with django_assert_max_num_queries(16, info=name):
            assert client.get(f"/staff/donations/{name}/").status_code == 200


def test_no_payer_gets_into_a_log(campaign: Campaign, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account, client = bank.account(), superuser()
    rows = [bank.row(text=f"{campaign.transfer_code} for Mina", payer="Leila Noori"), bank.row(on="never")]
    take(client, account, "import", file=upload(bank.csv_file(*rows)))
    take(client, account, "import", file=upload(bank.csv_file(rows[0])))
    gift = OfflineGift.objects.get()
    take(superuser(), gift, "confirm")
    told = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [message for message in told if "Leila" in message or "Mina" in message]
