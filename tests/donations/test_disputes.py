"""A donor's bank takes a gift back: whoever wins, the books say where the money is and who bears what."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command

from donations import disputes
from donations.kept import with_kept
from donations.models import Dispute, Donation, FraudWarning, State
from donations.settlement import book, listed
from ledger.models import Fund
from ledger.money import Money
from tests.donations import build, objects
from tests.donations.test_refunds import general, holds

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)  # later than any clock: what is told then is the newest


@pytest.fixture
def gift() -> Donation:
    """100.00 USD, settled with a fee of 3.20."""
    return settled()


def settled() -> Donation:
    donation = build.donation(build.campaign(f"c{next(objects.serial)}"), Money(100_00, "USD"))
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    assert donation.state == State.SETTLED
    return donation


def fund(gift: Donation) -> Fund:
    return gift.campaign.card_fund


def taken(fight: dict[str, Any], amount: int = 100_00, fee: int = 15_00) -> dict[str, Any]:
    return objects.movement("adjustment", fight, -amount, fee)


def given_again(fight: dict[str, Any], amount: int = 100_00, fee: int = 0) -> dict[str, Any]:
    return objects.movement("adjustment", fight | {"status": "won"}, amount, fee)


def test_an_open_dispute_holds_the_money_and_the_general_fund_bears_its_fee(gift: Donation) -> None:
    book([listed(taken(objects.dispute(gift)))])
    assert holds(fund(gift), stripe=-3_20, disputed=100_00, gifts=-100_00, fees=3_20, lost=0)
    assert holds(general(), dispute_fees=15_00, stripe=-15_00)
    assert gift.campaign.raised() == gift.amount


def test_a_dispute_that_is_won_gives_the_money_again(gift: Donation) -> None:
    fight = objects.dispute(gift)
    book([listed(taken(fight)), listed(given_again(fight, fee=-15_00))])
    assert holds(fund(gift), stripe=96_80, disputed=0, lost=0)
    assert holds(general(), dispute_fees=0, stripe=0)


@pytest.mark.parametrize("again", [99_00, 101_00])
def test_what_a_won_dispute_gives_again_at_another_rate_leaves_nothing_held(gift: Donation, again: int) -> None:
    fight = objects.dispute(gift)
    book([listed(taken(fight)), listed(given_again(fight, again))])
    assert holds(fund(gift), disputed=0, lost=100_00 - again)
    assert kept(gift) == 100_00


def test_of_a_dispute_that_is_lost_in_part_the_rest_is_kept(gift: Donation) -> None:
    fight = objects.dispute(gift)
    book([listed(taken(fight)), listed(given_again(fight, 40_00))])
    disputes.hear(fight | {"status": "lost"}, NOW)
    assert holds(fund(gift), disputed=0, lost=60_00)
    assert kept(gift) == 40_00


def kept(gift: Donation) -> int:
    return with_kept(Donation.objects.filter(pk=gift.pk)).get().kept_minor


def test_a_dispute_that_is_lost_makes_the_gift_a_loss(gift: Donation) -> None:
    fight = objects.dispute(gift)
    book([listed(taken(fight))])
    assert disputes.hear(fight | {"status": "lost"}, NOW)
    assert holds(fund(gift), disputed=0, lost=100_00)
    assert gift.campaign.raised() == Money.zero("USD")
    assert fund(gift).free() == Money(-3_20, "USD")


def test_a_loss_that_is_told_before_the_money_moved_is_booked_when_it_does(gift: Donation) -> None:
    fight = objects.dispute(gift, status="lost")
    assert disputes.hear(fight, NOW)
    assert holds(fund(gift), disputed=0, lost=0)
    book([listed(taken(fight))])
    assert holds(fund(gift), disputed=0, lost=100_00)


def test_a_dispute_over_a_part_takes_that_part(gift: Donation) -> None:
    fight = objects.dispute(gift, 25_00)
    book([listed(taken(fight, 25_00))])
    disputes.hear(fight | {"status": "lost"}, NOW)
    assert holds(fund(gift), disputed=0, lost=25_00, stripe=71_80)


def test_a_dispute_that_is_won_after_it_was_lost_is_no_loss(gift: Donation) -> None:
    fight = objects.dispute(gift)
    book([listed(taken(fight))])
    for moment, status in enumerate(["lost", "under_review", "lost", "won"]):
        disputes.hear(fight | {"status": status}, NOW + timedelta(seconds=moment))
    book([listed(given_again(fight))])
    assert holds(fund(gift), disputed=0, lost=0, stripe=96_80)


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_closed", "prevented", "appealed_in_a_new_way"])
def test_what_moves_no_money_books_nothing(gift: Donation, status: str) -> None:
    assert disputes.hear(objects.dispute(gift, status=status), NOW)
    assert Dispute.objects.get().status == status
    assert holds(fund(gift), disputed=0, lost=0)


def test_what_was_paid_to_prevent_a_dispute_is_lost(gift: Donation) -> None:
    fight = objects.dispute(gift, status="prevented")
    book([listed(taken(fight, fee=0))])
    assert holds(fund(gift), disputed=0, lost=100_00)


def test_a_dispute_whose_fee_is_not_told_is_booked_without_one(gift: Donation) -> None:
    book([listed(taken(objects.dispute(gift), fee=0))])
    assert holds(general(), dispute_fees=0)


def test_every_order_of_the_same_news_ends_in_the_same_books() -> None:
    """Taken, told as lost, won after all, and given again; what is told carries its own time."""
    ends = set()
    for order in itertools.permutations(range(4)):
        gift = settled()
        fight = objects.dispute(gift)
        away, again = taken(fight), given_again(fight)
        news: list[Callable[[], object]] = [
            partial(book, [listed(away, NOW)]),
            partial(disputes.hear, fight | {"status": "lost"}, NOW + timedelta(seconds=1)),
            partial(disputes.hear, fight | {"status": "won"}, NOW + timedelta(seconds=2)),
            partial(book, [listed(again, NOW + timedelta(seconds=2))]),
        ]
        for step in order:
            news[step]()
            news[step]()
        ends.add(tuple(fund(gift).balance(name).minor for name in ("stripe", "disputed", "lost", "gifts", "fees")))
    assert ends == {(96_80, 0, 0, -100_00, 3_20)}
    call_command("verify_ledger")


def test_a_debit_that_comes_back_after_success_is_lost(gift: Donation) -> None:
    charge = objects.charge(gift, status="failed")
    book([listed(objects.movement("payment_failure_refund", charge, -100_00, fee=4_00))])
    assert holds(fund(gift), lost=100_00, stripe=-3_20)
    assert holds(general(), fees=4_00)


def test_a_dispute_of_a_gift_that_waits_for_a_person_waits_with_it() -> None:
    donation = build.donation(build.campaign(), Money(100_00, "USD"))
    book(
        [
            listed(
                objects.balance_transaction(
                    donation, amount=99_00, net=95_80, source=objects.charge(donation, amount=99_00)
                )
            )
        ]
    )
    fight = objects.dispute(donation)
    book([listed(taken(fight))])
    disputes.hear(fight | {"status": "lost"}, NOW)
    assert holds(donation.campaign.card_fund, disputed=0, lost=0)
    assert holds(general(), suspense=115_00 - 95_80)


def test_an_early_fraud_warning_asks_a_person_whether_to_pay_back(gift: Donation) -> None:
    warning = {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "charge": f"ch_{gift.reference}",
        "payment_intent": f"pi_{gift.reference}",
        "fraud_type": "made_with_stolen_card",
        "actionable": True,
        "created": 1_790_000_500,
    }
    assert disputes.hear_warning(warning, NOW)
    assert FraudWarning.objects.needing_a_person().get().donation == gift
    assert disputes.hear_warning(warning | {"actionable": False}, NOW + timedelta(seconds=1))
    assert not FraudWarning.objects.needing_a_person().exists()
    assert disputes.hear_warning(warning | {"charge": "ch_no", "payment_intent": None}, NOW) is None
