"""A transparency report says what the books say, to the cent, and of people no more than they agreed to."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction

from grants import bookkeeping
from grants.models import Access, Publication, Route
from ledger import chart
from ledger.money import Money
from receipts.reports import periods
from receipts.reports.facts import Bearer, Directness, TransparencyReport, Trouble
from receipts.reports.freezing import freeze, thaw
from receipts.reports.gathering import gather, one_snapshot
from receipts.statement import BooksDisagree, Scope
from tests.donations import bank
from tests.grants import build as grants
from tests.receipts import build
from tests.receipts.reports_build import granted

pytestmark = pytest.mark.django_db(transaction=True)
YEAR = periods.read("2026")
THIS_MONTH = datetime.datetime.now(datetime.UTC).date().replace(day=1)
MAY = datetime.date(2026, 5, 1)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def gathered(campaign: Any, period: str = "2026") -> TransparencyReport:
    return gather(Scope.of(campaign), periods.read(period))


def test_income_is_told_by_month_way_and_currency() -> None:
    campaign = build.campaign()
    build.gift(usd(150_00), to=campaign)
    build.gift(Money(140_00, "EUR"), to=campaign)
    build.given(campaign.card_fund, 20_00, on=datetime.date(2026, 6, 2))
    told = gathered(campaign)
    assert [(line.month, line.way, line.given, line.booked) for line in told.income] == [
        (MAY, "card", Money(140_00, "EUR"), usd(100_00)),
        (MAY, "card", usd(150_00), usd(100_00)),
        (datetime.date(2026, 6, 1), "other", usd(20_00), usd(20_00)),
    ]
    assert told.months == ((MAY, usd(200_00)), (datetime.date(2026, 6, 1), usd(20_00)))
    assert told.statement.gifts == usd(220_00)


def test_a_count_below_ten_is_not_told() -> None:
    campaign = build.campaign()
    for _turn in range(9):
        build.gift(usd(1_00), to=campaign)
    assert [line.gifts for line in gathered(campaign).income] == [None]
    build.gift(usd(1_00), to=campaign)
    assert [line.gifts for line in gathered(campaign).income] == [10]


def test_each_fee_says_whose_money_bore_it() -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 100_00, fee=3_20)
    granted(campaign, 500_00)
    told = gathered(campaign)
    assert {(fee.kind, fee.borne_by): fee.amount for fee in told.fees} == {
        (chart.FEES, Bearer.GIFTS): usd(3_20),
        (chart.BANK_FEES, Bearer.GENERAL): usd(18_00),
    }
    assert told.statement.costs == usd(3_20)


def test_a_line_tells_no_more_than_was_agreed() -> None:
    campaign = build.campaign()
    for level in Publication.values:
        granted(campaign, 500_00, publication=level)
    lines = {line.level: line for line in gathered(campaign).grants}
    assert set(lines) == set(Publication.values) - {Publication.AGGREGATE, Publication.EMBARGO}
    full, region = lines[Publication.FULL], lines[Publication.REGION_ONLY]
    assert [(payment.month, payment.amount) for payment in full.payments] == [(datetime.date(2026, 11, 1), usd(500_00))]
    assert (full.grant.name, full.route, full.hosted) == ("Hope School of Cisarua", Directness.DIRECT, False)
    assert (region.grant.name, region.grant.country, region.payments, region.route) == (None, None, (), None)
    assert region.paid == usd(500_00)


def test_what_was_awarded_this_month_is_no_line_yet() -> None:
    campaign = build.campaign()
    today = datetime.datetime.now(datetime.UTC).date()
    granted(campaign, 500_00, publication=Publication.FULL, awarded_on=today)
    told = gathered(campaign)
    assert told.grants == ()
    assert told.withheld_paid == told.statement.paid == usd(500_00)


def test_directness_adds_up_to_what_was_paid() -> None:
    campaign = build.campaign()
    granted(campaign, 500_00, publication=Publication.FULL)
    granted(campaign, 300_00, route=Route.HOST, publication=Publication.FULL)
    told = gathered(campaign)
    assert {way.route: way.paid for way in told.directness} == {
        Directness.DIRECT: usd(500_00),
        Directness.ONE: usd(300_00),
        Directness.MORE: usd(0),
    }


def test_the_way_of_withheld_grants_is_told_only_where_enough_share_it() -> None:
    campaign = build.campaign()
    granted(campaign, 300_00, route=Route.HOST, publication=Publication.FULL)
    for _turn in range(2):
        granted(campaign, 500_00)
    ways = {way.route: way.paid for way in gathered(campaign).directness}
    assert (ways[Directness.UNTOLD], ways[Directness.DIRECT]) == (usd(1_000_00), usd(0))
    granted(campaign, 500_00)
    ways = {way.route: way.paid for way in gathered(campaign).directness}
    assert Directness.UNTOLD not in ways
    assert ways[Directness.DIRECT] == usd(1_500_00)


def test_what_went_wrong_is_counted_with_its_money() -> None:
    campaign = build.campaign()
    build.booked("refund", (chart.REFUNDS, campaign.card_fund, 20_00), (chart.STRIPE, campaign.card_fund, -20_00))
    back = granted(campaign, 500_00)
    bookkeeping.take_back(back, on=grants.DAY)
    bookkeeping.release(back, on=grants.DAY)
    told = gathered(campaign)
    assert {each.kind: (each.count, each.amount) for each in told.mishaps} == {
        Trouble.REFUNDED: (None, usd(20_00)),
        Trouble.RETURNED: (None, usd(500_00)),
        Trouble.RELEASED: (None, usd(500_00)),
    }


def test_a_decided_call_says_how_many_applied_and_how_it_was_decided() -> None:
    [application] = grants.decided()
    (call,) = gathered(application.call.campaign).decisions
    assert (call.title, call.quorum, call.month) == (application.call.title, application.call.quorum, THIS_MONTH)
    assert (call.received, call.eligible, call.funded) == (None, None, None)
    assert gathered(application.call.campaign, "2025").decisions == ()


def test_a_call_by_invitation_is_nobodys_business() -> None:
    [application] = grants.decided(access=Access.INVITED)
    assert gathered(application.call.campaign).decisions == ()


def test_reports_that_are_late_are_counted_without_money() -> None:
    campaign = build.campaign()
    tranche = granted(campaign, 500_00)
    tranche.grant.reports.create(number=1, due_on=datetime.date(2026, 6, 1))
    assert [(each.kind, each.count, each.amount) for each in gathered(campaign).mishaps] == [(Trouble.LATE, None, None)]


def test_a_gift_that_is_taken_out_again_counts_against_its_month() -> None:
    gift = bank.confirmed(build.campaign())
    told = gathered(gift.campaign)
    assert [(line.way, line.booked) for line in told.income] == [("bank_transfer", usd(250_00))]
    bank.reversed_(gift)
    told = gathered(gift.campaign)
    assert sum(line.booked.minor for line in told.income) == sum(line.given.minor for line in told.income) == 0


def test_all_funds_of_a_currency_are_one_report() -> None:
    one, other = build.campaign(), build.campaign()
    build.given(one.card_fund, 100_00, fee=3_00)
    build.given(other.card_fund, 50_00)
    granted(one, 400_00)
    told = gather(Scope.all_funds("USD"), YEAR)
    assert (told.slug, told.statement.gifts) == ("", usd(550_00))
    assert told.statement.costs == told.costs_of(Bearer.GIFTS, Bearer.GENERAL) == usd(21_00)
    assert told.key == "all-usd-2026-v1"


def test_a_report_that_does_not_follow_from_the_books_cannot_be_made() -> None:
    campaign = build.campaign()
    build.gift(to=campaign)
    told = gathered(campaign)
    with pytest.raises(BooksDisagree, match="gifts"):
        replace(told, income=())
    with pytest.raises(BooksDisagree):
        replace(told, statement=replace(told.statement, gifts=usd(1)))


def test_frozen_and_thawed_it_is_the_same() -> None:
    campaign = build.campaign()
    build.gift(to=campaign)
    granted(campaign, 500_00, publication=Publication.FULL)
    told = gathered(campaign)
    assert thaw(freeze(told)) == told
    assert freeze(told) == freeze(gathered(campaign))


def test_the_books_are_read_in_one_snapshot() -> None:
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
    with transaction.atomic(), pytest.raises(RuntimeError), one_snapshot():
        pass


@pytest.mark.parametrize("written", ["2026", "2026-q1", "2026-q4", "2026-02"])
def test_a_period_is_read_as_it_is_written(written: str) -> None:
    assert periods.name(periods.read(written)) == written


@pytest.mark.parametrize("nonsense", ["", "26", "2026-13", "2026-q5", "2026-1", "1999", "２０２６", "2026-q1\n"])
def test_nonsense_is_no_period(nonsense: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        periods.read(nonsense)
