"""What no program, no administrator and no SQL prompt may do to a payment: the database refuses it."""

from django.db import migrations


def rule(
    name: str, table: str, when: str, *, given: str = "true", body: str, deferred: bool = False
) -> migrations.RunSQL:
    """A trigger for each row and its function, under one name."""
    kind, at = ("CONSTRAINT TRIGGER", "DEFERRABLE INITIALLY DEFERRED") if deferred else ("TRIGGER", "")
    return migrations.RunSQL(
        sql=f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;
            CREATE {kind} {name} {when} ON {table} {at} FOR EACH ROW WHEN ({given}) EXECUTE FUNCTION {name}();
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


THE_GRANTS_OWN = migrations.RunSQL(
    sql="""
        ALTER TABLE grants_grant
            ADD CONSTRAINT grant_currency_is_its_funds
                FOREIGN KEY (fund_id, currency) REFERENCES ledger_fund (id, currency),
            ADD CONSTRAINT grant_fund_and_currency_can_be_referred_to UNIQUE (id, fund_id, currency);
        ALTER TABLE grants_tranche
            ADD CONSTRAINT tranche_fund_and_currency_are_its_grants
                FOREIGN KEY (grant_id, fund_id, currency) REFERENCES grants_grant (id, fund_id, currency);
    """,
    reverse_sql="""
        ALTER TABLE grants_tranche DROP CONSTRAINT tranche_fund_and_currency_are_its_grants;
        ALTER TABLE grants_grant
            DROP CONSTRAINT grant_fund_and_currency_can_be_referred_to,
            DROP CONSTRAINT grant_currency_is_its_funds;
    """,
)

FUND_IS_ITS_CAMPAIGNS = rule(
    "grant_fund_is_its_campaigns",
    "grants_grant",
    "BEFORE INSERT OR UPDATE OF fund_id, campaign_id",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM appeal_campaign c
                       WHERE c.id = NEW.campaign_id AND NEW.fund_id IN (c.card_fund_id, c.bank_fund_id)) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is paid from a fund of its own campaign';
        END IF;
        RETURN NEW;
    END
    """,
)

GRANT_IS_FIXED = rule(
    "grant_with_tranches_is_fixed",
    "grants_grant",
    "BEFORE UPDATE",
    given="""
        (OLD.reference, OLD.initiative_id, OLD.campaign_id, OLD.fund_id, OLD.amount_minor, OLD.currency) IS DISTINCT FROM
        (NEW.reference, NEW.initiative_id, NEW.campaign_id, NEW.fund_id, NEW.amount_minor, NEW.currency)""",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_tranche t WHERE t.grant_id = OLD.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant with tranches keeps its initiative, fund and amount';
        END IF;
        RETURN NEW;
    END
    """,
)

BEGINS_PLANNED = rule(
    "tranche_begins_planned",
    "grants_tranche",
    "BEFORE INSERT",
    given="NEW.state <> 'planned'",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a tranche begins as planned';
    END
    """,
)

MOVES_ON_THE_TABLE = rule(
    "tranche_moves_as_written",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state",
    body="""
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (
            ('planned', 'promised'),
            ('promised', 'approved'), ('promised', 'released'),
            ('approved', 'promised'), ('approved', 'sent'), ('approved', 'released'),
            ('sent', 'confirmed'), ('sent', 'failed'),
            ('failed', 'released')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a tranche does not move from %s to %s', OLD.state, NEW.state);
        END IF;
        RETURN NEW;
    END
    """,
)

PROMISED_IS_FIXED = rule(
    "tranche_promised_is_fixed",
    "grants_tranche",
    "BEFORE UPDATE",
    given="""OLD.state <> 'planned' AND (
        (OLD.grant_id, OLD.number, OLD.fund_id, OLD.amount_minor, OLD.currency, OLD.promise_entry_id) IS DISTINCT FROM
        (NEW.grant_id, NEW.number, NEW.fund_id, NEW.amount_minor, NEW.currency, NEW.promise_entry_id)
        OR OLD.payment_entry_id IS NOT NULL AND
        (OLD.payment_entry_id, OLD.sent_by_id, OLD.sent_on, OLD.bank_reference) IS DISTINCT FROM
        (NEW.payment_entry_id, NEW.sent_by_id, NEW.sent_on, NEW.bank_reference))""",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'what the books say of a tranche cannot change';
    END
    """,
)

EDIT_VOIDS_APPROVALS = rule(
    "tranche_edit_voids_its_approvals",
    "grants_tranche",
    "BEFORE UPDATE",
    given="""OLD.state <> 'planned' AND
        (OLD.payee, OLD.account, OLD.proposed_by_id) IS DISTINCT FROM (NEW.payee, NEW.account, NEW.proposed_by_id)""",
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

SENT_NEEDS_APPROVAL = rule(
    "tranche_sent_needs_another_persons_approval",
    "grants_tranche",
    "AFTER UPDATE",
    given="OLD.state <> 'sent' AND NEW.state = 'sent'",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_approval a
                       WHERE a.tranche_id = NEW.id AND a.standing AND a.fingerprint = NEW.fingerprint
                         AND a.proposed_by_id = NEW.proposed_by_id AND a.approved_by_id <> NEW.proposed_by_id) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a tranche is sent only as another person than its proposer approved it';
        END IF;
        RETURN NULL;
    END
    """,
)

COUNTRY_IS_ALLOWED = rule(
    "tranche_country_is_not_excluded",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state AND NEW.state IN ('promised', 'approved', 'sent')",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_grant g
                   JOIN grants_initiative i ON i.id = g.initiative_id JOIN ledger_fund f ON f.id = NEW.fund_id
                   WHERE g.id = NEW.grant_id AND i.country = ANY (f.excluded_countries)) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the fund must not pay anybody in this country';
        END IF;
        RETURN NEW;
    END
    """,
)

TOGETHER_WITHIN_THE_GRANT = rule(
    "tranche_sum_is_within_its_grant",
    "grants_tranche",
    "AFTER INSERT OR UPDATE OF amount_minor",
    deferred=True,
    body="""
    DECLARE granted bigint;
    BEGIN
        SELECT amount_minor INTO granted FROM grants_grant WHERE id = NEW.grant_id FOR NO KEY UPDATE;
        IF granted < (SELECT sum(amount_minor) FROM grants_tranche
                      WHERE grant_id = NEW.grant_id AND state <> 'released') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the tranches of a grant do not exceed it';
        END IF;
        RETURN NULL;
    END
    """,
)

ONLY_PLANS_ARE_DELETED = rule(
    "tranche_promised_is_never_deleted",
    "grants_tranche",
    "BEFORE DELETE",
    given="OLD.state <> 'planned'",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a promised tranche stays on record';
    END
    """,
)

APPROVAL_IS_OF_WHAT_IS_PROPOSED = rule(
    "approval_is_of_what_is_proposed",
    "grants_approval",
    "BEFORE INSERT",
    body="""
    DECLARE t grants_tranche;
    BEGIN
        SELECT * INTO t FROM grants_tranche WHERE id = NEW.tranche_id FOR NO KEY UPDATE;
        IF t.state NOT IN ('promised', 'approved')
           OR (t.proposed_by_id, t.fingerprint) IS DISTINCT FROM (NEW.proposed_by_id, NEW.fingerprint) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an approval is of the details that are proposed now';
        END IF;
        RETURN NEW;
    END
    """,
)

APPROVAL_STAYS = rule(
    "approval_stays_on_record",
    "grants_approval",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.standing AND NOT NEW.standing THEN
            NEW.standing := true;
            IF NEW = OLD THEN
                NEW.standing := false;
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'an approval can be voided, and nothing else';
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0001_initial")]

    operations = [
        THE_GRANTS_OWN,
        FUND_IS_ITS_CAMPAIGNS,
        GRANT_IS_FIXED,
        BEGINS_PLANNED,
        MOVES_ON_THE_TABLE,
        PROMISED_IS_FIXED,
        EDIT_VOIDS_APPROVALS,
        SENT_NEEDS_APPROVAL,
        COUNTRY_IS_ALLOWED,
        TOGETHER_WITHIN_THE_GRANT,
        ONLY_PLANS_ARE_DELETED,
        APPROVAL_IS_OF_WHAT_IS_PROPOSED,
        APPROVAL_STAYS,
    ]
