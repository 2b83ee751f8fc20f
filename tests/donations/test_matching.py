"""A pot matches gifts as it was promised: to the cent, in the order of the books, and never beyond its sums."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from appeal.matching import MatchingPot, Standing
from appeal.models import Campaign
from appeal.refusal import Refused
from donations import bookkeeping, disputes, matching, refunds
from donations.models import Donation, Match, OfflineGift, PotPayment
from donations.settlement import book, listed
from ledger import audit
from ledger.money import Money
from tests.donations import bank, build, objects, pots

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)  # later than any clock: what is told then is the newest


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


@pytest.fixture
def pot(campaign: Campaign) -> MatchingPot:
    """1,000.00 USD, at most 100.00 for a gift, and as much again as was given."""
    return pots.opened(campaign)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def matched(gift: Donation) -> int:
    return Match.objects.get(donation=gift).amount_minor


def fresh(pot: MatchingPot) -> MatchingPot:
    return MatchingPot.objects.get(pk=pot.pk)


def pay_back(gift: Donation, minor: int) -> dict[str, Any]:
    thing = objects.refund(gift, minor)
    book([listed(objects.movement("refund", thing, -minor))])
    return thing


def lose(gift: Donation, minor: int) -> dict[str, Any]:
    fight = objects.dispute(gift, minor)
    book([listed(objects.movement("adjustment", fight, -minor, 15_00))])
    disputes.hear(fight | {"status": "lost"}, NOW)
    return fight


# What a gift gets


def test_a_gift_gets_as_much_again_once_it_is_in_the_books(campaign: Campaign, pot: MatchingPot) -> None:
    waiting = build.donation(campaign)
    gift = pots.gift(campaign, 50_00)
    assert matching.keep_up() == 1
    assert matched(gift) == 50_00
    assert not Match.objects.filter(donation=waiting).exists()
    assert fresh(pot).matched_minor == 50_00
    assert fresh(pot).terms.left == Money(950_00, "USD")


def test_a_promise_is_no_money(campaign: Campaign, pot: MatchingPot) -> None:
    """What a funder owes is in no book, and raised is what came."""
    pots.gift(campaign, 50_00)
    matching.keep_up()
    assert campaign.raised() == Money(50_00, "USD")
    assert list(audit.findings()) == []


def test_a_large_gift_gets_what_is_promised_for_one_gift(campaign: Campaign, pot: MatchingPot) -> None:
    gift = pots.gift(campaign, 750_00)
    matching.keep_up()
    assert matched(gift) == 100_00


def test_a_part_of_a_cent_is_not_promised(campaign: Campaign) -> None:
    pots.opened(campaign, percent=50)
    gift = pots.gift(campaign, 33_33)
    matching.keep_up()
    assert matched(gift) == 16_66


def test_a_gift_in_another_currency_is_matched_as_it_is_in_the_books(campaign: Campaign, pot: MatchingPot) -> None:
    gift = bank.confirmed(campaign, Money(50_00, "EUR"), credited=Money(54_00, "USD")).donation
    assert gift
    matching.keep_up()
    assert matched(gift) == 54_00


def test_where_an_amount_has_no_decimals_neither_has_its_match() -> None:
    terms = pots.prepared(build.campaign(currency="UGX"), percent=50, per_gift_minor=1_000_00).terms
    assert terms.on_top_of(Money(35_00, "UGX")) == Money(17_00, "UGX")


def test_the_last_of_the_pot_goes_to_the_gift_that_came_first(campaign: Campaign) -> None:
    pot = pots.opened(campaign, total_minor=120_00)
    gifts = [pots.gift(campaign, 50_00) for _ in range(4)]
    matching.keep_up()
    assert [matched(gift) for gift in gifts] == [50_00, 50_00, 20_00, 0]
    assert fresh(pot).terms.used_up


def test_a_gift_has_its_turn_once(campaign: Campaign) -> None:
    """What is free again is for gifts to come, not for one that came while the pot was empty."""
    pots.opened(campaign, total_minor=50_00)
    first, late = pots.gift(campaign, 50_00), pots.gift(campaign, 50_00)
    matching.keep_up()
    pay_back(first, 50_00)
    matching.keep_up()
    later = pots.gift(campaign, 30_00)
    matching.keep_up()
    assert [matched(gift) for gift in (first, late, later)] == [0, 0, 30_00]


def test_only_gifts_to_its_appeal_and_of_its_time_have_a_turn(campaign: Campaign) -> None:
    before = bank.confirmed(campaign, received_on=date(2026, 10, 31)).donation
    on_the_first = bank.confirmed(campaign, received_on=date(2026, 11, 1)).donation
    on_the_last = bank.confirmed(campaign, received_on=date(2026, 11, 20)).donation
    after = bank.confirmed(campaign, received_on=date(2026, 11, 21)).donation
    elsewhere = pots.gift(build.campaign("elsewhere"))
    pot = pots.prepared(campaign, opens_on=date(2026, 11, 1), closes_on=date(2026, 11, 20))
    connection.cursor().execute(
        "UPDATE appeal_matchingpot SET opened_at = now(), opened_by_id = %s WHERE id = %s", [bank.person().pk, pot.pk]
    )
    matching.keep_up()
    had = set(Match.objects.values_list("donation", flat=True))
    assert had == {gift.pk for gift in (on_the_first, on_the_last) if gift}
    assert not had & {gift.pk for gift in (before, after, elsewhere) if gift}


# What goes back


def test_a_refund_releases_the_match_in_proportion(campaign: Campaign) -> None:
    pot = pots.opened(campaign, percent=50)
    gift = pots.gift(campaign, 80_00)
    matching.keep_up()
    pay_back(gift, 20_00)
    matching.keep_up()
    assert (matched(gift), fresh(pot).matched_minor) == (30_00, 30_00)
    pay_back(gift, 60_00)
    matching.keep_up()
    assert (matched(gift), fresh(pot).matched_minor) == (0, 0)


def test_a_refund_above_what_is_matched_of_a_gift_releases_nothing(campaign: Campaign, pot: MatchingPot) -> None:
    gift = pots.gift(campaign, 500_00)
    matching.keep_up()
    pay_back(gift, 400_00)
    matching.keep_up()
    assert matched(gift) == 100_00
    pay_back(gift, 60_00)
    matching.keep_up()
    assert matched(gift) == 40_00


def test_a_lost_dispute_releases_the_match_and_an_open_one_does_not(campaign: Campaign, pot: MatchingPot) -> None:
    gift = pots.gift(campaign, 50_00)
    matching.keep_up()
    fight = objects.dispute(gift)
    book([listed(objects.movement("adjustment", fight, -50_00, 15_00))])
    matching.keep_up()
    assert matched(gift) == 50_00
    disputes.hear(fight | {"status": "lost"}, NOW)
    matching.keep_up()
    assert matched(gift) == 0


def test_a_reversed_gift_releases_its_match(campaign: Campaign, pot: MatchingPot) -> None:
    gift = bank.confirmed(campaign, Money(60_00, "USD"))
    matching.keep_up()
    assert fresh(pot).matched_minor == 60_00
    bank.reversed_(gift)
    matching.keep_up()
    assert fresh(pot).matched_minor == 0


def test_money_that_stays_after_all_is_matched_again_as_far_as_the_pot_goes(campaign: Campaign) -> None:
    pot = pots.opened(campaign, total_minor=60_00)
    gift = pots.gift(campaign, 50_00)
    matching.keep_up()
    back = pay_back(gift, 50_00)
    matching.keep_up()
    other = pots.gift(campaign, 40_00)
    matching.keep_up()
    refunds.hear(back | {"status": "failed"}, NOW)
    matching.keep_up()
    assert [matched(gift), matched(other)] == [20_00, 40_00]
    assert fresh(pot).terms.used_up


def test_what_goes_back_after_the_end_is_owed_no_more_and_comes_no_more(campaign: Campaign, pot: MatchingPot) -> None:
    gift = pots.gift(campaign, 50_00)
    matching.keep_up()
    matching.close(fresh(pot), by=bank.person(), reason="Its time is over.")
    back = pay_back(gift, 50_00)
    matching.keep_up()
    assert fresh(pot).matched_minor == 0
    refunds.hear(back | {"status": "failed"}, NOW)
    matching.keep_up()
    assert fresh(pot).matched_minor == 0


# The pot's own way


def test_who_prepared_a_pot_does_not_open_it(campaign: Campaign) -> None:
    pot = pots.prepared(campaign)
    with pytest.raises(Refused, match="another person has to open it"):
        pot.open(by=pot.prepared_by)
    assert pot.standing == Standing.DRAFT


def test_a_draft_matches_nothing(campaign: Campaign) -> None:
    pots.prepared(campaign)
    pots.gift(campaign)
    assert matching.keep_up() == 0


def test_an_appeal_has_one_open_pot(campaign: Campaign, pot: MatchingPot) -> None:
    second = pots.prepared(campaign)
    with pytest.raises(Refused, match="close that one first"):
        second.open(by=bank.person())
    matching.close(pot, by=bank.person(), reason="It is used up.")
    second.open(by=bank.person())
    assert (pot.standing, second.standing) == (Standing.CLOSED, Standing.OPEN)


def test_a_pot_whose_time_is_over_is_not_opened(campaign: Campaign) -> None:
    pot = pots.prepared(campaign, closes_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Refused, match="time of this pot is over"):
        pot.open(by=bank.person())


def test_closing_gives_their_turn_first_to_the_gifts_that_are_in_the_books(
    campaign: Campaign, pot: MatchingPot
) -> None:
    gift = pots.gift(campaign, 50_00)
    matching.close(pot, by=bank.person(), reason="Its time is over.")
    assert matched(gift) == 50_00
    pots.gift(campaign)
    assert matching.keep_up() == 0


@pytest.mark.parametrize("step", ["open", "drop", "close"])
def test_a_pot_moves_once(campaign: Campaign, step: str) -> None:
    dropped = pots.prepared(campaign)
    dropped.drop(by=bank.person())
    closed = pots.opened(campaign)
    closed.close(by=bank.person(), reason="Over.")
    for pot in (dropped, closed):
        with pytest.raises(Refused, match="moved on"):
            getattr(pot, step)(by=bank.person(), **{"reason": "Again."} if step == "close" else {})


def test_closing_takes_a_reason(pot: MatchingPot) -> None:
    with pytest.raises(Refused, match="Say why"):
        matching.close(pot, by=bank.person(), reason=" ")
    assert fresh(pot).standing == Standing.OPEN


# What the funder owes, and gives


def owed(pot: MatchingPot) -> int:
    return fresh(pot).terms.still_to_come.minor


def test_the_funder_owes_what_gifts_earned_until_its_own_gift_is_in_the_books(
    campaign: Campaign, pot: MatchingPot
) -> None:
    pots.gift(campaign, 80_00)
    matching.keep_up()
    assert owed(pot) == 80_00
    payment = bank.recorded(campaign, Money(50_00, "USD"))
    matching.name_payment(payment, pot, by=bank.person())
    assert owed(pot) == 80_00
    bookkeeping.receive(payment, by=bank.person())
    assert owed(pot) == 30_00
    bank.reversed_(payment)
    assert owed(pot) == 80_00


def test_what_pays_a_pot_is_not_matched_itself(campaign: Campaign, pot: MatchingPot) -> None:
    early, late = bank.recorded(campaign, Money(50_00, "USD")), bank.confirmed(campaign, Money(70_00, "USD"))
    matching.name_payment(early, pot, by=bank.person())
    bookkeeping.receive(early, by=bank.person())
    matching.keep_up()
    assert fresh(pot).matched_minor == 70_00
    matching.name_payment(late, pot, by=bank.person())
    matching.keep_up()
    assert (fresh(pot).matched_minor, fresh(pot).received_minor) == (0, 120_00)


def test_a_payment_that_was_named_wrongly_is_a_gift_again(campaign: Campaign, pot: MatchingPot) -> None:
    gift = bank.confirmed(campaign, Money(70_00, "USD"))
    matching.keep_up()
    matching.name_payment(gift, pot, by=bank.person())
    matching.drop_payment(gift, by=bank.person())
    assert (fresh(pot).matched_minor, fresh(pot).received_minor) == (70_00, 0)
    with pytest.raises(Refused, match="pays no pot"):
        matching.drop_payment(gift, by=bank.person())


def test_a_gift_pays_one_pot_of_its_own_appeal(campaign: Campaign, pot: MatchingPot) -> None:
    gift = bank.confirmed(campaign)
    elsewhere = pots.opened(build.campaign("elsewhere"))
    with pytest.raises(Refused, match="of another appeal"):
        matching.name_payment(gift, elsewhere, by=bank.person())
    with pytest.raises(Refused, match="never opened"):
        matching.name_payment(gift, pots.prepared(campaign), by=bank.person())
    matching.name_payment(gift, pot, by=bank.person())
    with pytest.raises(Refused, match="pays a pot already"):
        matching.name_payment(gift, pot, by=bank.person())
    with pytest.raises(Refused, match="moved on"):
        matching.name_payment(bank.reversed_(bank.confirmed(campaign)), pot, by=bank.person())


# What the database refuses, whoever asks

ADD = """
    INSERT INTO donations_match
        (pot_id, donation_id, booked_minor, kept_minor, first_minor, amount_minor, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, now(), now())
"""


def add(pot: MatchingPot, gift: Donation, first: int, *, booked: int | None = None, amount: int | None = None) -> None:
    booked = gift.amount_minor if booked is None else booked
    sql(ADD, pot.pk, gift.pk, booked, gift.amount_minor, first, first if amount is None else amount)


def constraint(deed: Callable[[], object]) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        deed()
    return str(getattr(error.value.__cause__, "diag").constraint_name)  # noqa: B009 (psycopg's, unknown to types)


def test_no_sum_of_matches_is_beyond_the_total(campaign: Campaign) -> None:
    pot = pots.opened(campaign, total_minor=150_00)
    add(pot, pots.gift(campaign, 100_00), 100_00)
    gift = pots.gift(campaign, 100_00)
    assert constraint(lambda: add(pot, gift, 50_01)) == "matching_pot_within_its_total"
    add(pot, gift, 50_00)
    assert fresh(pot).matched_minor == 150_00


def test_no_match_is_beyond_what_was_promised_for_a_gift(campaign: Campaign, pot: MatchingPot) -> None:
    large, small = pots.gift(campaign, 300_00), pots.gift(campaign, 30_00)
    assert constraint(lambda: add(pot, large, 100_01)) == "match_as_promised"
    assert constraint(lambda: add(pot, small, 30_01)) == "match_as_promised"
    assert constraint(lambda: add(pot, small, 30_01, booked=40_00)) == "match_as_promised"
    assert constraint(lambda: add(pot, small, 20_00, amount=10_00)) == "match_as_promised"
    assert constraint(lambda: add(pot, small, -1)) == "match_stands_within_what_it_was"


def test_a_gift_is_matched_once_in_its_time_in_the_books_by_an_open_pot(campaign: Campaign, pot: MatchingPot) -> None:
    gift = pots.gift(campaign)
    add(pot, gift, 50_00)
    assert "donation" in constraint(lambda: add(pot, gift, 50_00))
    unpaid = build.donation(campaign)
    assert constraint(lambda: add(pot, unpaid, 0)) == "match_of_a_gift_in_the_books"
    elsewhere = pots.gift(build.campaign("elsewhere"))
    assert constraint(lambda: add(pot, elsewhere, 50_00)) == "match_of_a_gift_in_the_books"
    early = bank.confirmed(campaign, received_on=date(2025, 12, 31)).donation
    assert early
    assert constraint(lambda: add(pot, early, 50_00)) == "match_of_a_gift_in_the_books"
    draft = pots.prepared(campaign)
    assert constraint(lambda: add(draft, pots.gift(campaign), 50_00)) == "match_of_an_open_pot"
    pot.close(by=bank.person(), reason="Over.")
    assert constraint(lambda: add(pot, pots.gift(campaign), 50_00)) == "match_of_an_open_pot"


def test_a_match_stays_and_only_shrinks_or_grows_again(campaign: Campaign, pot: MatchingPot) -> None:
    pots.gift(campaign, 50_00)
    matching.keep_up()
    for column in ("first_minor", "booked_minor"):
        assert constraint(lambda: sql(f"UPDATE donations_match SET {column} = {column} - 1")) == "match_stays"  # noqa: B023
    assert (
        constraint(lambda: sql("UPDATE donations_match SET amount_minor = 50_01")) == "match_stands_within_what_it_was"
    )
    assert constraint(lambda: sql("DELETE FROM donations_match")) == "match_is_never_deleted"
    assert constraint(lambda: sql("TRUNCATE donations_match")) == "match_is_never_deleted"
    sql("UPDATE donations_match SET amount_minor = 10_00")
    pot.refresh_from_db()
    pot.close(by=bank.person(), reason="Over.")
    assert constraint(lambda: sql("UPDATE donations_match SET amount_minor = 11_00")) == "match_grows_in_an_open_pot"


def test_what_pays_a_pot_is_matched_by_no_sql_either(campaign: Campaign, pot: MatchingPot) -> None:
    paying, other = bank.confirmed(campaign), bank.confirmed(campaign)
    matching.name_payment(paying, pot, by=bank.person())
    funders, donors = paying.donation, other.donation
    assert funders
    assert donors
    assert constraint(lambda: add(pot, funders, 1)) == "match_of_no_payment_of_a_pot"
    add(pot, donors, 100_00)
    pay = "INSERT INTO donations_potpayment (pot_id, gift_id, named_by_id, named_at) VALUES (%s, %s, %s, now())"
    who = bank.person().pk
    assert constraint(lambda: sql(pay, pot.pk, other.pk, who)) == "match_of_no_payment_of_a_pot"
    elsewhere = bank.confirmed(build.campaign("elsewhere"))
    assert constraint(lambda: sql(pay, pot.pk, elsewhere.pk, who)) == "pot_payment_to_the_same_appeal"
    assert constraint(lambda: sql("UPDATE donations_potpayment SET named_at = now()")) == "pot_payment_stays"
    assert constraint(lambda: sql("DELETE FROM donations_potpayment")) == "pot_payment_is_never_deleted"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("matched_minor = 1", "matching_pot_sums_are_counted"),
        ("received_minor = 1", "matching_pot_sums_are_counted"),
        ("total_minor = total_minor + 1", "matching_pot_terms_stay"),
        ("percent = 200", "matching_pot_terms_stay"),
        ("closes_on = closes_on + 1", "matching_pot_terms_stay"),
        ("opened_at = now()", "matching_pot_opened_once"),
        ("opened_at = NULL, opened_by_id = NULL", "matching_pot_opened_once"),
        ("closed_at = now(), closed_by_id = opened_by_id", "matching_pot_closed_means_by_whom_and_why"),
    ],
)
def test_the_terms_and_the_sums_of_a_pot_are_nobodys_to_change(pot: MatchingPot, change: str, name: str) -> None:
    assert constraint(lambda: sql(f"UPDATE appeal_matchingpot SET {change}")) == name


def test_nobody_opens_alone_also_by_sql(campaign: Campaign) -> None:
    pot = pots.prepared(campaign)
    alone = "UPDATE appeal_matchingpot SET opened_at = now(), opened_by_id = prepared_by_id WHERE id = %s"
    assert constraint(lambda: sql(alone, pot.pk)) == "matching_pot_opened_by_another_person"
    assert constraint(lambda: sql("DELETE FROM appeal_matchingpot")) == "matching_pot_is_never_deleted"
    other = "UPDATE appeal_matchingpot SET currency = 'EUR' WHERE id = %s"
    assert constraint(lambda: sql(other, pot.pk)) == "matching_pot_terms_stay"
    with pytest.raises(IntegrityError, match="matching_pot_in_the_currency_of_its_campaign"):
        MatchingPot.objects.bulk_create(
            [MatchingPot(**{name: getattr(pot, name) for name in PREPARED} | {"currency": "EUR"})]
        )


PREPARED = (
    *("campaign", "funder", "agreement", "currency", "percent", "per_gift_minor", "total_minor", "opens_on"),
    *("closes_on", "prepared_by", "prepared_at"),
)


def test_two_pots_of_an_appeal_are_not_open_at_once_also_by_sql(campaign: Campaign, pot: MatchingPot) -> None:
    second, who = pots.prepared(campaign), bank.person().pk
    force = "UPDATE appeal_matchingpot SET opened_at = now(), opened_by_id = %s WHERE id = %s"
    assert constraint(lambda: sql(force, who, second.pk)) == "matching_pot_open_once_for_a_campaign"


# Many at once


def at_once[T](deeds: list[Callable[[], T]], threads: int) -> list[T]:
    start = Barrier(threads, timeout=60)

    def run(mine: list[Callable[[], T]]) -> list[T]:
        try:
            connection.ensure_connection()
            start.wait()
            return [deed() for deed in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(chain.from_iterable(pool.map(run, [deeds[number::threads] for number in range(threads)])))


def test_a_hundred_gifts_at_once_are_matched_to_the_cent(campaign: Campaign) -> None:
    """Each is confirmed and has its turn in a thread of its own."""
    pot = pots.opened(campaign, total_minor=1_234_56, per_gift_minor=20_00)
    by = bank.person()
    gifts = [bank.recorded(campaign, Money(10_00 + number * 37, "USD")) for number in range(100)]

    def arrive(gift: OfflineGift) -> None:
        bookkeeping.receive(gift, by=by)
        matching.keep_up()

    at_once([lambda gift=gift: arrive(gift) for gift in gifts], threads=100)  # type: ignore[misc]
    matching.keep_up()
    dues = [min(20_00, 10_00 + number * 37) for number in range(100)]
    assert sum(dues) > 1_234_56
    assert sum(Match.objects.values_list("amount_minor", flat=True)) == 1_234_56 == fresh(pot).matched_minor
    assert Match.objects.count() == 100
    assert [match for match in Match.objects.all() if match.first_minor > min(20_00, match.booked_minor)] == []


def test_a_hundred_who_take_the_pot_by_force_take_no_more_than_is_in_it(campaign: Campaign) -> None:
    pot = pots.opened(campaign, total_minor=333_00)
    gifts = [bank.confirmed(campaign, Money(10_00, "USD")).donation for _ in range(100)]

    def force(gift: Donation) -> bool:
        try:
            add(pot, gift, 10_00)
        except IntegrityError:
            return False
        return True

    took = at_once([lambda gift=gift: force(gift) for gift in gifts], threads=100)  # type: ignore[misc]
    assert sum(took) == 33
    assert fresh(pot).matched_minor == 330_00


def test_naming_a_payment_while_it_is_confirmed_and_matched_leaves_no_match_of_it(
    campaign: Campaign, pot: MatchingPot
) -> None:
    who, other = bank.person(), bank.person()
    for _ in range(10):
        gift = bank.recorded(campaign, Money(10_00, "USD"))
        before = fresh(pot).received_minor

        def confirm(gift: OfflineGift = gift) -> None:
            bookkeeping.receive(gift, by=who)
            matching.keep_up()

        def name(gift: OfflineGift = gift) -> None:
            matching.name_payment(gift, pot, by=other)

        at_once([confirm, name], threads=2)
        matching.keep_up()
        assert fresh(pot).received_minor == before + 10_00
    assert fresh(pot).matched_minor == 0
    assert PotPayment.objects.count() == 10


# Any story

DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("gift"), st.integers(2_00, 90_00)),
        st.tuples(st.sampled_from(["refund", "lose", "stays"]), st.integers(0, 40), st.integers(1, 100)),
        st.tuples(st.just("pass")),
    ),
    min_size=4,
    max_size=10,
)


@dataclass
class Told:
    """A gift of the story, by hand."""

    row: Donation
    given: int
    back: int = 0
    first: int | None = None
    stands: int = 0
    seen: int = 0
    refunds: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kept(self) -> int:
        return self.given - self.back


@dataclass
class Story:
    campaign: Campaign
    total: int
    cap: int
    percent: int
    gifts: list[Told] = field(default_factory=list)

    def promised(self, told: Told) -> int:
        return min(self.cap, told.kept * self.percent // 100)

    @property
    def left(self) -> int:
        return self.total - sum(told.stands for told in self.gifts)

    def play(self, deed: tuple[Any, ...]) -> None:
        match deed:
            case ("gift", amount):
                self.gifts.append(Told(pots.gift(self.campaign, amount), amount))
            case ("pass",):
                matching.keep_up()
                self.by_hand()
            case (kind, number, share) if self.gifts:
                self.happen(kind, self.gifts[number % len(self.gifts)], share)

    def happen(self, kind: str, told: Told, share: int) -> None:
        """A part of what is kept goes back, or what went back by a refund is ours again."""
        part = told.kept * share // 100
        if kind == "stays" and told.refunds:
            thing = told.refunds.pop()
            refunds.hear(thing | {"status": "failed"}, NOW)
            told.back -= thing["amount"]
        elif kind != "stays" and part:
            thing = pay_back(told.row, part) if kind == "refund" else lose(told.row, part)
            told.back += part
            told.refunds += [thing] if kind == "refund" else []

    def by_hand(self) -> None:
        for told in self.gifts:
            if told.first is not None and told.seen != told.kept:
                wanted = min(told.first, self.promised(told))
                told.stands = min(wanted, told.stands + self.left) if wanted > told.stands else wanted
                told.seen = told.kept
        for told in self.gifts:
            if told.first is None:
                told.first = told.stands = min(self.promised(told), self.left)
                told.seen = told.kept


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.reuse, Phase.generate],
)
@given(
    deeds=DEEDS, total=st.integers(1, 250_00), cap=st.integers(1, 60_00), percent=st.sampled_from([33, 50, 100, 250])
)
def test_whatever_happens_to_gifts_the_sum_is_exact_and_within_its_caps(
    deeds: list[tuple[Any, ...]], total: int, cap: int, percent: int
) -> None:
    campaign = build.campaign(f"c{next(objects.serial)}")
    pot = pots.opened(campaign, total_minor=max(total, cap), per_gift_minor=cap, percent=percent)
    story = Story(campaign, max(total, cap), cap, percent)
    for deed in [*deeds, ("pass",), ("pass",)]:
        story.play(deed)
        stands = list(Match.objects.filter(pot=pot).values_list("amount_minor", flat=True))
        assert sum(stands) == fresh(pot).matched_minor <= max(total, cap)
        assert all(0 <= each <= cap for each in stands)
    assert [matched(told.row) for told in story.gifts] == [told.stands for told in story.gifts]
    assert all(told.stands <= story.promised(told) for told in story.gifts)
