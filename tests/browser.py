"""A real Chromium for the tests marked `browser`: skipped with a reason where there is none, demanded in CI."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ALONE = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MISSING = "No Chromium was found: install the package `chromium`, or run `.venv/bin/playwright install chromium`."


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run. Each test opens a context of its own in it, and closes it."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's event loop lives in this thread, where Django would refuse to touch the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        program = installed() or playwright.chromium.executable_path
        if not Path(program).exists():
            (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
        chromium = playwright.chromium.launch(executable_path=program, args=ALONE)
        yield chromium
        chromium.close()


def installed() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@pytest.fixture
def visit(browser: Browser) -> Iterator["Visits"]:
    """Opens contexts that end with the test."""
    visits = Visits(browser)
    yield visits
    visits.end()


class Visits:
    def __init__(self, browser: Browser) -> None:
        self.browser, self.opened = browser, list[BrowserContext]()

    def __call__(
        self, *, width: int = 1280, language: str = "en", dark: bool = False, scripts: bool = True
    ) -> BrowserContext:
        """A person with a screen this wide (CSS pixels), who reads this language."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 800},
            extra_http_headers={"Accept-Language": language},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        self.opened.append(context)
        return context

    def end(self) -> None:
        for context in self.opened:
            context.close()
