"""The public pages: what they say in each state, what they cost, and what they leave in the browser."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from appeal.models import Campaign, Status
from appeal.pages import Appeal, hours_until
from appeal.stories import Story
from ledger.money import Money
from tests.appeal import build
from tests.appeal.build import day

pytestmark = pytest.mark.django_db

MONTH = date(2026, 11, 1)
Queries = Callable[[int], AbstractContextManager[Any]]


def read(path: str, **headers: str) -> str:
    """The page with every run of white space as one blank."""
    response = Client().get(path, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def page(of: Campaign, **headers: str) -> str:
    return read(of.get_absolute_url(), **headers)


@pytest.mark.django_db(transaction=True)
def test_the_campaign_page_shows_what_the_books_say() -> None:
    campaign = build.campaign(goal_minor=50_000_00)
    build.gift(campaign.card_fund, 12_500_50)
    build.gift(campaign.bank_fund, 1_000_00)
    build.refund(campaign.card_fund, 500_00)
    shown = page(campaign)
    assert "<bdi>$13,000.50 USD</bdi>" in shown
    assert "raised of <bdi>$50,000.00 USD</bdi>" in shown
    assert '<progress value="26" max="100"' in shown


@pytest.mark.django_db(transaction=True)
def test_progress_stays_between_nothing_and_whatever_was_given() -> None:
    less, more = build.campaign(goal_minor=100_00), build.campaign(goal_minor=100_00)
    build.lost(less.card_fund, 5_00)
    build.gift(more.card_fund, 250_00)
    assert '<progress value="0"' in page(less)
    assert '<progress value="250" max="100"' in page(more)


def test_an_open_campaign_can_be_given_to() -> None:
    campaign = build.campaign(slug="winter", closes_on=day(5))
    build.suggest(campaign, Money(25_00, "USD"), Money(12_50, "USD"), Money(40_00, "EUR"))
    shown = page(campaign)
    assert "5 days left" in shown
    assert 'href="/give/winter/"' in shown
    assert 'href="/give/winter/?amount=25"' in shown
    assert 'href="/give/winter/?amount=12.5"' in shown
    assert "?amount=40" not in shown
    assert 'href="/campaigns/winter/statement/"' in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": Status.CLOSED}, "This appeal is closed and takes no more gifts."),
        ({"closes_on": day(-1)}, "This appeal is closed and takes no more gifts."),
        ({"opens_on": day(3)}, "This appeal has not started yet."),
    ],
)
def test_a_campaign_that_takes_no_gifts_says_so_and_offers_none(changes: dict[str, Any], words: str) -> None:
    campaign = build.campaign(slug="winter", **changes)
    build.suggest(campaign, Money(25_00, "USD"))
    for shown in (page(campaign), read("/")):
        assert "/give/winter/" not in shown
    assert words in page(campaign)
    assert "/campaigns/winter/statement/" in page(campaign)


def test_the_last_day_is_said() -> None:
    assert "Today is the last day" in page(build.campaign(closes_on=day()))
    assert "Closes soon: 1 day left" in page(build.campaign(closes_on=day(1)))
    assert "Closes soon: 7 days left" in page(build.campaign(closes_on=day(7)))
    assert "Closes soon" not in page(build.campaign(closes_on=day(8)))


def left(at: datetime) -> str:
    """What the badge says at this moment of a campaign whose last day is the 23rd of November."""
    last = Campaign(slug="x", status=Status.LIVE, opens_on=date(2026, 1, 1), closes_on=date(2026, 11, 23))
    last.goal_minor, last.currency, last.raised_minor = 1, "USD", 0
    return " ".join(render_to_string("appeal/parts/when.html", {"appeal": Appeal.of(last, at)}).split())


def test_on_the_last_day_the_hours_are_counted() -> None:
    assert "Today is the last day: 24 hours left" in left(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    assert "Today is the last day: 5 hours left" in left(datetime(2026, 11, 23, 18, 59, tzinfo=UTC))
    assert "Today is the last day: 1 hour left" in left(datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert "less than an hour left" in left(datetime(2026, 11, 23, 23, 1, tzinfo=UTC))
    assert "This appeal is closed" in left(datetime(2026, 11, 24, 0, 0, tzinfo=UTC))


def test_the_hours_are_those_until_the_houses_midnight_also_when_clocks_change(settings: Any) -> None:
    settings.TIME_ZONE = "Australia/Sydney"
    # Clocks go forward on the 4th of October 2026 at two in the morning: the day has 23 hours.
    assert hours_until(date(2026, 10, 4), datetime(2026, 10, 3, 14, 0, tzinfo=UTC)) == 23


@pytest.mark.django_db(transaction=True)
def test_the_goal_is_reached_and_what_more_does_is_said() -> None:
    plain = build.campaign(goal_minor=100_00)
    more = build.campaign(goal_minor=100_00, stretch_minor=400_00, stretch_words="A stove for the school as well.")
    for campaign in (plain, more):
        build.gift(campaign.card_fund, 99_99)
        assert "Goal reached" not in page(campaign)
        assert "A stove for the school" not in page(campaign)
        assert "second goal" not in page(campaign)
        build.gift(campaign.card_fund, 1)
    assert "Goal reached" in page(plain)
    assert "stays with this appeal and is granted like the rest of it" in page(plain)
    assert "A stove for the school as well." in page(more)
    assert '<progress value="25" max="100" aria-label="Share of the second goal' in page(more)
    assert '<line x1="25%" x2="25%"' in page(more)
    assert "The second goal is <bdi>$400.00 USD</bdi>." in page(more)
    assert "Goal reached" in read("/")


def test_a_suspended_appeal_says_so_and_why_and_offers_nothing() -> None:
    campaign = build.campaign(slug="winter", bank_details="Account 1", closes_on=day(2))
    build.suggest(campaign, Money(25_00, "USD"))
    build.matching(campaign)
    build.suspend(campaign, words="We check a report & say more on Monday.")
    for path in ("/", "/campaigns/winter/", "/campaigns/winter/spread/", "/campaigns/winter/widget/"):
        shown = read(path)
        assert "/give/winter/" not in shown, path
        assert "Account 1" not in shown, path
        assert "Closes soon" not in shown, path
    shown = page(campaign)
    assert "Giving to this appeal is paused." in shown
    assert "We check a report &amp; say more on Monday." in shown
    assert "bank account is not ours" not in shown  # why, for staff
    assert "as much again" not in shown
    assert "Giving is paused" in read("/")
    campaign.lift()
    assert "/give/winter/" in page(campaign)


def test_a_closed_appeal_says_what_happens_with_more() -> None:
    told = build.campaign(status=Status.CLOSED, afterwards="It goes to the spring appeal.")
    assert "It goes to the spring appeal." in page(told)
    assert "stays with this appeal" in page(build.campaign(status=Status.CLOSED))


def test_a_draft_is_for_staff_only(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    draft = build.draft(slug="not-yet", title="Not yet told")
    staff, someone = Client(), Client()
    staff.force_login(User.objects.create_user("zahra", is_staff=True))
    someone.force_login(User.objects.create_user("someone"))
    assert [who.get(draft.get_absolute_url()).status_code for who in (Client(), someone, staff)] == [404, 404, 404]
    preview = f"{draft.get_absolute_url()}preview/"
    assert [who.get(preview).status_code for who in (Client(), someone, staff)] == [404, 404, 200]
    seen = staff.get(preview).content.decode()
    assert "This is a draft." in seen
    assert "/give/not-yet/" not in seen
    assert "Not yet told" not in read("/")


def test_people_s_text_is_text() -> None:
    sharp = "<script>alert(1)</script> & <b>bold</b>"
    campaign = build.campaign(title=sharp, summary=sharp, story=f"{sharp}\n\nSecond paragraph.")
    for shown in (page(campaign), read("/")):
        assert "<script" not in shown
        assert "<b>bold" not in shown
    assert "<p>Second paragraph.</p>" in page(campaign)
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;</p>" in page(campaign)


def test_home_lists_open_appeals_then_those_to_come_then_earlier_ones() -> None:
    build.campaign(title="Already over", closes_on=day(-1))
    build.campaign(title="About to start", opens_on=day(4))
    build.campaign(title="Open since long", opens_on=day(-40))
    shown = read("/").partition('id="appeals"')[2].replace("Open books", "")
    assert shown.index("Open since long") < shown.index("About to start") < shown.index("Earlier appeals")
    assert shown.rindex("Already over") > shown.index("Earlier appeals")


def test_home_without_any_appeal_says_so() -> None:
    assert "No appeal is open just now." in read("/")


def test_the_campaign_page_costs_two_queries(django_assert_num_queries: Queries) -> None:
    campaign = build.campaign()
    build.suggest(campaign, *(Money(amount, "USD") for amount in (10_00, 20_00, 30_00)))
    build.matching(campaign)
    with django_assert_num_queries(2):
        page(campaign)


def test_home_costs_three_queries_however_many_appeals_and_stories(django_assert_num_queries: Queries) -> None:
    for number in range(5):
        build.campaign()
        closed = build.campaign(status=Status.CLOSED)
        Story.objects.create(campaign=closed, title=f"Soup {number}", text="We cooked.", language="en", month=MONTH)
    with django_assert_num_queries(3):
        assert "Soup 4" in read("/")


def test_home_tells_the_latest_stories_and_none_that_was_taken_down() -> None:
    campaign = build.campaign()
    for number in range(6):
        Story.objects.create(campaign=campaign, title=f"Soup {number}", text="We cooked.", language="en", month=MONTH)
    Story.objects.get(title="Soup 5").take_down()
    shown = read("/")
    assert [f"Soup {number}" in shown for number in range(6)] == [False, True, True, True, True, False]


@pytest.mark.django_db(transaction=True)
def test_home_shows_the_figures_of_each_appeal_and_their_sum_in_each_currency() -> None:
    first, second, yen = build.campaign(), build.campaign(), build.campaign(currency="JPY")
    build.gift(first.card_fund, 100_00)
    build.gift(second.bank_fund, 50_00)
    build.gift(yen.card_fund, 7_000)
    shown = read("/")
    table = shown[shown.index("<table>") : shown.index("</table>")]
    assert table.count('<td class="figure"><bdi>$100.00 USD</bdi></td>') == 2  # raised, and left
    assert table.count('<td class="figure"><bdi>$150.00 USD</bdi></td>') == 2
    assert "All in JPY" in table
    assert read("/").count("All in EUR") == 0


@pytest.fixture
def kept(settings: Any) -> Iterator[None]:
    """Pages may be as old as in production, and older."""
    settings.PAGE_SECONDS = 600
    cache.clear()
    yield
    cache.clear()


def test_a_page_asked_for_again_within_a_moment_costs_no_query(kept: None, django_assert_num_queries: Queries) -> None:
    campaign = build.campaign()
    shown = [read("/"), page(campaign)]
    with django_assert_num_queries(0):
        assert [read("/"), page(campaign)] == shown


def test_what_is_kept_for_one_page_or_language_is_not_shown_for_another(kept: None, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    first, second = build.campaign(title="First"), build.campaign(title="Second")
    assert "First" in page(first)
    assert "Second" in page(second)
    assert 'lang="en"' in page(first, accept_language="en")
    assert 'lang="fa"' in page(first, accept_language="fa")


def test_what_is_kept_holds_nothing_of_who_asked_first(kept: None) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("zahra", is_staff=True))
    campaign = build.campaign()
    assert staff.get(campaign.get_absolute_url()).content == Client().get(campaign.get_absolute_url()).content


def test_public_pages_leave_no_cookie_and_ask_for_none() -> None:
    campaign = build.campaign()
    for path in ("/", campaign.get_absolute_url(), "/api/campaigns/", "/no-such-page/"):
        response = Client().get(path)
        assert not response.cookies
        assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.django_db(transaction=True)
def test_a_page_the_browser_holds_is_not_sent_again_until_the_books_change() -> None:
    campaign = build.campaign()
    for path in ("/", campaign.get_absolute_url()):
        held = Client().get(path).headers["ETag"]
        again = Client().get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", held)
        assert again.headers["Cache-Control"] == "no-cache"
    build.gift(campaign.card_fund, 5_00)
    for path in ("/", campaign.get_absolute_url()):
        assert Client().get(path, headers={"If-None-Match": held}).status_code == 200


def test_a_page_in_another_language_is_another_page(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    campaign = build.campaign()
    english = Client().get(campaign.get_absolute_url())
    headers = {"Accept-Language": "fa", "If-None-Match": english.headers["ETag"]}
    persian = Client().get(campaign.get_absolute_url(), headers=headers)
    assert persian.status_code == 200
    assert "Accept-Language" in persian.headers["Vary"]


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("fa", "rtl")])
def test_the_page_runs_in_the_direction_of_its_language(settings: Any, language: str, direction: str) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    assert f'<html lang="{language}" dir="{direction}">' in page(build.campaign(), accept_language=language)


@pytest.mark.parametrize("language", ["ps", "prs", "ur", "ar"])
def test_pashto_and_dari_are_written_from_right_to_left(language: str) -> None:
    with translation.override(language):
        assert f'<html lang="{language}" dir="rtl">' in render_to_string("appeal/base.html")


def test_only_reading_is_answered() -> None:
    assert Client().post("/").status_code == 405
    assert Client().post(build.campaign().get_absolute_url()).status_code == 405
    assert Client().head("/").status_code == 200


def test_an_unknown_page_says_so_in_the_look_of_the_house() -> None:
    response = Client().get("/campaigns/no-such-campaign/")
    assert response.status_code == 404
    assert "This page is not here" in response.content.decode()
    assert "Refugees<b>Rise</b>" in response.content.decode()


def test_a_fault_of_ours_is_said_without_asking_the_database(django_assert_num_queries: Queries) -> None:
    with django_assert_num_queries(0):
        assert "Something went wrong on our side" in render_to_string("500.html")


def test_a_form_without_its_token_is_refused_in_plain_words() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert response.status_code == 403
    assert "Please send the form again" in response.content.decode()


def test_signing_in_looks_like_the_house_and_offers_nobody_to_sign_up() -> None:
    shown = read("/accounts/login/")
    assert "Refugees<b>Rise</b>" in shown
    assert "/accounts/signup/" not in shown
