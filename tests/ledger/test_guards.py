"""PostgreSQL refuses, whoever asks: each refusal is tried by raw SQL."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from ledger import journal
from ledger.models import Account, Balance, Entry, Fund, Posting
from tests.ledger import build
from tests.ledger.build import refused, sql

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_entry_may_be_written_by_raw_sql_if_it_is_whole() -> None:
    fund = build.fund()
    with transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", fund, 10), ("gifts", fund, -10)])
    assert fund.balance("stripe").minor == 10


def test_an_entry_that_does_not_add_up_is_refused() -> None:
    fund = build.fund()
    with refused("ledger_entry_balanced"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", fund, 10), ("gifts", fund, -9)])


def test_an_entry_that_adds_up_only_over_two_funds_is_refused() -> None:
    one, other = build.fund(), build.fund()
    with refused("ledger_entry_balanced"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", one, 10), ("gifts", other, -10)])


def test_an_entry_that_adds_up_only_over_two_currencies_is_refused() -> None:
    dollars, euros = build.fund(), build.fund(currency="EUR")
    with refused("ledger_entry_balanced"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", dollars, 10), ("gifts", euros, -10)])


def test_a_promise_cannot_be_balanced_with_real_money() -> None:
    fund = build.fund()
    with refused("ledger_entry_balanced"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("encumbered", fund, 10), ("bank", fund, -10)])


def test_one_bad_entry_in_a_statement_refuses_the_statement() -> None:
    fund = build.fund()
    with refused("ledger_entry_balanced"), transaction.atomic():
        good, bad = build.bare_entry(), build.bare_entry()
        sql(
            """
            INSERT INTO ledger_posting (entry_id, line, account_id, fund_id, currency, amount)
            SELECT entry, line, account, %s, 'USD', amount
            FROM (VALUES (%s::bigint, 1, 'stripe', 5), (%s, 2, 'gifts', -5), (%s, 1, 'stripe', 5), (%s, 2, 'gifts', -4))
                AS row (entry, line, account, amount)
            """,
            *(fund.pk, good, good, bad, bad),
        )


def test_an_entry_without_postings_is_refused_at_commit() -> None:
    with refused("ledger_entry_whole"), transaction.atomic():
        build.bare_entry()


def test_an_entry_with_one_posting_is_refused() -> None:
    with refused("ledger_entry_whole"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", build.fund(), 10)])


@pytest.mark.parametrize("lines", [(2, 3), (1, 3), (0, 1), (0, 2)])
def test_postings_with_a_gap_in_their_numbers_are_refused(lines: tuple[int, int]) -> None:
    fund = build.fund()
    with refused("ledger_entry_whole"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", fund, 10), ("gifts", fund, -10)], lines=lines)


def test_an_entry_whose_postings_were_rolled_back_to_a_savepoint_is_refused() -> None:
    """Even though the entry had been looked at, and found good, inside the savepoint."""
    fund = build.fund()
    with refused("ledger_entry_whole"), transaction.atomic():
        entry = build.bare_entry()
        sql("SAVEPOINT before")
        build.bare_postings(entry, [("stripe", fund, 10), ("gifts", fund, -10)])
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")
        sql("ROLLBACK TO SAVEPOINT before")


def test_postings_of_one_entry_may_be_written_inside_a_savepoint() -> None:
    fund = build.fund()
    with transaction.atomic():
        entry = build.bare_entry()
        with transaction.atomic():
            build.bare_postings(entry, [("stripe", fund, 10), ("gifts", fund, -10)])
    assert fund.balance("gifts").minor == -10


def test_postings_are_refused_for_an_entry_of_an_earlier_transaction() -> None:
    fund = build.fund()
    entry = build.booked(build.gift(fund, 10))
    more: list[build.Posted] = [("stripe", fund, 5), ("gifts", fund, -5)]
    with refused("ledger_posting_line_taken_once"), transaction.atomic():
        build.bare_postings(entry.pk, more)
    with refused("ledger_entry_whole"), transaction.atomic():
        build.bare_postings(entry.pk, more, lines=(3, 4))


def test_postings_are_refused_for_an_entry_that_has_been_checked() -> None:
    """SET CONSTRAINTS IMMEDIATE has a deferred check done early; nothing may slip in behind it."""
    fund = build.fund()
    with refused("ledger_entry_whole"), transaction.atomic():
        entry = build.bare_entry()
        build.bare_postings(entry, [("stripe", fund, 10), ("gifts", fund, -10)])
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")
        build.bare_postings(entry, [("stripe", fund, 5), ("gifts", fund, -5)], lines=(3, 4))


def test_two_statements_cannot_share_an_entry() -> None:
    fund = build.fund()
    with refused("ledger_entry_whole"), transaction.atomic():
        entry = build.bare_entry()
        build.bare_postings(entry, [("stripe", fund, 10)])
        build.bare_postings(entry, [("gifts", fund, -10)], lines=(2,))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_entry SET occurred_on = occurred_on - 1",
        "UPDATE ledger_entry SET discretionary = NOT discretionary",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
        "UPDATE ledger_posting SET amount = amount * 2",
        "DELETE FROM ledger_posting",
        "TRUNCATE ledger_posting",
        "TRUNCATE ledger_fund CASCADE",
        "TRUNCATE ledger_account CASCADE",
        "TRUNCATE ledger_balance",
        """
        INSERT INTO ledger_entry (id, kind, source, occurred_on) SELECT id, kind, source, occurred_on FROM ledger_entry
        ON CONFLICT (id) DO UPDATE SET occurred_on = excluded.occurred_on - 1
        """,
        """
        MERGE INTO ledger_posting USING ledger_entry ON entry_id = ledger_entry.id
        WHEN MATCHED THEN UPDATE SET amount = 7
        """,
    ],
)
def test_the_past_cannot_be_changed(change: str) -> None:
    build.booked(build.gift(build.fund(), 10))
    before = list(Posting.objects.values()), list(Entry.objects.values())
    with refused("ledger_append_only"):
        sql(change)
    assert (list(Posting.objects.values()), list(Entry.objects.values())) == before


def test_the_orm_cannot_change_the_past() -> None:
    entry = build.booked(build.gift(build.fund(), 10))
    with refused("ledger_append_only"):
        Entry.objects.update(source="another")
    with refused("ledger_append_only"):
        Posting.objects.all()._raw_delete(connection.alias)
    with refused("ledger_append_only"):
        entry.save()


def test_an_entry_cannot_be_backdated_in_when_it_was_posted() -> None:
    fund = build.fund()
    with refused("ledger_entry_posted_now"), transaction.atomic():
        entry = build.bare_entry(posted_at="2020-01-01T00:00:00Z")
        build.bare_postings(entry, [("stripe", fund, 10), ("gifts", fund, -10)])


def test_one_source_is_booked_once_for_each_kind() -> None:
    fund = build.fund()
    build.booked(build.gift(fund, 10, source="txn_1"))
    with refused("ledger_entry_books_its_source_once"), transaction.atomic():
        build.bare_entry("gift", source="txn_1")


def test_an_entry_names_what_it_books() -> None:
    for missing in ({"kind": ""}, {"source": ""}):
        with refused("ledger_entry_names_its_source"), transaction.atomic():
            build.bare_entry(**missing)


def test_a_posting_in_another_currency_than_its_funds_is_refused() -> None:
    fund = build.fund(currency="EUR")
    with refused("ledger_posting_in_its_funds_currency"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", fund, 10), ("gifts", fund, -10)], currency="USD")


def test_a_posting_of_nothing_is_refused() -> None:
    fund = build.fund()
    with refused("ledger_posting_never_zero"), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("stripe", fund, 0), ("gifts", fund, 0)])


def test_a_posting_to_an_unknown_account_is_refused() -> None:
    fund = build.fund()
    with pytest.raises(IntegrityError), transaction.atomic():
        build.bare_postings(build.bare_entry(), [("pocket", fund, 10), ("gifts", fund, -10)])


@pytest.mark.parametrize("change", ["currency = 'EUR'", "code = 'another'"])
def test_a_fund_with_postings_keeps_its_code_and_currency(change: str) -> None:
    fund = build.fund(holding=10)
    with refused("ledger_fixed_meaning"):
        sql(f"UPDATE ledger_fund SET {change} WHERE id = %s", fund.pk)


def test_a_fund_without_postings_may_be_corrected_and_any_fund_renamed() -> None:
    unused, used = build.fund(), build.fund(holding=10)
    sql("UPDATE ledger_fund SET currency = 'EUR', code = 'corrected' WHERE id = %s", unused.pk)
    sql("UPDATE ledger_fund SET name = 'Renamed' WHERE id = %s", used.pk)
    assert set(Fund.objects.values_list("code", "name")) == {("corrected", unused.name), (used.code, "Renamed")}


def test_a_fund_with_postings_cannot_be_deleted() -> None:
    fund = build.fund(holding=10)
    with pytest.raises(IntegrityError):
        sql("DELETE FROM ledger_fund WHERE id = %s", fund.pk)


def test_an_account_with_postings_keeps_its_kind_and_stays() -> None:
    build.fund(holding=10)
    with refused("ledger_fixed_meaning"):
        sql("UPDATE ledger_account SET kind = 'asset' WHERE code = 'gifts'")
    with pytest.raises(IntegrityError):
        sql("DELETE FROM ledger_account WHERE code = 'gifts'")
    assert Account.objects.get(code="gifts").kind == Account.Kind.INCOME


@pytest.mark.parametrize("currency", ["usd", "US", "U$D", ""])
def test_a_funds_currency_is_an_iso_code(currency: str) -> None:
    with refused("ledger_fund_currency_is_a_code"):
        build.fund(currency=currency)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_balance SET amount = amount + 1",
        "UPDATE ledger_balance SET account_id = 'bank' WHERE account_id = 'stripe'",
        "DELETE FROM ledger_balance",
        """
        INSERT INTO ledger_balance (fund_id, account_id, currency, amount)
        SELECT id, 'bank', currency, 5 FROM ledger_fund
        """,
        """
        INSERT INTO ledger_balance (fund_id, account_id, currency, amount)
        SELECT id, 'stripe', currency, 5 FROM ledger_fund
        ON CONFLICT (fund_id, account_id) DO UPDATE SET amount = excluded.amount
        """,
        "DO $$ BEGIN UPDATE ledger_balance SET amount = 0; END $$",
    ],
)
def test_a_balance_takes_no_other_amount_than_the_sum_of_its_postings(change: str) -> None:
    build.fund(holding=10)
    with refused("ledger_balance_is_a_sum"):
        sql(change)


def test_a_balance_may_be_rewritten_with_the_true_sum() -> None:
    build.fund(holding=10)
    sql("UPDATE ledger_balance SET amount = amount")
    assert Balance.objects.get(account="stripe").amount == 10


def test_a_decision_beyond_the_free_money_is_refused_by_raw_sql_too() -> None:
    fund = build.fund(holding=10)
    with refused("ledger_not_enough_free"), transaction.atomic():
        build.bare_postings(build.bare_entry(discretionary=True), [("encumbered", fund, 11), ("contra", fund, -11)])


def test_a_decision_is_refused_under_a_snapshot_that_could_miss_others() -> None:
    fund = build.fund(holding=10)
    with refused("ledger_decision_sees_others"), transaction.atomic():
        sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        journal.record(build.promise(fund, 5))


def test_a_reversal_that_is_not_the_exact_opposite_is_refused() -> None:
    fund = build.fund()
    gift = build.booked(build.gift(fund, 10))
    with refused("ledger_entry_mirrors"), transaction.atomic():
        entry = build.bare_entry(reverses_id=gift.pk)
        build.bare_postings(entry, [("stripe", fund, -9), ("gifts", fund, 9)])


def test_an_entry_is_reversed_once() -> None:
    fund = build.fund()
    gift = build.booked(build.gift(fund, 10))
    with transaction.atomic():
        journal.reverse(gift, source="first", occurred_on=build.TODAY)
    with refused("ledger_entry_reversed_once"), transaction.atomic():
        journal.reverse(gift, source="second", occurred_on=build.TODAY)


def test_the_guards_can_be_taken_down_and_put_up_again() -> None:
    guards = import_module("ledger.migrations.0002_guards").Migration.operations
    with transaction.atomic():
        for guard in reversed(guards):
            sql(guard.reverse_sql)
        left = {name for (name,) in sql("SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%'")}
        assert left == {"ledger_keep_history", "ledger_refuse_to_forget"}  # of another migration
        assert sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'ledger%'") == []
        for guard in guards:
            sql(guard.sql)
    with refused("ledger_entry_whole"), transaction.atomic():
        build.bare_entry()
