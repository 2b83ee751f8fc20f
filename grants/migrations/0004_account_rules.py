"""An account stays as it was recorded, waits when it is not the first, and is its initiative's: the database says so."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

ACCOUNT_AND_MARK = migrations.RunSQL(
    sql="""
        ALTER TABLE grants_payeeaccount ADD CONSTRAINT account_and_mark_can_be_referred_to UNIQUE (id, mark);
        ALTER TABLE grants_tranche ADD CONSTRAINT tranche_mark_is_its_accounts
            FOREIGN KEY (account_id, account_mark) REFERENCES grants_payeeaccount (id, mark);
    """,
    reverse_sql="""
        ALTER TABLE grants_tranche DROP CONSTRAINT tranche_mark_is_its_accounts;
        ALTER TABLE grants_payeeaccount DROP CONSTRAINT account_and_mark_can_be_referred_to;
    """,
)

LATER_ONES_WAIT = rule(
    "account_waits_unless_it_is_the_first",
    "grants_payeeaccount",
    "BEFORE INSERT",
    body="""
    BEGIN
        PERFORM FROM grants_initiative WHERE id = NEW.initiative_id FOR NO KEY UPDATE;
        NEW.recorded_at := now();
        NEW.payable_from := now();
        IF EXISTS (SELECT FROM grants_payeeaccount a WHERE a.initiative_id = NEW.initiative_id) THEN
            NEW.payable_from := now() + interval '48 hours';
        END IF;
        RETURN NEW;
    END
    """,
)

RECORDED_IS_FIXED = rule(
    "account_stays_as_it_was_recorded",
    "grants_payeeaccount",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE resealed grants_payeeaccount;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            resealed := NEW;
            resealed.payee := OLD.payee;
            resealed.details := OLD.details;
            IF resealed = OLD AND current_setting('grants.resealing', true) = 'on' THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a payee account stays as it was recorded';
    END
    """,
)

OF_ITS_INITIATIVE = rule(
    "tranche_account_is_its_initiatives",
    "grants_tranche",
    "BEFORE INSERT OR UPDATE OF account_id, grant_id",
    given="NEW.account_id IS NOT NULL",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_payeeaccount a JOIN grants_grant g ON g.initiative_id = a.initiative_id
                       WHERE a.id = NEW.account_id AND g.id = NEW.grant_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a tranche is paid to an account of its own initiative';
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
        (OLD.account_id, OLD.account_mark, OLD.proposed_by_id) IS DISTINCT FROM
        (NEW.account_id, NEW.account_mark, NEW.proposed_by_id)""",
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

SENT_AFTER_THE_WAIT = rule(
    "tranche_is_sent_when_its_account_has_waited",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> 'sent' AND NEW.state = 'sent'",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_payeeaccount a WHERE a.id = NEW.account_id AND a.payable_from > now()) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a new account waits before it is paid';
        END IF;
        RETURN NEW;
    END
    """,
)

LOOK_STAYS = rule(
    "look_stays_on_record",
    "grants_look",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'that somebody looked stays on record';
    END
    """,
)

OLD_CONTACT_IS_TOLD = rule(
    "account_that_is_not_the_first_is_told_of",
    "grants_payeeaccount",
    "AFTER INSERT",
    deferred=True,
    given="NEW.payable_from > NEW.recorded_at",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_notice n WHERE n.initiative_id = NEW.initiative_id
                       AND n.account_id = NEW.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the old contact is told of a new account';
        END IF;
        RETURN NULL;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0003_accounts")]

    operations = [
        ACCOUNT_AND_MARK,
        LATER_ONES_WAIT,
        RECORDED_IS_FIXED,
        OF_ITS_INITIATIVE,
        EDIT_VOIDS_APPROVALS,
        SENT_AFTER_THE_WAIT,
        LOOK_STAYS,
        OLD_CONTACT_IS_TOLD,
    ]
