import pytest
from django.test import Client

from appeal.models import Status
from tests.appeal import build
from tests.appeal.build import day


@pytest.mark.django_db(transaction=True)
def test_a_campaign_says_what_is_asked_and_what_came_in() -> None:
    campaign = build.campaign(slug="winter", title="Warm rooms", currency="JPY", goal_minor=900_000)
    build.gift(campaign.card_fund, 45_000)
    answer = Client().get("/api/campaigns/winter/").json()
    assert answer == {
        "slug": "winter",
        "title": "Warm rooms",
        "summary": campaign.summary,
        "story": campaign.story,
        "status": "live",
        "opens_on": day(-10).isoformat(),
        "closes_on": None,
        "takes_gifts": True,
        "goal": {"minor": 900_000, "currency": "JPY"},
        "raised": {"minor": 45_000, "currency": "JPY"},
        "urls": {
            "api": "http://testserver/api/campaigns/winter/",
            "page": "http://testserver/campaigns/winter/",
            "give": "http://testserver/give/winter/",
            "statement": "http://testserver/campaigns/winter/statement/",
        },
    }


@pytest.mark.django_db
def test_the_list_holds_what_is_public_newest_first_in_one_query(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    build.draft(slug="draft")
    build.campaign(slug="older", opens_on=day(-40), status=Status.CLOSED)
    build.campaign(slug="newer", opens_on=day(-4))
    with django_assert_num_queries(1):  # type: ignore[operator]
        answer = Client().get("/api/campaigns/").json()
    assert [campaign["slug"] for campaign in answer["results"]] == ["newer", "older"]
    assert (answer["next"], answer["previous"]) == (None, None)


@pytest.mark.django_db
def test_a_long_list_is_read_page_by_page() -> None:
    for number in range(51):
        build.campaign(slug=f"c{number}", opens_on=day(-number))
    first = Client().get("/api/campaigns/").json()
    second = Client().get(first["next"]).json()
    slugs = [campaign["slug"] for campaign in first["results"] + second["results"]]
    assert slugs == [f"c{number}" for number in range(51)]


@pytest.mark.django_db
def test_drafts_are_not_there() -> None:
    build.draft(slug="draft")
    assert Client().get("/api/campaigns/draft/").status_code == 404


@pytest.mark.django_db
def test_nothing_can_be_changed() -> None:
    build.campaign(slug="winter")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(), method)("/api/campaigns/winter/").status_code == 405
