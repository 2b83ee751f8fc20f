"""Slow phones: what every public page weighs, whom it asks for, and that it is not sent twice.

A new address fails here until it is said whether its page is the same for everyone, or whose it is.
"""

import gzip
import re
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from appeal.models import Campaign
from appeal.stories import Story
from donations.models import Donation, WallEntry
from ledger.money import Money
from tests.appeal import build as appeals
from tests.appeal import pledge_build
from tests.config.matrix import OPEN
from tests.grants import build as grants
from tests.grants import files
from tests.receipts import build as receipts
from tests.receipts import reports_build

pytestmark = pytest.mark.django_db(transaction=True)

HTML_AND_CSS = 14_000  # bytes, compressed: what a server sends before it waits for the first answer
FIRST_VIEW = 50_000  # with every picture that does not wait until it is scrolled to

# Pages that are nobody's alone, and are not kept by browsers.
NOT_KEPT = {
    "give/<slug:slug>/": "a form with a token of its own, which is good for one gift",
    "language/": "leads back to where one came from",
    "join/<slug:kind>/": "a form with a token of its own",
    "join/asked/": "what is said after a form",
    "pledge/sign/": "a form with a token of its own",
    "pledge/sign/asked/": "what is said after a form",
    "my-gifts/": "a form with a token of its own, or somebody's gifts",
    "my-gifts/asked/": "what is said after a form",
    "grants/calls/<slug:slug>/start/": "a form with a token of its own",
    "grants/resume/": "a form with a token of its own",
    "grants/resume/asked/": "what is said after a form",
    "gifts/<slug:reference>/": "one donor's",
    "gifts/<slug:reference>/to-payment/": "one donor's",
    "gifts/<slug:reference>/thanks/": "one donor's",
    "receipts/<slug:key>/": "one donor's",
    "receipts/<slug:key>/where/": "one donor's: where is my gift",
    "verify/<slug:code>/": "how a receipt stands at this very moment",
}
# No pages of the public: files, data, what only leads on, what a mailed link or a code opens (tests/journeys weighs
# those of an applicant and of a signer on a phone), and the rooms of staff.
NO_PAGES = (
    "accounts/*", "api/*", "^api/*", "healthz", "readyz", "metrics", "stripe/*", "*.pdf", "*.png", "*.json",
    "*.atom", "stories/*.<slug:kind>", "transparency/?*", "reports/files/*", "campaigns/<slug:slug>/preview/",
    "cards/*", "*/cancel/", "*/resume/", "*/words/", "*/tribute/", "*/gift-aid/", "grants/apply/*",
    "grants/award/*", "grants/confirm/*", "grants/report/*", "grants/resume/<*", "grants/resume/leave/",
    "my-gifts/<*", "my-gifts/leave/", "my-gifts/o*/*", "my-gifts/stop/*", "pledge/confirm/*", "pledge/mine/*",
    "sent/*",
    "receipts/choice/", "receipts/particulars/*", "receipts/mine/*", "receipts/of/*", "opendata/?*", "*.svg",
    "card.png",
)  # fmt: skip


@pytest.fixture
def pages() -> list[str]:
    """The address of every kind of page there is, with something on it."""
    campaign = receipts.campaign(closes_on=timezone.localdate())
    appeals.suggest(campaign, *(Money(minor, "USD") for minor in (15_00, 35_00, 75_00)))
    appeals.matching(campaign)
    for number in range(8):
        appeals.campaign(title=f"An appeal with a long title that says what it is for, number {number}")
    story = Story.objects.create(
        campaign=campaign, title="Soup", text="We cooked. " * 60, language="en", month=date(2026, 11, 1)
    )
    story.show_photo(files.jpg(), "A kettle of soup")
    reports_build.granted(campaign, 20_00)
    report = reports_build.published(campaign)
    call = grants.call(campaign=campaign)
    pledge_build.listed()
    text = pledge_build.current()
    receipt = receipts.rendered()
    gift = receipt.donation
    assert gift
    WallEntry.objects.write(gift, name="Leila", message="Courage.")
    said = WallEntry.objects.get()
    said.show(by=User.objects.create_user("editor"), seen=said.turn)
    waiting = waiting_gift(campaign)
    slug = [campaign.slug]
    return [
        reverse("appeal:home"),
        *(reverse(f"appeal:{name}", args=slug) for name in ("campaign", "spread", "poster", "widget", "stories-of")),
        reverse("appeal:stories-of-before", args=[campaign.slug, story.key]),
        reverse("appeal:stories"),
        reverse("appeal:stories-before", args=[story.key]),
        story.get_absolute_url(),
        reverse("appeal:story-in", args=[story.key, "en"]),
        *(
            reverse(f"appeal:{name}")
            for name in ("language", "join", "join-asked", "pledge", "pledge-sign", "pledge-asked", "pledge-signers")
        ),
        *(reverse("appeal:join-ask", args=[kind]) for kind in ("refugee", "group", "volunteer")),
        reverse("appeal:pledge-text", args=[text.version, text.language]),
        reverse("donations:give", args=slug),
        reverse("donations:wall", args=slug),
        reverse("donations:older-on-the-wall", args=[campaign.slug, 999]),
        *(reverse(f"donations:{name}", args=[waiting.reference]) for name in ("gift", "to-payment", "thanks")),
        *(reverse(f"donations:{name}") for name in ("my-gifts", "my-gifts-asked")),
        *(reverse(f"grants:{name}") for name in ("calls", "resume", "resume-asked")),
        *(reverse(f"grants:{name}", args=[call.slug]) for name in ("call", "start")),
        reverse("receipts:transparency", args=slug),
        *(reverse(f"receipts:{name}") for name in ("reports", "open-data", "open-books")),
        reverse("receipts:reports-of", args=slug),
        reverse("receipts:report", args=[campaign.slug, report.period]),
        *(reverse(f"receipts:{name}", args=[receipt.key]) for name in ("receipt", "where")),
        reverse("receipts:verify", args=[receipt.code]),
    ]


@dataclass
class Asks(HTMLParser):
    """What a page makes a browser ask for. What only leads on (links, canonical addresses) is not asked for."""

    styles: list[str] = field(default_factory=list)
    at_once: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "link" and said.get("rel") == "stylesheet":
            self.styles.append(said["href"])
        elif tag == "link" and said.get("rel") in {"icon", "preload", "prefetch", "preconnect", "dns-prefetch"}:
            self.at_once.append(said["href"])
        elif tag == "img" and said.get("loading") == "lazy":
            self.later.append(said["src"])
        elif "src" in said or tag == "object":
            self.at_once.append(said.get("src") or said.get("data", ""))
        self.later += [part.split()[0] for part in said.get("srcset", "").split(",") if part.strip()]
        assert tag != "script", "a page that needs JavaScript"
        assert "style" not in said, "a style beside the style sheet"


def asks(html: str) -> Asks:
    found = Asks()
    found.feed(html)
    assert "url(" not in html
    return found


def stored(path: str) -> bytes:
    """A file of ours, by its address."""
    if path.startswith("/static/"):
        found = finders.find(path.removeprefix("/static/"))
        assert isinstance(found, str), path
        return Path(found).read_bytes()
    return bytes(Client().get(path).content)


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 6))


def route(path: str) -> str:
    return str(resolve(path).route)


def test_every_page_is_light_and_asks_nobody_else(pages: list[str]) -> None:
    for path in pages:
        answer = Client().get(path)
        assert answer.status_code == 200, path
        asked = asks(answer.content.decode())
        for resource in [*asked.styles, *asked.at_once, *asked.later]:
            assert resource.startswith("/"), (path, resource)
            assert not resource.startswith("//"), (path, resource)
        text = weight(answer.content) + sum(weight(stored(style)) for style in asked.styles)
        assert text <= HTML_AND_CSS, (path, text)
        assert text + sum(weight(stored(thing)) for thing in asked.at_once) <= FIRST_VIEW, path


def test_who_holds_a_page_is_not_sent_it_again_and_no_address_is_forgotten(pages: list[str]) -> None:
    looked_at = {route(path) for path in pages}
    rest = {pattern for pattern in OPEN if not any(fnmatch(pattern, no_page) for no_page in NO_PAGES)}
    assert rest - looked_at == set()
    assert set(NOT_KEPT) <= looked_at
    for path in pages:
        answer = Client().get(path)
        if route(path) in NOT_KEPT:
            assert "ETag" not in answer.headers or "no-store" in answer.headers.get("Cache-Control", ""), path
            continue
        assert not answer.cookies, path
        assert "no-cache" in answer.headers["Cache-Control"], path
        again = Client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b""), path


def test_style_sheets_bring_no_fonts_and_ask_nobody() -> None:
    for sheet in Path("appeal/static/appeal").glob("*.css"):
        said = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        assert "@font-face" not in said
        assert "@import" not in said
        assert "http" not in said.replace('a[href^="http"]', "")
        assert "url(" not in said


def waiting_gift(campaign: Campaign) -> Donation:
    """A gift that waits for its donor."""
    given = {"form_token": "0" * 32, "email": "mina@example.org", "language": "fa"}
    return Donation.objects.start(campaign=campaign, amount=Money(50_00, "USD"), **given)
