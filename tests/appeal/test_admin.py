"""Staff write campaigns in the admin, in human units, and move them by their verbs."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from appeal.models import Campaign, Status
from ledger.money import Money
from tests.appeal import build
from tests.appeal.build import day

LIST = "/staff/appeal/campaign/"


@pytest.fixture
def staff(db: None, settings: Any) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    client = Client()
    client.force_login(User.objects.create_superuser("zahra"))
    return client


def filled_in(**changes: str) -> dict[str, str]:
    return {
        "title": "Warm rooms",
        "slug": "warm-rooms",
        "summary": "Stoves before the snow.",
        "story": "The snow comes early.",
        "goal": "12,500.50",
        "goal_currency": "AUD",
        "opens_on": str(day()),
        "closes_on": "",
        "suggested_amounts-TOTAL_FORMS": "2",
        "suggested_amounts-INITIAL_FORMS": "0",
        "suggested_amounts-0-amount": "25",
        "suggested_amounts-0-amount_currency": "AUD",
        "suggested_amounts-1-amount": "",
        "suggested_amounts-1-amount_currency": "AUD",
    } | changes


def test_a_campaign_is_written_in_human_units_and_starts_as_a_draft_with_its_funds(staff: Client) -> None:
    assert staff.get(LIST + "add/").status_code == 200
    response = staff.post(LIST + "add/", filled_in())
    assert response.status_code == 302, response.content.decode()
    campaign = Campaign.objects.get()
    assert (campaign.goal, campaign.status) == (Money(12_500_50, "AUD"), Status.DRAFT)
    assert (campaign.card_fund.code, campaign.bank_fund.currency) == ("warm-rooms-card", "AUD")
    assert campaign.suggested("AUD") == [Money(25_00, "AUD")]


@pytest.mark.parametrize("goal", ["0", "-5", "1e3", "", "12.345"])
def test_a_goal_that_is_no_amount_is_refused_in_the_form(staff: Client, goal: str) -> None:
    assert staff.post(LIST + "add/", filled_in(goal=goal)).status_code == 200
    assert not Campaign.objects.exists()


def test_a_last_day_before_the_first_is_refused_in_the_form(staff: Client) -> None:
    assert staff.post(LIST + "add/", filled_in(closes_on=str(day(-1)))).status_code == 200
    assert not Campaign.objects.exists()


def test_an_address_taken_before_is_refused_in_the_form(staff: Client) -> None:
    build.draft(slug="warm-rooms")
    assert staff.post(LIST + "add/", filled_in()).status_code == 200


def test_a_campaign_keeps_its_currency_and_its_address(staff: Client) -> None:
    campaign = build.campaign(slug="winter", currency="USD")
    change = filled_in(goal="99", slug="other", title="New title")
    assert staff.get(f"{LIST}{campaign.pk}/change/").status_code == 200
    assert staff.post(f"{LIST}{campaign.pk}/change/", change).status_code == 200  # AUD is no choice here
    response = staff.post(f"{LIST}{campaign.pk}/change/", change | {"goal_currency": "USD"})
    assert response.status_code == 302
    campaign.refresh_from_db()
    assert (campaign.slug, campaign.goal, campaign.title) == ("winter", Money(99_00, "USD"), "New title")


def test_actions_move_what_may_move_and_say_what_may_not(staff: Client) -> None:
    draft, closed = build.draft(title="Ready"), build.campaign(title="Long over", status=Status.CLOSED)
    chosen = {"action": "go_live", "_selected_action": [str(draft.pk), str(closed.pk)]}
    shown = staff.post(LIST, chosen, follow=True).content.decode()
    assert "“Long over” is closed now, so it cannot become live." in shown
    draft.refresh_from_db()
    assert draft.status == Status.LIVE


def test_who_may_only_look_moves_nothing(db: None, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client = Client()
    client.force_login(reader)
    draft = build.draft()
    assert client.get(LIST).status_code == 200
    for action in ("go_live", "close"):
        client.post(LIST, {"action": action, "_selected_action": [draft.pk]})
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_nobody_deletes_a_campaign(staff: Client) -> None:
    campaign = build.draft()
    assert staff.post(f"{LIST}{campaign.pk}/delete/", {"post": "yes"}).status_code == 403
