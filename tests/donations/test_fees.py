"""A donor who adds the fee gives what they meant to, in every currency, and no more than that takes."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from appeal.models import Campaign
from donations.fees import ESTIMATES, covered, fee, with_these
from donations.limits import LIMITS
from donations.models import Donation, MonthlyGift
from donations.sandbox.process import Sandbox
from ledger.money import Money, exponent
from tests.donations import build
from tests.donations.test_giving import send


def test_there_is_an_estimate_for_every_currency_that_can_be_given() -> None:
    assert set(ESTIMATES) == set(LIMITS)


@pytest.mark.parametrize("currency", sorted(ESTIMATES))
def test_for_every_amount_the_covered_net_is_at_least_what_was_meant_and_not_a_unit_too_much(currency: str) -> None:
    for units in range(1, 10_001):
        meant = Money(units * 10 ** exponent(currency), currency)
        total = covered(meant)
        assert meant <= total - fee(total)
        less = total - Money(1, currency)
        assert less - fee(less) < meant


@given(st.sampled_from(sorted(ESTIMATES)), st.integers(1, 10**10))
def test_the_same_holds_for_cents(currency: str, minor: int) -> None:
    total = covered(Money(minor, currency))
    assert Money(minor, currency) <= total - fee(total)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return build.campaign()


@pytest.mark.django_db(transaction=True)
def test_the_fee_is_added_only_when_the_donor_says_so(sandbox: Sandbox, campaign: Campaign) -> None:
    assert "cover_fees" in (page := Client().get(f"/give/{campaign.slug}/").content.decode())
    assert "checked" not in page.split('name="cover_fees"')[1].split(">")[0]
    send(campaign, gift="100")
    send(campaign, gift="100", cover_fees="on")
    assert list(Donation.objects.order_by("pk").values_list("amount_minor", flat=True)) == [100_00, 104_92]


@pytest.mark.django_db(transaction=True)
def test_a_monthly_gift_covers_its_fee_every_month(sandbox: Sandbox, campaign: Campaign) -> None:
    send(campaign, often="month", gift="100", cover_fees="on")
    assert MonthlyGift.objects.get().amount == Money(104_92, "USD")


def test_another_account_has_its_own_estimate_and_keeps_ours_for_the_rest(settings: Settings) -> None:
    settings.FEE_ESTIMATES = with_these(["EUR:3.25+0.25", " JPY:3.6+0"])
    assert fee(Money(100_00, "EUR")) == Money(3_50, "EUR")
    assert fee(Money(1_000, "JPY")) == Money(36, "JPY")
    assert fee(Money(100_00, "USD")) == Money(4_70, "USD")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("typed", ["", "1", "1e9"])
def test_a_wrong_amount_stays_wrong_with_its_fee(campaign: Campaign, typed: Any) -> None:
    assert send(campaign, gift=typed, cover_fees="on").status_code == 422
    assert not Donation.objects.exists()
