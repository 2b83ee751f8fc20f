"""A report stays as it was sent, a late one holds up payments, and a grant is closed when all is there."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule


def stays(table: str, what: str) -> migrations.RunSQL:
    return rule(
        f"{table}_stays_on_record",
        f"grants_{table}",
        "BEFORE UPDATE OR DELETE",
        body=f"""
        BEGIN
            RAISE integrity_constraint_violation USING MESSAGE = '{what} stays on record';
        END
        """,
    )


REPORT_IS_FIXED = rule(
    "report_stays_as_sent",
    "grants_report",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'DELETE' OR (OLD.grant_id, OLD.number, OLD.final, OLD.key) IS DISTINCT FROM
            (NEW.grant_id, NEW.number, NEW.final, NEW.key)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report stays that of its grant';
        END IF;
        IF (OLD.state, NEW.state) NOT IN (
            ('due', 'due'), ('due', 'received'), ('received', 'received'), ('received', 'accepted'), ('received', 'due'),
            ('accepted', 'accepted')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a report does not move from %s to %s', OLD.state, NEW.state);
        END IF;
        IF OLD.state <> 'due' AND (
            (OLD.due_on, OLD.language, OLD.mode, OLD.spent_minor, OLD.submitted_at) IS DISTINCT FROM
            (NEW.due_on, NEW.language, NEW.mode, NEW.spent_minor, NEW.submitted_at)
            OR current_setting('grants.resealing', true) IS DISTINCT FROM 'on'
            AND (OLD.text, OLD.original) IS DISTINCT FROM (NEW.text, NEW.original)
        ) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report stays as it was sent';
        END IF;
        RETURN NEW;
    END
    """,
)

FIGURE_IS_FIXED = rule(
    "figure_stays_as_sent",
    "grants_figure",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        PERFORM FROM grants_report WHERE id = coalesce(OLD.report_id, NEW.report_id) AND state = 'due' FOR SHARE;
        IF NOT FOUND OR TG_OP = 'UPDATE' AND NEW.report_id <> OLD.report_id THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report stays as it was sent';
        END IF;
        RETURN coalesce(NEW, OLD);
    END
    """,
)

LATE_REPORT = rule(
    "tranche_waits_for_a_late_report",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> 'approved' AND NEW.state = 'approved'",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_report r WHERE r.grant_id = NEW.grant_id AND r.state = 'due'
                   AND r.due_on < (now() AT TIME ZONE 'UTC')::date)
            AND NOT EXISTS (SELECT FROM grants_latereportoverride o WHERE o.tranche_id = NEW.id)
        THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a tranche waits for a late report, unless somebody said why not';
        END IF;
        RETURN NEW;
    END
    """,
)

VARIATION_IS_DECIDED_ONCE = rule(
    "variation_is_decided_once",
    "grants_variation",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'DELETE' OR OLD.agreed IS NOT NULL
            OR (OLD.grant_id, OLD.text, OLD.proposed_by_id, OLD.proposed_at) IS DISTINCT FROM
               (NEW.grant_id, NEW.text, NEW.proposed_by_id, NEW.proposed_at)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a variation stays as it was written and decided';
        END IF;
        RETURN NEW;
    END
    """,
)

RETURNED_OF_WHAT_WAS_SENT = rule(
    "returned_is_of_what_was_sent",
    "grants_returned",
    "BEFORE INSERT",
    body="""
    DECLARE given grants_grant;
    BEGIN
        SELECT * INTO given FROM grants_grant WHERE id = NEW.grant_id FOR NO KEY UPDATE;
        IF given.currency <> NEW.currency OR given.state = 'closed' THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'money comes back in the currency of its grant, and before that is closed';
        END IF;
        IF NEW.amount_minor + (SELECT coalesce(sum(amount_minor), 0) FROM grants_returned WHERE grant_id = NEW.grant_id)
            > (SELECT coalesce(sum(amount_minor), 0) FROM grants_tranche
               WHERE grant_id = NEW.grant_id AND state IN ('sent', 'confirmed'))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'no more comes back than was sent';
        END IF;
        RETURN NEW;
    END
    """,
)

CLOSED_WHEN_ALL_IS_THERE = rule(
    "grant_is_closed_when_all_is_there",
    "grants_grant",
    "BEFORE UPDATE",
    given="OLD.state <> 'closed' AND NEW.state = 'closed'",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_tranche WHERE grant_id = NEW.id AND state NOT IN ('confirmed', 'released', 'planned')) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is closed when each payment has ended';
        END IF;
        IF NOT EXISTS (SELECT FROM grants_report WHERE grant_id = NEW.id AND final AND state = 'accepted') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is closed with its final report';
        END IF;
        IF EXISTS (SELECT FROM grants_variation WHERE grant_id = NEW.id AND agreed IS NULL) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is closed when each variation is decided';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0012_reports")]

    operations = [
        REPORT_IS_FIXED,
        FIGURE_IS_FIXED,
        LATE_REPORT,
        VARIATION_IS_DECIDED_ONCE,
        RETURNED_OF_WHAT_WAS_SENT,
        CLOSED_WHEN_ALL_IS_THERE,
        stays("returned", "money that came back"),
        stays("latereportoverride", "that somebody paid in spite of a late report"),
    ]
