"""A member of staff sets up a passkey as the second factor, and signs in with it, in a real browser."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import Visits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "seven slow tortoises"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


def with_a_key(page: Page) -> None:
    """As if a fingerprint reader were built in."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def test_a_passkey_opens_the_staffs_door(visit: Visits, live_server: LiveServer) -> None:
    User.objects.create_superuser("treasurer", password=PASSWORD)
    door = live_server.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to a number
    page = visit(width=360).new_page()
    with_a_key(page)
    page.goto(f"{door}/accounts/login/?next=/staff/")
    page.get_by_label("Username").fill("treasurer")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{door}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: not url.endswith("/webauthn/add/"))
    page.goto(f"{door}/staff/")
    expect(page).to_have_url(f"{door}/staff/")

    page.goto(f"{door}/accounts/logout/")
    page.get_by_role("main").get_by_role("button").click()
    page.goto(f"{door}/accounts/login/?next=/staff/")
    page.get_by_role("button", name="passkey").click()
    page.wait_for_url(f"{door}/staff/")
