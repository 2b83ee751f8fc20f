"""Checks every promise of the books from the rows themselves, trusting no trigger and no balance."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that is broken, and the rows (or triggers) that break it."""

    promise: str
    broken_by: list[str]


def findings() -> Iterator[Finding]:
    """What is wrong with the books; nothing, as a rule."""
    for promise, query in PROMISES.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            broken_by = [str(row[0]) for row in cursor.fetchall()]
        if broken_by:
            yield Finding(promise, broken_by)
    if missing := sorted(GUARDS - _guards_on_duty()):
        yield Finding("every guard is on duty", missing)


def _guards_on_duty() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(ON_DUTY)
        return {name for (name,) in cursor.fetchall()}


PROMISES = {
    "an entry has two postings or more, numbered from 1": """
        SELECT entry.id FROM ledger_entry AS entry LEFT JOIN ledger_posting AS posting ON posting.entry_id = entry.id
        GROUP BY entry.id
        HAVING count(posting.id) < 2 OR min(line) <> 1 OR max(line) <> count(*) OR count(DISTINCT line) <> count(*)
        ORDER BY 1
    """,
    "an entry adds up to 0 in each fund and currency, memo accounts by themselves": """
        SELECT DISTINCT entry_id FROM ledger_posting LEFT JOIN ledger_account ON code = account_id
        GROUP BY entry_id, fund_id, currency, kind = 'memo' HAVING sum(amount) <> 0 ORDER BY 1
    """,
    "a posting belongs to an entry, an account and a fund": """
        SELECT posting.id FROM ledger_posting AS posting
        LEFT JOIN ledger_entry AS entry ON entry.id = entry_id
        LEFT JOIN ledger_account AS account ON account.code = account_id
        LEFT JOIN ledger_fund AS fund ON fund.id = fund_id
        WHERE entry.id IS NULL OR account.code IS NULL OR fund.id IS NULL ORDER BY 1
    """,
    "a posting is in its fund's currency": """
        SELECT posting.id FROM ledger_posting AS posting JOIN ledger_fund AS fund ON fund.id = fund_id
        WHERE posting.currency <> fund.currency ORDER BY 1
    """,
    "a posting is never 0": "SELECT id FROM ledger_posting WHERE amount = 0 ORDER BY 1",
    "a source is booked once for each kind": """
        SELECT max(id) FROM ledger_entry GROUP BY kind, source HAVING count(*) > 1 ORDER BY 1
    """,
    "an entry is reversed once": """
        SELECT reverses_id FROM ledger_entry GROUP BY reverses_id HAVING count(reverses_id) > 1 ORDER BY 1
    """,
    "a reversing entry is the exact opposite of the one it reverses": """
        SELECT DISTINCT entry.id FROM ledger_entry AS entry
        CROSS JOIN LATERAL (VALUES (entry.id), (entry.reverses_id)) AS pair (id)
        JOIN ledger_posting AS posting ON posting.entry_id = pair.id
        WHERE entry.reverses_id IS NOT NULL
        GROUP BY entry.id, fund_id, account_id HAVING sum(amount) <> 0 ORDER BY 1
    """,
    "a balance is the sum of its postings": """
        SELECT format('%s of fund %s', account_id, fund_id)
        FROM (
            SELECT fund_id, account_id, currency, sum(amount) AS amount FROM ledger_posting GROUP BY 1, 2, 3
        ) AS posted
        FULL JOIN ledger_balance AS balance USING (fund_id, account_id, currency)
        WHERE posted.amount IS DISTINCT FROM balance.amount ORDER BY fund_id, account_id
    """,
    "the balances of a fund add up to 0, memo accounts by themselves": """
        SELECT DISTINCT fund_id FROM ledger_balance LEFT JOIN ledger_account ON code = account_id
        GROUP BY fund_id, kind = 'memo' HAVING sum(amount) <> 0 ORDER BY 1
    """,
    "no foreign key sleeps": """
        SELECT format('%s on %s', tgname, tgrelid::regclass) FROM pg_trigger
        WHERE tgisinternal AND tgenabled NOT IN ('O', 'A') AND tgrelid = ANY (
            ARRAY['ledger_account', 'ledger_balance', 'ledger_entry', 'ledger_fund', 'ledger_posting']::regclass[])
        ORDER BY 1
    """,
}

GUARDS = frozenset(
    {
        "history_append_only",
        "history_is_kept",
        "ledger_account_fixed_meaning",
        "ledger_account_kind_known",
        "ledger_balance_in_its_funds_currency",
        "ledger_balance_is_a_sum",
        "ledger_balance_not_emptied",
        "ledger_balance_one_for_each",
        "ledger_entry_append_only",
        "ledger_entry_books_its_source_once",
        "ledger_entry_names_its_source",
        "ledger_entry_reversed_once",
        "ledger_entry_whole",
        "ledger_fund_channel_known",
        "ledger_fund_currency_can_be_referred_to",
        "ledger_fund_currency_is_a_code",
        "ledger_fund_fixed_meaning",
        "ledger_posting_1_whole",
        "ledger_posting_2_moved",
        "ledger_posting_3_free",
        "ledger_posting_append_only",
        "ledger_posting_in_its_funds_currency",
        "ledger_posting_line_taken_once",
        "ledger_posting_never_zero",
    }
)
"""Triggers, constraints and unique indexes, by name."""

ON_DUTY = """
    SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
    UNION SELECT conname FROM pg_constraint WHERE convalidated AND contype <> 't'
    UNION SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE indisunique AND indisvalid
"""
