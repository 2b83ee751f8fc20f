"""What was plain before accounts were sealed is sealed by the upgrade, and what was approved is approved once more."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from grants import sealed
from tests.config.command import manage

# The campaign, the fund and the entries of these rows are left out, so nothing may ask for them.
BEFORE = """
    SET session_replication_role = replica;
    DO $$
    DECLARE asked record;
    BEGIN
        FOR asked IN SELECT conname, conrelid::regclass AS place FROM pg_constraint
                     WHERE contype = 'f' AND conrelid::regclass::text LIKE 'grants_%'
                       AND confrelid IN ('ledger_fund'::regclass, 'ledger_entry'::regclass, 'appeal_campaign'::regclass)
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', asked.place, asked.conname);
        END LOOP;
    END $$;
    INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
                           date_joined)
        SELECT id, 'person-' || id, '', false, true, true, '', '', '', now() FROM generate_series(7, 8) AS id;
    INSERT INTO grants_initiative (id, name, public_alias, country, region, place, languages, email, registration,
                                   why_unregistered)
        VALUES (1, 'Hope School', '', 'ID', 'elsewhere', '', '{en}', 'hope@example.org', '1', '');
    INSERT INTO grants_grant (id, reference, initiative_id, campaign_id, fund_id, purpose, amount_minor, currency,
                              awarded_on, publication, consent)
        VALUES (1, 'g1', 1, 1, 1, 'x', 900, 'USD', now(), 'aggregate', '');
    INSERT INTO grants_tranche (id, grant_id, number, fund_id, amount_minor, currency, payee, account, state,
                                confirmation_key, bank_reference, promise_entry_id, proposed_by_id, proposed_at)
        VALUES (1, 1, 1, 1, 300, 'USD', 'Zahra', E'BCA\n1', 'planned', 'k1', '', NULL, NULL, NULL),
               (2, 1, 2, 1, 300, 'USD', 'Zahra', E'BCA\n1', 'approved', 'k2', '', 5, 7, '2026-11-20 09:00Z');
    INSERT INTO grants_approval (tranche_id, approved_by_id, approved_at, proposed_by_id, fingerprint, standing)
        SELECT id, 8, now(), 7, fingerprint, true FROM grants_tranche WHERE id = 2;
"""


@pytest.fixture
def old() -> Iterator[str]:
    """The address of a database from before."""
    server = urlsplit(os.environ["DATABASE_URL"])
    address = urlunsplit(server._replace(path="/before_accounts"))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE before_accounts")
        try:
            for room in (["auth"], ["grants", "0002"]):
                done = manage("migrate", *room, DATABASE_URL=address)
                assert done.returncode == 0, done.stderr
            with psycopg.connect(address) as before:
                before.execute(BEFORE)
            yield address
        finally:
            connection.execute(sql.SQL("DROP DATABASE before_accounts WITH (FORCE)"))


def test_nothing_plain_is_left_and_nothing_is_lost(old: str) -> None:
    done = manage("migrate", "grants", DATABASE_URL=old)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(old) as after:
        email, place = after.execute("SELECT email, place FROM grants_initiative").fetchone() or ()
        assert (sealed.unseal(email), place) == ("hope@example.org", "")
        accounts = after.execute("SELECT id, payee, details, mark, recorded_by_id FROM grants_payeeaccount").fetchall()
        ((pk, payee, details, mark, by),) = accounts
        assert (sealed.unseal(payee), sealed.unseal(details), by) == ("Zahra", "BCA\n1", 7)
        tranches = after.execute("SELECT account_id, account_mark, state FROM grants_tranche ORDER BY id").fetchall()
        assert tranches == [(pk, mark, "planned"), (pk, mark, "promised")]
        assert after.execute("SELECT standing FROM grants_approval").fetchall() == [(False,)]
