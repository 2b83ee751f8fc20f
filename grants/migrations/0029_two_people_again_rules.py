"""What is confirmed stays, is booked as it was recorded, and a grant does not end before it; payments leave only an
account that is approved.
"""

from importlib import import_module

from django.db import migrations

from ledger.history import keep_history

two_people = import_module("grants.migrations.0002_two_people")
report_rules = import_module("grants.migrations.0013_report_rules")
payment_files = import_module("grants.migrations.0020_payment_files")
what_is_approved = import_module("grants.migrations.0024_what_is_approved")
rule, instead = two_people.rule, what_is_approved.instead

ALREADY_RECORDED = report_rules.stays("returned", "money that came back")

# Until now it was booked as it was recorded, by the same person.
ALREADY_BOOKED = migrations.RunSQL(
    """
        UPDATE grants_returned r SET entry_id = e.id FROM grants_grant g, ledger_entry e
        WHERE g.id = r.grant_id AND (e.kind, e.source) = ('unspent_returned', g.reference || '-' || r.id)
    """,
    migrations.RunSQL.noop,
)

RETURNED_STAYS = rule(
    "returned_stays_on_record",
    "grants_returned",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE moved grants_returned := OLD;
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.entry_id IS NULL AND OLD.withdrawn_at IS NULL THEN
            moved.entry_id := NEW.entry_id;
            moved.confirmed_by_id := NEW.confirmed_by_id;
            moved.confirmed_at := NEW.confirmed_at;
            moved.withdrawn_by_id := NEW.withdrawn_by_id;
            moved.withdrawn_at := NEW.withdrawn_at;
            moved.withdrawal_reason := NEW.withdrawal_reason;
            IF moved IS NOT DISTINCT FROM NEW THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'money that came back stays on record';
    END
    """,
)

RETURNED_BEGINS = rule(
    "returned_waits_for_a_second_person",
    "grants_returned",
    "BEFORE INSERT",
    given="NEW.entry_id IS NOT NULL OR NEW.confirmed_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL",
    body="""
    BEGIN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'money that came back is recorded first, and waits for a second person';
    END
    """,
)

RETURNED_IS_BOOKED = rule(
    "returned_is_booked_as_it_was_recorded",
    "grants_returned",
    "BEFORE UPDATE",
    given="OLD.entry_id IS DISTINCT FROM NEW.entry_id",
    body="""
    BEGIN
        IF NEW.confirmed_at IS NULL OR NOT EXISTS (
            SELECT FROM grants_grant g JOIN ledger_entry e ON e.id = NEW.entry_id
            JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = 'grants_returned'
            WHERE g.id = NEW.grant_id
                AND (e.kind, e.source, e.occurred_on)
                    = ('unspent_returned', g.reference || '-' || NEW.id, NEW.returned_on)
                AND (p.fund_id, p.amount, p.currency) = (g.fund_id, -NEW.amount_minor, NEW.currency)
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'money that came back is confirmed, and booked as it was recorded';
        END IF;
        RETURN NEW;
    END
    """,
)

OF_WHAT_WAS_SENT = rule(
    "returned_is_of_what_was_sent",
    "grants_returned",
    "BEFORE INSERT OR UPDATE OF entry_id",
    body="""
    DECLARE given grants_grant;
    BEGIN
        SELECT * INTO given FROM grants_grant WHERE id = NEW.grant_id FOR NO KEY UPDATE;
        IF given.currency <> NEW.currency OR given.state <> 'accepted' THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'money comes back in the currency of its grant, and before that has ended';
        END IF;
        IF NEW.amount_minor + (SELECT coalesce(sum(amount_minor), 0) FROM grants_returned
                               WHERE grant_id = NEW.grant_id AND id <> NEW.id AND withdrawn_at IS NULL)
            > (SELECT coalesce(sum(amount_minor), 0) FROM grants_tranche
               WHERE grant_id = NEW.grant_id AND state IN ('sent', 'confirmed'))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'no more comes back than was sent';
        END IF;
        RETURN NEW;
    END
    """,
)

NOTHING_WAITS = rule(
    "grant_ends_when_what_came_back_is_confirmed",
    "grants_grant",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state AND NEW.state IN ('closed', 'cancelled')",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_returned
                   WHERE grant_id = NEW.id AND entry_id IS NULL AND withdrawn_at IS NULL) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a grant ends when what came back is confirmed or withdrawn';
        END IF;
        RETURN NEW;
    END
    """,
)

OF_THIS_GRANT = "FROM grants_returned WHERE grant_id = NEW.id"
WITHOUT_THE_WITHDRAWN = migrations.RunSQL(
    what_is_approved.UNSPENT_OF_WHAT_CAME.sql.replace(OF_THIS_GRANT, f"{OF_THIS_GRANT} AND entry_id IS NOT NULL"),
    what_is_approved.UNSPENT_OF_WHAT_CAME.sql,
)

ACCOUNT_STAYS = rule(
    "our_account_stays_as_it_was_recorded",
    "grants_ouraccount",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE same grants_ouraccount := OLD;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF current_setting('grants.resealing', true) = 'on' THEN
                same.number := NEW.number;
            ELSIF OLD.approved_at IS NULL THEN
                same.approved_by_id := NEW.approved_by_id;
                same.approved_at := NEW.approved_at;
            END IF;
            IF same IS NOT DISTINCT FROM NEW THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'an account of ours stays as it was recorded';
    END
    """,
)

FROM_AN_APPROVED_ACCOUNT = rule(
    "payment_file_is_from_an_approved_account",
    "grants_paymentfile",
    "BEFORE INSERT",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_ouraccount WHERE id = NEW.account_id AND approved_at IS NOT NULL) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'payments leave an account that a second person has approved';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0028_two_people_again"), ("ledger", "0004_history")]

    operations = [
        migrations.RunSQL(ALREADY_RECORDED.reverse_sql, ALREADY_RECORDED.sql),
        ALREADY_BOOKED,
        what_is_approved.CHECKED_NOW,
        RETURNED_STAYS,
        RETURNED_BEGINS,
        RETURNED_IS_BOOKED,
        *instead(OF_WHAT_WAS_SENT, report_rules.RETURNED_OF_WHAT_WAS_SENT),
        NOTHING_WAITS,
        WITHOUT_THE_WITHDRAWN,
        *instead(ACCOUNT_STAYS, payment_files.ACCOUNT_STAYS),
        FROM_AN_APPROVED_ACCOUNT,
        keep_history("grants_returned"),
    ]
