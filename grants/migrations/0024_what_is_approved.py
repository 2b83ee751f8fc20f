"""What is approved and what it may do: a host's fee as it was proposed, every country it touches, a report that is late."""

from importlib import import_module

import grants.models.tranche
from django.db import migrations, models

two_people = import_module("grants.migrations.0002_two_people")
account_rules = import_module("grants.migrations.0004_account_rules")
report_rules = import_module("grants.migrations.0013_report_rules")
rule = two_people.rule


def body(trigger, text):
    """What the function of a trigger does from now on."""
    return f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ {text} $$"


# The host's fee

# PostgreSQL alters no table on which checks are still to come.
CHECKED_NOW = migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE")
FEE = """
    SELECT round(t.amount_minor * h.fee / 100) FROM grants_payeeaccount a JOIN grants_fiscalhost h ON h.id = a.host_id
    WHERE a.id = t.account_id
"""
# What goes through a host is approved once more, now with its fee. What was sent has its fee in its evidence.
APPROVED_ONCE_MORE = migrations.RunSQL(
    f"""
        UPDATE grants_approval SET standing = false WHERE standing AND tranche_id IN (
            SELECT t.id FROM grants_tranche t JOIN grants_payeeaccount a ON a.id = t.account_id
            WHERE a.host_id IS NOT NULL AND t.state IN ('promised', 'approved'));
        UPDATE grants_tranche t SET state = 'promised' FROM grants_payeeaccount a
            WHERE a.id = t.account_id AND a.host_id IS NOT NULL AND t.state = 'approved';
        UPDATE grants_tranche t SET host_fee_minor = ({FEE}) WHERE state IN ('planned', 'promised', 'approved');
    """,
    migrations.RunSQL.noop,
)
# No part of it can hold a line break, and what is unknown leaves none out: it is the last.
FINGERPRINT = """
    CREATE FUNCTION grants_fingerprint(
        amount bigint, currency text, fund bigint, account bigint, mark text, host_fee bigint
    ) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN encode(sha256(convert_to(concat_ws(E'\\n', amount, currency, fund, account, mark, host_fee), 'UTF8')), 'hex')
"""
OLD_FINGERPRINT = import_module("grants.migrations.0003_accounts").FINGERPRINT

# Its name is before that of `tranche_edit_voids_its_approvals`, so it comes before it.
CARRIES_FEE = rule(
    "tranche_carries_its_hosts_fee",
    "grants_tranche",
    "BEFORE INSERT OR UPDATE OF account_id, amount_minor, proposed_by_id, host_fee_minor",
    body=f"""
    DECLARE t grants_tranche := NEW;
    BEGIN
        IF NEW.state IN ('planned', 'promised', 'approved') THEN
            NEW.host_fee_minor := ({FEE});
        END IF;
        RETURN NEW;
    END
    """,
)

EDIT_VOIDS_APPROVALS = rule(
    "tranche_edit_voids_its_approvals",
    "grants_tranche",
    "BEFORE UPDATE",
    given="""OLD.state <> 'planned' AND
        (OLD.account_id, OLD.account_mark, OLD.proposed_by_id, OLD.host_fee_minor) IS DISTINCT FROM
        (NEW.account_id, NEW.account_mark, NEW.proposed_by_id, NEW.host_fee_minor)""",
    body="""
    BEGIN
        IF OLD.state NOT IN ('promised', 'approved') OR NEW.state NOT IN (OLD.state, 'promised') THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('the details of a tranche do not change from %s to %s', OLD.state, NEW.state);
        END IF;
        UPDATE grants_approval SET standing = false WHERE tranche_id = OLD.id AND standing;
        NEW.state := 'promised';
        RETURN NEW;
    END
    """,
)

EVIDENCE_OF_ITS_WAY = """
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_evidence e JOIN grants_payeeaccount a ON a.id = NEW.account_id
                       WHERE e.tranche_id = NEW.id AND (e.route, e.currency) = (a.route, NEW.currency){fee}) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a tranche is sent with the evidence that its way needs';
        END IF;
        RETURN NULL;
    END
"""
EVIDENCE_HAS_THE_FEE = migrations.RunSQL(
    body(
        "tranche_sent_has_the_evidence_of_its_way",
        EVIDENCE_OF_ITS_WAY.format(fee=" AND e.host_fee_minor IS NOT DISTINCT FROM NEW.host_fee_minor"),
    ),
    body(
        "tranche_sent_has_the_evidence_of_its_way",
        EVIDENCE_OF_ITS_WAY.format(fee=" AND coalesce(e.host_fee_minor, 0) < NEW.amount_minor"),
    ),
)

# What came to the initiative is what a report and the end of a grant are about: a host's fee stays with the host.
UNSPENT = """
    DECLARE missing bigint;
    BEGIN
        SELECT (SELECT coalesce(sum({came}), 0) FROM grants_tranche t
                LEFT JOIN grants_evidence e ON e.tranche_id = t.id LEFT JOIN grants_onward o ON o.tranche_id = t.id
                WHERE t.grant_id = NEW.id AND t.state IN ('sent', 'confirmed'))
             - (SELECT coalesce(sum(amount_minor), 0) FROM grants_returned WHERE grant_id = NEW.id)
             - (SELECT coalesce(sum(spent_minor), 0) FROM grants_report WHERE grant_id = NEW.id AND final) INTO missing;
        IF missing > 0 THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is closed when the unspent has come back';
        END IF;
        RETURN NEW;
    END
"""
UNSPENT_OF_WHAT_CAME = migrations.RunSQL(
    body(
        "grant_is_closed_when_the_unspent_has_come_back",
        UNSPENT.format(came="coalesce(o.amount_minor, t.amount_minor - coalesce(e.host_fee_minor, 0))"),
    ),
    body("grant_is_closed_when_the_unspent_has_come_back", UNSPENT.format(came="t.amount_minor")),
)

# Every country it touches

COUNTRIES = migrations.RunSQL(
    """
        CREATE FUNCTION grants_countries(grant_id bigint, account_id bigint) RETURNS varchar[] LANGUAGE sql STABLE AS $$
            SELECT array_remove(ARRAY[i.country, a.country, a.bank_country, h.country], NULL)
            FROM grants_grant g JOIN grants_initiative i ON i.id = g.initiative_id
            LEFT JOIN grants_payeeaccount a ON a.id = $2 LEFT JOIN grants_fiscalhost h ON h.id = a.host_id
            WHERE g.id = $1
        $$
    """,
    "DROP FUNCTION grants_countries(bigint, bigint)",
)

IS_EXCEPTION = """
    CREATE OR REPLACE FUNCTION grants_is_exception(tranche bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT f.channel = 'bank' AND {countries} && ARRAY['CU', 'IR', 'KP', 'SY']::varchar[]
        FROM grants_tranche t JOIN ledger_fund f ON f.id = t.fund_id
        JOIN grants_grant g ON g.id = t.grant_id JOIN grants_initiative i ON i.id = g.initiative_id
        WHERE t.id = tranche
    $$
"""
EXCEPTION_BY_ANY_COUNTRY = migrations.RunSQL(
    IS_EXCEPTION.format(countries="grants_countries(t.grant_id, t.account_id)"),
    IS_EXCEPTION.format(countries="ARRAY[i.country]"),
)

EXCLUDED = """
    BEGIN
        IF EXISTS (SELECT FROM grants_grant g
                   JOIN grants_initiative i ON i.id = g.initiative_id JOIN ledger_fund f ON f.id = NEW.fund_id
                   WHERE g.id = NEW.grant_id AND {countries} && f.excluded_countries) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the fund must not pay anybody in this country';
        END IF;
        RETURN NEW;
    END
"""
EXCLUDED_BY_ANY_COUNTRY = migrations.RunSQL(
    body("tranche_country_is_not_excluded", EXCLUDED.format(countries="grants_countries(g.id, NEW.account_id)")),
    body("tranche_country_is_not_excluded", EXCLUDED.format(countries="ARRAY[i.country]")),
)

VOID = """
    DECLARE theirs bigint[];
    BEGIN
        SELECT array_agg(held.id) INTO theirs FROM (
            SELECT t.id FROM grants_tranche t JOIN grants_grant g ON g.id = t.grant_id
            LEFT JOIN grants_payeeaccount a ON a.id = t.account_id
            WHERE {whose} = NEW.id AND t.state IN ('promised', 'approved') FOR UPDATE OF t
        ) AS held;
        UPDATE grants_approval SET standing = false WHERE tranche_id = ANY (theirs) AND standing;
        UPDATE grants_tranche SET state = 'promised' WHERE id = ANY (theirs) AND state = 'approved';
        RETURN NULL;
    END
"""
INITIATIVE_ELSEWHERE = rule(
    "initiative_elsewhere_is_approved_anew",
    "grants_initiative",
    "AFTER UPDATE OF country",
    given="OLD.country <> NEW.country",
    body=VOID.format(whose="g.initiative_id"),
)
HOST_ELSEWHERE = rule(
    "fiscal_host_elsewhere_is_approved_anew",
    "grants_fiscalhost",
    "AFTER UPDATE OF country",
    given="OLD.country <> NEW.country",
    body=VOID.format(whose="a.host_id"),
)

# A report that is late

LATE_REPORT = rule(
    "tranche_waits_for_a_late_report",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state AND NEW.state IN ('approved', 'sent')",
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


def instead(new, old):
    """Of the same name."""
    return [migrations.RunSQL(old.reverse_sql, old.sql), new]


class Migration(migrations.Migration):
    dependencies = [("grants", "0023_panel_may_grow")]

    operations = [
        CHECKED_NOW,
        migrations.AddField(
            model_name="tranche",
            name="host_fee_minor",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        APPROVED_ONCE_MORE,
        CHECKED_NOW,
        migrations.RemoveField(model_name="tranche", name="fingerprint"),
        migrations.RunSQL("DROP FUNCTION grants_fingerprint(bigint, text, bigint, bigint, text)", OLD_FINGERPRINT),
        migrations.RunSQL(FINGERPRINT, "DROP FUNCTION grants_fingerprint(bigint, text, bigint, text, text, bigint)"),
        migrations.AddField(
            model_name="tranche",
            name="fingerprint",
            field=models.GeneratedField(
                db_persist=True,
                expression=grants.models.tranche.Fingerprint(
                    models.F("amount_minor"),
                    models.F("currency"),
                    models.F("fund"),
                    models.F("account"),
                    models.F("account_mark"),
                    models.F("host_fee_minor"),
                ),
                output_field=models.CharField(max_length=64),
            ),
        ),
        CARRIES_FEE,
        *instead(EDIT_VOIDS_APPROVALS, account_rules.EDIT_VOIDS_APPROVALS),
        EVIDENCE_HAS_THE_FEE,
        UNSPENT_OF_WHAT_CAME,
        COUNTRIES,
        EXCEPTION_BY_ANY_COUNTRY,
        EXCLUDED_BY_ANY_COUNTRY,
        INITIATIVE_ELSEWHERE,
        HOST_ELSEWHERE,
        *instead(LATE_REPORT, report_rules.LATE_REPORT),
    ]
