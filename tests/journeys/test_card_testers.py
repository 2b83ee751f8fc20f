"""While card testers are held back, a person in a real browser still gives, without scripts or with a screen reader."""

import pytest
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.models import Campaign
from donations import challenge, origin
from donations.models import Bucket, Donation
from donations.models.card_testers import Drop
from donations.sandbox.process import Sandbox
from donations.testers import ADDRESS
from tests.browser import Visits
from tests.donations.test_testers import challenge_on, read
from tests.journeys.phone import said
from tests.journeys.test_gift import campaign, looked_at, pay_by

__all__ = ["campaign"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill_in(page: Page, answer: str, language: str = "en") -> None:
    page.locator("[name=often][value=once]").check()
    page.get_by_label(said("The amount, if you chose another one", language)).fill("42")
    page.get_by_label(said("Your email address", language)).fill("mina@example.org")
    page.get_by_label(said("Type these four numbers as digits", language)).fill(answer)
    page.wait_for_timeout(3100)  # as long as a person needs at the very least
    page.get_by_role("button", name=said("Continue to payment", language)).click()


def test_a_person_who_reads_the_question_gives_without_scripts(
    visit: Visits, live_server: LiveServer, sandbox: Sandbox, campaign: Campaign
) -> None:
    challenge_on()
    page = visit(scripts=False).new_page()
    page.goto(f"{live_server.url}/give/{campaign.slug}/")
    fill_in(page, "not a number")
    expect(page.get_by_role("alert")).to_contain_text("four numbers")
    expect(page.get_by_label("Your email address")).to_have_value("mina@example.org")
    expect(page.get_by_label("four numbers")).to_have_value("")
    fill_in(page, read(page.locator("label[for=id_answer]").inner_text()))
    pay_by(page, "4242424242424242")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert Donation.objects.count() == 1


@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_on_the_question_and_on_the_refusal(
    visit: Visits, live_server: LiveServer, campaign: Campaign, settings: Settings, language: str
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    challenge_on()
    page = visit(width=320, language=language).new_page()
    page.goto(f"{live_server.url}/give/{campaign.slug}/")
    looked_at(page)
    page.get_by_role("button").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page)
    here = origin.whence(RequestFactory().post("/", REMOTE_ADDR="127.0.0.1"), timezone.now())
    Bucket.objects.pour([Drop(here.address, ADDRESS.holds, ADDRESS.holds, timezone.now())])
    fill_in(page, challenge.digits(page.locator("[name=token]").input_value()), language)
    expect(page.get_by_role("alert")).to_contain_text(said("send this form again in", language))
    looked_at(page)
