"""A donor on a narrow phone without JavaScript says some words to everyone, and gives in memory of somebody."""

import datetime
import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from donations import tributes
from donations.models import Donation, WallEntry
from tests.browser import Visits
from tests.donations import bank, build
from tests.donations.test_wall import came, shown
from tests.journeys.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_PERSIAN = "به امید روزهای بهتر"


@pytest.fixture(autouse=True)
def _links_lead_here(settings: Settings, live_server: LiveServer) -> None:
    settings.PUBLIC_URL = live_server.url
    settings.PAGE_SECONDS = 0
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    cache.clear()


def heading(phone: Phone, words: str) -> None:
    expect(phone.page.get_by_role("heading", level=1)).to_have_text(phone.says(words))


def at_the_gift(phone: Phone, server: LiveServer, **changes: str) -> Donation:
    gift = came(build.campaign(), **changes)
    phone.open(server.url + gift.get_absolute_url())
    heading(phone, "Thank you. Your gift has arrived.")
    return gift


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_donor_says_some_words_and_takes_them_back(visit: Visits, live_server: LiveServer, language: str) -> None:
    phone = Phone(visit, language=language)
    gift = at_the_gift(phone, live_server)
    phone.follow("Write some words for everyone to read")
    phone.fill("Your words", IN_PERSIAN)
    phone.press("Send it")
    expect(phone.page.get_by_role("alert")).to_contain_text(phone.says("Tick that we may show it"))
    expect(phone.page.get_by_label(phone.says("Your words"))).to_have_value(IN_PERSIAN)
    phone.page.get_by_label(phone.says("Yes, show this to everyone")).check()
    phone.press("Send it")
    expect(phone.page.get_by_role("status")).to_contain_text(phone.says("One of us reads your words"))
    entry = WallEntry.objects.get()
    entry.show(by=bank.person(), seen=entry.turn)
    phone.open(live_server.url + gift.campaign.get_absolute_url())
    phone.follow("Read what supporters say")
    heading(phone, "What supporters say")
    expect(phone.page.locator("main")).to_contain_text(IN_PERSIAN)
    expect(phone.page.locator("main")).to_contain_text(phone.says("A supporter"))
    phone.open(live_server.url + gift.get_absolute_url() + "words/")
    expect(phone.page.get_by_role("status")).to_contain_text(phone.says("Your words are shown."))
    phone.press("Take my words back")
    phone.open(f"{live_server.url}{gift.campaign.get_absolute_url()}supporters/")
    expect(phone.page.locator("main")).to_contain_text(phone.says("Nobody has written here yet."))


def test_a_long_wall_is_read_page_by_page(visit: Visits, live_server: LiveServer) -> None:
    campaign = build.campaign()
    for number in range(30):
        shown(campaign, name=f"Donor {number}", message="Courage. " * 30 if number % 3 else "صبر و امید")
    phone = Phone(visit)
    phone.open(f"{live_server.url}{campaign.get_absolute_url()}supporters/")
    phone.follow("Read older ones")
    expect(phone.page.locator("main")).to_contain_text("Donor 0")
    back = phone.page.get_by_role("link", name="Back to the newest")
    expect(back).to_have_attribute("href", f"{campaign.get_absolute_url()}supporters/")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_donor_gives_in_memory_and_a_friend_reads_the_card(
    visit: Visits, live_server: LiveServer, language: str
) -> None:
    phone = Phone(visit, language=language)
    at_the_gift(phone, live_server)
    phone.follow("Give in honour or in memory of somebody")
    phone.press("Keep it so")
    expect(phone.page.get_by_role("alert")).to_contain_text(phone.says("Choose whether it is in honour or in memory"))
    phone.choose("Your gift is", "in memory of somebody")
    phone.fill("Their name", "مادربزرگ زهرا")
    phone.fill("The email address of somebody", "omid@example.org")
    day = timezone.now().date() + datetime.timedelta(days=3)
    phone.fill("The day on which the card is mailed", day.isoformat())
    phone.fill("Your name, as the card shall say it", "Leila")
    phone.press("Keep it so")
    expect(phone.page.get_by_role("status")).to_contain_text("omid@example.org")
    tributes.mail_all(datetime.datetime(day.year, day.month, day.day, 10, tzinfo=datetime.UTC))
    [card] = mail.outbox
    link = re.search(r"http\S+/cards/never-again/\S+", str(card.body))
    assert link
    phone.open(phone.page.url)
    expect(phone.page.get_by_role("status")).to_contain_text(phone.says("The card was mailed on"))
    friend = Phone(visit, language=language)
    friend.open(link[0])
    friend.press("Never again")
    heading(friend, "You get no more cards from us")
