"""Bank statements: each line once, gifts recognised, nothing lost, and nothing of a broken file taken."""

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appeal.models import Campaign
from appeal.refusal import Refused
from donations import bookkeeping
from donations.models import Aside, BankAccount, BankStatement, OfflineGift, Payout, StatementLine
from ledger.money import Money
from tests.donations import bank, build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


@pytest.fixture
def account() -> BankAccount:
    return bank.account()


def lines(of: BankAccount) -> Counter[tuple[str, ...]]:
    kept = StatementLine.objects.filter(account=of)
    return Counter((str(each.booked_on), str(each.amount), each.text, each.payer) for each in kept)


def payout(amount: int, *, arrival_on: date = bank.DAY, status: str = "paid") -> Payout:
    now = datetime.now(UTC)
    return Payout.objects.create(
        stripe_id=f"po_{next(bank.numbers)}",
        status=status,
        amount_minor=amount,
        currency="USD",
        automatic=True,
        composed=True,
        arrival_on=arrival_on,
        created_at=now,
        seen_at=now,
    )


# Matching


def spaced(code: str) -> str:
    return f"{code[:3]} {code[3:]}"


@pytest.mark.parametrize(
    "written",
    [
        str,
        str.lower,
        spaced,
        "-".join,
        lambda code: f"Gift {spaced(code).lower()}, with love",
        lambda code: f"SEPA/{code}/2026",
        ". ".join,
    ],
)
def test_a_transfer_code_makes_a_gift_however_it_is_written(
    campaign: Campaign, account: BankAccount, written: Callable[[str], str]
) -> None:
    amina = bank.person()
    outcome = bank.bring_in(account, bank.csv_file(bank.row(text=written(campaign.transfer_code))), by=amina)
    assert (outcome.gifts, outcome.waiting) == (1, 0)
    gift = OfflineGift.objects.get()
    assert (gift.campaign, gift.amount, gift.name) == (campaign, Money(250_00, "USD"), "Leila Noori")
    assert (gift.received_on, gift.recorded_by) == (bank.DAY, amina)
    with pytest.raises(Refused, match="another person"):
        bookkeeping.receive(gift, by=amina)
    bookkeeping.receive(gift, by=bank.person())
    assert campaign.raised() == Money(250_00, "USD")


def test_the_code_counts_in_the_reference_too_and_not_in_the_payers_name(
    campaign: Campaign, account: BankAccount
) -> None:
    code = campaign.transfer_code
    assert bank.bring_in(account, bank.csv_file(bank.row(reference=code))).gifts == 1
    assert bank.bring_in(account, bank.csv_file(bank.row(payer=code))).gifts == 0


def test_two_codes_in_one_line_are_for_a_person(campaign: Campaign, account: BankAccount) -> None:
    other = build.campaign("drought-relief")
    both = f"{campaign.transfer_code} {other.transfer_code}"
    assert bank.bring_in(account, bank.csv_file(bank.row(text=both))).waiting == 1


def test_a_line_in_another_currency_than_the_fund_waits_for_a_person(campaign: Campaign, account: BankAccount) -> None:
    outcome = bank.bring_in(account, bank.csv_file(bank.row(text=campaign.transfer_code, currency="EUR")))
    assert (outcome.gifts, outcome.waiting) == (0, 1)


def test_a_camt_file_is_imported_once_and_keeps_what_the_payer_sent() -> None:
    euro = build.campaign(currency="EUR")
    sent = (
        "<TxDtls><AmtDtls><InstdAmt><Amt Ccy='USD'>108.00</Amt></InstdAmt></AmtDtls>"
        f"<RmtInf><Ustrd>{euro.transfer_code}</Ustrd></RmtInf></TxDtls>"
    )
    account, file = bank.camt_account(), bank.camt(bank.entry(inside=sent), bank.entry("7.00"), bank.entry("7.00"))
    assert (bank.bring_in(account, file).gifts, bank.bring_in(account, file).statement.fresh) == (1, 0)
    gift = OfflineGift.objects.get()
    assert (gift.amount, gift.credited) == (Money(108_00, "USD"), Money(100_00, "EUR"))
    assert StatementLine.objects.queue().count() == 2


def test_money_that_goes_out_is_no_gift_even_with_a_code(campaign: Campaign, account: BankAccount) -> None:
    rows = [bank.row("-12.00", campaign.transfer_code), bank.row("0.00", campaign.transfer_code)]
    assert bank.bring_in(account, bank.csv_file(*rows)).aside == 2
    assert {line.aside for line in StatementLine.objects.all()} == {Aside.DEBIT}


# Stripe's payouts


@pytest.mark.parametrize("where", ["text", "reference", "payer"])
@pytest.mark.parametrize("words", ["STRIPE", "Stripe Payments Europe", "po/stripe-0042"])
def test_a_payout_is_recognised_by_its_name(account: BankAccount, where: str, words: str) -> None:
    line = bank.row(**{where: words})
    assert bank.bring_in(account, bank.csv_file(line)).aside == 1
    assert StatementLine.objects.get().aside == Aside.PAYOUT


@pytest.mark.parametrize("words", ["Pinstripe Club", "STRIPED", "stripes and stars"])
def test_other_words_are_no_payout(account: BankAccount, words: str) -> None:
    assert bank.bring_in(account, bank.csv_file(bank.row(text=words))).waiting == 1


@pytest.mark.parametrize(("late", "found"), [(-2, False), (-1, True), (0, True), (4, True), (5, False)])
def test_which_payout_it_is_its_amount_and_day_say(account: BankAccount, late: int, found: bool) -> None:
    ours = payout(250_00)
    on = (bank.DAY - timedelta(days=5) + timedelta(days=late)).isoformat()
    Payout.objects.filter(pk=ours.pk).update(arrival_on=bank.DAY - timedelta(days=5))
    bank.bring_in(account, bank.csv_file(bank.row(text="STRIPE", on=on)))
    assert StatementLine.objects.get().payout == (ours if found else None)


def test_one_payout_is_behind_one_line(account: BankAccount) -> None:
    ours = payout(250_00)
    bank.bring_in(account, bank.csv_file(bank.row(text="STRIPE"), bank.row(text="STRIPE")))
    bank.bring_in(account, bank.csv_file(bank.row(text="another of STRIPE")))
    assert [line.payout for line in StatementLine.objects.order_by("pk")] == [ours, None, None]


def test_a_donors_transfer_of_a_payouts_amount_and_day_is_not_set_aside(account: BankAccount) -> None:
    ours = payout(250_00)
    outcome = bank.bring_in(account, bank.csv_file(bank.row(), bank.row(text="STRIPE")))
    assert (outcome.waiting, outcome.aside) == (1, 1)
    assert StatementLine.objects.queue().get().text == "winter"
    assert StatementLine.objects.get(payout=ours).text == "STRIPE"


def test_a_payout_that_came_back_is_behind_no_line(account: BankAccount) -> None:
    payout(250_00, status="failed")
    bank.bring_in(account, bank.csv_file(bank.row(text="STRIPE")))
    assert StatementLine.objects.get().payout is None


def test_a_code_on_what_looks_like_a_payout_is_for_a_person(campaign: Campaign, account: BankAccount) -> None:
    payout(99_00)
    rows = [bank.row(text=f"stripe {campaign.transfer_code}"), bank.row("99.00", campaign.transfer_code)]
    outcome = bank.bring_in(account, bank.csv_file(*rows))
    assert (outcome.gifts, outcome.waiting, outcome.aside) == (0, 2, 0)


# Each line once


def test_the_same_file_twice_adds_nothing(campaign: Campaign, account: BankAccount) -> None:
    file = bank.csv_file(bank.row(text=campaign.transfer_code), bank.row(), bank.row(), bank.row("-3.00"))
    first, second = bank.bring_in(account, file), bank.bring_in(account, file)
    assert (first.statement.fresh, second.statement.fresh, second.known) == (4, 0, 4)
    assert OfflineGift.objects.count() == 1
    assert StatementLine.objects.count() == 4


def test_overlapping_statements_add_only_what_is_new(account: BankAccount) -> None:
    days = [[bank.row(on=f"2026-11-{day}"), bank.row(on=f"2026-11-{day}")] for day in (10, 11, 12)]
    bank.bring_in(account, bank.csv_file(*days[0], *days[1]))
    assert bank.bring_in(account, bank.csv_file(*days[1], *days[2])).statement.fresh == 2
    assert StatementLine.objects.count() == 6


def test_the_banks_own_number_decides_whatever_else_it_writes(account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row(number="A1", text="winter")))
    file = bank.csv_file(bank.row(number="A1", text="WINTER APPEAL"), bank.row(number="A2", text="winter"))
    assert bank.bring_in(account, file).statement.fresh == 1


def test_a_number_that_the_bank_used_for_two_movements_hides_neither(account: BankAccount) -> None:
    assert (
        bank.bring_in(account, bank.csv_file(bank.row("5.00", number="A1"), bank.row("6.00", number="A1"))).waiting == 2
    )


def test_a_number_that_the_bank_repeats_hides_no_line_and_brings_none_twice(account: BankAccount) -> None:
    file = bank.csv_file(bank.row(number="A1"), bank.row(number="A1"))
    assert [bank.bring_in(account, file).statement.fresh for _each in range(2)] == [2, 0]


def test_two_accounts_may_have_equal_lines(account: BankAccount) -> None:
    file = bank.csv_file(bank.row(number="A1"))
    assert [bank.bring_in(each, file).statement.fresh for each in (account, bank.account())] == [1, 1]


def test_two_imports_of_one_file_at_once_keep_each_line_once(campaign: Campaign, account: BankAccount) -> None:
    file = bank.csv_file(*(bank.row(f"{each}.00", campaign.transfer_code) for each in range(1, 41)))
    start, fresh = Barrier(2), list[int]()

    def run(by: User) -> None:
        try:
            start.wait()
            fresh.append(bank.bring_in(account, file, by=by).statement.fresh)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[bank.person()]) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fresh) == [0, 40]
    assert (StatementLine.objects.count(), OfflineGift.objects.count()) == (40, 40)


MOVEMENTS = st.lists(
    st.tuples(st.integers(10, 14), st.sampled_from(["5.00", "7.50", "-2.00"]), st.sampled_from(["winter", "thanks"])),
    max_size=12,
)
PERIODS = st.lists(st.tuples(st.integers(10, 14), st.integers(10, 14)).map(sorted), min_size=1, max_size=3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(movements=MOVEMENTS, periods=PERIODS, numbered=st.booleans())
def test_overlapping_files_in_any_order_give_the_same_lines(
    movements: list[tuple[int, str, str]], periods: list[list[int]], numbered: bool
) -> None:
    """Statements of whole days, which may overlap as they like: what is kept is every movement they cover, once."""
    all_of_it = sorted(enumerate(movements), key=lambda each: each[1][0])
    files = [
        bank.csv_file(
            *(
                bank.row(amount, text, on=f"2026-11-{day}", number=f"N{number}" if numbered else "")
                for number, (day, amount, text) in all_of_it
                if first <= day <= last
            )
        )
        for first, last in periods
    ]
    covered = [day for day, _amount, _text in movements if any(first <= day <= last for first, last in periods)]
    seen = []
    for order in itertools.permutations(files):
        account = bank.account()
        for file in order:
            bank.bring_in(account, file)
        seen.append(lines(account))
    assert all(each == seen[0] for each in seen)
    assert seen[0].total() == len(covered)


# The queue


def test_an_unmatched_line_waits_until_somebody_says_what_it_is(campaign: Campaign, account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    line = StatementLine.objects.queue().get()
    amina = bank.person()
    with pytest.raises(Refused, match="Say why"):
        line.set_aside(by=amina, reason="  ")
    line.set_aside(by=amina, reason="Our own money from another account.")
    assert not StatementLine.objects.queue().exists()
    with pytest.raises(Refused, match="waits no more"):
        bank.recorded(campaign, line=line)
    line.reconsider()
    assert StatementLine.objects.queue().get() == line
    gift = bank.recorded(campaign, line=line)
    with pytest.raises(Refused, match="waits no more"):
        bank.recorded(campaign, line=line)
    with pytest.raises(Refused, match="waits no more"):
        line.set_aside(by=amina, reason="Too late.")
    assert gift.line == line


def test_a_line_waits_again_when_its_gift_is_withdrawn_or_reversed(campaign: Campaign, account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    line = StatementLine.objects.get()
    bank.recorded(campaign, line=line).withdraw(by=bank.person(), reason="Wrong appeal.")
    assert StatementLine.objects.queue().get() == line
    bank.reversed_(bank.confirmed(campaign, line=line))
    assert StatementLine.objects.queue().get() == line
    bank.confirmed(build.campaign("drought-relief"), line=line)
    assert not StatementLine.objects.queue().exists()
    assert StatementLine.objects.gifts().get() == line


def test_who_assigns_a_line_while_another_does_waits_and_is_refused(campaign: Campaign, account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    line, first, second = StatementLine.objects.get(), bank.person(), bank.person()
    refusals: list[str] = []

    def assign() -> None:
        try:
            bank.recorded(campaign, line=line, by=second)
        except Refused as refusal:
            refusals.append(str(refusal))
        finally:
            connection.close()

    thread = Thread(target=assign)
    with transaction.atomic():
        bank.recorded(campaign, line=line, by=first)
        thread.start()
        until_somebody_waits_for_a_lock()
    thread.join()
    assert len(refusals) == 1
    assert OfflineGift.objects.get().recorded_by == first


def until_somebody_waits_for_a_lock() -> None:
    waiting = 0
    while not waiting:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()


def test_money_that_went_out_never_comes_into_the_queue(account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row("-5.00")))
    with pytest.raises(Refused, match="goes back to the queue"):
        StatementLine.objects.get().reconsider()


# What the database itself refuses


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("amount_minor = 1", "what was recorded stays"),
        ("payer = 'me'", "what was recorded stays"),
        ("key = 'other'", "what was recorded stays"),
        ("aside = 'decided'", "statement_line_decided_means_by_whom_and_why"),
        ("aside_reason = 'x'", "statement_line_decided_means_by_whom_and_why"),
    ],
)
def test_the_database_refuses_to_change_a_line(account: BankAccount, change: str, refusal: str) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    with pytest.raises(IntegrityError, match=refusal), connection.cursor() as cursor:
        cursor.execute(f"UPDATE donations_statementline SET {change}")


@pytest.mark.parametrize("table", ["donations_statementline", "donations_bankstatement"])
def test_the_database_refuses_to_delete_what_was_imported(account: BankAccount, table: str) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    with pytest.raises(IntegrityError, match="DELETE of"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_the_database_keeps_a_line_once_and_lets_one_gift_stand_for_it(
    campaign: Campaign, account: BankAccount
) -> None:
    bank.bring_in(account, bank.csv_file(bank.row()))
    line = StatementLine.objects.get()
    gift = bank.recorded(campaign, line=line)
    again = StatementLine.objects.get()
    again.pk = None
    with pytest.raises(IntegrityError, match="statement_line_is_kept_once"), transaction.atomic():
        again.save(force_insert=True)
    gift.pk, gift.reference = None, "another"
    with pytest.raises(IntegrityError, match="offline_gift_stands_once_for_a_line"), transaction.atomic():
        gift.save(force_insert=True)


def test_the_database_takes_no_money_that_went_out_for_a_gift(account: BankAccount) -> None:
    bank.bring_in(account, bank.csv_file(bank.row("-5.00")))
    with pytest.raises(IntegrityError, match="statement_line_money_out_is_no_gift"), connection.cursor() as cursor:
        cursor.execute("UPDATE donations_statementline SET aside = ''")


def test_a_day_before_any_bank_wrote_such_files_is_refused(account: BankAccount) -> None:
    with pytest.raises(Refused, match="Line 2: “0001-01-02” is no day"):
        bank.bring_in(account, bank.csv_file(bank.row(on="0001-01-02")))


def test_a_refused_file_leaves_nothing_behind(campaign: Campaign, account: BankAccount) -> None:
    good = [bank.row(f"{each}.00", campaign.transfer_code) for each in range(1, 30)]
    with pytest.raises(Refused, match=r"Line 31: “31\.02\.” is no day"):
        bank.bring_in(account, bank.csv_file(*good, bank.row(on="31.02.")))
    assert not BankStatement.objects.exists()
    assert not StatementLine.objects.exists()
    assert not OfflineGift.objects.exists()
