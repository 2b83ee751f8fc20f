"""A narrow phone without JavaScript, on a slow and dear connection: each page that it shows is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Response

from tests.browser import Visits

WIDTH = 360


class Phone:
    """Goes from page to page as a finger does, by what is written on links and buttons."""

    most = 50_000  # bytes of a page, with all that belongs to it

    def __init__(self, visit: Visits, *, language: str = "en") -> None:
        self.page = visit(width=WIDTH, language=language, scripts=False).new_page()
        self.direction = "rtl" if language == "fa" else "ltr"
        self.answers = list[Response]()
        self.page.on("response", self.note)
        # A page has to be small for whoever sees it as the first one.
        self.page.context.new_cdp_session(self.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.with_scripts = visit(width=WIDTH, language=language).new_page()

    def note(self, answer: Response) -> None:
        self.answers.append(answer)

    def open(self, address: str) -> None:
        with self.arriving():
            self.page.goto(address)

    def follow(self, words: str) -> None:
        with self.arriving():
            self.page.get_by_role("link", name=words, exact=True).click()

    def press(self, words: str) -> None:
        with self.arriving():
            self.page.get_by_role("button", name=words, exact=True).click()

    def go_on(self) -> None:
        """By the first button of the page, whatever its language."""
        with self.arriving():
            self.page.locator("main .button").first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def choose(self, question: str, answer: str) -> None:
        self.page.get_by_role("group", name=question).get_by_label(answer).check()

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """What happens in here leads to a page, which is looked at when all of it is here."""
        self.answers.clear()
        with self.page.expect_event("load"):
            yield
        weight = sum(answer.request.sizes()["responseBodySize"] for answer in self.answers)
        assert 0 < weight <= self.most, f"{self.page.url}: {weight} bytes"
        self.look_at(next(answer for answer in self.answers if is_page(answer)))

    def look_at(self, shown: Response) -> None:
        """axe is a script, so it is given the very same answer once more where scripts run."""
        page, body = self.with_scripts, shown.body()
        page.unroute_all()
        page.route(shown.url, lambda route: route.fulfill(status=200, headers=shown.headers, body=body))
        page.goto(shown.url)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.violations_count, f"{shown.url}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, shown.url
        assert page.evaluate("document.documentElement.dir") == self.direction, shown.url


def is_page(answer: Response) -> bool:
    return answer.request.is_navigation_request() and not 300 <= answer.status < 400
