"""Everything is compared with Stripe: what a webhook never told is found, repaired alike, and said."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from donations import monthly
from donations.models import Dispute, Donation, Payout, Refund, State, Sweep
from donations.reconcile import reconcile, taken_in
from donations.sandbox.process import Sandbox
from donations.stripe_api import client
from ledger import chart
from ledger.journal import Draft, Line, record
from ledger.models import Posting
from ledger.money import Money
from tests.appeal.build import book
from tests.donations import at_stripe, build
from tests.donations.at_stripe import DAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deaf(sandbox: Sandbox) -> Sandbox:
    """No webhook ever comes."""
    sandbox.control("deliveries", mode="drop")
    return sandbox


@pytest.fixture
def gift() -> Donation:
    return build.donation(build.campaign(), Money(100_00, "USD"))


def differences(days: int = 1) -> list[str]:
    now = timezone.now()
    return [str(each) for each in reconcile(now - timedelta(days=days), now)]


def printed() -> str:
    out = StringIO()
    call_command("reconcile", days=2, stdout=out)
    return out.getvalue()


def test_nothing_differs_as_a_rule(deaf: Sandbox, gift: Donation) -> None:
    at_stripe.paid(deaf, gift)
    at_stripe.hear(deaf)
    at_stripe.settle()
    assert differences() == []
    assert printed() == "Nothing differs from Stripe.\n"


def test_an_object_that_cannot_be_understood_is_told_and_stops_nothing(deaf: Sandbox) -> None:
    promise = build.monthly_gift(build.campaign(), Money(25_00, "USD"))
    named = {"object": "subscription", "metadata": {"monthly_gift": promise.reference}}
    odd, strange = {"id": "sub_1", "items": None} | named, {"id": "sub_2", "object": "subscription"}
    told = [str(each) for each in taken_in([odd, strange], monthly.hear_subscription, timezone.now())]
    assert ["cannot be taken in" in told[0], "of no gift of ours" in told[1]] == [True, True]


def test_a_movement_that_cannot_be_booked_is_told_and_the_rest_is_compared(deaf: Sandbox, gift: Donation) -> None:
    """The books have something else under its name."""
    ids = at_stripe.paid(deaf, gift)
    (row,) = client().v1.balance_transactions.list().data
    fund = gift.campaign.bank_fund
    with transaction.atomic():
        record(Draft("stripe_gift", row.id, timezone.localdate(), (
            Line(chart.BANK, fund, Money(1, "USD")), Line(chart.GIFTS, fund, Money(-1, "USD")),
        )))  # fmt: skip
    other = build.donation(gift.campaign, Money(50_00, "USD"))
    at_stripe.paid(deaf, other)
    deaf.control("disputes", charge=ids["charge"])
    found = differences()
    assert any("not in the books as what it is" in each for each in found)
    assert any("Stripe holds" in each for each in found)
    assert Dispute.objects.exists()
    other.refresh_from_db()
    assert other.state == State.SETTLED
    assert not Sweep.objects.exists()


def test_all_that_no_webhook_told_is_found_from_the_objects(deaf: Sandbox, gift: Donation) -> None:
    ids = at_stripe.paid(deaf, gift)
    deaf.control("refunds", charge=ids["charge"], amount=40_00)
    other = build.donation(gift.campaign, Money(50_00, "USD"))
    disputed = at_stripe.paid(deaf, other)
    dispute = deaf.control("disputes", charge=disputed["charge"])
    with pytest.raises(CommandError, match="differed from Stripe"):
        printed()
    assert printed() == "Nothing differs from Stripe.\n"
    gift.refresh_from_db()
    assert (gift.state, gift.refundable()) == (State.SETTLED, Money(60_00, "USD"))
    assert Dispute.objects.get().donation == other
    deaf.control("disputes/close", dispute=dispute["id"], outcome="lost")
    assert len(differences()) == 1
    assert Dispute.objects.get().lost_minor == 50_00
    assert differences() == []
    assert at_stripe.agrees()


def test_the_sweep_ends_where_the_webhooks_end(deaf: Sandbox) -> None:
    """The same story twice: heard event by event, and found afterwards."""

    def story(slug: str) -> Donation:
        donation = build.donation(build.campaign(slug), Money(100_00, "USD"))
        ids = at_stripe.paid(deaf, donation)
        deaf.control("refunds", charge=ids["charge"], amount=30_00)
        dispute = deaf.control("disputes", charge=ids["charge"], amount=70_00)
        deaf.control("disputes/close", dispute=dispute["id"], outcome="lost")
        return donation

    def end(donation: Donation) -> Any:
        donation.refresh_from_db()
        booked = Posting.objects.filter(fund=donation.campaign.card_fund).values_list("account", "amount")
        return donation.state, sorted(booked), donation.refundable(), donation.disputes.get().status

    told = story("told")
    at_stripe.hear(deaf)
    at_stripe.settle()
    found = story("found")
    differences()
    assert end(told) == end(found)
    assert at_stripe.agrees()


def test_a_payout_and_a_pending_refund_are_followed_to_their_end_however_old(deaf: Sandbox, gift: Donation) -> None:
    ids = at_stripe.paid(deaf, gift)
    deaf.control("clock", advance=3 * DAY)
    payout = deaf.control("payouts")
    refund = deaf.control("refunds", charge=ids["charge"], amount=10_00, pending=True)
    differences()
    Payout.objects.update(created_at=timezone.now() - timedelta(days=400))
    deaf.control("payouts/advance", payout=payout["id"], to="paid")
    deaf.control("refunds/advance", refund=refund["id"], to="canceled")
    assert len(differences(days=0)) == 2
    assert Payout.objects.get().arrival
    assert Refund.objects.get().status == "canceled"
    assert differences(days=0) == []


def test_a_payment_of_no_gift_of_ours_is_said_every_time(deaf: Sandbox) -> None:
    deaf.control("gifts", count=1)
    first, again = differences(), differences()
    assert [each for each in first if "of no gift of ours" in each] == again
    assert len(again) == 2  # its session and its charge


def test_a_gift_that_stripe_does_not_know_is_said(deaf: Sandbox, gift: Donation) -> None:
    Donation.objects.filter(pk=gift.pk).update(
        state=State.PAID, charged_at=timezone.now(), payment_intent="pi_from_another_world"
    )
    assert differences() == [f"gift {gift.pk}: paid for us, and Stripe has no payment for it"]


def test_money_that_the_books_do_not_have_is_said_to_the_cent(deaf: Sandbox, gift: Donation) -> None:
    at_stripe.paid(deaf, gift)
    differences()
    book(gift.campaign.card_fund, chart.BANK, -1)
    (said,) = differences()
    assert "Stripe holds" in said
    assert Money(96_80, "USD").format() in said
    assert Money(96_81, "USD").format() in said


def test_stripe_too_busy_is_waited_for(deaf: Sandbox, gift: Donation) -> None:
    at_stripe.paid(deaf, gift)
    deaf.control("faults", status=429, times=2, path="/v1/charges")
    assert differences()
    assert differences() == []
