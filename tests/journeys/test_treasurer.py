"""Two treasurers, without JavaScript: a decided call is divided, paid by both, and what was paid is for all to see."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Response, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from grants import application_letters
from grants.models import Application, Evidence, GrantState, PayeeAccount, PaymentFile, State, Tranche
from tests.browser import Visits
from tests.grants import build
from tests.journeys.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "winter-coats-for-60"
THEIR_ACCOUNT = {
    "Payee": "Zahra Ahmadi",
    "Account number": "123 456 789",
    "BIC": "CENAIDJA",
    "Bank": "Bank Central Asia",
    "Town of the payee": "Bogor",
}
OUR_ACCOUNT = {
    "Account holder": "Refugees Rise e.V.",
    "IBAN or account number": "DE89 3704 0044 0532 0130 00",
    "BIC": "COBADEFFXXX",
    "Currency": "EUR",
}


class Desk(Phone):
    """The frame of the staff's pages is Django's own, and so is all of a change form, its tables without words too."""

    most = 1_000_000

    def look_at(self, shown: Response) -> None:
        if not shown.url.endswith("/change/"):
            super().look_at(shown)


@pytest.fixture(autouse=True)
def _links_lead_here(settings: Settings, live_server: LiveServer) -> None:
    settings.PUBLIC_URL, settings.STAFF_SECOND_FACTOR = live_server.url, False


def treasurer(visit: Visits, server: LiveServer, name: str) -> Desk:
    """Has come in by the staff's door."""
    person = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    call_command("staff", person.username, role=["treasurer"], stdout=StringIO())
    desk = Desk(visit)
    desk.open(f"{server.url}/staff/")
    desk.fill("Username", name)
    desk.fill("Password", PASSWORD)
    desk.press("Sign in")
    return desk


def decided() -> Application:
    """Two asked for 1,200 each, and the public appeal that they asked holds 2,000."""
    first, _second = build.decided(2)
    first.call.campaign.go_live()
    build.gift(first.call.fund, 2_000_00)
    return first


def test_what_one_treasurer_proposes_another_approves_and_all_can_see_what_was_paid(
    visit: Visits, live_server: LiveServer, mailoutbox: list[EmailMessage]
) -> None:
    application = decided()
    first, group = treasurer(visit, live_server, "amina"), Phone(visit)
    divides(first)
    accepts(group, application, mailoutbox)
    records_the_account(first, application)
    tranche = Tranche.objects.get(grant__application=application)
    chooses_it_and_cannot_approve(first)
    records_ours(first)
    second = treasurer(visit, live_server, "bashir")
    approves(second)
    sends(second)
    group.open(link_to_confirm(second))
    group.press("Yes, the money came")
    expect(group.page.get_by_role("heading", level=1)).to_have_text("Thank you")
    tranche.refresh_from_db()
    assert tranche.state == State.CONFIRMED
    assert [approval.approved_by.username for approval in tranche.approvals.all()] == ["bashir"]
    anybody_sees(group, live_server, application)


def typed(desk: Desk, fields: dict[str, str]) -> None:
    for label, text in fields.items():
        desk.page.get_by_label(f"{label}:", exact=True).fill(text)


def to(desk: Desk, table: str) -> None:
    desk.follow("Home")
    desk.follow(table)


def divides(desk: Desk) -> None:
    desk.follow("Calls")
    desk.follow("Divide the money")
    ways = desk.page.get_by_role("table", name="The three ways")
    for given in ("$1,200.00", "$1,000.00", "$800.00"):
        expect(ways).to_contain_text(given)
    desk.page.get_by_label("the same part for everyone").check()
    desk.fill("Tranches of each grant", "1")
    desk.fill("Reason", "Both need it before the snow.")
    desk.press("Divide the money")
    expect(desk.page.get_by_text("Done: Divide the money")).to_be_visible()


def accepts(phone: Phone, application: Application, mailoutbox: list[EmailMessage]) -> None:
    application_letters.mail_all(timezone.now())
    [letter] = [each for each in mailoutbox if application.grant.key in str(each.body)]
    found = re.search(r"http\S+", str(letter.body))
    assert found
    phone.open(found[0])
    phone.fill("Who answers for the group?", "Zahra")
    phone.press("We accept")
    application.grant.refresh_from_db()
    assert application.grant.state == GrantState.ACCEPTED


def records_the_account(desk: Desk, application: Application) -> None:
    to(desk, "Payee accounts")
    desk.follow("Add payee account")
    desk.page.get_by_label("Initiative").select_option(application.name)
    for label in ("Country of the bank", "Country of the payee"):
        desk.page.get_by_label(label).select_option("Indonesia")
    typed(desk, THEIR_ACCOUNT)
    desk.press("Save")
    build.waited(PayeeAccount.objects.get())


def chooses_it_and_cannot_approve(desk: Desk) -> None:
    to(desk, "Tranches")
    row = desk.page.get_by_role("row").filter(has_text="Group 1")
    with desk.arriving():
        row.get_by_role("link", name="Choose the account").click()
    desk.press("Choose the account")
    desk.follow("Approve")
    desk.press("Approve")
    expect(desk.page.get_by_text("You proposed this payment, so another person has to approve it.")).to_be_visible()


def records_ours(desk: Desk) -> None:
    """What we pay from, for another person to approve."""
    to(desk, "Accounts of ours")
    desk.follow("Add account of ours")
    desk.page.get_by_label("Country of the bank").select_option("Germany")
    typed(desk, OUR_ACCOUNT)
    desk.press("Save")


def approves(desk: Desk) -> None:
    """Having read to whom, and how much."""
    desk.follow("Tranches")
    row = desk.page.get_by_role("row").filter(has_text="Group 1")
    with desk.arriving():
        row.get_by_role("link", name="Approve").click()
    for read in ("Group 1", "$1,000.00", "Zahra Ahmadi", "123456789", "proposed by amina"):
        expect(desk.page.locator("#content-main")).to_contain_text(read)
    desk.press("Approve")
    expect(desk.page.get_by_text("is now: approved.")).to_be_visible()


def sends(desk: Desk) -> None:
    """By the bank's own page, with the file that is made here; then it is marked here, with its proof."""
    to(desk, "Tranches")
    desk.follow("Payment file")
    desk.follow("Our accounts")
    desk.follow("Approve")
    desk.press("Approve")
    to(desk, "Tranches")
    desk.follow("Payment file")
    with desk.page.expect_download() as downloading:
        desk.page.get_by_role("button", name="Make the file").click()
    written = Path(downloading.value.path()).read_text()
    assert "<Id>123456789</Id>" in written
    assert PaymentFile.objects.get().made_by.username == "bashir"
    to(desk, "Tranches")
    desk.follow("Mark as sent")
    desk.fill("Reference", "FT-2026-77")
    desk.fill("Fee of the bank or the service", "18")
    desk.press("Mark as sent")
    expect(desk.page.get_by_text("is now: sent.")).to_be_visible()
    assert Evidence.objects.get().fee.minor == 18_00


def link_to_confirm(desk: Desk) -> str:
    return desk.page.locator(".field-confirmation_link .readonly").inner_text()


def anybody_sees(phone: Phone, server: LiveServer, application: Application) -> None:
    phone.open(server.url + application.call.campaign.get_absolute_url())
    phone.follow("See the books of this appeal")
    figures = phone.page.get_by_role("row")
    expect(figures.filter(has_text="Paid to refugee-led initiatives")).to_contain_text("$1,000.00")
    expect(figures.filter(has_text="Grants shown only as a sum")).to_contain_text("$1,000.00")
    expect(phone.page.get_by_text("Group 1")).to_have_count(0)
