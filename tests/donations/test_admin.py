"""Staff look at gifts and movements, find what needs a person, and can change none of it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from donations.models import BalanceTransaction, Donation, StripeEvent
from tests.donations import build

pytestmark = pytest.mark.django_db
LISTS = ["donation", "stripeevent", "balancetransaction"]


@pytest.fixture
def staff(settings: Settings) -> Client:
    settings.STAFF_SECOND_FACTOR = False
    client = Client()
    client.force_login(User.objects.create_superuser("treasurer"))
    return client


def test_the_filter_shows_what_needs_a_person_and_nothing_else(staff: Client) -> None:
    campaign = build.campaign()
    fine, odd = build.donation(campaign), build.donation(campaign, review="It does not fit.")
    page = staff.get("/staff/donations/donation/?needs_a_person=yes").content.decode()
    assert odd.reference in page
    assert fine.reference not in page


@pytest.mark.parametrize("name", LISTS)
def test_each_list_opens_with_and_without_the_filter_and_takes_no_change(staff: Client, name: str) -> None:
    for query in ("", "?needs_a_person=yes"):
        assert staff.get(f"/staff/donations/{name}/{query}").status_code == 200
    assert staff.get(f"/staff/donations/{name}/add/").status_code == 403


def test_the_vocabulary_is_the_same_for_all_three() -> None:
    for model in (Donation, StripeEvent, BalanceTransaction):
        assert not model.objects.needing_a_person().exists()
