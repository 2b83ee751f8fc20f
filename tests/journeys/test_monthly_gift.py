"""A donor gives every month and changes it, in a real browser, under the production's content security policy."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.models import Campaign
from donations import links
from donations.models import MonthlyGift
from donations.sandbox.process import Sandbox
from donations.subscription import Promise
from tests.browser import Visits
from tests.journeys.test_gift import campaign, looked_at, stripe_tells

__all__ = ["campaign"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def give_monthly(page: Page, server: LiveServer, campaign: Campaign, sandbox: Sandbox) -> MonthlyGift:
    page.goto(f"{server.url}/give/{campaign.slug}/")
    page.get_by_role("radio", name="Every month").check()
    page.get_by_role("textbox", name="amount").first.fill("42")
    page.get_by_label("Your email address").fill("mina@example.org")
    page.wait_for_timeout(3100)  # as long as a person needs at the very least
    page.get_by_role("button", name="Continue to payment").click()
    card(page, "4242424242424242")
    page.get_by_role("button", name="Subscribe").click()
    stripe_tells(sandbox)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your gift has arrived.")
    return MonthlyGift.objects.get()


def card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 40")
    page.get_by_label("CVC").fill("123")


def enter(page: Page, server: LiveServer) -> None:
    """By the link that is mailed."""
    page.goto(server.url)
    page.get_by_role("link", name="See or change my gifts").click()
    looked_at(page)
    page.get_by_label("Your email address").fill("mina@example.org")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    looked_at(page)
    links.mail_all(timezone.now())
    found = re.search(r"https?://\S+/my-gifts/open/\S+", str(mail.outbox[-1].body))
    assert found
    page.goto(found[0])
    looked_at(page)
    page.get_by_role("button", name="Show my gifts").click()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    looked_at(page)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_donor_gives_every_month_and_changes_everything_on_a_phone(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, settings: Settings, language: str
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    page = visit(width=360, language=language).new_page()
    gift = give_monthly(page, live_server, campaign, sandbox)
    enter(page, live_server)
    heading(page, "My gifts")
    page.locator(".card").get_by_role("link").click()
    looked_at(page)

    page.get_by_role("textbox", name="amount").fill("1e3")
    page.get_by_role("button", name="Change the amount").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page)
    page.get_by_role("textbox", name="amount").fill("50")
    page.get_by_role("button", name="Change the amount").click()
    expect(page.get_by_role("status")).to_contain_text("Your gift is changed")

    page.get_by_role("button", name="Change the card").click()
    card(page, "5555555555554444")
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_role("status")).to_contain_text("new card")

    page.get_by_role("link", name="Pause it").click()
    heading(page, "Pause this gift?")
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("status")).to_contain_text("paused")
    looked_at(page)

    page.get_by_role("link", name="Stop it").click()
    heading(page, "Stop this gift?")
    page.get_by_role("button", name="Stop it").click()
    expect(page.get_by_role("status")).to_contain_text("stopped")
    looked_at(page)
    gift.refresh_from_db()
    assert (gift.state, gift.amount_minor) == (Promise.ENDED, 50_00)


def test_the_link_in_a_mail_stops_a_gift_in_two_steps(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign
) -> None:
    page = visit(width=320, scripts=True).new_page()
    gift = give_monthly(page, live_server, campaign, sandbox)
    page.goto(links.stop_address(gift))
    heading(page, "Stop this gift?")
    page.get_by_role("button", name="Stop it").click()
    heading(page, "This gift is stopped")
    page.goto(f"{live_server.url}/my-gifts/open/AAAA/")
    heading(page, "This link is not good any more")
