"""The look, in a real browser: no barrier that axe can find, nothing wider than the screen, nobody else is asked."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from ledger.money import Money
from tests.appeal import build
from tests.appeal.build import day
from tests.browser import Visits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/", "/campaigns/winter/", "/campaigns/over/", "/accounts/login/", "/api/", "/no-such-page/"]


@pytest.fixture(autouse=True)
def appeals(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    campaign = build.campaign(slug="winter", closes_on=day(20))
    build.suggest(campaign, Money(25_00, "USD"), Money(100_00, "USD"))
    build.gift(campaign.card_fund, 12_345_67)
    build.matching(campaign)
    build.campaign(slug="over", closes_on=day(-1), title="گرما پیش از برف")


def goto(page: Page, url: str) -> None:
    response = page.goto(url)
    assert response
    assert response.status == (404 if "no-such-page" in url else 200)


def faults(page: Page) -> str:
    result = Axe().run(page, options={"resultTypes": ["violations"]})
    return "" if not result.violations_count else result.generate_report()


def overflow(page: Page) -> int:
    """How many pixels of the page stick out of the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize(
    ("width", "language", "dark"),
    [(320, "en", False), (320, "fa", False), (320, "en", True), (1280, "fa", True)],
)
def test_axe_finds_nothing(live_server: LiveServer, visit: Visits, width: int, language: str, dark: bool) -> None:
    page = visit(width=width, language=language, dark=dark).new_page()
    for path in PAGES:
        goto(page, live_server.url + path)
        english = language == "en" or path.startswith("/accounts/")  # staff's
        assert page.locator("html").get_attribute("dir") == ("ltr" if english else "rtl")
        assert faults(page) == ""
        assert overflow(page) <= 0


def test_axe_would_find_something(live_server: LiveServer, visit: Visits) -> None:
    page = visit().new_page()
    goto(page, live_server.url)
    page.evaluate("document.querySelector('main').innerHTML += '<img src=/static/appeal/mark.svg>'")
    assert "image-alt" in faults(page)


def test_text_at_twice_the_size_still_fits(live_server: LiveServer, visit: Visits) -> None:
    page = visit(width=640).new_page()
    for path in PAGES:
        goto(page, live_server.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) <= 0


def test_what_can_be_pressed_is_large_enough_for_a_thumb(live_server: LiveServer, visit: Visits) -> None:
    page = visit(width=320).new_page()
    for path in PAGES:
        goto(page, live_server.url + path)
        for press in page.locator(".button:visible, nav a, .wordmark, input:visible, select:visible").all():
            box = press.bounding_box()
            assert box
            assert box["height"] >= (24 if press.get_attribute("type") == "checkbox" else 44), press.inner_html()


def test_pages_need_no_script_no_stranger_and_no_cookie(live_server: LiveServer, visit: Visits) -> None:
    context = visit(scripts=False)
    page, asked, complaints = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in ["/", "/campaigns/winter/"]:
        goto(page, live_server.url + path)
    assert page.locator("h1").is_visible()
    assert page.locator("script").count() == 0
    assert page.locator("[style]").count() == 0
    assert [url for url in asked if not url.startswith(live_server.url)] == []
    assert complaints == []
    assert context.cookies() == []


def test_the_first_thing_a_keyboard_reaches_leads_to_the_main_text(live_server: LiveServer, visit: Visits) -> None:
    page = visit().new_page()
    goto(page, live_server.url)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the main text"
    box = skip.bounding_box()
    assert box
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")


def test_the_first_view_is_light(live_server: LiveServer, visit: Visits) -> None:
    """50 kB is the limit for all of it, compressed; this is uncompressed, and less."""
    page, sizes = visit().new_page(), list[int]()
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(live_server.url + "/campaigns/winter/", wait_until="networkidle")
    assert len(sizes) >= 2
    assert sum(sizes) < 50_000
