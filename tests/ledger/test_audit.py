"""The audit is shown by breaking the books as only a superuser of the database can."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from ledger import audit
from ledger.models import Balance
from tests.ledger import build
from tests.ledger.build import broken_books, sql

pytestmark = pytest.mark.django_db(transaction=True)


def verified(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_ledger", *arguments, stdout=out)
    return out.getvalue()


def found() -> dict[str, list[str]]:
    return {finding.promise: finding.broken_by for finding in audit.findings()}


def test_sound_books_hold() -> None:
    fund, other = build.fund(holding=100), build.fund()
    build.booked(build.promise(fund, 20))
    build.booked(build.transfer(fund, other, 10))
    assert verified() == "The books hold.\n"


def test_empty_books_hold() -> None:
    assert verified() == "The books hold.\n"


@pytest.mark.parametrize(
    ("promise", "broken_by", "ways"),
    [
        (
            "an entry has two postings or more, numbered from 1",
            "{entry}",
            [
                "DELETE FROM ledger_posting WHERE entry_id = {entry}",
                "DELETE FROM ledger_posting WHERE entry_id = {entry} AND line > 1",
                "DELETE FROM ledger_posting WHERE entry_id = {entry} AND line = 2",
                "UPDATE ledger_posting SET line = line + 1 WHERE entry_id = {entry} AND line = 3",
            ],
        ),
        (
            "an entry adds up to 0 in each fund and currency, memo accounts by themselves",
            "{entry}",
            [
                "UPDATE ledger_posting SET amount = amount + 1 WHERE id = {posting}",
                "UPDATE ledger_posting SET account_id = 'contra' WHERE id = {posting}",
                "UPDATE ledger_posting SET fund_id = {other_fund} WHERE id = {posting}",
            ],
        ),
        (
            "a posting belongs to an entry, an account and a fund",
            "{posting}",
            [
                "DELETE FROM ledger_entry WHERE id = {entry}",
                "DELETE FROM ledger_account WHERE code = 'stripe'",
                "DELETE FROM ledger_fund WHERE id = {fund}",
            ],
        ),
        (
            "a posting is in its fund's currency",
            "{posting}",
            [
                "UPDATE ledger_posting SET currency = 'EUR' WHERE id = {posting}",
                "UPDATE ledger_fund SET currency = 'EUR' WHERE id = {fund}",
            ],
        ),
        (
            "a posting is never 0",
            "{posting}",
            [
                """
                ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_never_zero;
                UPDATE ledger_posting SET amount = 0 WHERE id = {posting}
                """
            ],
        ),
        (
            "a source is booked once for each kind",
            "{other}",
            [
                """
                ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_books_its_source_once;
                UPDATE ledger_entry SET source = 'same'
                """
            ],
        ),
        (
            "an entry is reversed once",
            "{entry}",
            ["DROP INDEX ledger_entry_reversed_once; UPDATE ledger_entry SET reverses_id = {entry}"],
        ),
        (
            "a reversing entry is the exact opposite of the one it reverses",
            "{other}",
            ["UPDATE ledger_entry SET reverses_id = {entry} WHERE id = {other}"],
        ),
        (
            "a balance is the sum of its postings",
            "stripe of fund {fund}",
            [
                "UPDATE ledger_balance SET amount = amount - 1",
                "DELETE FROM ledger_balance",
                "UPDATE ledger_balance SET currency = 'EUR'",
                "DELETE FROM ledger_posting",
            ],
        ),
        (
            "the balances of a fund add up to 0, memo accounts by themselves",
            "{fund}",
            [
                "UPDATE ledger_balance SET amount = amount - 1 WHERE account_id = 'gifts'",
                "UPDATE ledger_balance SET account_id = 'contra' WHERE account_id = 'gifts'",
            ],
        ),
        ("no foreign key sleeps", " on ledger_posting", ["ALTER TABLE ledger_posting DISABLE TRIGGER ALL"]),
    ],
)
def test_each_broken_promise_is_found_and_its_row_named(promise: str, broken_by: str, ways: list[str]) -> None:
    fund, other_fund = build.fund(), build.fund()
    entry, other = build.booked(build.gift(fund, 100, fee=3)), build.booked(build.gift(fund, 50))
    names = {
        "entry": entry.pk,
        "other": other.pk,
        "fund": fund.pk,
        "other_fund": other_fund.pk,
        "posting": entry.postings.get(line=1).pk,
    }
    for way in ways:
        with broken_books():
            sql(way.format(**names))
            assert any(name.endswith(broken_by.format(**names)) for name in found()[promise]), way


def test_a_trigger_asleep_is_found() -> None:
    triggers = sql("SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'ledger%'")
    assert len(triggers) > 8
    for guard, table in triggers:
        with broken_books():
            sql(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")
            assert found() == {"every guard is on duty": [guard]}


def test_a_constraint_that_is_gone_is_found() -> None:
    with broken_books():
        sql("ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_in_its_funds_currency")
        sql("DROP INDEX ledger_entry_reversed_once")
        assert found()["every guard is on duty"] == [
            "ledger_entry_reversed_once",
            "ledger_posting_in_its_funds_currency",
        ]


def test_every_trigger_and_constraint_of_the_room_is_under_audit() -> None:
    models = apps.get_app_config("ledger").get_models()
    declared = {constraint.name for model in models for constraint in model._meta.constraints}
    installed = sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'ledger%'")
    assert declared | {name for (name,) in installed} <= audit.GUARDS


def test_the_command_names_the_rows_and_fails() -> None:
    fund = build.fund()
    entry = build.booked(build.gift(fund, 100))
    with broken_books():
        sql("DELETE FROM ledger_posting WHERE line = 2")
        out = StringIO()
        with pytest.raises(CommandError, match="do not hold") as failure:
            call_command("verify_ledger", stdout=out)
    assert failure.value.returncode == 1
    assert f"Broken: an entry has two postings or more, numbered from 1: {entry.pk}\n" in out.getvalue()


def test_a_long_list_of_broken_rows_is_cut() -> None:
    fund = build.fund()
    for _ in range(60):
        build.booked(build.gift(fund, 1))
    with broken_books():
        sql("DELETE FROM ledger_posting WHERE line = 2")
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("verify_ledger", stdout=out)
    assert " and 10 more\n" in out.getvalue()


def test_rebuilding_repairs_balances_and_says_how_many() -> None:
    build.fund(holding=100)
    with broken_books():
        sql("UPDATE ledger_balance SET amount = 7 WHERE account_id = 'gifts'")
        sql("UPDATE ledger_balance SET account_id = 'bank' WHERE account_id = 'stripe'")
        sql("SET LOCAL session_replication_role = DEFAULT")
        assert verified("--rebuild") == "3 balances were wrong.\nThe books hold.\n"
        assert set(Balance.objects.values_list("account", "amount")) == {("gifts", -100), ("stripe", 100)}


def test_rebuilding_true_balances_changes_nothing() -> None:
    build.fund(holding=100)
    assert verified("--rebuild") == "0 balances were wrong.\nThe books hold.\n"
