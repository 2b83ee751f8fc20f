"""The pledge on a narrow phone without JavaScript: read, sign, confirm by mail, change, withdraw."""

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from appeal.pledge.signatures import Signature
from tests.appeal import pledge_build as build
from tests.browser import Visits
from tests.journeys.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATIENCE = 3.1  # nobody fills in the form faster


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_refugee_signs_without_being_shown_and_changes_their_mind(
    live_server: LiveServer, visit: Visits, language: str, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    settings.PUBLIC_URL = live_server.url
    build.listed(name="Harbour Foundation", kind="funder", contact="J. Park", support="We listen.")
    build.mails()
    phone = Phone(visit, language=language)
    phone.open(live_server.url + "/pledge/")
    phone.open(live_server.url + "/pledge/sign/")
    phone.go_on()  # sent empty: the form says what lacks
    assert phone.page.locator(".error-summary").is_visible()
    phone.page.wait_for_timeout(PATIENCE * 1000)
    phone.page.locator("input[name=kind][value=person]").check()
    phone.page.locator("input[name=name]").fill("مینا رضایی")
    phone.page.locator("input[name=email]").fill("mina@example.org")
    phone.go_on()
    [body] = build.mails()
    phone.open(live_server.url + build.link_in(body))
    phone.go_on()
    signature = Signature.objects.of_address("mina@example.org").get()
    signature.accept(by=build.person())
    own = live_server.url + build.own(signature)
    phone.open(own)
    phone.page.locator("input[name=shown][value=name]").check()
    with phone.arriving():
        phone.page.locator("form .button").click()
    phone.open(live_server.url + "/pledge/signers/?kind=person")
    assert phone.page.get_by_text("مینا رضایی").is_visible()
    phone.open(own + "withdraw/")
    phone.go_on()
    phone.open(live_server.url + "/pledge/signers/")
    assert not phone.page.get_by_text("مینا رضایی").is_visible()
    build.old(build.accepted(email="old@example.org"), 400)
    late = Signature.objects.of_address("old@example.org").get()
    phone.open(live_server.url + build.own(late) + "since/")
