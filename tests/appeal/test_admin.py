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


def test_an_amount_is_offered_once(staff: Client) -> None:
    twice = filled_in() | {"suggested_amounts-1-amount": "25.00"}
    assert "This amount is offered already." in staff.post(LIST + "add/", twice).content.decode()
    staff.post(LIST + "add/", filled_in())
    page = f"{LIST}{Campaign.objects.get().pk}/change/"
    assert "This amount is offered already." in staff.post(page, filled_in()).content.decode()
    assert Campaign.objects.get().suggested("AUD") == [Money(25_00, "AUD")]


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


def test_a_campaign_is_shown_and_closed_by_steps_that_say_what_they_mean(staff: Client) -> None:
    campaign = build.draft(title="Ready")
    steps = f"{LIST}{campaign.pk}/step/"
    assert status_after(staff, f"{steps}go-live/", campaign) == Status.LIVE
    assert "stopped" in staff.get(f"{steps}close/").content.decode()
    assert campaign.status == Status.LIVE  # to look is not to close
    assert status_after(staff, f"{steps}close/", campaign) == Status.CLOSED


def test_giving_is_paused_with_a_reason_and_words_and_another_person_may_lift_it(staff: Client) -> None:
    campaign = build.campaign(title="Warm rooms")
    step = f"{LIST}{campaign.pk}/step/suspend/"
    assert "This field is required." in staff.post(step, {"reason": "A letter."}).content.decode()
    staff.post(step, {"reason": "A letter.", "words": "We check a report."})
    campaign.refresh_from_db()
    assert (campaign.status, campaign.suspended_why) == (Status.SUSPENDED, "A letter.")
    assert campaign.suspended_words == "We check a report."
    assert campaign.suspended_by
    shown = staff.get(f"{LIST}{campaign.pk}/change/").content.decode()
    assert "We check a report." in shown
    assert f"{LIST}{campaign.pk}/step/go-live/" not in shown
    assert status_after(staff, f"{LIST}{campaign.pk}/step/lift/", campaign) == Status.LIVE
    assert campaign.suspended_by is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stretch": "900"}, "belong together"),
        ({"stretch_words": "More rooms."}, "belong together"),
        ({"stretch": "500", "stretch_words": "More."}, "The second goal is more than the first one."),
        ({"stretch": "9000", "stretch_currency": "EUR", "stretch_words": "More."}, "Both goals are in one currency."),
    ],
)
def test_a_second_goal_that_makes_no_sense_is_refused_in_the_form(
    staff: Client, changes: dict[str, str], words: str
) -> None:
    given = filled_in(goal="500", stretch_currency="AUD") | changes
    assert words in staff.post(LIST + "add/", given).content.decode()
    assert not Campaign.objects.exists()


def test_a_second_goal_is_written_beside_the_first(staff: Client) -> None:
    given = filled_in(goal="500", stretch="900", stretch_currency="AUD", stretch_words="A second winter.")
    assert staff.post(LIST + "add/", given).status_code == 302
    campaign = Campaign.objects.get()
    assert campaign.stretch == Money(900_00, "AUD")
    shown = staff.get(f"{LIST}{campaign.pk}/change/").content.decode()
    assert "A second winter." in shown
    assert 'value="900.00"' in shown


def test_a_step_out_of_turn_is_refused_in_a_sentence_and_not_offered(staff: Client) -> None:
    closed = build.campaign(title="Long over", status=Status.CLOSED)
    address = f"{LIST}{closed.pk}/step/go-live/"
    assert address not in staff.get(f"{LIST}{closed.pk}/change/").content.decode()
    shown = staff.post(address).content.decode()
    assert "“Long over” is closed now, so it cannot become live." in shown
    assert status_after(staff, address, closed) == Status.CLOSED


def status_after(client: Client, address: str, campaign: Campaign) -> str:
    client.post(address)
    campaign.refresh_from_db()
    return campaign.status


def test_a_last_day_that_is_over_is_refused_and_one_set_before_may_stay(staff: Client) -> None:
    campaign = build.campaign(slug="winter", currency="AUD", opens_on=day(-9), closes_on=day(-2))
    page, given = f"{LIST}{campaign.pk}/change/", filled_in(opens_on=str(day(-9)))
    given["suggested_amounts-0-amount"] = ""
    refused = staff.post(page, given | {"closes_on": str(day(-1))})
    assert "That day is over." in refused.content.decode()
    assert staff.post(page, given | {"closes_on": str(day(-2))}).status_code == 302
    assert staff.post(page, given | {"closes_on": str(day(0))}).status_code == 302


def test_who_may_only_look_moves_nothing(db: None, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client = Client()
    client.force_login(reader)
    draft = build.draft()
    assert client.get(LIST).status_code == 200
    assert client.post(f"{LIST}{draft.pk}/step/go-live/").status_code == 403
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_nobody_deletes_a_campaign(staff: Client) -> None:
    campaign = build.draft()
    assert staff.post(f"{LIST}{campaign.pk}/delete/", {"post": "yes"}).status_code == 403
