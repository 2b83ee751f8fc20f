from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ledger import chart, journal
from ledger.journal import AlreadyRecorded, Draft, NotEnoughFree
from ledger.models import Balance, Entry, Fund, Posting
from ledger.money import CurrencyMismatch, Money
from tests.ledger import build

pytestmark = pytest.mark.django_db(transaction=True)


def lines_of(entry: Entry) -> list[tuple[int, str, str, int]]:
    return list(entry.postings.order_by("line").values_list("line", "account_id", "fund__code", "amount"))


def test_recording_writes_the_entry_with_its_postings_in_order() -> None:
    entry = build.booked(build.gift(build.fund("winter"), 100_00, fee=3_20, source="txn_1"))
    assert (entry.kind, entry.source, entry.occurred_on, entry.discretionary) == ("gift", "txn_1", build.TODAY, False)
    assert entry == Entry.objects.get()
    assert entry.posted_at == Entry.objects.get().posted_at
    assert lines_of(entry) == [
        (1, "stripe", "winter", 96_80),
        (2, "fees", "winter", 3_20),
        (3, "gifts", "winter", -100_00),
    ]


def test_balances_and_free_money_follow_at_once() -> None:
    fund = build.fund()
    with transaction.atomic():
        journal.record(build.gift(fund, 100_00, fee=3_20))
        assert fund.balance(chart.STRIPE) == Money(96_80, "USD")
        assert fund.balance(chart.GIFTS, chart.FEES) == Money(-96_80, "USD")
        assert fund.free() == Money(96_80, "USD")


def test_lines_of_zero_are_left_out() -> None:
    entry = build.booked(build.gift(build.fund(), 100_00, fee=0))
    assert [account for _, account, _, _ in lines_of(entry)] == ["stripe", "gifts"]


def test_recording_twice_books_once() -> None:
    fund = build.fund()
    gift = build.gift(fund, 100_00, fee=3_20)
    assert build.booked(gift) == build.booked(gift)
    assert (Entry.objects.count(), fund.free().minor) == (1, 96_80)


def test_recording_twice_in_one_transaction_books_once() -> None:
    fund = build.fund()
    gift = build.gift(fund, 100_00)
    with transaction.atomic():
        assert journal.record(gift) == journal.record(gift)
        one, two = journal.record_all([gift, gift])
        assert one == two
    assert fund.free().minor == 100_00


def test_recording_twice_with_lines_in_another_order_is_the_same() -> None:
    gift = build.gift(build.fund(), 100_00, fee=3_20)
    assert build.booked(gift) == build.booked(replace(gift, lines=gift.lines[::-1]))


def test_a_promise_recorded_twice_is_checked_once() -> None:
    fund = build.fund(holding=100)
    promise = build.promise(fund, 100)
    assert build.booked(promise) == build.booked(promise)
    assert fund.free().minor == 0


def changed_contents() -> dict[str, Draft]:
    fund, other = build.fund(), build.fund()
    gift = build.gift(fund, 100, source="txn_1")
    build.booked(gift)
    return {
        "amount": build.gift(fund, 101, source="txn_1"),
        "fee": build.gift(fund, 100, fee=1, source="txn_1"),
        "fund": build.gift(other, 100, source="txn_1"),
        "day": replace(gift, occurred_on=build.TODAY - timedelta(1)),
        "nature": replace(gift, discretionary=True),
        "reversal": replace(gift, reverses=build.booked(build.gift(fund, -100))),
    }


@pytest.mark.parametrize("what", ["amount", "fee", "fund", "day", "nature", "reversal"])
def test_the_same_source_with_other_content_is_refused(what: str) -> None:
    draft = changed_contents()[what]
    before = Posting.objects.count()
    with pytest.raises(AlreadyRecorded, match="gift txn_1"):
        build.booked(draft)
    assert Posting.objects.count() == before


def test_the_same_source_twice_in_one_batch_with_other_content_is_refused() -> None:
    fund = build.fund()
    drafts = [build.gift(fund, 100, source="txn_1"), build.gift(fund, 101, source="txn_1")]
    with pytest.raises(AlreadyRecorded, match="comes twice"), transaction.atomic():
        journal.record_all(drafts)
    assert not Entry.objects.exists()


def test_one_source_may_be_booked_under_two_kinds() -> None:
    fund = build.fund()
    gift = build.gift(fund, 100, source="txn_1")
    assert build.booked(gift) != build.booked(replace(gift, kind="correction"))


def test_a_batch_books_what_one_by_one_would() -> None:
    one, other = build.fund("one"), build.fund("other")
    drafts = [build.gift(fund, minor, fee=minor // 10) for fund in (one, other) for minor in range(10, 60)]
    drafts += [build.promise(one, 700), build.refund(other, 30), build.transfer(one, other, 40)]
    together = [replace(draft, source=f"{draft.source}-batch") for draft in drafts]

    singles = [build.booked(draft) for draft in drafts]
    after_singles = {(row.fund_id, row.account_id): row.amount for row in Balance.objects.all()}
    with transaction.atomic():
        batch = journal.record_all(together)

    assert [entry.source for entry in batch] == [draft.source for draft in together]
    assert [lines_of(entry) for entry in batch] == [lines_of(entry) for entry in singles]
    assert {(row.fund_id, row.account_id): row.amount for row in Balance.objects.all()} == {
        key: 2 * amount for key, amount in after_singles.items()
    }


def test_a_batch_writes_only_what_is_new() -> None:
    fund = build.fund()
    old, new = build.gift(fund, 100), build.gift(fund, 50)
    first = build.booked(old)
    with transaction.atomic():
        assert journal.record_all([new, old, new])[1] == first
    assert fund.free().minor == 150


def test_a_batch_of_hundreds_takes_no_more_statements_than_one_entry() -> None:
    fund = build.fund()
    with (
        CaptureQueriesContext(
            connection,
        ) as single,
        transaction.atomic(),
    ):
        journal.record(build.gift(fund, 100))
    with CaptureQueriesContext(connection) as batch, transaction.atomic():
        journal.record_all([build.gift(fund, 100) for _ in range(300)])
    assert len(batch) == len(single)


def test_an_empty_batch_is_no_work() -> None:
    with transaction.atomic():
        assert journal.record_all([]) == []


def test_a_poisonous_entry_takes_its_batch_with_it() -> None:
    fund = build.fund()
    unbalanced = build.draft(build.line(chart.BANK, fund, 10), build.line(chart.GIFTS, fund, -9))
    with build.refused("ledger_entry_balanced"), transaction.atomic():
        journal.record_all([build.gift(fund, 100), unbalanced])
    assert (Entry.objects.count(), fund.free().minor) == (0, 0)


def test_recording_outside_a_transaction_is_refused() -> None:
    draft = build.gift(build.fund(), 100)
    with pytest.raises(transaction.TransactionManagementError, match=r"transaction\.atomic"):
        journal.record(draft)


def test_a_line_in_another_currency_than_its_funds_cannot_be_drawn_up() -> None:
    with pytest.raises(CurrencyMismatch, match="USD"):
        journal.Line(chart.BANK, build.fund(), Money(100, "EUR"))


def test_a_rolled_back_entry_leaves_nothing_and_may_come_again() -> None:
    fund = build.fund()
    gift = build.gift(fund, 100)
    with transaction.atomic():
        journal.record(gift)
        transaction.set_rollback(True)
    assert (Entry.objects.count(), fund.free().minor) == (0, 0)
    build.booked(gift)
    assert fund.free().minor == 100


def test_an_entry_inside_a_rolled_back_savepoint_leaves_the_others() -> None:
    fund = build.fund()
    with transaction.atomic():
        journal.record(build.gift(fund, 100))
        with transaction.atomic():
            journal.record(build.gift(fund, 50))
            transaction.set_rollback(True)
        journal.record(build.gift(fund, 25))
    assert fund.free().minor == 125


# Decisions


def test_a_promise_takes_from_what_is_free_to_the_last_cent() -> None:
    fund = build.fund(holding=100)
    build.booked(build.promise(fund, 100))
    assert fund.free().minor == 0


def test_a_promise_beyond_the_free_money_is_refused_in_words() -> None:
    fund = build.fund(holding=1_000_00)
    with pytest.raises(NotEnoughFree) as refusal:
        build.booked(build.promise(fund, 1_200_00))
    assert refusal.value.fund == fund
    assert (refusal.value.free, refusal.value.short) == (Money(1_000_00, "USD"), Money(200_00, "USD"))
    assert str(refusal.value) == ("“Winter in Peshawar” has $1,000.00\xa0USD free. That is $200.00\xa0USD too little.")
    assert (Posting.objects.filter(account="encumbered").count(), fund.free().minor) == (0, 1_000_00)


def test_a_transfer_beyond_the_free_money_names_the_fund_that_lacks_it() -> None:
    poor, rich = build.fund(holding=10), build.fund(holding=1000)
    with pytest.raises(NotEnoughFree) as refusal:
        build.booked(build.transfer(poor, rich, 30))
    assert (refusal.value.fund, refusal.value.free.minor, refusal.value.short.minor) == (poor, 10, 20)


def test_the_transaction_stays_usable_after_a_refusal() -> None:
    fund = build.fund(holding=100)
    with transaction.atomic():
        with pytest.raises(NotEnoughFree):
            journal.record(build.promise(fund, 101))
        journal.record(build.promise(fund, 99))
    assert fund.free().minor == 1


def test_many_promises_in_one_batch_are_held_to_their_sum() -> None:
    fund = build.fund(holding=100)
    with pytest.raises(NotEnoughFree) as refusal, transaction.atomic():
        journal.record_all([build.promise(fund, 60), build.promise(fund, 60)])
    assert (refusal.value.free.minor, refusal.value.short.minor) == (100, 20)


def test_a_gift_and_a_promise_of_it_may_come_in_one_batch() -> None:
    fund = build.fund()
    with transaction.atomic():
        journal.record_all([build.promise(fund, 90), build.gift(fund, 100, fee=10)])
    assert fund.free().minor == 0


def test_a_fact_always_posts_and_then_blocks_promises_until_it_is_covered() -> None:
    fund = build.fund(holding=100)
    build.booked(build.promise(fund, 100))
    build.booked(build.refund(fund, 30))
    assert fund.free().minor == -30
    with pytest.raises(NotEnoughFree) as refusal:
        build.booked(build.promise(fund, 1))
    assert (refusal.value.free.minor, refusal.value.short.minor) == (-30, 31)
    build.booked(build.gift(fund, 31))
    build.booked(build.promise(fund, 1))


def test_what_was_promised_may_be_paid_even_where_free_is_negative() -> None:
    fund = build.fund(holding=100)
    build.booked(build.promise(fund, 100))
    build.booked(build.refund(fund, 30))
    build.booked(build.payment(fund, 100))
    assert (fund.free().minor, fund.balance(chart.GRANTS).minor) == (-30, 100)


def test_money_may_be_moved_into_a_fund_whose_free_is_negative() -> None:
    poor, rich = build.fund(), build.fund(holding=100)
    build.booked(build.refund(poor, 30))
    build.booked(build.transfer(rich, poor, 20))
    assert (poor.free().minor, rich.free().minor) == (-10, 80)


def test_money_in_suspense_is_not_free() -> None:
    fund = build.fund()
    build.booked(build.draft(build.line(chart.STRIPE, fund, 50), build.line(chart.SUSPENSE, fund, -50)))
    assert fund.free().minor == 0


def test_free_money_is_what_came_in_less_what_went_out_or_is_promised() -> None:
    fund, general = build.fund(), Fund.objects.general("USD")
    for fact in (build.gift(fund, 1000, fee=30), build.refund(fund, 100)):
        build.booked(fact)
    for decision in (build.promise(fund, 300), build.payment(fund, 200), build.transfer(fund, general, 50)):
        build.booked(decision)
    assert fund.free().minor == 1000 - 30 - 100 - 300 - 50
    assert general.free().minor == 50


# Reversals


def test_reversing_books_the_exact_opposite() -> None:
    fund = build.fund()
    gift = build.booked(build.gift(fund, 100, fee=3))
    with transaction.atomic():
        opposite = journal.reverse(gift, source="po_1 failed", occurred_on=build.TODAY)
    assert opposite.reverses == gift
    assert opposite.kind == "gift.reversed"
    assert [amount for *_, amount in lines_of(opposite)] == [-97, -3, 100]
    assert fund.free().minor == 0


def test_reversing_twice_books_once() -> None:
    fund = build.fund()
    gift = build.booked(build.gift(fund, 100))
    with transaction.atomic():
        first, again = (journal.reverse(gift, source="po_1 failed", occurred_on=build.TODAY) for _ in range(2))
    assert first == again
    assert fund.free().minor == 0


def test_reversing_a_decision_is_a_decision() -> None:
    """A transfer that was spent since cannot be taken back."""
    giver, taker = build.fund(holding=100), build.fund()
    moved = build.booked(build.transfer(giver, taker, 100))
    build.booked(build.promise(taker, 60))
    with pytest.raises(NotEnoughFree), transaction.atomic():
        journal.reverse(moved, source="mistake", occurred_on=build.TODAY)


def test_other_refusals_of_the_database_reach_the_caller() -> None:
    fund = build.fund()
    with pytest.raises(IntegrityError), transaction.atomic():
        journal.record(build.draft(build.line("pocket", fund, 1), build.line(chart.GIFTS, fund, -1)))
