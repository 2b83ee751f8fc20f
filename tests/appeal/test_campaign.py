from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from appeal.models import CLOSE, CLOSED_TO_CARDS, GO_LIVE, LIFT, Campaign, Phase, Status
from appeal.refusal import Refused
from ledger.models import Channel, Fund
from ledger.money import Money
from tests.appeal import build
from tests.appeal.build import day, refused, sql


@pytest.mark.django_db
def test_a_new_campaign_has_a_fund_for_cards_and_one_for_the_bank() -> None:
    campaign = build.draft(slug="winter", currency="AUD")
    assert (campaign.card_fund.channel, campaign.bank_fund.channel) == (Channel.CARD, Channel.BANK)
    assert {campaign.card_fund.currency, campaign.bank_fund.currency} == {"AUD"}
    assert [campaign.card_fund.code, campaign.bank_fund.code] == ["winter-card", "winter-bank"]
    assert campaign.card_fund.restricted
    assert campaign.bank_fund.restricted


@pytest.mark.django_db
def test_card_money_cannot_reach_the_countries_stripe_prohibits_and_bank_money_can() -> None:
    campaign = build.draft()
    assert all(campaign.card_fund.excludes(country) for country in CLOSED_TO_CARDS)
    assert campaign.card_fund.excludes("IR")
    assert not campaign.card_fund.excludes("ID")
    assert campaign.bank_fund.excluded_countries == []


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_cannot_be_saved_leaves_no_funds() -> None:
    with pytest.raises(IntegrityError):
        build.draft(goal_minor=0)
    assert not Fund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_raised_is_what_the_books_say_of_both_funds() -> None:
    campaign, other = build.campaign(), build.campaign()
    assert campaign.raised() == Money.zero("USD")
    build.gift(campaign.card_fund, 100_00)
    build.gift(campaign.bank_fund, 250_00)
    build.refund(campaign.card_fund, 30_00)
    build.lost(campaign.card_fund, 20_00)
    build.gift(other.card_fund, 7_00)
    assert campaign.raised() == Money(300_00, "USD")
    listed = Campaign.objects.with_raised().get(pk=campaign.pk)
    assert listed.raised() == Money(300_00, "USD")


@pytest.mark.django_db
def test_a_list_of_campaigns_asks_the_books_once(django_assert_num_queries: pytest.FixtureRequest) -> None:
    for _ in range(3):
        build.campaign()
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [campaign.raised().minor for campaign in Campaign.objects.with_raised()] == [0, 0, 0]


def phases(opens: int, closes: int | None, status: Status) -> Phase:
    campaign = Campaign(opens_on=day(opens), closes_on=None if closes is None else day(closes), status=status)
    return campaign.phase(day())


def test_a_campaign_is_open_from_its_first_day_to_its_last() -> None:
    assert phases(0, 0, Status.LIVE) == Phase.OPEN
    assert phases(-9, None, Status.LIVE) == Phase.OPEN
    assert phases(1, None, Status.LIVE) == Phase.SOON
    assert phases(-9, -1, Status.LIVE) == Phase.CLOSED
    assert phases(-9, 9, Status.CLOSED) == Phase.CLOSED
    assert phases(-9, 9, Status.DRAFT) == Phase.DRAFT


def test_a_suspended_campaign_is_paused_until_its_last_day_is_over() -> None:
    assert phases(-9, 9, Status.SUSPENDED) == Phase.SUSPENDED
    assert phases(3, None, Status.SUSPENDED) == Phase.SUSPENDED
    assert phases(-9, -1, Status.SUSPENDED) == Phase.CLOSED


@pytest.mark.django_db
def test_the_database_and_the_campaign_agree_on_who_takes_gifts() -> None:
    for status in Status:
        for opens, closes in [(-2, None), (-2, 2), (-2, -1), (0, 0), (1, None), (1, 2)]:
            build.in_status(status, opens_on=day(opens), closes_on=None if closes is None else day(closes))
    campaigns = set(Campaign.objects.all())
    assert set(Campaign.objects.open_for_giving(day())) == {each for each in campaigns if each.takes_gifts(day())}
    current, past = set(Campaign.objects.current(day())), set(Campaign.objects.past(day()))
    assert current == {each for each in campaigns if each.phase(day()) in {Phase.OPEN, Phase.SOON, Phase.SUSPENDED}}
    assert past == {each for each in campaigns if each.phase(day()) == Phase.CLOSED}
    assert current | past == set(Campaign.objects.public())


@pytest.mark.django_db
def test_only_the_asked_currency_is_suggested_smallest_first() -> None:
    campaign = build.campaign()
    build.suggest(campaign, Money(100_00, "USD"), Money(25_00, "USD"), Money(3_000, "JPY"))
    assert campaign.suggested("USD") == [Money(25_00, "USD"), Money(100_00, "USD")]
    assert campaign.suggested("JPY") == [Money(3_000, "JPY")]
    assert campaign.suggested("EUR") == []


@pytest.mark.django_db
def test_a_draft_goes_live_and_closes() -> None:
    campaign = build.draft()
    campaign.go_live()
    assert Campaign.objects.get().status == campaign.status == Status.LIVE
    campaign.close()
    assert Campaign.objects.get().status == campaign.status == Status.CLOSED


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status)
def test_every_other_move_is_refused_in_words(status: Status) -> None:
    verbs = {GO_LIVE: Campaign.go_live, LIFT: Campaign.lift, CLOSE: Campaign.close}
    for move, verb in verbs.items():
        campaign = build.in_status(status)
        if status not in move.since:
            with pytest.raises(Refused, match=f"is {status.label.lower()} now, so it cannot become"):
                verb(campaign)
            assert Campaign.objects.get(pk=campaign.pk).status == status


@pytest.mark.django_db
def test_a_move_judges_by_the_row_not_by_what_was_read_earlier() -> None:
    campaign = build.draft()
    stale = Campaign.objects.get()
    campaign.go_live()
    with pytest.raises(Refused):
        stale.go_live()
    assert stale.status == Status.LIVE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("goal_minor = 0", "campaign_goal_is_positive"),
        ("goal_minor = -1", "campaign_goal_is_positive"),
        ("closes_on = opens_on - 1", "campaign_closes_after_it_opens"),
        ("status = 'draft'", "campaign_moves_as_written"),
        ("status = 'suspended'", "campaign_suspended_means_by_whom_and_why"),
        ("suspended_words = 'Soon.'", "campaign_suspended_means_by_whom_and_why"),
        ("stretch_minor = goal_minor + 1", "campaign_second_goal_is_more_and_says_what_for"),
        ("stretch_words = 'More rooms.'", "campaign_second_goal_is_more_and_says_what_for"),
        ("stretch_minor = goal_minor, stretch_words = 'x'", "campaign_second_goal_is_more_and_says_what_for"),
        ("bank_fund_id = card_fund_id", "campaign_has_two_funds"),
        ("currency = 'EUR'", "campaign_card_fund_in_its_currency"),
    ],
)
def test_the_database_refuses_a_campaign_that_makes_no_sense(change: str, constraint: str) -> None:
    build.campaign()
    with refused(constraint):
        sql(f"UPDATE appeal_campaign SET {change}")


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["card_fund_id", "bank_fund_id"])
def test_the_database_keeps_a_campaign_and_its_funds_in_one_currency(column: str) -> None:
    campaign = build.campaign()
    euros = Fund.objects.create(code="euros", name="Euros", currency="EUR")
    constraint = f"campaign_{column.removesuffix('_id')}_in_its_currency"
    with refused(constraint):
        sql(f"UPDATE appeal_campaign SET {column} = %s", euros.pk)
    with refused(constraint):
        sql("UPDATE ledger_fund SET currency = 'EUR' WHERE id = %s", getattr(campaign, column))


@pytest.mark.django_db
def test_the_database_refuses_a_fund_that_serves_two_campaigns() -> None:
    first, second = build.campaign(), build.campaign()
    for column, fund in [("card_fund_id", first.card_fund), ("bank_fund_id", first.bank_fund)]:
        with refused(f"appeal_campaign_{column}_key"):
            sql(f"UPDATE appeal_campaign SET {column} = %s WHERE id = %s", fund.pk, second.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "currency", "constraint"),
    [
        (0, "USD", "suggested_amount_is_positive"),
        (25_00, "usd", "suggested_amount_currency_is_a_code"),
        (50_00, "USD", "suggested_amount_offered_once"),
    ],
)
def test_the_database_refuses_a_suggestion_that_makes_no_sense(amount: int, currency: str, constraint: str) -> None:
    campaign = build.campaign()
    build.suggest(campaign, Money(50_00, "USD"))
    with refused(constraint):
        sql(
            "INSERT INTO appeal_suggestedamount (campaign_id, currency, amount_minor) VALUES (%s, %s, %s)",
            campaign.pk,
            currency,
            amount,
        )


@pytest.mark.django_db
def test_the_database_knows_no_other_status() -> None:
    with refused("campaign_status_is_known"):
        sql("INSERT INTO appeal_campaign (slug, title, summary, story, goal_minor, currency, opens_on, status,"
            " transfer_code, card_fund_id, bank_fund_id) SELECT 'other', title, summary, story, goal_minor, currency,"
            " opens_on, 'gone', transfer_code, card_fund_id, bank_fund_id FROM appeal_campaign WHERE id = %s",
            build.campaign().pk)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["card_fund_id", "bank_fund_id"])
def test_no_campaign_is_without_a_fund_so_none_goes_live_without_one(column: str) -> None:
    build.draft()
    with pytest.raises(IntegrityError, match=column), transaction.atomic():
        sql(f"UPDATE appeal_campaign SET {column} = NULL, status = 'live'")


@pytest.mark.django_db
def test_what_is_closed_stays_closed_for_the_database_too() -> None:
    build.campaign(status=Status.CLOSED)
    for status in ("live", "draft", "suspended"):
        with refused("campaign_moves_as_written"):
            sql("UPDATE appeal_campaign SET status = %s", status)


def test_a_one_day_campaign_is_possible() -> None:
    today = date(2026, 11, 22)
    campaign = Campaign(opens_on=today, closes_on=today, status=Status.LIVE)
    assert campaign.takes_gifts(today)
    assert not campaign.takes_gifts(today + timedelta(1))
