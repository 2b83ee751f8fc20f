"""A gift that goes back to its donor: what the books say, and who may decide it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, connection
from django.utils import timezone

from donations import letters, refunds
from donations.models import Donation, Refund, RefundRequest, Refused, State
from donations.sandbox.process import Sandbox
from donations.settlement import book, listed
from donations.stripe_api import client
from ledger.models import Fund
from ledger.money import Money
from tests.donations import at_stripe, build, objects

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def gift() -> Donation:
    """100.00 USD, settled with a fee of 3.20."""
    donation = build.donation(build.campaign(), Money(100_00, "USD"))
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    assert donation.state == State.SETTLED
    return donation


def holds(fund: Fund, **accounts: int) -> bool:
    return {name: fund.balance(name).minor for name in accounts} == accounts


def general() -> Fund:
    return Fund.objects.general("USD")


def move(kind: str, source: dict[str, Any], amount: int, fee: int = 0) -> None:
    book([listed(objects.movement(kind, source, amount, fee))])


def two_people() -> tuple[User, User]:
    return User.objects.create_user("treasurer"), User.objects.create_user("approver")


def test_a_full_refund_leaves_the_campaign_as_if_the_gift_had_never_been(gift: Donation) -> None:
    fund = gift.campaign.card_fund
    move("refund", objects.refund(gift), -100_00)
    assert holds(fund, gifts=-100_00, refunds=100_00, fees=3_20, transfer=-3_20, stripe=-3_20, bank=3_20)
    assert holds(general(), transfer=3_20, bank=-3_20, stripe=0, suspense=0)
    assert fund.free() == Money.zero("USD")
    assert gift.campaign.raised() == Money.zero("USD")
    assert gift.refundable() == Money.zero("USD")


def test_parts_of_a_gift_cover_the_whole_fee_when_all_of_it_went_back(gift: Donation) -> None:
    for part in (33_33, 33_33, 33_34):
        move("refund", objects.refund(gift, part), -part)
    assert holds(gift.campaign.card_fund, refunds=100_00, transfer=-3_20)
    assert gift.refundable() == Money.zero("USD")


def test_two_equal_parts_are_two_refunds(gift: Donation) -> None:
    parts = [objects.movement("refund", objects.refund(gift, 40_00), -40_00) for _ in range(2)]
    for _ in range(3):
        book([listed(part) for part in parts])
    assert holds(gift.campaign.card_fund, refunds=80_00, transfer=-2_56)
    assert gift.refundable() == Money(20_00, "USD")


def test_a_refund_of_a_second_payment_leaves_the_first_alone(gift: Donation) -> None:
    """A gift was paid twice, and the second payment is paid back in Stripe's dashboard."""
    again = objects.charge(gift, id="ch_again", payment_intent="pi_again")
    book([listed(objects.balance_transaction(gift, id="txn_again", source=again))])
    back = objects.refund(gift) | {"charge": "ch_again", "payment_intent": "pi_again"}
    move("refund", back, -100_00)
    assert holds(gift.campaign.card_fund, gifts=-100_00, refunds=0, stripe=96_80)
    assert holds(general(), suspense=3_20)
    assert gift.refundable() == gift.amount


def test_the_donor_is_told_once_of_each_refund_that_stripe_has_made(gift: Donation) -> None:
    move("refund", objects.refund(gift, 40_00), -40_00)
    assert [letters.mail_all(NOW) for _ in range(2)] == [1, 0]
    move("refund", objects.refund(gift, 60_00), -60_00)
    assert letters.mail_all(NOW) == 1
    part, rest = mail.outbox
    assert part.to == [gift.email]
    assert "$40.00" in part.body
    assert "a new one for what stays" in part.body
    assert "$60.00" in rest.body
    assert "not valid any more" in rest.body
    assert gift.get_absolute_url() in rest.body


@pytest.mark.parametrize("status", ["pending", "failed", "canceled", "requires_action", "a new word"])
def test_a_refund_that_has_not_happened_is_told_to_nobody(gift: Donation, status: str) -> None:
    refunds.hear(objects.refund(gift) | {"status": status}, NOW)
    assert (gift.refunds.count(), letters.mail_all(NOW)) == (1, 0)


def test_a_refund_that_stripe_made_long_ago_and_we_never_heard_of_is_not_made_again(
    sandbox: Sandbox, two_asked: RefundRequest
) -> None:
    params: Any = {
        "payment_intent": two_asked.donation.payment_intent,
        "amount": two_asked.amount_minor,
        "metadata": {refunds.METADATA: str(two_asked.pk)},
    }
    client().v1.refunds.create(params)
    assert refunds.send_approved() == 1
    assert len(client().v1.refunds.list().data) == 1
    two_asked.refresh_from_db()
    assert two_asked.refund


@pytest.fixture
def two_asked(sandbox: Sandbox) -> RefundRequest:
    """Approved two days ago, of a gift at the sandbox."""
    donation = build.donation(build.campaign(), Money(100_00, "USD"))
    at_stripe.paid(sandbox, donation)
    at_stripe.settle()
    donation.refresh_from_db()
    (asker, approver), long_ago = two_people(), timezone.now() - timedelta(days=2)
    return RefundRequest.objects.create(
        **{"donation": donation, "amount_minor": 10_00, "currency": "USD", "reason": "Asked for."},
        **{"asked_by": asker, "asked_at": long_ago, "approved_by": approver, "approved_at": long_ago},
    )


@pytest.mark.parametrize(
    "change", ["amount_minor = 1", "asked_by_id = approved_by_id", "approved_at = NULL, approved_by_id = NULL"]
)
def test_sql_cannot_change_what_two_people_have_decided(
    sandbox: Sandbox, two_asked: RefundRequest, change: str
) -> None:
    with pytest.raises(IntegrityError, match="what was recorded stays"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE donations_refundrequest SET {change} WHERE id = %s", [two_asked.pk])


def test_a_refund_that_fails_restores_the_gift(gift: Donation) -> None:
    back = objects.refund(gift)
    move("refund", back, -100_00)
    move("refund_failure", back | {"status": "failed", "failure_reason": "lost_or_stolen_card"}, 100_00)
    fund = gift.campaign.card_fund
    assert holds(fund, gifts=-100_00, refunds=0, transfer=0, stripe=96_80, bank=0)
    assert holds(general(), transfer=0, bank=0)
    assert gift.refundable() == gift.amount


def test_a_refund_in_the_same_page_as_its_gift_is_booked_after_it() -> None:
    donation = build.donation(build.campaign(), Money(100_00, "USD"))
    back = listed(objects.movement("refund", objects.refund(donation), -100_00))
    book([back, listed(objects.balance_transaction(donation))])
    assert holds(donation.campaign.card_fund, refunds=100_00, gifts=-100_00)
    assert holds(general(), suspense=0)


def test_a_fee_for_the_refund_itself_is_the_general_funds(gift: Donation) -> None:
    move("refund", objects.refund(gift), -100_00, fee=1_00)
    assert holds(gift.campaign.card_fund, fees=3_20)
    assert holds(general(), fees=1_00, stripe=-1_00)


def test_a_refund_of_no_gift_of_ours_waits_under_suspense(gift: Donation) -> None:
    stranger = objects.refund(gift, charge="ch_other", payment_intent="pi_other")
    move("refund", stranger, -100_00)
    assert holds(gift.campaign.card_fund, refunds=0)
    assert holds(general(), suspense=100_00, stripe=-100_00)
    assert refunds.hear(stranger, NOW) is None


def test_an_older_view_of_a_refund_changes_nothing(gift: Donation) -> None:
    back = objects.refund(gift)
    assert refunds.hear(back | {"status": "failed"}, NOW)
    assert refunds.hear(back | {"status": "pending"}, NOW - timedelta(seconds=1)) is False
    assert Refund.objects.get().status == "failed"
    assert gift.refundable() == gift.amount


def test_a_status_that_is_new_to_us_is_kept_and_stops_nothing(gift: Donation) -> None:
    assert refunds.hear(objects.refund(gift, status="on_hold"), NOW)
    assert Refund.objects.get().status == "on_hold"


def test_nobody_approves_their_own_request(gift: Donation) -> None:
    treasurer, approver = two_people()
    asked = RefundRequest.objects.ask(gift, Money(40_00, "USD"), reason="Gave twice by mistake.", by=treasurer)
    with pytest.raises(Refused, match="Another person"):
        asked.approve(by=treasurer)
    asked.approve(by=approver)
    assert list(RefundRequest.objects.to_send()) == [asked]
    with pytest.raises(Refused, match="decided already"):
        asked.drop(by=approver)


def test_the_database_refuses_an_approval_by_the_one_who_asked(gift: Donation) -> None:
    treasurer, _approver = two_people()
    asked = RefundRequest.objects.ask(gift, Money(40_00, "USD"), reason="Gave twice.", by=treasurer)
    with (
        pytest.raises(IntegrityError, match="refund_request_approved_by_another_person"),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE donations_refundrequest SET approved_by_id = asked_by_id, approved_at = now() WHERE id = %s",
            [asked.pk],
        )


def test_no_more_is_asked_for_than_is_left(gift: Donation) -> None:
    treasurer, _approver = two_people()
    move("refund", objects.refund(gift, 30_00), -30_00)
    RefundRequest.objects.ask(gift, Money(50_00, "USD"), reason="Half of it.", by=treasurer)
    with pytest.raises(Refused, match=r"Only \$20.00"):
        RefundRequest.objects.ask(gift, Money(20_01, "USD"), reason="The rest.", by=treasurer)


def test_a_disputed_gift_is_not_paid_back_as_well(gift: Donation) -> None:
    treasurer, _approver = two_people()
    move("adjustment", objects.dispute(gift), -100_00, fee=15_00)
    with pytest.raises(Refused, match="disputes this gift"):
        RefundRequest.objects.ask(gift, Money(1_00, "USD"), reason="Please.", by=treasurer)


def test_a_gift_that_is_not_in_the_books_is_not_paid_back() -> None:
    treasurer, _approver = two_people()
    waiting = build.donation(build.campaign())
    with pytest.raises(Refused, match="in the books"):
        RefundRequest.objects.ask(waiting, Money(1_00, "USD"), reason="Please.", by=treasurer)
