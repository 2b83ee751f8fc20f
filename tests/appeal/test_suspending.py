"""Giving to an appeal is paused for a time, by one person with a reason, and taken up again by any."""

import pytest
from django.contrib.auth.models import User

from appeal.models import Campaign, Status
from appeal.refusal import Refused
from ledger.models import Change
from tests.appeal import build
from tests.appeal.build import day, refused, sql

pytestmark = pytest.mark.django_db


def test_a_suspended_campaign_takes_no_gifts_until_it_is_lifted() -> None:
    campaign = build.campaign()
    build.suspend(campaign)
    assert not campaign.takes_gifts(day())
    assert campaign in Campaign.objects.public()
    assert campaign in Campaign.objects.current(day())
    assert campaign not in Campaign.objects.open_for_giving(day())
    campaign.lift()
    assert Campaign.objects.get().takes_gifts(day())


@pytest.mark.parametrize(("why", "words"), [("", "Soon."), ("A letter.", " "), ("\n", "")])
def test_nobody_suspends_without_saying_why_to_staff_and_to_everyone(why: str, words: str) -> None:
    campaign = build.campaign()
    with pytest.raises(Refused, match="Say why"):
        campaign.suspend(by=User.objects.create_user("zahra"), why=why, words=words)
    assert Campaign.objects.get().status == Status.LIVE


def test_who_was_faster_decides() -> None:
    campaign = build.campaign()
    stale = Campaign.objects.get()
    campaign.close()
    with pytest.raises(Refused, match="is closed now"):
        build.suspend(stale)
    assert Campaign.objects.get().status == Status.CLOSED


def test_a_suspended_campaign_can_be_closed_and_is_then_suspended_no_more() -> None:
    campaign = build.campaign()
    build.suspend(campaign)
    campaign.close()
    assert (campaign.status, campaign.suspended_by, campaign.suspended_words) == (Status.CLOSED, None, "")


def test_the_history_keeps_what_was_lifted() -> None:
    campaign = build.campaign()
    build.suspend(campaign, words="We check a report.")
    campaign.lift()
    kept = Change.objects.filter(place="appeal_campaign", row=str(campaign.pk))
    assert "We check a report." in {change.before["suspended_words"] for change in kept if change.before}


@pytest.mark.parametrize("column", ["suspended_by_id", "suspended_at", "suspended_why", "suspended_words"])
def test_the_database_refuses_a_suspension_that_lacks_anything(column: str) -> None:
    build.suspend(build.campaign())
    nothing = "''" if column in {"suspended_why", "suspended_words"} else "NULL"
    with refused("campaign_suspended_means_by_whom_and_why"):
        sql(f"UPDATE appeal_campaign SET {column} = {nothing}")


def test_the_database_refuses_to_lift_by_the_status_alone() -> None:
    build.suspend(build.campaign())
    with refused("campaign_suspended_means_by_whom_and_why"):
        sql("UPDATE appeal_campaign SET status = 'live'")
    with refused("campaign_moves_as_written"):
        sql("UPDATE appeal_campaign SET status = 'draft'")
