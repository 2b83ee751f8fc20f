"""A narrow phone without JavaScript, on a slow and dear connection: each page that it shows is looked at."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from playwright.sync_api import Response

from config import catalogues
from tests.browser import Visits

WIDTH = 360
PLACES = re.compile(r"%\(\w+\)s|%\(\w+\)d|<[^>]+>")  # what a message leaves open, and its markup


@cache
def said(english: str, language: str) -> str | re.Pattern[str]:
    """How pages say this in a language: a whole message, or the one that has these words in it.

    What is no message of ours, such as the title of a call, stays as it is.
    """
    forms = {} if language == "en" else messages(language)
    if english in forms:
        return forms[english][0]
    found = [message for message in forms if english in message]
    if not found:
        return english
    [message] = found
    return re.compile("|".join(".*".join(map(re.escape, PLACES.split(form))) for form in forms[message]))


@cache
def messages(language: str) -> dict[str, tuple[str, ...]]:
    """All forms of each message in this language, by its (singular) form in English."""
    catalogue = catalogues.read(catalogues.written()[language])
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in catalogue
    }


class Phone:
    """Goes from page to page as a finger does, by what is written on links and buttons, given here in English."""

    most = 50_000  # bytes of a page, with all that belongs to it

    def __init__(self, visit: Visits, *, language: str = "en") -> None:
        self.page = visit(width=WIDTH, language=language, scripts=False).new_page()
        self.language = language
        self.answers = list[Response]()
        self.page.on("response", self.note)
        # A page has to be small for whoever sees it as the first one.
        self.page.context.new_cdp_session(self.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.with_scripts = visit(width=WIDTH, language=language).new_page()

    def note(self, answer: Response) -> None:
        self.answers.append(answer)

    def says(self, english: str) -> str | re.Pattern[str]:
        return said(english, self.language)

    def open(self, address: str) -> None:
        with self.arriving():
            self.page.goto(address)

    def follow(self, words: str) -> None:
        with self.arriving():
            self.page.get_by_role("link", name=self.says(words), exact=True).click()

    def press(self, words: str) -> None:
        with self.arriving():
            self.page.get_by_role("button", name=self.says(words), exact=True).click()

    def go_on(self) -> None:
        """By the first button of the page, whatever its language."""
        with self.arriving():
            self.page.locator("main .button").first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(self.says(label)).fill(text)

    def choose(self, question: str, answer: str) -> None:
        self.page.get_by_role("group", name=self.says(question)).get_by_label(self.says(answer)).check()

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """What happens in here leads to a page, which is looked at when all of it is here."""
        self.answers.clear()
        with self.page.expect_event("load"):
            yield
        weight = sum(answer.request.sizes()["responseBodySize"] for answer in self.answers)
        assert 0 < weight <= self.most, f"{self.page.url}: {weight} bytes"
        self.look_at(next(answer for answer in self.answers if is_page(answer)))

    def direction(self) -> str:
        return "rtl" if translation.get_language_info(self.language)["bidi"] else "ltr"

    def look_at(self, shown: Response) -> None:
        """axe is a script, so it is given the very same answer once more where scripts run."""
        page, body = self.with_scripts, shown.body()
        page.unroute_all()
        page.route(shown.url, lambda route: route.fulfill(status=200, headers=shown.headers, body=body))
        page.goto(shown.url)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.violations_count, f"{shown.url}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, shown.url
        assert page.evaluate("document.documentElement.dir") == self.direction(), shown.url


def is_page(answer: Response) -> bool:
    return answer.request.is_navigation_request() and not 300 <= answer.status < 400
