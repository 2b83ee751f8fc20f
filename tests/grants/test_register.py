"""Nobody learns from the register what is withheld: not by reading it, adding it up, paging it or watching it."""

import datetime
import json
from base64 import b64decode
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from appeal.models import Campaign, Status
from grants.models import Grant, GrantState, Initiative, Publication, Region
from grants.register import FEWEST, lines
from tests.grants import build

pytestmark = pytest.mark.django_db

MARCH = datetime.date(2026, 3, 1)
APRIL = datetime.date(2026, 4, 1)
TODAY = datetime.date(2026, 5, 2)


def campaign(status: Status = Status.LIVE) -> Campaign:
    made = build.campaign()
    Campaign.objects.filter(pk=made.pk).update(status=status)
    return made


def given_to(country: str, publication: Publication = Publication.COUNTRY_ONLY, **fields: Any) -> Grant:
    to = fields.pop("to", None) or build.initiative(country=country)
    return build.grant(to=to, publication=publication, consent="Zahra said so.", **{"awarded_on": MARCH} | fields)


def countries(of: Campaign) -> list[str | None]:
    shown = Grant.objects.shown(TODAY).of(of).order_by("pk")
    return [line.grant.country for line in lines(shown, TODAY)]


def test_a_grant_without_a_name_says_its_country_only_among_enough_others() -> None:
    of = campaign()
    for _turn in range(FEWEST - 1):
        given_to("ID", of=of)
    assert countries(of) == [None] * (FEWEST - 1)
    given_to("ID", of=of)
    given_to("NP", Publication.NAME_WITHHELD, of=of)
    assert countries(of) == ["ID"] * FEWEST + [None]


@pytest.mark.parametrize("publication", [Publication.FULL, Publication.REGION_ONLY, Publication.AGGREGATE])
def test_who_is_named_or_hides_its_country_is_no_company(publication: Publication) -> None:
    of = campaign()
    for _turn in range(FEWEST - 1):
        given_to("ID", of=of)
    given_to("ID", publication, of=of)
    nameless = [line.grant for line in lines(Grant.objects.shown(TODAY).of(of), TODAY) if not line.grant.name]
    assert {grant.country for grant in nameless} == {None}


def test_many_grants_to_one_initiative_are_no_company() -> None:
    of, alone = campaign(), build.initiative(country="ID")
    for _turn in range(FEWEST):
        given_to("ID", of=of, to=alone)
    assert countries(of) == [None] * FEWEST


def test_a_crowd_in_another_campaign_is_no_company() -> None:
    of, other = campaign(), campaign()
    given_to("ID", of=of)
    for _turn in range(FEWEST):
        given_to("ID", of=other)
    assert countries(of) == [None]


def test_who_is_named_has_agreed_to_its_country() -> None:
    of = campaign()
    given_to("ID", Publication.FULL, of=of)
    assert countries(of) == ["ID"]


@pytest.mark.parametrize("state", [GrantState.OFFERED, GrantState.CANCELLED])
def test_an_offer_is_no_grant_yet_and_a_cancelled_one_is_none(state: GrantState) -> None:
    of = campaign()
    given_to("ID", of=of, state=state)
    assert countries(of) == []


def test_grants_of_a_draft_are_not_there() -> None:
    of = campaign(Status.DRAFT)
    given_to("ID", of=of)
    assert countries(of) == []


def test_who_looks_every_day_learns_the_month_and_not_the_day() -> None:
    for day in (1, 17, 31):
        given_to("ID", of=campaign(), awarded_on=MARCH.replace(day=day))
    seen = [Grant.objects.shown(MARCH + datetime.timedelta(days=days)).count() for days in range(40)]
    assert seen == [0] * 31 + [3] * 9


@pytest.mark.parametrize("publication", Publication)
def test_what_the_database_finds_is_what_may_be_shown(publication: Publication) -> None:
    of = campaign()
    given_to("ID", publication, of=of)
    found = Grant.objects.shown(TODAY).of(of)
    assert len(lines(found, TODAY)) == len(found) == len(lines(Grant.objects.of(of), TODAY))


@dataclass(frozen=True)
class Story:
    """A grant of a made-up world. Initiatives and campaigns are numbers in it."""

    initiative: int
    campaign: int
    publication: Publication
    minor: int
    day: datetime.date


@dataclass(frozen=True)
class Group:
    """An initiative of that world."""

    country: str
    name: str
    secret: str = "Cisarua"


GROUPS = st.lists(
    st.builds(Group, country=st.sampled_from(["ID", "ID", "MY"]), name=st.sampled_from(["Hope", "Lamplight", "Sama"])),
    min_size=1,
    max_size=6,
)
STORIES = st.lists(
    st.builds(
        Story,
        initiative=st.integers(0, 5),
        campaign=st.integers(0, 1),
        publication=st.sampled_from([*Publication, Publication.COUNTRY_ONLY, Publication.NAME_WITHHELD]),
        minor=st.integers(1, 10**9),
        day=st.dates(MARCH, APRIL),
    ),
    max_size=14,
)
SHOWN = frozenset(Publication) - {Publication.AGGREGATE, Publication.EMBARGO}
NAMELESS = frozenset({Publication.NAME_WITHHELD, Publication.COUNTRY_ONLY})


def wherever_shown(world: list[Story], groups: list[Group]) -> set[int]:
    """The initiatives whose country the register may name, counted another way than the register counts."""
    named = {story.initiative for story in world if story.publication == Publication.FULL}
    for story in (each for each in world if each.publication in NAMELESS):
        beside = {
            other.initiative
            for other in world
            if other.publication in NAMELESS
            and other.campaign == story.campaign
            and groups[other.initiative].country == groups[story.initiative].country
        }
        if len(beside) >= 3:
            named.add(story.initiative)
    return named


def another_world(world: list[Story], groups: list[Group]) -> tuple[list[Story | None], list[Group]]:
    """The same to the public, and different in all that is withheld."""
    named = {story.initiative for story in world if story.publication == Publication.FULL}
    placed = wherever_shown(world, groups)
    twins = [
        replace(
            group,
            name=group.name if number in named else f"Nobody {number}",
            country=group.country if number in placed else ["AF", "BD", "IN", "LK", "NP", "PK"][number],
            secret="Bogor",
        )
        for number, group in enumerate(groups)
    ]
    told = [replace(story, day=story.day.replace(day=1)) if story.publication in SHOWN else None for story in world]
    return told, twins


def answers(world: list[Story | None], groups: list[Group], *, backwards: bool = False) -> list[Any]:
    """All that the API says of this world, headers included; and then the world is gone."""
    with transaction.atomic():
        campaigns = [named_campaign(slug) for slug in ("winter", "flood")]
        initiatives = [initiative(group) for group in groups]
        stories = [(number, story) for number, story in enumerate(world) if story]
        for number, story in reversed(stories) if backwards else stories:
            build.grant(
                story.minor,
                of=campaigns[story.campaign],
                to=initiatives[story.initiative],
                reference=f"{number * 2654435761 % 2**64:016x}",
                publication=story.publication,
                purpose=purpose(story, groups),
                consent="Zahra said so.",
                awarded_on=story.day,
            )
        told = [told_at(f"/api/grants/{query}") for query in ("", "?campaign=winter", "?campaign=flood")]
        transaction.set_rollback(True)
    return told


def purpose(story: Story, groups: list[Group]) -> str:
    may_be_read = story.publication in {Publication.FULL, Publication.NAME_WITHHELD}
    return "Coats" if may_be_read else f"Coats in {groups[story.initiative].secret}"


def named_campaign(slug: str) -> Campaign:
    return Campaign.objects.start(
        slug=slug, title=slug, summary="…", story="…", goal_minor=1, currency="USD", opens_on=MARCH, status=Status.LIVE
    )


def initiative(group: Group) -> Initiative:
    return build.initiative(
        name=group.name,
        country=group.country,
        region=Region.SOUTHERN_ASIA,
        place=group.secret,
        email=f"{group.secret}@example.org",
        registration=group.secret,
    )


def told_at(address: str) -> tuple[int, bytes, dict[str, str]]:
    response = Client().get(address)
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-Id"}
    return response.status_code, response.content, headers


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.reuse, Phase.generate],  # a world is small enough to read, and slow to make smaller
)
@given(groups=GROUPS, world=STORIES)
def test_nothing_withheld_can_be_read_from_any_answer(groups: list[Group], world: list[Story]) -> None:
    """Two worlds that differ only in what is withheld, and in the order it was entered, are told in the same bytes."""
    world = [replace(story, initiative=story.initiative % len(groups)) for story in world]
    told = answers([*world], groups)
    assert [status for status, _body, _headers in told] == [200, 200, 200]
    assert answers(*another_world(world, groups), backwards=True) == told
    assert_says_what_may_be_said(json.loads(told[0][1])["results"], world, groups)


def assert_says_what_may_be_said(results: list[dict[str, Any]], world: list[Story], groups: list[Group]) -> None:
    """And the answers do tell what may be told: an empty register would keep every secret too."""
    shown = [story for story in world if story.publication in SHOWN]
    named = [groups[story.initiative].name for story in shown if story.publication == Publication.FULL]
    assert sorted(line["amount"]["minor"] for line in results) == sorted(story.minor for story in shown)
    assert sorted(line["name"] for line in results if line["name"]) == sorted(named)


def test_cursors_name_no_withheld_grant_and_tell_no_order(django_assert_num_queries: Any) -> None:
    of = campaign()
    to = build.initiative()
    for number in range(130):
        publication = [Publication.REGION_ONLY, Publication.FULL, Publication.AGGREGATE][number % 3]
        given_to("ID", publication, of=of, to=to, minor=number + 1)
    address, read, cursors = f"/api/grants/?campaign={of.slug}", [], []
    while address:
        with django_assert_num_queries(4):
            page = Client().get(address).json()
        read += [line["reference"] for line in page["results"]]
        cursors += [page[way].partition("cursor=")[2] for way in ("next", "previous") if page[way]]
        address = page["next"]
    shown = Grant.objects.exclude(publication=Publication.AGGREGATE).values_list("reference", flat=True)
    assert read == sorted(shown)
    assert cursors
    positions = [b64decode(cursor.replace("%3D", "=")).decode() for cursor in cursors]
    assert {position.partition("p=")[2] for position in positions} <= set(shown)
