"""A donor gives in a real browser, with the production's content security policy, with and without JavaScript."""

import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.models import Campaign, SuggestedAmount
from donations import settlement
from donations.drain import drain
from donations.models import Donation, State
from donations.sandbox.process import Sandbox
from tests.browser import Visits
from tests.donations import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def campaign(sandbox: Sandbox, settings: Settings) -> Campaign:
    """An open appeal, under the policy of settings.py with the sandbox's address in Stripe's place."""
    stripe = settings.SECURE_CSP["form-action"]
    settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": [stripe[0], sandbox.url]}
    started = build.campaign()
    for minor in (15_00, 35_00, 75_00):
        SuggestedAmount.objects.create(campaign=started, currency="USD", amount_minor=minor)
    return started


def fill_in(page: Page, server: LiveServer, campaign: Campaign) -> None:
    page.goto(server.url + campaign.get_absolute_url())
    page.get_by_role("link", name="Give", exact=False).first.click()
    page.get_by_role("radio", name="Once").check()
    page.get_by_role("textbox", name="amount").first.fill("42")
    page.get_by_label("Your email address").fill("mina@example.org")
    page.wait_for_timeout(3100)  # as long as a person needs at the very least
    page.get_by_role("button", name="Continue to payment").click()


def pay_by(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 40")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name="Donate").click()


def stripe_tells(sandbox: Sandbox) -> None:
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + datetime.timedelta(seconds=1))
    settlement.sweep()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_donor_gives_by_card_and_sees_the_total_rise(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, scripts: bool
) -> None:
    page = visit(width=360, scripts=scripts).new_page()
    fill_in(page, live_server, campaign)
    expect(page).to_have_url(f"{sandbox.url}/c/pay/{Donation.objects.get().checkout_session}")
    pay_by(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", level=1)).to_have_text("We are waiting for the confirmation")
    stripe_tells(sandbox)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your gift has arrived.")  # it looks by itself
    page.goto(live_server.url + campaign.get_absolute_url())
    expect(page.locator("main")).to_contain_text("42")
    assert Donation.objects.get().state == State.SETTLED


def test_a_policy_that_does_not_name_stripe_would_stop_the_donor(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, settings: Settings
) -> None:
    settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": settings.SECURE_CSP["form-action"][:1]}
    page = visit().new_page()
    fill_in(page, live_server, campaign)
    page.wait_for_timeout(500)
    assert page.url.startswith(live_server.url)


def test_the_donors_bank_may_ask_them_first(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign
) -> None:
    page = visit().new_page()
    fill_in(page, live_server, campaign)
    pay_by(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    pay_by(page, "4000 0027 6000 3184")
    page.get_by_role("button", name="Complete").click()
    stripe_tells(sandbox)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your gift has arrived.")


def test_a_donor_who_comes_back_may_go_on_or_leave_it(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign
) -> None:
    page = visit().new_page()
    fill_in(page, live_server, campaign)
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your gift is not finished")
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_label("Card number")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Do not give after all").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This gift was not made")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_on_any_page_of_a_gift(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, language: str, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    page = visit(width=320, language=language).new_page()
    gift = build.donation(campaign)
    review = build.donation(campaign, review="It does not fit.")
    give = f"/give/{campaign.slug}/"
    thanks = f"{gift.get_absolute_url()}thanks/?looks=99"  # it does not look again by itself any more
    for path in (give, gift.get_absolute_url(), thanks, review.get_absolute_url()):
        page.goto(live_server.url + path)
        looked_at(page)
    page.goto(live_server.url + give)
    page.get_by_role("button").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page)


def looked_at(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
