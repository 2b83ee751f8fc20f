"""Where a form came from is known well enough to hold back a flood, and not well enough to find anybody."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from appeal.connection import neighbourhood
from donations import origin
from donations.origin import Whence

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


def come(address: str = "203.0.113.7", cookie: str = "", forwarded: str = "", at: datetime = NOW) -> Whence:
    request = RequestFactory().post("/give/flood/", REMOTE_ADDR=address)
    if cookie:
        request.COOKIES[origin.COOKIE] = cookie
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return origin.whence(request, at)


def cookie() -> str:
    """What the give page hands to a browser that has none."""
    response = HttpResponse()
    origin.mark(RequestFactory().get("/give/flood/"), response)
    return response.cookies[origin.COOKIE].value


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.250", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:12:3400::1", "2001:db8:12::/48"),
        ("2001:db8:12:ffff:1:2:3:4", "2001:db8:12::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", "unknown"),
        ("203.0.113.7:443", "unknown"),
        ("nonsense' OR 1=1", "unknown"),
    ],
)
def test_an_address_is_counted_in_the_block_that_one_customer_can_have(address: str, block: str) -> None:
    assert neighbourhood(address) == block


def test_neighbours_have_one_key_and_strangers_another() -> None:
    assert come("203.0.113.7").address == come("203.0.113.200").address != come("203.0.114.7").address
    assert come("2001:db8:1:2::3").address == come("2001:db8:1:ff::9").address != come("2001:db8:2::3").address


def test_a_key_is_another_one_tomorrow_and_under_another_secret(settings: Settings) -> None:
    today = come(at=NOW)
    assert come(at=NOW + timedelta(hours=11)) == today
    tomorrow = come(at=NOW + timedelta(hours=12))
    assert {tomorrow.address, tomorrow.browser}.isdisjoint({today.address, today.browser})
    settings.SECRET_KEY = "another secret"
    assert come(at=NOW).address != today.address


def test_without_a_proxy_a_forged_header_changes_nothing(settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    assert come("203.0.113.7", forwarded="198.51.100.1") == come("203.0.113.7")


def test_behind_a_proxy_only_the_entry_that_it_added_counts(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    honest = come("127.0.0.1", forwarded="203.0.113.7")
    assert come("127.0.0.1", forwarded="198.51.100.1, 10.0.0.1,203.0.113.7") == honest
    assert come("127.0.0.1", forwarded="198.51.100.1").address != honest.address
    settings.BEHIND_PROXY = False
    assert come("203.0.113.7").address == honest.address


def test_each_browser_has_a_key_wherever_it_is() -> None:
    mine, yours = cookie(), cookie()
    assert come("203.0.113.7", mine).browser == come("198.51.100.1", mine).browser
    assert come("203.0.113.7", mine).browser != come("203.0.113.7", yours).browser


def test_browsers_that_drop_the_cookie_or_forge_one_share_a_key_within_their_place() -> None:
    dropped = come("203.0.113.7").browser
    assert come("203.0.113.8", cookie="forged:1abc:xyz").browser == dropped
    assert come("203.0.113.8", cookie=cookie() + "x").browser == dropped
    assert come("198.51.100.1").browser != dropped


def test_the_cookie_is_ours_alone_out_of_reach_of_scripts_and_not_renewed(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    request, response = RequestFactory().get("/give/flood/"), HttpResponse()
    origin.mark(request, response)
    given = response.cookies[origin.COOKIE]
    assert (given["httponly"], given["samesite"], given["secure"], given["path"]) == (True, "Lax", True, "/give/")
    assert (given["domain"], given["max-age"]) == ("", 24 * 3600)
    request.COOKIES[origin.COOKIE] = given.value
    again = HttpResponse()
    origin.mark(request, again)
    assert not again.cookies
