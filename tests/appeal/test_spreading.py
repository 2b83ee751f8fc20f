"""Passing an appeal on: what shared links show, the box for other sites, codes, the poster. Nobody else is asked."""

import gzip
import io
import re
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import zxingcpp
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image
from playwright.sync_api import ConsoleMessage
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal import card
from appeal.models import Campaign, Status
from tests.appeal import build
from tests.appeal.test_stories import photographed, shown
from tests.browser import Visits

pytestmark = pytest.mark.django_db(transaction=True)
BANK = "Example Trust\nBank 00 11 22"


@pytest.fixture
def winter() -> Campaign:
    return build.campaign(slug="winter", title="Warm rooms", bank_details=BANK)


class Meta(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.told: dict[str, str] = {}
        answer = Client().get(path)
        assert answer.status_code == 200, path
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "meta" and (name := said.get("property") or said.get("name")):
            self.told[name] = said.get("content") or ""
        if tag == "link":
            self.told[said.get("rel") or ""] = said.get("href") or ""


def picture(path: str) -> Image.Image:
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    return Image.open(io.BytesIO(answer.content))


# What shared links show


def test_home_appeal_and_story_say_what_they_are_with_whole_addresses(winter: Campaign, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://appeal.example"
    story = shown(winter)
    for path, title, image in (
        ("/", "RefugeesRise", "/card.png"),
        ("/campaigns/winter/", "Warm rooms", "/campaigns/winter/card.png"),
        (story.get_absolute_url(), "Dry mats", "/campaigns/winter/card.png"),
    ):
        told = Meta(path).told
        assert told["og:title"] == title
        assert told["og:url"] == told["canonical"] == f"https://appeal.example{path}"
        assert told["og:image"] == f"https://appeal.example{image}"
        assert told["twitter:card"] == "summary_large_image"
        size = (int(told["og:image:width"]), int(told["og:image:height"]))
        assert picture(image).size == size == (1200, 630)


def test_a_story_with_a_photo_shows_it_and_shows_it_no_more_once_it_is_gone() -> None:
    story = photographed()
    photo = story.photos.get()
    told = Meta(story.get_absolute_url()).told
    assert told["og:image"].endswith(photo.get_absolute_url())
    assert told["og:image:alt"] == "Mats in a row."
    photo.delete()
    assert Meta(story.get_absolute_url()).told["og:image"].endswith("/card.png")


def test_words_in_a_shared_link_stay_words(winter: Campaign) -> None:
    Campaign.objects.filter(pk=winter.pk).update(title='"><script>alert(1)</script>')
    for path in ("/campaigns/winter/", "/campaigns/winter/spread/", "/campaigns/winter/widget/"):
        assert "<script" not in Client().get(path).content.decode()
    assert Meta("/campaigns/winter/").told["og:title"] == '"><script>alert(1)</script>'


def test_the_address_of_a_draft_has_nothing_to_pass_on() -> None:
    build.draft(slug="not-yet")
    for name in ("card.png", "spread/", "widget/", "poster/", "poster.pdf", "qr.svg", "qr.png", "stories/"):
        assert Client().get(f"/campaigns/not-yet/{name}").status_code == 404, name


# The picture


@pytest.mark.parametrize(
    "title",
    [
        "Warm rooms", "گرما پیش از برف ۲۰۲۶", "گرما: RefugeesRise 2026", "佐藤さんの冬：暖かい部屋", "အိမ်နွေးနွေး 2026",
        "ความอบอุ่นก่อนหิมะตก 2026", "राहत 2026", "W" * 120, "长" * 120,
    ],
)  # fmt: skip
def test_a_title_of_any_script_is_drawn_within_the_picture_and_always_alike(title: str) -> None:
    first = card.png(title)
    card.png.cache_clear()
    assert card.png(title) == first
    assert first != card.png()
    drawn = Image.open(io.BytesIO(first)).convert("RGB")
    paper = tuple(int(card.PAPER[at : at + 2], 16) for at in (1, 3, 5))
    inked = [(x, y) for x in range(card.WIDTH) for y in range(card.TOP, card.HEIGHT) if drawn.getpixel((x, y)) == paper]
    assert inked
    assert min(x for x, _y in inked) >= card.MARGIN - 8
    assert max(x for x, _y in inked) <= card.WIDTH - card.MARGIN + 8
    assert max(y for _x, y in inked) < card.HEIGHT - 20


def test_a_title_is_written_from_the_side_that_it_is_read_from() -> None:
    def middle(title: str) -> float:
        pieces = Image.open(io.BytesIO(card.png(title))).convert("L").crop((0, card.TOP, card.WIDTH, card.TOP + 110))
        box = pieces.point(lambda value: 255 if value > 200 else 0).getbbox()
        assert box
        return (box[0] + box[2]) / 2

    assert middle("Warm") < card.WIDTH / 2 < middle("گرما")


def test_letters_are_joined_and_not_drawn_one_by_one() -> None:
    joined, apart = (card.width_of(text, 60) for text in ("گرما", "گ\u200cر\u200cم\u200cا"))
    assert joined < apart


def test_a_title_that_no_font_has_gives_the_picture_without_words() -> None:
    assert card.png("Home \U000f0000") == card.png()


# The box for other sites


def test_the_box_says_what_is_raised_and_leads_to_the_give_page_in_the_whole_window(winter: Campaign) -> None:
    build.gift(winter.card_fund, 12_500_00)
    page = Client().get("/campaigns/winter/widget/").content.decode()
    assert "$12,500.00" in page
    assert re.search(r'target="_top"\s+href="/give/winter/"', page)
    assert "<script" not in page
    assert "http://" not in page.replace("http://testserver", "")


def test_the_box_of_a_closed_appeal_offers_no_gift() -> None:
    build.campaign(slug="over", status=Status.CLOSED)
    page = Client().get("/campaigns/over/widget/").content.decode()
    assert "/give/" not in page
    assert "This appeal is closed" in page


def test_the_box_weighs_less_than_10_kb_uncompressed(winter: Campaign) -> None:
    page = Client().get("/campaigns/winter/widget/").content
    sheets = re.findall(r'href="/static/([^"]+)"', page.decode())
    assert sheets == ["appeal/widget.css"]
    assert len(page) + sum(len(Path(str(finders.find(sheet))).read_bytes()) for sheet in sheets) < 10_000


def test_only_the_box_may_be_framed_and_only_where_the_operator_says(winter: Campaign, settings: Settings) -> None:
    settings.EMBEDDABLE_ON = ["https://news.example"]
    answer = Client().get("/campaigns/winter/widget/")
    assert "frame-ancestors https://news.example;" in answer["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    story = shown(winter)
    others = ["/", "/give/winter/", "/accounts/login/", "/stories/", story.get_absolute_url(), "/no-such-page/"]
    others += [f"/campaigns/winter/{name}" for name in ("", "spread/", "poster/", "statement/", "stories/")]
    for path in [*others, "/campaigns/none/widget/"]:
        answer = Client().get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Frame-Options"] == "DENY", path


class Elsewhere:
    """A page of another origin that frames this address."""

    def __init__(self, framed: str) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(f'<iframe src="{framed}" width="360" height="330"></iframe>'.encode())

            def log_message(self, *_said: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self) -> str:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self.url

    def __exit__(self, *_said: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def refusal(said: ConsoleMessage) -> bool:
    return "frame-ancestors 'none'" in said.text


@pytest.mark.browser
def test_a_page_of_another_site_shows_the_box_and_no_other_page_of_ours(
    winter: Campaign, live_server: LiveServer, visit: Visits
) -> None:
    page = visit().new_page()
    with Elsewhere(f"{live_server.url}/campaigns/winter/widget/") as site:
        page.goto(site)
        inside = page.frames[1]
        assert inside.locator("h1").inner_text() == "Warm rooms"
        assert inside.locator("h1").evaluate("element => getComputedStyle(element).fontSize") == "20px"
        inside.locator(".button").click()
        page.wait_for_url("**/give/winter/")
    for path in ("/", "/give/winter/", "/campaigns/winter/", "/campaigns/winter/spread/", "/accounts/login/"):
        with Elsewhere(live_server.url + path) as site, page.expect_console_message(refusal):
            page.goto(site)
        assert not page.frames[1].url.startswith(live_server.url), path


# Codes and the poster


def test_both_codes_lead_to_the_appeal(winter: Campaign, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://appeal.example"
    address = "https://appeal.example/campaigns/winter/"
    [found] = zxingcpp.read_barcodes(picture("/campaigns/winter/qr.png").convert("L"))
    assert found.text == address
    drawn = Client().get("/campaigns/winter/qr.svg")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"#fff" in drawn.content
    assert drawn.content.startswith(b"<?xml")


@pytest.mark.browser
def test_the_code_on_the_page_is_read_by_a_phone_in_the_dark_too(
    winter: Campaign, live_server: LiveServer, visit: Visits
) -> None:
    for dark in (False, True):
        page = visit(width=360, dark=dark).new_page()
        page.goto(f"{live_server.url}/campaigns/winter/poster/")
        seen = Image.open(io.BytesIO(page.locator(".scan").screenshot()))
        [found] = zxingcpp.read_barcodes(seen.convert("L"))
        assert found.text.endswith("/campaigns/winter/")


def test_the_poster_has_the_bank_the_code_for_it_and_no_code_without_a_bank(winter: Campaign) -> None:
    page = Client().get("/campaigns/winter/poster/").content.decode()
    assert winter.written_transfer_code in page
    assert "Example Trust<br>Bank 00 11 22" in page
    without = build.campaign()
    assert without.written_transfer_code not in Client().get(f"/campaigns/{without.slug}/poster/").content.decode()
    winter.close()
    assert winter.written_transfer_code not in Client().get("/campaigns/winter/poster/").content.decode()


def test_the_page_to_spread_the_word_has_what_one_needs_and_no_script(winter: Campaign, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://appeal.example"
    page = Client().get("/campaigns/winter/spread/").content.decode()
    assert 'value="https://appeal.example/campaigns/winter/"' in page
    assert "mailto:?subject=Warm%20rooms&amp;body=" in page
    assert "&lt;iframe src=&quot;https://appeal.example/campaigns/winter/widget/&quot;" in page
    assert "<script" not in page
    assert "/campaigns/winter/spread/" in Client().get("/campaigns/winter/").content.decode()


def test_the_first_view_of_an_appeal_stays_small(winter: Campaign) -> None:
    page = Client().get("/campaigns/winter/").content
    sheet = Path(str(finders.find("appeal/appeal.css"))).read_bytes()
    assert len(gzip.compress(page)) + len(gzip.compress(sheet)) < 14_000


@pytest.fixture
def pages(winter: Campaign) -> list[str]:
    story = photographed()
    other = shown(winter, language="fa", title="بوریای خشک", text="هر خانواده یکی دارد.")
    mine = [story.get_absolute_url(), other.get_absolute_url(), "/stories/"]
    return [*mine, *(f"/campaigns/winter/{name}" for name in ("widget/", "spread/", "poster/", "stories/"))]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "language", "dark"), [(320, "en", False), (320, "fa", True), (1280, "en", True), (1280, "fa", False)]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    live_server: LiveServer, visit: Visits, settings: Settings, pages: list[str], width: int, language: str, dark: bool
) -> None:
    from tests.appeal.test_look import faults, goto, overflow

    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    page = visit(width=width, language=language, dark=dark).new_page()
    for path in pages:
        goto(page, live_server.url + path)
        assert faults(page) == "", path
        assert overflow(page) <= 0, path
        for press in page.locator(".button:visible").all():
            box = press.bounding_box()
            assert box
            assert box["height"] >= 44, path
