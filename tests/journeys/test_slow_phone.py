"""A donor on a slow connection, 400 kbit/s and 400 ms to and fro, without JavaScript: from home to Stripe's page."""

import time

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.models import Campaign, SuggestedAmount
from donations.models import Donation
from donations.sandbox.process import Sandbox
from tests.browser import Visits
from tests.donations import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SLOW = {
    "offline": False,
    "latency": 400,  # milliseconds
    "downloadThroughput": 400_000 / 8,  # bytes a second
    "uploadThroughput": 400_000 / 8,
}
PATIENCE = 5  # seconds until a page is there with all that belongs to it; nothing is compressed here, on its way it is


@pytest.fixture
def campaign(sandbox: Sandbox, settings: Settings) -> Campaign:
    """Under the policy of settings.py, with the sandbox's address in Stripe's place."""
    stripe = settings.SECURE_CSP["form-action"]
    settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": [stripe[0], sandbox.url]}
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    started = build.campaign()
    SuggestedAmount.objects.create(campaign=started, currency="USD", amount_minor=35_00)
    return started


def slow(page: Page) -> Page:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    return page


def arrives(page: Page, deed: object) -> float:
    """How long it takes from this deed until the next page is there."""
    began = time.monotonic()
    with page.expect_event("load"):
        deed()  # type: ignore[operator]
    return time.monotonic() - began


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_donor_on_a_slow_phone_reaches_the_payment_page(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign, language: str
) -> None:
    page = slow(visit(width=360, language=language, scripts=False).new_page())
    waits = [arrives(page, lambda: page.goto(f"{live_server.url}/"))]
    waits += [arrives(page, page.locator(f"a[href='{campaign.get_absolute_url()}']").first.click)]
    waits += [arrives(page, page.locator(f"main a[href^='/give/{campaign.slug}/']").first.click)]
    page.locator("[name=often][value=once]").check()
    page.locator("[name=choice][value='USD:3500']").check()
    page.locator("[name=email]").fill("mina@example.org")
    page.wait_for_timeout(3100)  # as long as a person needs at the very least
    waits += [arrives(page, page.locator("main form button").click)]
    if language == "fa":
        assert page.url.endswith("/to-payment/")
        assert page.locator("html").get_attribute("dir") == "rtl"
        waits += [arrives(page, page.locator("main form button").first.click)]
    expect(page).to_have_url(f"{sandbox.url}/c/pay/{Donation.objects.get().checkout_session}")
    assert waits[0] >= 0.4  # it is slow indeed
    assert max(waits) < PATIENCE, waits
