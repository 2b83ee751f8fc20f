"""Every movement on Stripe's balance is in the books, once, as what it is."""

import concurrent.futures
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from donations.bookkeeping import settle
from donations.models import BalanceTransaction, Donation, State
from donations.models.balance_transaction import WAITING_FOR_THE_BANK
from donations.observation import Observation, observe
from donations.settlement import book, book_page, clear_waiting, explain, listed, stretches
from ledger import chart
from ledger.models import Entry, Fund, Posting
from ledger.money import Money
from tests.donations import build, objects

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gift() -> Donation:
    return build.donation(build.campaign(), Money(100_00, "USD"))


def postings(fund: Fund) -> dict[str, int]:
    return dict(Posting.objects.filter(fund=fund).values_list("account", "amount"))


def move(donation: Donation, **changes: Any) -> int:
    return book([listed(objects.balance_transaction(donation, **changes))])


def test_a_gift_is_booked_with_its_fee_as_designed(gift: Donation) -> None:
    assert move(gift, fee=3_20, net=96_80) == 1
    gift.refresh_from_db()
    assert gift.state == State.SETTLED
    assert postings(gift.campaign.card_fund) == {chart.STRIPE: 96_80, chart.FEES: 3_20, chart.GIFTS: -100_00}
    assert gift.campaign.raised() == Money(100_00, "USD")


def test_a_debit_that_settles_in_another_currency_waits_for_a_person_and_holds_up_nobody(gift: Donation) -> None:
    """Its bank has confirmed it, and only then it turns out that it does not fit the fund."""
    move(gift, currency="eur")
    BalanceTransaction.objects.update(problem=WAITING_FOR_THE_BANK, donation=gift)
    other = build.donation(gift.campaign)
    move(other)
    BalanceTransaction.objects.filter(donation=other).update(problem="")
    assert clear_waiting() == []
    assert "Stripe settled in EUR" in BalanceTransaction.objects.needing_a_person().get().problem
    gift.refresh_from_db()
    assert gift.state == State.PAID


def test_what_is_said_of_a_gift_while_its_money_is_cleared_is_not_lost(gift: Donation) -> None:
    move(gift, source=objects.charge(gift, metadata={}, payment_intent="pi_unknown"))
    BalanceTransaction.objects.update(problem=WAITING_FOR_THE_BANK, donation=gift)
    Donation.objects.filter(pk=gift.pk).update(state=State.PAID, charged_at=timezone.now())

    def clear() -> list[Exception]:
        try:
            return clear_waiting()
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Donation.objects.filter(pk=gift.pk).update(review="It may have been paid twice.")
            cleared = threads.submit(clear)
            with pytest.raises(TimeoutError):
                cleared.result(timeout=1)
        assert cleared.result() == []
    gift.refresh_from_db()
    assert (gift.state, gift.review) == (State.PAID, "It may have been paid twice.")


def test_a_debit_that_its_bank_refused_before_we_listed_it_waits_for_the_money_to_go(gift: Donation) -> None:
    Donation.objects.filter(pk=gift.pk).update(state=State.FAILED)
    move(gift, source=objects.charge(gift, paid=False, status="failed"))
    assert BalanceTransaction.objects.get().problem == WAITING_FOR_THE_BANK


def test_settling_twice_books_once(gift: Donation) -> None:
    assert [move(gift), move(gift)] == [1, 0]
    assert Entry.objects.count() == 1


def test_a_movement_can_never_be_booked_as_two_things(gift: Donation) -> None:
    move(gift)
    moved = listed(objects.balance_transaction(gift, source="ch_unknown", type="adjustment"))
    with transaction.atomic():
        bookings = explain([moved])
    with pytest.raises(IntegrityError):
        settle(bookings)
    assert Entry.objects.count() == 1


def test_a_gift_whose_webhook_never_came_is_found_here(gift: Donation) -> None:
    assert gift.state == State.OPEN
    move(gift)
    gift.refresh_from_db()
    assert gift.state == State.SETTLED
    assert gift.charged_at is not None


def test_a_gift_in_another_currency_is_booked_as_what_stripe_settled() -> None:
    gift = build.donation(build.campaign(), Money(100_00, "EUR"))
    move(gift, currency="usd", amount=108_00, fee=3_90, net=104_10, exchange_rate=1.08)
    assert postings(gift.campaign.card_fund) == {chart.STRIPE: 104_10, chart.FEES: 3_90, chart.GIFTS: -108_00}
    assert gift.amount == Money(100_00, "EUR")
    assert str(BalanceTransaction.objects.get().exchange_rate) == "1.0800000000"


def suspense(currency: str = "USD") -> int:
    return Fund.objects.general(currency).balance(chart.SUSPENSE).minor


@pytest.mark.parametrize("kind", ["payout", "topup", "reserve_hold", "something_new"])
def test_money_moved_for_a_reason_we_do_not_know_waits_under_suspense(gift: Donation, kind: str) -> None:
    move(gift, type=kind, source="po_1", amount=-50_00, fee=0, net=-50_00)
    assert suspense() == 50_00
    assert kind in BalanceTransaction.objects.needing_a_person().get().problem


def test_a_charge_that_is_no_gift_of_ours_waits_under_suspense(gift: Donation) -> None:
    stranger = objects.charge(gift, metadata={}, payment_intent="pi_stranger")
    move(gift, source=stranger)
    gift.refresh_from_db()
    assert gift.state == State.OPEN
    assert suspense() == -objects.balance_transaction(gift)["net"]


@pytest.mark.parametrize("changes", [{"amount": 1_00}, {"currency": "eur"}, {"livemode": True}], ids=str)
def test_a_charge_that_does_not_fit_its_gift_waits_under_suspense_and_the_gift_for_a_person(
    gift: Donation, changes: dict[str, Any]
) -> None:
    move(gift, source=objects.charge(gift, **changes))
    gift.refresh_from_db()
    assert (gift.state, bool(gift.review)) == (State.OPEN, True)
    assert suspense() != 0
    assert gift.campaign.raised() == Money(0, "USD")


def test_a_second_charge_of_one_gift_waits_under_suspense(gift: Donation) -> None:
    again = objects.balance_transaction(gift, id="txn_again")
    assert book([listed(objects.balance_transaction(gift)), listed(again)]) == 2
    assert gift.campaign.raised() == Money(100_00, "USD")
    assert suspense() == -again["net"]


def test_money_settled_in_a_currency_the_fund_is_not_kept_in_waits_under_suspense(gift: Donation) -> None:
    move(gift, currency="aud", amount=150_00, fee=4_00, net=146_00)
    assert suspense("AUD") == -146_00
    gift.refresh_from_db()
    assert gift.state == State.PAID


def test_a_movement_that_its_fee_eats_is_remembered_and_holds_up_no_other(gift: Donation) -> None:
    eaten = objects.balance_transaction(gift, id="txn_eaten", type="adjustment", amount=30, fee=30, net=0)
    assert book([listed(eaten), listed(objects.balance_transaction(gift))]) == 2
    gift.refresh_from_db()
    assert gift.state == State.SETTLED


def test_a_movement_that_cannot_be_booked_is_named_and_holds_up_no_other(
    gift: Donation, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = objects.balance_transaction(gift, id="txn_wrong", type="adjustment", amount=30, fee=5, net=30)
    stuck: list[Exception] = []
    assert book_page([listed(wrong), listed(objects.balance_transaction(gift))], stuck) == 1
    assert len(stuck) == 1
    assert "the balance transaction txn_wrong is not in the books" in caplog.messages
    gift.refresh_from_db()
    assert gift.state == State.SETTLED


def test_a_bank_debit_waits_under_suspense_until_the_bank_confirms_it(gift: Donation) -> None:
    move(gift, type="payment", source=objects.charge(gift, status="pending"), fee=80, net=99_20)
    gift.refresh_from_db()
    assert (gift.state, suspense()) == (State.PENDING, -99_20)
    clear_waiting()
    assert suspense() == -99_20

    Donation.objects.hear(seen_in(objects.charge(gift)))
    for _ in range(2):
        clear_waiting()
    gift.refresh_from_db()
    assert (gift.state, suspense()) == (State.SETTLED, 0)
    assert postings(gift.campaign.card_fund) == {chart.STRIPE: 99_20, chart.FEES: 80, chart.GIFTS: -100_00}
    assert Fund.objects.general("USD").balance(chart.STRIPE).minor == 0
    call_command("verify_ledger")


def seen_in(thing: dict[str, Any]) -> Observation:
    seen = observe(thing)
    assert seen
    return seen


def test_a_charge_that_cannot_be_understood_waits_under_suspense(gift: Donation) -> None:
    move(gift, source={"object": "charge", "id": "ch_odd"})
    assert "ch_odd cannot be understood" in BalanceTransaction.objects.needing_a_person().get().problem


def test_a_movement_of_nothing_is_remembered_and_books_nothing(gift: Donation) -> None:
    assert [move(gift, type="adjustment", amount=0, fee=0, net=0) for _ in range(2)] == [1, 0]
    assert not Entry.objects.exists()


def test_eight_settlers_book_each_movement_once(gift: Donation) -> None:
    gifts = [build.donation(gift.campaign) for _ in range(60)]
    page = [listed(objects.balance_transaction(each)) for each in gifts]

    def work(_: int) -> int:
        try:
            return book(page)
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 60
    assert gift.campaign.raised() == Money(60 * 50_00, "USD")


def test_the_database_keeps_settled_and_booked_together(gift: Donation) -> None:
    with pytest.raises(IntegrityError, match="donation_settled_means_booked"), connection.cursor() as cursor:
        cursor.execute("UPDATE donations_donation SET state = 'settled', charged_at = now() WHERE id = %s", [gift.pk])


def test_a_long_way_is_read_a_day_at_a_time_without_a_gap() -> None:
    begin, now = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 3, 6, tzinfo=UTC)
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3)]
    assert list(stretches(begin, now)) == [(days[0], days[1]), (days[1], days[2]), (days[2], None)]
    assert list(stretches(None, now)) == [(None, None)]
    assert list(stretches(now, now)) == [(now, None)]
