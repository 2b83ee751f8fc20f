"""What every part of the walk needs: a browser of sorts, patience, and words for what went astray."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import requests
from django.conf import settings

PATIENCE = 30  # seconds
Files = Mapping[str, tuple[str, bytes]]


class Astray(Exception):
    """A step did not end as it should; the message says how it did."""


@dataclass
class Walk:
    say: Callable[[str], object]
    web: requests.Session = field(default_factory=requests.Session)
    number: int = 0

    def step(self, what: str, *figures: str) -> None:
        self.number += 1
        self.say(f"{self.number:3}. {what}")
        for figure in figures:
            self.say(f"       {figure}")

    def get(self, path: str, status: int = 200) -> requests.Response:
        return expect(self.web.get(settings.PUBLIC_URL + path, timeout=20), status)

    def send(
        self, path: str, fields: Mapping[str, str | list[str]], status: int = 200, files: Files | None = None
    ) -> requests.Response:
        """Open the page, fill in its form, send it, and follow to the page that comes after."""
        hidden = hidden_fields(self.get(path).text)
        address = settings.PUBLIC_URL + path
        answer = self.web.post(address, {**hidden, **fields}, files=files, headers={"Referer": address}, timeout=20)
        return expect(answer, status)


def hidden_fields(page: str) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(fields)


def patiently(what: str) -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        yield
        time.sleep(0.3)
    raise Astray(f"waited {PATIENCE} seconds for {what}")


def expect(answer: requests.Response, status: int) -> requests.Response:
    require(answer.status_code == status, f"{answer.url} answered {answer.status_code}, not {status}")
    return answer


def require(held: object, what: str) -> None:
    if not held:
        raise Astray(what)
