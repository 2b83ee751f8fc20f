"""Payment pages end with giving: by closing, suspending, the last day. What was paid before is booked as always."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from donations import checkout, settlement
from donations.drain import drain
from donations.followup import end_without_appeal
from donations.models import Donation, State
from donations.sandbox.process import Sandbox
from ledger.money import Money
from tests.donations import build
from tests.donations.test_giving import send
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def suspend(campaign: Campaign) -> None:
    by = User.objects.create_user("zahra")
    campaign.suspend(by=by, why="A letter.", words="We check a report & say more on Monday.")


def last_day_was_yesterday(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(closes_on=timezone.localdate() - datetime.timedelta(1))


ENDS = [Campaign.close, suspend, last_day_was_yesterday]


def ended() -> int:
    """What the beat does."""
    return end_without_appeal(timezone.now())


@pytest.mark.parametrize("end", ENDS)
def test_an_open_page_is_ended_and_nobody_pays_on_it(sandbox: Sandbox, campaign: Campaign, end: Any) -> None:
    page, other = (checkout.payment_page(build.donation(to)) for to in (campaign, build.campaign("other")))
    end(campaign)
    assert ended() == 1
    assert ended() == 0
    gift = campaign.donations.get()
    assert gift.state == State.EXPIRED
    assert pay(page).status_code != 303
    assert pay(other).status_code == 303  # of the appeal that goes on
    shown = Client().get(gift.get_absolute_url()).content.decode()
    assert "This gift was not made" in shown
    assert "Nothing was charged." in shown
    assert "Start again" not in shown


@pytest.mark.parametrize("end", [Campaign.close, suspend])
def test_who_paid_before_the_page_was_ended_has_given(sandbox: Sandbox, campaign: Campaign, end: Any) -> None:
    pay(checkout.payment_page(build.donation(campaign)))
    end(campaign)
    ended()
    assert Donation.objects.get().state == State.PAID
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + datetime.timedelta(seconds=1))
    settlement.sweep()
    assert Donation.objects.get().state == State.SETTLED
    assert campaign.raised() == Money(50_00, "USD")


def test_a_gift_that_is_taken_up_again_after_the_end_goes_nowhere(sandbox: Sandbox, campaign: Campaign) -> None:
    with_page, without = build.donation(campaign), build.donation(campaign)
    checkout.payment_page(with_page)
    suspend(campaign)
    for gift, state in ((with_page, State.EXPIRED), (without, State.ABANDONED)):
        answer = Client().post(f"/gifts/{gift.reference}/resume/")
        assert answer.headers["Location"] == gift.get_absolute_url()
        gift.refresh_from_db()
        assert gift.state == state
        assert "We check a report &amp; say more on Monday." in Client().get(gift.get_absolute_url()).content.decode()


def test_a_gift_that_is_not_ended_yet_offers_no_way_to_pay(campaign: Campaign) -> None:
    gift = build.donation(campaign)
    assert "resume" in Client().get(gift.get_absolute_url()).content.decode()
    suspend(campaign)
    shown = Client().get(gift.get_absolute_url()).content.decode()
    assert "Your gift cannot be finished now" in shown
    assert "resume" not in shown


def test_while_stripe_is_silent_the_page_waits_for_the_next_round(
    sandbox: Sandbox, campaign: Campaign, settings: Settings
) -> None:
    checkout.payment_page(build.donation(campaign))
    campaign.close()
    settings.STRIPE_API_BASE, there = "http://127.0.0.1:9", settings.STRIPE_API_BASE
    assert ended() == 0
    assert Donation.objects.get().state == State.OPEN
    settings.STRIPE_API_BASE = there
    assert ended() == 1


def test_the_form_of_a_suspended_appeal_says_why_and_takes_nothing(campaign: Campaign) -> None:
    suspend(campaign)
    shown = Client().get(f"/give/{campaign.slug}/")
    assert shown.status_code == 200
    assert "<form" not in shown.content.decode()
    answer = send(campaign)
    assert answer.status_code == 409
    for page in (shown, answer):
        assert "We check a report &amp; say more on Monday." in page.content.decode()
        assert "Nothing was charged." in page.content.decode()
        assert "A letter." not in page.content.decode()
    assert not Donation.objects.exists()


def test_the_form_of_an_appeal_to_come_says_from_when(campaign: Campaign) -> None:
    Campaign.objects.update(opens_on=timezone.localdate() + datetime.timedelta(3))
    assert "You can give from" in Client().get(f"/give/{campaign.slug}/").content.decode()


def test_a_gift_that_came_to_a_closed_appeal_is_told_where_it_goes(sandbox: Sandbox, campaign: Campaign) -> None:
    pay(checkout.payment_page(build.donation(campaign)))
    Campaign.objects.update(afterwards="It goes to the spring appeal.")
    campaign.close()
    ended()
    gift = Donation.objects.get()
    for path in (gift.get_absolute_url(), f"/give/{campaign.slug}/"):
        assert "It goes to the spring appeal." in Client().get(path).content.decode()
