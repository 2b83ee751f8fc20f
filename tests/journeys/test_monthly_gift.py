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
from tests.journeys.phone import said
from tests.journeys.test_gift import campaign, looked_at, stripe_tells

__all__ = ["campaign"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def give_monthly(
    page: Page, server: LiveServer, campaign: Campaign, sandbox: Sandbox, language: str = "en"
) -> MonthlyGift:
    page.goto(f"{server.url}/give/{campaign.slug}/")
    page.locator("[name=often][value=month]").check()
    page.get_by_label(said("The amount, if you chose another one", language)).fill("42")
    page.get_by_label(said("Your email address", language)).fill("mina@example.org")
    page.wait_for_timeout(3100)  # as long as a person needs at the very least
    page.get_by_role("button", name=said("Continue to payment", language)).click()
    if language != "en":
        looked_at(page)
        page.get_by_role("button", name=said("Continue to payment", language)).click()
    card(page, "4242424242424242")
    page.get_by_role("button", name="Subscribe").click()
    stripe_tells(sandbox)
    expect(page.get_by_role("heading", level=1)).to_have_text(said("Thank you. Your gift has arrived.", language))
    return MonthlyGift.objects.get()


def card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 40")
    page.get_by_label("CVC").fill("123")


def enter(page: Page, server: LiveServer, language: str) -> None:
    """By the link that is mailed."""
    page.goto(server.url)
    page.get_by_role("link", name=said("See or change my gifts", language)).click()
    looked_at(page)
    page.get_by_label(said("Your email address", language)).fill("mina@example.org")
    page.get_by_role("button", name=said("Send me a link", language)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(said("Look into your mail", language))
    looked_at(page)
    links.mail_all(timezone.now())
    found = re.search(r"https?://\S+/my-gifts/open/\S+", str(mail.outbox[-1].body))
    assert found
    page.goto(found[0])
    looked_at(page)
    page.get_by_role("button", name=said("Show my gifts", language)).click()


def heading(page: Page, words: str, language: str = "en") -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(said(words, language))
    looked_at(page)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_donor_gives_every_month_and_changes_everything_on_a_phone(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, settings: Settings, language: str
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    page = visit(width=360, language=language).new_page()
    gift = give_monthly(page, live_server, campaign, sandbox, language)
    enter(page, live_server, language)
    heading(page, "My gifts", language)
    page.locator(".card").get_by_role("link").click()
    looked_at(page)

    page.get_by_label(said("The new amount", language)).fill("1e3")
    page.get_by_role("button", name=said("Change the amount", language)).click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page)
    page.get_by_label(said("The new amount", language)).fill("50")
    page.get_by_role("button", name=said("Change the amount", language)).click()
    expect(page.get_by_role("status")).to_contain_text(said("Your gift is changed. The new amount", language))

    page.get_by_role("button", name=said("Change the card", language)).click()
    card(page, "5555555555554444")
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_role("status")).to_contain_text(said("Your new card is used", language))

    page.get_by_role("link", name=said("Pause it", language)).click()
    heading(page, "Pause this gift?", language)
    page.get_by_role("button", name=said("Pause it", language)).click()
    expect(page.get_by_role("status")).to_contain_text(said("Your gift is paused.", language))
    looked_at(page)

    page.get_by_role("link", name=said("Stop it", language)).click()
    heading(page, "Stop this gift?", language)
    page.get_by_role("button", name=said("Stop it", language)).click()
    expect(page.get_by_role("status")).to_contain_text(said("Your gift is stopped.", language))
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
