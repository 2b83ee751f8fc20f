"""A report's day changes only while it is due; a grant is closed only when what was not spent has come back."""

from importlib import import_module

from django.db import migrations

rules = import_module("grants.migrations.0013_report_rules")
rule = rules.rule

OF_THE_DAY = rule(
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
        IF NEW.turn < OLD.turn OR NEW.state <> 'due' AND (OLD.due_on, OLD.turn) IS DISTINCT FROM (NEW.due_on, NEW.turn)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the day of a report changes while it is due';
        END IF;
        IF OLD.state <> 'due' AND (
            (OLD.language, OLD.mode, OLD.spent_minor, OLD.submitted_at) IS DISTINCT FROM
            (NEW.language, NEW.mode, NEW.spent_minor, NEW.submitted_at)
            OR current_setting('grants.resealing', true) IS DISTINCT FROM 'on'
            AND (OLD.text, OLD.original) IS DISTINCT FROM (NEW.text, NEW.original)
        ) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report stays as it was sent';
        END IF;
        RETURN NEW;
    END
    """,
)

UNSPENT_HAS_COME_BACK = rule(
    "grant_is_closed_when_the_unspent_has_come_back",
    "grants_grant",
    "BEFORE UPDATE",
    given="OLD.state <> 'closed' AND NEW.state = 'closed'",
    body="""
    DECLARE missing bigint;
    BEGIN
        SELECT (SELECT coalesce(sum(amount_minor), 0) FROM grants_tranche
                WHERE grant_id = NEW.id AND state IN ('sent', 'confirmed'))
             - (SELECT coalesce(sum(amount_minor), 0) FROM grants_returned WHERE grant_id = NEW.id)
             - (SELECT coalesce(sum(spent_minor), 0) FROM grants_report WHERE grant_id = NEW.id AND final) INTO missing;
        IF missing > 0 THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is closed when the unspent has come back';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0014_turns")]

    operations = [
        migrations.RunSQL(rules.REPORT_IS_FIXED.reverse_sql, rules.REPORT_IS_FIXED.sql),
        OF_THE_DAY,
        UNSPENT_HAS_COME_BACK,
    ]
