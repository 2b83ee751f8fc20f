"""Where a form came from: two keys, of an internet connection and of a browser, that say nothing of anybody.

Card testers are held back by them (`donations.testers`). The address itself is stored nowhere. A key is an HMAC under
our SECRET_KEY, another one every day from midnight UTC, so that nobody is followed from one day into the next, and a
stolen database names no address. Whoever has the SECRET_KEY as well could try all addresses of a day: therefore the
rows are deleted, too, once they have served.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac

COOKIE = "browser"
SALT = "donations.origin"
A_DAY = timedelta(days=1)

# What one customer can have, so that another address costs money. IPv4: a /24 is the smallest block that is routed, and
# hosting firms rent it out whole. IPv6: a /48 is what a single site may be given (RFC 6177); with a /56 one rented site
# would have 256 buckets. A telephone company puts thousands of people behind either: hence the wide bucket.
IPV4_PREFIX, IPV6_PREFIX = 24, 48


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


def client_address(request: HttpRequest) -> str:
    """The other end of the connection; behind our proxy, what that one saw there: the last entry, which it wrote.

    All entries before the last one are the visitor's own words.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def neighbourhood(address: str) -> str:
    """The block an address is counted in; what is no address is all counted as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(ip_network((found.packed, IPV4_PREFIX if found.version == 4 else IPV6_PREFIX), strict=False))


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
