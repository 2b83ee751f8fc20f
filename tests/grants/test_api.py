"""The register of grants and the list of calls, as programs read them."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appeal.models import Campaign, Status
from grants.models import Call, Grant, Publication
from grants.models.call import Access
from tests.grants import build

pytestmark = pytest.mark.django_db


def campaign() -> Campaign:
    made = build.campaign()
    made.go_live()
    return made


def granted(of: Campaign, publication: Publication = Publication.FULL, **fields: Any) -> Grant:
    return build.grant(
        of=of, publication=publication, consent="Zahra said so.", awarded_on=datetime.date(2026, 3, 17), **fields
    )


def read(address: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = Client().get(address).json()["results"]
    return results


def test_a_grant_is_told_as_far_as_was_agreed() -> None:
    of = campaign()
    full = granted(of)
    [line] = read("/api/grants/")
    assert line == {
        "reference": full.reference,
        "campaign": of.slug,
        "amount": {"minor": 3_000_00, "currency": "USD"},
        "month": "2026-03",
        "region": "south-eastern-asia",
        "country": "ID",
        "purpose": "Winter coats for 60 children",
        "name": "Hope School of Cisarua",
    }


def test_the_least_that_may_be_told_of_one() -> None:
    granted(campaign(), Publication.REGION_ONLY)
    [line] = read("/api/grants/")
    assert {name for name, value in line.items() if value is None} == {"country", "purpose", "name"}


def test_the_register_of_one_campaign() -> None:
    of = campaign()
    asked = granted(of)
    granted(campaign())
    assert [line["reference"] for line in read(f"/api/grants/?campaign={of.slug}")] == [asked.reference]


@pytest.mark.parametrize("slug", ["no-such", "", "a b", "\x00", "x" * 300, "draft"])
def test_the_register_of_no_campaign_is_a_sentence(slug: str) -> None:
    Campaign.objects.filter(pk=build.campaign().pk).update(slug="draft")
    response = Client().get("/api/grants/", {"campaign": slug})
    assert (response.status_code, response.json()) == (404, {"detail": "There is no such campaign."})


def test_the_register_asks_a_fixed_number_of_times(django_assert_num_queries: Any) -> None:
    of = campaign()
    for _turn in range(5):
        granted(of, Publication.COUNTRY_ONLY)
    with django_assert_num_queries(3):
        read("/api/grants/")
    with django_assert_num_queries(4):
        read(f"/api/grants/?campaign={of.slug}")


def test_what_is_sealed_is_not_even_read() -> None:
    granted(campaign())
    with CaptureQueriesContext(connection) as asked:
        read("/api/grants/")
    assert "grants_initiative" in str(asked.captured_queries)
    assert not re.search(r'"(place|email)"', str(asked.captured_queries))


def test_a_call_says_for_what_and_until_when() -> None:
    of = campaign()
    call = build.call(campaign=of, slug="winter-fund", countries=["ID", "MY"])
    [told] = read("/api/calls/")
    assert told == {
        "slug": "winter-fund",
        "title": call.title,
        "summary": call.summary,
        "guidance": call.guidance,
        "campaign": of.slug,
        "ceiling": {"minor": 10_000_00, "currency": "USD"},
        "most": {"minor": 5_000_00, "currency": "USD"},
        "languages": ["en", "prs"],
        "countries": ["ID", "MY"],
        "opens": call.opens.isoformat().replace("+00:00", "Z"),
        "closes": call.closes.isoformat().replace("+00:00", "Z"),
        "time_zone": "Asia/Bangkok",
        "takes_applications": True,
        "url": "http://testserver/grants/calls/winter-fund/",
    }


def test_a_call_that_is_over_says_so() -> None:
    build.over(build.call(campaign=campaign()))
    assert [call["takes_applications"] for call in read("/api/calls/")] == [False]


def test_drafts_and_invitations_are_for_nobody_else() -> None:
    build.call(campaign=campaign(), published=False)
    build.call(campaign=campaign(), access=Access.INVITED)
    build.call()  # its campaign is a draft
    assert read("/api/calls/") == []


def test_calls_are_read_page_by_page_latest_first_in_one_query(django_assert_num_queries: Any) -> None:
    of, now = campaign(), build.NOW
    by = build.person()
    shared: dict[str, Any] = {
        "campaign": of, "fund": of.bank_fund, "currency": "USD", "ceiling_minor": 2, "most_minor": 1,
        "languages": ["en"], "closes": now, "time_zone": "UTC", "prepared_by": by, "stage": "decided",
        "published_by": by, "published_at": now,
    }  # fmt: skip
    Call.objects.bulk_create(
        Call(slug=f"call-{days}", opens=now - datetime.timedelta(days=days), **shared) for days in range(1, 60)
    )
    with django_assert_num_queries(1):
        first = Client().get("/api/calls/").json()
    slugs = [call["slug"] for call in first["results"] + read(first["next"])]
    assert slugs == [f"call-{days}" for days in range(1, 60)]


@pytest.mark.parametrize("address", ["/api/grants/", "/api/calls/"])
def test_nothing_can_be_changed(address: str) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)(address).status_code == 405


def test_a_closed_campaign_keeps_its_register() -> None:
    of = campaign()
    granted(of)
    Campaign.objects.update(status=Status.CLOSED)
    assert len(read("/api/grants/")) == 1
