"""One page leads to all that programs can read; and no page of proof has a barrier for eyes or screen readers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from grants.models import Grant, Publication
from receipts.models import ReportVersion
from tests.appeal.test_look import faults, overflow
from tests.browser import Visits
from tests.receipts import build, reports_build

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/opendata/"


def published() -> ReportVersion:
    campaign = build.campaign()
    build.given(campaign.card_fund, 12_345_67, fee=12_00)
    for _turn in range(3):
        reports_build.granted(campaign, 900_00, publication=Publication.FULL)
    return reports_build.published(campaign)


def test_it_leads_to_the_files_of_the_standards_that_the_newest_report_of_an_appeal_has(client: Client) -> None:
    first = published()
    newest = reports_build.published(first.campaign, changed="A word.")
    page = client.get(PAGE).content.decode()
    for ending in ("360giving.json", "iati.xml"):
        assert reverse("receipts:report-file", args=[f"{newest}.{ending}"]) in page
        assert f"{first}.{ending}" not in page
    assert f"{newest}.pdf" not in page
    assert "Not registered yet" in page
    assert reverse("api") in page


def test_it_says_under_which_licence_and_whose_it_is(client: Client, settings: Any) -> None:
    settings.ORGANISATION_ID, settings.OPEN_DATA_LICENCE = "AU-ABN-11", "https://licence.example/"
    page = client.get(PAGE).content.decode()
    assert "AU-ABN-11" in page
    assert 'href="https://licence.example/"' in page
    assert "None has been published yet" in page


def test_what_is_withheld_afterwards_takes_its_files_away(client: Client) -> None:
    version = published()
    Grant.objects.filter(campaign=version.campaign).update(publication=Publication.AGGREGATE)
    assert f"{version}.360giving.json" not in client.get(PAGE).content.decode()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), [(320, "en", False), (320, "fa", True), (1280, "fa", False)])
def test_axe_finds_nothing_on_the_pages_of_proof(
    live_server: LiveServer, visit: Visits, settings: Any, width: int, language: str, dark: bool
) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    version = published()
    receipt = build.receipt()
    campaign = version.campaign
    assert campaign
    page = visit(width=width, language=language, dark=dark).new_page()
    addresses = [
        *(PAGE, "/reports/", version.get_absolute_url(), "/transparency/"),
        *(reverse("receipts:transparency", args=[campaign.slug]), reverse("receipts:receipt", args=[receipt.key])),
    ]
    assert {address: barriers(page, live_server.url + address) for address in addresses} == dict.fromkeys(addresses, "")


def barriers(page: Page, url: str) -> str:
    response = page.goto(url)
    assert response
    assert response.status == 200
    wide = overflow(page)
    return faults(page) + (f"{wide} pixels too wide" if wide > 0 else "")
