"""What an upgrade makes of rows from before: what was plain is sealed, what was approved is approved once more, and
what one person alone had booked stays booked.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from appeal import sealed
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

RETURNED = """
    SET session_replication_role = replica;
    INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
                           date_joined)
        VALUES (7, 'anna', '', false, true, true, '', '', '', now());
    INSERT INTO grants_grant (id, reference, initiative_id, campaign_id, fund_id, purpose, amount_minor, currency,
                              awarded_on, publication, consent, key)
        VALUES (1, 'g1', 1, 1, 1, 'x', 900, 'USD', now(), 'aggregate', '', 'k1');
    INSERT INTO ledger_entry (id, kind, source, occurred_on) VALUES (5, 'unspent_returned', 'g1-3', '2026-11-20');
    INSERT INTO grants_returned (id, grant_id, amount_minor, currency, returned_on, bank_reference, recorded_by_id,
                                 recorded_at)
        VALUES (3, 1, 120, 'USD', '2026-11-20', 'IN-1', 7, now());
"""


@contextmanager
def database(name: str, upto: str, rows: LiteralString) -> Iterator[str]:
    """The address of a database from before."""
    server = urlsplit(os.environ["DATABASE_URL"])
    address = urlunsplit(server._replace(path=f"/{name}"))
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            for room in (["auth"], ["grants", upto]):
                done = manage("migrate", *room, DATABASE_URL=address)
                assert done.returncode == 0, done.stderr
            with psycopg.connect(address) as before:
                before.execute(rows)
            yield address
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def upgrade(address: str) -> None:
    done = manage("migrate", "grants", DATABASE_URL=address)
    assert done.returncode == 0, done.stderr


def test_nothing_plain_is_left_and_nothing_is_lost() -> None:
    with database("before_accounts", "0002", BEFORE) as old, psycopg.connect(old) as after:
        upgrade(old)
        email, place = after.execute("SELECT email, place FROM grants_initiative").fetchone() or ()
        assert (sealed.unseal(email), place) == ("hope@example.org", "")
        accounts = after.execute("SELECT id, payee, details, mark, recorded_by_id FROM grants_payeeaccount").fetchall()
        ((pk, payee, details, mark, by),) = accounts
        assert (sealed.unseal(payee), sealed.unseal(details), by) == ("Zahra", "BCA\n1", 7)
        tranches = after.execute("SELECT account_id, account_mark, state FROM grants_tranche ORDER BY id").fetchall()
        assert tranches == [(pk, mark, "planned"), (pk, mark, "promised")]
        assert after.execute("SELECT standing FROM grants_approval").fetchall() == [(False,)]


def test_what_one_person_booked_before_two_had_to_stays_booked_and_is_confirmed_by_nobody() -> None:
    with database("before_two_people", "0025", RETURNED) as old, psycopg.connect(old) as after:
        upgrade(old)
        returned = after.execute("SELECT entry_id, confirmed_by_id, withdrawn_at FROM grants_returned").fetchall()
        assert returned == [(5, None, None)]
