"""Where a form came from: two keys, of an internet connection and of a browser, that say nothing of anybody.

Card testers are held back by them (`donations.testers`). The address itself is stored nowhere. A key is an HMAC under
our SECRET_KEY, another one every day from midnight UTC, so that nobody is followed from one day into the next, and a
stolen database names no address. Whoever has the SECRET_KEY as well could try all addresses of a day: therefore the
rows are deleted, too, once they have served.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac

from appeal.connection import client_address, neighbourhood

COOKIE = "browser"
SALT = "donations.origin"
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Whence:
    address: str
    browser: str


def whence(request: HttpRequest, now: datetime) -> Whence:
    """Whoever sends no cookie of ours shares one browser with all others of the same place who send none."""
    place = neighbourhood(client_address(request))
    browser = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=A_DAY)
    return Whence(
        address=_key("address", place, now),
        browser=_key("browser", browser, now) if browser else _key("no cookie", place, now),
    )


def mark(request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser a random name, for this form only and for a day, if it brought none."""
    if not request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=A_DAY):
        response.set_signed_cookie(
            COOKIE,
            secrets.token_urlsafe(16),
            salt=SALT,
            max_age=A_DAY,
            path=reverse("donations:give", args=["-"]).removesuffix("-/"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _key(of: str, value: str, now: datetime) -> str:
    return salted_hmac(f"{SALT}.{of}.{now:%Y-%m-%d}", value, algorithm="sha256").hexdigest()[:32]
