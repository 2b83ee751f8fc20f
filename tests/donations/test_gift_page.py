"""The donor's page never says that a gift has arrived when its money went back."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from donations import disputes, refunds
from donations.models import Donation, State
from donations.settlement import book, listed
from ledger.money import Money
from tests.donations import build, objects
from tests.donations.test_staff_pages import words

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)
ARRIVED = "Your gift has arrived"


@pytest.fixture
def gift() -> Donation:
    """100.00 USD, settled."""
    donation = build.donation(build.campaign(), Money(100_00, "USD"))
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    return donation


def page(gift: Donation) -> str:
    return words(Client().get(gift.get_absolute_url()))


def test_a_gift_that_stayed_has_arrived(gift: Donation) -> None:
    refunds.hear(objects.refund(gift, 40_00, status="failed"), NOW)
    disputes.hear(objects.dispute(gift, status="warning_needs_response"), NOW)
    disputes.hear(objects.dispute(gift, status="won"), NOW)
    assert ARRIVED in page(gift)
    assert "aid back" not in page(gift)
    assert "bank" not in page(gift)


def test_a_gift_that_was_paid_back_says_so_with_amount_and_day(gift: Donation) -> None:
    refunds.hear(objects.refund(gift), NOW)
    told = page(gift)
    assert "Your gift was paid back to you" in told
    assert "Paid back $100.00 USD , 21 September 2026" in told
    assert ARRIVED not in told


def test_a_gift_that_was_paid_back_in_parts_names_each(gift: Donation) -> None:
    refunds.hear(objects.refund(gift, 30_00), NOW)
    refunds.hear(objects.refund(gift, 20_00, status="pending"), NOW)
    told = page(gift)
    assert "A part of your gift was paid back to you" in told
    assert "Paid back $30.00 USD" in told
    assert "On its way back $20.00 USD" in told
    assert ARRIVED not in told


@pytest.mark.parametrize(("status", "says"), [("needs_response", "decides"), ("lost", "was given back to your bank")])
def test_a_gift_that_the_bank_asked_for_says_so(gift: Donation, status: str, says: str) -> None:
    disputes.hear(objects.dispute(gift, 25_00, status=status), NOW)
    told = page(gift)
    assert "Your bank has asked for this gift back" in told
    assert says in told
    assert "Asked back by your bank $25.00 USD , 21 September 2026" in told
    assert ARRIVED not in told


def test_a_debit_that_came_back_says_so(gift: Donation) -> None:
    book([listed(objects.movement("payment_reversal", objects.charge(gift), -100_00))])
    told = page(gift)
    assert "Your bank has asked for this gift back" in told
    assert ARRIVED not in told


def test_a_gift_that_was_looked_into_asks_for_no_more_money() -> None:
    gift = build.donation(build.campaign(), review="It does not fit.")
    gift.resolve()
    told = page(gift)
    assert gift.state == State.OPEN
    assert "We have looked into your gift" in told
    assert "Continue to payment" not in told
    assert "We have looked into your gift" in words(Client().get(f"{gift.get_absolute_url()}thanks/"))
