"""Money out, to the cent, as the table in docs/architecture.md has it."""

import datetime
from collections.abc import Callable
from functools import partial

import pytest

from grants import bookkeeping
from grants.bookkeeping import NotEnoughFree
from grants.models import Refused, State, Tranche
from ledger import chart
from ledger.models import Entry, Fund
from ledger.money import Money
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_promise_sets_the_amount_aside() -> None:
    tranche = build.promised()
    fund = tranche.fund
    assert build.lines(tranche.promise_entry) == {
        (fund.code, "encumbered", 3_000_00),
        (fund.code, "contra", -3_000_00),
    }
    assert fund.free() == Money(0, "USD")
    assert tranche.state == State.PROMISED


def test_a_promise_beyond_the_free_money_is_refused_in_words() -> None:
    tranche = build.planned()
    build.gift(tranche.fund, 2_999_99)
    with pytest.raises(NotEnoughFree) as refusal:
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    sentence = str(refusal.value)
    assert tranche.fund.name in sentence
    assert Money(2_999_99, "USD").format() in sentence
    assert Money(1, "USD").format() in sentence
    tranche.refresh_from_db()
    assert (tranche.state, tranche.proposed_by) == (State.PLANNED, None)
    assert not Entry.objects.filter(kind="tranche_promised").exists()


def test_promising_twice_is_refused_and_books_once() -> None:
    tranche = build.promised()
    build.gift(tranche.fund, 3_000_00)
    with pytest.raises(Refused, match="already “promised”"):
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    assert tranche.fund.balance(chart.ENCUMBERED) == Money(3_000_00, "USD")


def test_an_approved_tranche_cannot_be_promised_again() -> None:
    tranche = build.approved()
    with pytest.raises(Refused, match="already “approved”"):
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)


def test_forty_promises_at_once_never_exceed_the_fund() -> None:
    campaign, treasurer = build.campaign(), build.person()
    build.gift(campaign.bank_fund, 1_000_00)
    plans = [build.planned(build.grant(100_00, of=campaign)) for _ in range(40)]
    refusals = build.at_once([partial(bookkeeping.promise, plan, by=treasurer, on=build.DAY) for plan in plans])
    assert Tranche.objects.promised().count() == 10
    assert len(refusals) == 30
    assert campaign.bank_fund.free() == Money(0, "USD")


def test_one_tranche_promised_by_eight_at_once_is_promised_once() -> None:
    tranche, people = build.planned(), [build.person() for _ in range(8)]
    build.gift(tranche.fund, 80_000_00)
    copies = [Tranche.objects.get(pk=tranche.pk) for _ in people]
    deeds = [partial(bookkeeping.promise, copy, by=by, on=build.DAY) for copy, by in zip(copies, people, strict=True)]
    assert len(build.at_once([*deeds])) == 7
    assert tranche.fund.balance(chart.ENCUMBERED) == Money(3_000_00, "USD")


def test_a_payment_keeps_the_promise_and_the_general_fund_bears_the_fee() -> None:
    tranche = build.sent()
    fund = tranche.fund
    assert build.lines(tranche.payment_entry) == {
        (fund.code, "contra", 3_000_00),
        (fund.code, "encumbered", -3_000_00),
        (fund.code, "grants", 3_000_00),
        (fund.code, "bank", -3_000_00),
        ("general-usd", "bank_fees", 18_00),
        ("general-usd", "bank", -18_00),
    }
    assert fund.balance(chart.ENCUMBERED) == fund.balance(chart.BANK) == fund.free() == Money(0, "USD")
    assert tranche.payment_entry
    assert tranche.payment_entry.occurred_on == build.DAY


def test_a_payment_without_a_fee_leaves_the_general_fund_alone() -> None:
    tranche = build.approved()
    build.pay(tranche, wire_fee=0)
    assert {fund for fund, _account, _amount in build.lines(tranche.payment_entry)} == {tranche.fund.code}
    assert Fund.objects.general("USD").balance(chart.BANK) == Money(0, "USD")


def test_sending_eight_times_at_once_pays_once() -> None:
    tranche = build.approved()
    copies = [Tranche.objects.get(pk=tranche.pk) for _ in range(8)]
    deeds = [partial(build.pay, copy, wire_fee=fee, by=tranche.proposed_by) for fee, copy in enumerate(copies)]
    assert len(build.at_once([*deeds])) == 7
    assert tranche.fund.balance(chart.GRANTS) == Money(3_000_00, "USD")
    assert Entry.objects.filter(kind="tranche_paid").count() == 1


@pytest.mark.parametrize("make", [build.planned, build.promised, build.sent])
def test_only_an_approved_tranche_is_paid(make: Callable[[], Tranche]) -> None:
    tranche = make()
    with pytest.raises(Refused):
        build.pay(tranche)
    assert Entry.objects.filter(kind="tranche_paid").count() == (make is build.sent)


def test_a_donors_chargeback_never_reaches_the_initiative() -> None:
    tranche = build.approved()
    build.lost_dispute(tranche.fund, 3_000_00)
    assert tranche.fund.free() == Money(-3_000_00, "USD")
    build.pay(tranche)
    tranche.confirm(build.DAY)
    assert tranche.state == State.CONFIRMED
    next_one = build.planned(build.grant(1_00, of=tranche.grant.campaign))
    with pytest.raises(NotEnoughFree):
        bookkeeping.promise(next_one, by=build.person(), on=build.DAY)


def test_a_release_makes_the_money_free_again() -> None:
    tranche = build.approved()
    bookkeeping.release(tranche, on=build.DAY)
    assert tranche.fund.free() == Money(3_000_00, "USD")
    assert tranche.fund.balance(chart.ENCUMBERED) == Money(0, "USD")
    assert tranche.release_entry
    assert tranche.release_entry.reverses == tranche.promise_entry


def test_a_release_is_booked_even_if_the_fund_is_short() -> None:
    tranche = build.promised()
    build.lost_dispute(tranche.fund, 5_000_00)
    bookkeeping.release(tranche, on=build.DAY)
    assert tranche.fund.free() == Money(-2_000_00, "USD")


def test_paying_and_releasing_at_once_does_one_of_them() -> None:
    tranche, by = build.approved(), build.person()
    first, second = Tranche.objects.get(pk=tranche.pk), Tranche.objects.get(pk=tranche.pk)
    refusals = build.at_once([partial(build.pay, first, by=by), partial(bookkeeping.release, second, on=build.DAY)])
    assert len(refusals) == 1
    assert tranche.fund.balance(chart.ENCUMBERED) == Money(0, "USD")


def test_money_that_came_back_is_promised_again_until_it_is_released() -> None:
    tranche = build.sent()
    bookkeeping.take_back(tranche, on=build.DAY)
    fund = tranche.fund
    assert (tranche.state, fund.balance(chart.BANK)) == (State.FAILED, Money(3_000_00, "USD"))
    assert fund.balance(chart.ENCUMBERED) == Money(3_000_00, "USD")
    assert fund.balance(chart.GRANTS) == fund.free() == Money(0, "USD")
    assert Fund.objects.general("USD").balance(chart.BANK_FEES) == Money(18_00, "USD")
    bookkeeping.release(tranche, on=build.DAY)
    assert fund.free() == Money(3_000_00, "USD")


def test_a_confirmed_payment_does_not_come_back() -> None:
    tranche = build.sent()
    tranche.confirm(build.DAY)
    with pytest.raises(Refused):
        bookkeeping.take_back(tranche, on=build.DAY)


def test_a_fund_that_excludes_the_country_refuses_and_says_which() -> None:
    campaign = build.campaign()
    grant = build.grant(of=campaign, to=build.initiative(country="IR"), fund=campaign.card_fund)
    tranche = build.planned(grant)
    build.gift(campaign.card_fund, 3_000_00)
    with pytest.raises(Refused) as refusal:
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    assert campaign.card_fund.name in str(refusal.value)
    assert "Iran" in str(refusal.value)
    assert campaign.card_fund.free() == Money(3_000_00, "USD")


def test_the_bank_fund_may_pay_where_the_card_fund_may_not() -> None:
    assert build.promised(of=build.grant(to=build.initiative(country="IR"))).state == State.PROMISED


def test_a_country_excluded_after_the_promise_stops_approval_and_payment() -> None:
    promised, approved = build.promised(), build.approved()
    Fund.objects.update(excluded_countries=["ID"])
    with pytest.raises(Refused, match="Indonesia"):
        promised.approve(by=build.person(), seen=promised.fingerprint)
    with pytest.raises(Refused, match="Indonesia"):
        build.pay(approved)


def test_the_vocabulary_tells_promised_from_sent_from_confirmed() -> None:
    promised, approved, sent, confirmed = build.promised(), build.approved(), build.sent(), build.sent()
    confirmed.confirm(datetime.date(2026, 11, 30))
    build.planned()
    assert set(Tranche.objects.promised()) == {promised, approved}
    assert set(Tranche.objects.sent()) == {sent, confirmed}
    assert set(Tranche.objects.confirmed()) == {confirmed}
