"""Somebody on a narrow phone without JavaScript joins, sees all that is held of them, and erases it."""

import pytest
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.joining.requests import JoinRequest, JoinState
from tests.appeal import join_build as build
from tests.appeal.pledge_build import link_in
from tests.browser import Visits
from tests.journeys.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 3.1  # nobody fills in the form faster


@pytest.mark.parametrize(("language", "kind"), [("en", "volunteer"), ("ar", "refugee"), ("fa", "group")])
def test_somebody_joins_and_leaves_no_trace(
    live_server: LiveServer, visit: Visits, language: str, kind: str, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), (language, language)]
    settings.PUBLIC_URL = live_server.url
    phone = Phone(visit, language=language)
    phone.open(live_server.url)
    phone.page.locator(".footer a[href='/join/']").click()
    with phone.arriving():
        phone.page.locator(f"a[href='/join/{kind}/']").click()
    phone.go_on()  # sent empty: the form says what lacks
    expect(phone.page.locator(".error-summary")).to_be_visible()
    phone.page.wait_for_timeout(PATIENCE * 1000)
    phone.page.locator("[name=name]").fill("زهره امیری")
    if kind == "group":
        phone.page.locator("[name=contact]").fill("امید")
    phone.page.locator("[name=email]").fill("zohra@example.org")
    phone.page.locator("[name=agreed]").check()
    phone.go_on()
    [body] = build.mails()
    phone.open(live_server.url + link_in(body))
    phone.go_on()
    expect(phone.page.locator("main")).to_contain_text("زهره امیری")
    request = JoinRequest.objects.get()
    assert (request.state, request.language) == (JoinState.NEW, language)
    request.decline("Not yet.", by=build.person())
    phone.open(phone.page.url)
    expect(phone.page.locator("main")).to_contain_text("Not yet.")
    with phone.arriving():
        phone.page.locator("a[href$='/erase/']").click()
    phone.go_on()
    assert build.state(request) == JoinState.ERASED
    expect(phone.page.locator("main")).not_to_contain_text("زهره امیری")
