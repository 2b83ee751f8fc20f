"""The fund statement says what the books say, to the cent, and shows nobody who did not agree to be shown."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appeal.models import Campaign
from grants import bookkeeping
from grants.models import Publication
from ledger import chart
from ledger.models import Fund
from ledger.money import Money
from receipts import statement
from receipts.statement import BooksDisagree, FundStatement, Period, statement_of
from tests.grants import build as grants
from tests.receipts import build, paper

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = datetime.date(2026, 12, 1)
AWARDED = datetime.date(2026, 3, 1)
Event = tuple[str, int, int]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def whole(campaign: Campaign) -> FundStatement:
    return statement_of(campaign, Period.whole(campaign, TODAY))


def granted(campaign: Campaign, minor: int, *, pay: bool = True, **fields: Any) -> Any:
    fields = {"awarded_on": AWARDED} | fields
    tranche = grants.approved(of=grants.grant(minor, of=campaign, **fields))
    if pay:
        grants.pay(tranche)
    return tranche


def test_a_story_told_in_figures() -> None:
    campaign = build.campaign()
    card = campaign.card_fund
    build.given(card, 100_00, fee=3_20)
    build.given(card, 50_00, fee=1_75)
    build.booked("refund", (chart.REFUNDS, card, 20_00), (chart.STRIPE, card, -20_00))
    build.booked("payout", (chart.BANK, card, 80_00), (chart.STRIPE, card, -80_00))
    granted(campaign, 3_000_00)
    granted(campaign, 500_00, pay=False)
    told = whole(campaign)
    assert told.gifts == usd(100_00 + 50_00 + 3_000_00 + 500_00)
    assert told.refunds == usd(20_00)
    assert told.came_in == campaign.raised() == usd(3_630_00)
    assert told.costs == usd(4_95)
    assert (told.paid, told.promised) == (usd(3_000_00), usd(500_00))
    assert told.closing == usd(625_05)
    assert told.left == usd(125_05) == card.free() + campaign.bank_fund.free()
    assert dict(told.held)[chart.BANK] == usd(580_00)


def test_an_appeal_without_a_gift_has_a_statement_of_nothing() -> None:
    told = whole(build.campaign())
    assert told.closing == told.left == usd(0)
    assert [row.amount for row in told.rows()] == [usd(0), usd(0)]


def test_a_year_opens_with_what_the_one_before_it_left() -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 100_00, fee=3_00, on=datetime.date(2026, 12, 31))
    build.given(campaign.card_fund, 10_00, on=datetime.date(2027, 1, 1))
    period = Period.whole(campaign, datetime.date(2027, 2, 1))
    first, second = (statement_of(campaign, period.within(year)) for year in period.years())
    assert (first.period.until, first.closing) == (datetime.date(2026, 12, 31), usd(97_00))
    assert (second.opening, second.gifts, second.closing) == (usd(97_00), usd(10_00), usd(107_00))


def test_money_of_other_appeals_is_not_in_it() -> None:
    campaign, other = build.campaign(), build.campaign()
    build.given(other.card_fund, 100_00)
    assert whole(campaign).gifts == usd(0)


def test_a_statement_that_does_not_follow_from_the_books_cannot_be_made() -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 100_00)
    with pytest.raises(BooksDisagree):
        replace(whole(campaign), gifts=usd(100_01))


POSTINGS = {
    "gift": lambda fund, minor: [(chart.STRIPE, fund, minor), (chart.GIFTS, fund, -minor)],
    "fee": lambda fund, minor: [(chart.FEES, fund, minor), (chart.STRIPE, fund, -minor)],
    "refund": lambda fund, minor: [(chart.REFUNDS, fund, minor), (chart.STRIPE, fund, -minor)],
    "dispute": lambda fund, minor: [(chart.DISPUTED, fund, minor), (chart.STRIPE, fund, -minor)],
    "lost": lambda fund, minor: [(chart.LOST, fund, minor), (chart.DISPUTED, fund, -minor)],
    "dispute fee": lambda fund, minor: [(chart.DISPUTE_FEES, fund, minor), (chart.STRIPE, fund, -minor)],
    "payout": lambda fund, minor: [(chart.TRANSIT, fund, minor), (chart.STRIPE, fund, -minor)],
    "arrived": lambda fund, minor: [(chart.BANK, fund, minor), (chart.TRANSIT, fund, -minor)],
    "transfer": lambda fund, minor: [(chart.BANK, fund, minor), (chart.TRANSFER, fund, -minor)],
    "bank fee": lambda fund, minor: [(chart.BANK_FEES, fund, minor), (chart.BANK, fund, -minor)],
    "promise": lambda fund, minor: [(chart.ENCUMBERED, fund, minor), (chart.CONTRA, fund, -minor)],
    "grant": lambda fund, minor: [(chart.GRANTS, fund, minor), (chart.BANK, fund, -minor)],
    "returned": lambda fund, minor: [(chart.BANK, fund, minor), (chart.GRANTS_RETURNED, fund, -minor)],
    "unexplained": lambda fund, minor: [(chart.STRIPE, fund, minor), (chart.SUSPENSE, fund, -minor)],
}
EVENTS = st.lists(st.tuples(st.sampled_from(sorted(POSTINGS)), st.integers(1, 10**12), st.integers(0, 40)), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, cut=st.integers(0, 40))
def test_whatever_happens_the_statement_equals_the_books(events: list[Event], cut: int) -> None:
    campaign = build.campaign()
    funds = (campaign.card_fund, campaign.bank_fund)
    start = datetime.date(2026, 5, 1)
    for number, (kind, minor, day) in enumerate(events):
        build.booked(kind, *POSTINGS[kind](funds[number % 2], minor), on=start + datetime.timedelta(days=day))
    told = whole(campaign)
    assert_equal_to_books(told, campaign, funds)
    early = statement_of(campaign, Period(start, start + datetime.timedelta(days=cut)))
    late = statement_of(campaign, Period(early.period.until + datetime.timedelta(days=1), told.period.until))
    assert late.opening == early.closing
    assert (late.closing, late.left, late.held) == (told.closing, told.left, told.held)
    for movement in ("gifts", "refunds", "lost", "transfers", "returned", "fees", "bank_costs", "paid"):
        assert getattr(early, movement) + getattr(late, movement) == getattr(told, movement)


def assert_equal_to_books(told: FundStatement, campaign: Campaign, funds: tuple[Fund, Fund]) -> None:
    def books(*accounts: str) -> Money:
        return funds[0].balance(*accounts) + funds[1].balance(*accounts)

    assert told.closing == books(*chart.ASSETS, *chart.LIABILITIES)
    assert told.left == funds[0].free() + funds[1].free()
    assert told.came_in == campaign.raised()
    assert told.costs == books(chart.FEES, chart.DISPUTE_FEES, chart.BANK_FEES)
    assert (told.paid, told.promised) == (books(chart.GRANTS), books(chart.ENCUMBERED))
    assert sum((row.amount for row in told.rows() if not row.total), start=usd(0)) == told.left
    assert sum((row.amount for row in told.holdings()), start=usd(0)) == told.closing


SECRETS = ("Hope School", "Jalan Raya", "Zahra", "hope@example.org", "Winter coats", "Indonesia")


def test_a_grant_is_part_of_a_sum_unless_the_initiative_agreed_to_more(client: Client) -> None:
    campaign = build.campaign()
    granted(campaign, 3_000_00)
    page = client.get(address(campaign)).content.decode()
    words = paper.text(statement.to_pdf(whole(campaign), "en"))
    assert "Grants shown only as a sum" in page
    assert [secret for secret in SECRETS if secret in page or secret in words] == []


@pytest.mark.parametrize(
    ("publication", "shown"),
    [
        (Publication.FULL, {"Hope School", "Winter coats", "Indonesia"}),
        (Publication.NAME_WITHHELD, {"Winter coats"}),
        (Publication.COUNTRY_ONLY, set()),
        (Publication.REGION_ONLY, set()),
        (Publication.EMBARGO, set()),
    ],
)
def test_a_grant_is_shown_as_far_as_agreed(client: Client, publication: str, shown: set[str]) -> None:
    campaign = build.campaign()
    granted(campaign, 3_000_00, publication=publication, consent="Zahra said so on the phone, 3 May")
    page = client.get(address(campaign)).content.decode()
    assert {secret for secret in SECRETS if secret in page} == shown


def test_a_grant_without_a_name_says_its_country_only_among_enough_others(client: Client) -> None:
    campaign = build.campaign()
    nameless: dict[str, Any] = {
        "publication": Publication.COUNTRY_ONLY,
        "consent": "yes",
    }
    for _turn in range(2):
        granted(campaign, 3_000_00, **nameless)
    assert "Indonesia" not in client.get(address(campaign)).content.decode()
    granted(campaign, 3_000_00, **nameless)
    assert "Indonesia" in client.get(address(campaign)).content.decode()


def test_a_grant_of_this_month_is_in_the_sum_alone_as_in_the_public_register() -> None:
    campaign = build.campaign()
    granted(campaign, 3_000_00, publication=Publication.FULL, consent="yes", awarded_on=timezone.localdate())
    told = whole(campaign)
    assert (told.register, told.withheld_paid) == ((), usd(3_000_00))


def test_the_order_of_the_register_tells_no_day() -> None:
    campaign = build.campaign()
    for day, reference in [(3, "b"), (20, "c"), (11, "a")]:
        awarded_on = datetime.date(2026, 3, day)
        granted(
            campaign, 100_00, publication=Publication.FULL, consent="yes", awarded_on=awarded_on, reference=reference
        )
    assert [line.grant.reference for line in whole(campaign).register] == ["a", "b", "c"]


def test_the_register_adds_up_to_the_books() -> None:
    campaign = build.campaign()
    granted(campaign, 3_000_00, publication=Publication.FULL, consent="yes")
    granted(campaign, 700_00, pay=False, publication=Publication.COUNTRY_ONLY, consent="yes")
    granted(campaign, 50_00)
    back = granted(campaign, 20_00)
    bookkeeping.take_back(back, on=grants.DAY)
    told = whole(campaign)
    assert [(line.promised, line.paid) for line in told.register] in (
        [(usd(0), usd(3_000_00)), (usd(700_00), usd(0))],
        [(usd(700_00), usd(0)), (usd(0), usd(3_000_00))],
    )
    assert (told.withheld_promised, told.withheld_paid) == (usd(20_00), usd(50_00))
    assert (told.promised, told.paid) == (usd(720_00), usd(3_050_00))


def address(campaign: Campaign, name: str = "transparency") -> str:
    return reverse(f"receipts:{name}", args=[campaign.slug])


def test_page_and_paper_show_the_same_figures(client: Client) -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 1_234_56, fee=34_56)
    granted(campaign, 3_000_00)
    page = client.get(address(campaign)).content.decode()
    response = client.get(address(campaign, "statement-pdf"))
    words = paper.text(response.content)
    for figure in ("$4,234.56", "$34.56", "$3,000.00", "$1,200.00"):
        assert figure in page
        assert figure in words
    pdf = paper.read(response.content)
    assert paper.language(response.content) == "en"
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Fund statement: Shelter after the flood"
    assert response.headers["Content-Type"] == "application/pdf"


def test_who_holds_the_current_statement_is_told_so(client: Client) -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 100_00)
    for name in ("transparency", "statement-pdf"):
        etag = client.get(address(campaign, name)).headers["ETag"]
        assert client.get(address(campaign, name), headers={"If-None-Match": etag}).status_code == 304
    etag = client.get(address(campaign)).headers["ETag"]
    build.given(campaign.card_fund, 1)
    assert client.get(address(campaign), headers={"If-None-Match": etag}).status_code == 200


def test_a_year_can_be_asked_for_and_nonsense_is_not_found(client: Client) -> None:
    campaign = build.campaign()
    assert client.get(address(campaign), {"year": "2026"}).status_code == 200
    for nonsense in ("1999", "x", "", "2026'", "２０２６"):
        assert client.get(address(campaign), {"year": nonsense}).status_code == 404


def test_a_draft_has_no_statement(client: Client) -> None:
    campaign = build.campaign(live=False)
    assert client.get(address(campaign)).status_code == 404
    assert client.get(address(campaign, "statement-pdf")).status_code == 404


def test_the_page_asks_the_books_a_fixed_number_of_times(client: Client, django_assert_num_queries: Any) -> None:
    campaign = build.campaign()
    for _turn in range(4):
        granted(campaign, 100_00, publication=Publication.FULL, consent="yes")
    with django_assert_num_queries(5):
        client.get(address(campaign))
