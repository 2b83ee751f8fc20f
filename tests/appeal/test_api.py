from base64 import b64encode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
        "paused_because": "",
        "goal": {"minor": 900_000, "currency": "JPY"},
        "second_goal": None,
        "raised": {"minor": 45_000, "currency": "JPY"},
        "urls": {
            "api": "http://testserver/api/campaigns/winter/",
            "page": "http://testserver/campaigns/winter/",
            "give": "http://testserver/give/winter/",
            "statement": "http://testserver/campaigns/winter/statement/",
        },
    }


@pytest.mark.django_db
def test_a_suspended_campaign_takes_no_gifts_and_says_why() -> None:
    campaign = build.campaign(slug="winter", stretch_minor=90_000_00, stretch_words="A second winter.")
    build.suspend(campaign, words="We check a report.")
    answer = Client().get("/api/campaigns/winter/").json()
    assert (answer["status"], answer["takes_gifts"]) == ("suspended", False)
    assert answer["paused_because"] == "We check a report."
    assert answer["second_goal"] == {"minor": 90_000_00, "currency": "USD"}
    assert "bank account" not in str(answer)  # why, for staff


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


def cursor(position: str) -> str:
    return b64encode(position.encode("utf-8", "surrogatepass")).decode()


HOSTILE = [
    "",
    "x",
    "%%%",
    "🙂",
    "\x00",
    "a" * 5000,
    *map(cursor, ["p=x", "p=%00", "p=2026-13-45", "o=-1", "o=x", "r=x"]),
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/campaigns/", "/api/grants/", "/api/calls/"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_cursor_that_is_none_of_ours_is_a_sentence(address: str, hostile: str) -> None:
    response = Client().get(address, {"cursor": hostile})
    assert response.status_code in {200, 404}  # a grant's position may be any word
    if response.status_code == 404:
        assert response.json() == {"detail": "There is no such page of this list. Begin with its first page."}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    address=st.sampled_from(["/api/campaigns/", "/api/campaigns/winter/", "/api/grants/", "/api/calls/"]),
    query=st.dictionaries(
        st.sampled_from(["cursor", "campaign", "format", "page_size", "x"]),
        st.text() | st.text().map(lambda word: cursor(f"p={word}")) | st.sampled_from(HOSTILE),
    ),
)
def test_no_question_is_an_error_of_ours(db: None, address: str, query: dict[str, str]) -> None:
    response = Client().get(address, query)
    assert response.status_code in {200, 404}
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.django_db
def test_there_is_one_format_whatever_is_asked_for() -> None:
    response = Client().get("/api/campaigns/?format=html", headers={"Accept": "text/html"})
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.django_db
def test_pages_of_other_sites_may_read_it_and_see_what_everyone_sees(admin_client: Client) -> None:
    build.campaign()
    build.draft()
    mine, theirs = (
        client.get("/api/campaigns/", headers={"Origin": "https://a.example"}) for client in (admin_client, Client())
    )
    assert theirs.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in theirs.headers
    assert mine.content == theirs.content
    assert not mine.cookies


@pytest.mark.django_db(transaction=True)
def test_who_holds_the_current_answer_is_told_so() -> None:
    campaign = build.campaign(slug="winter")
    for address in ("/api/campaigns/", "/api/campaigns/winter/"):
        etag = Client().get(address).headers["ETag"]
        again = Client().get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
    build.gift(campaign.card_fund, 1)
    assert Client().get("/api/campaigns/winter/", headers={"If-None-Match": etag}).status_code == 200
