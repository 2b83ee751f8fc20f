"""A published call stays as people read it, and an application as it was sent: the database refuses anything else."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

MONEY_OF_THE_CALL = migrations.RunSQL(
    sql="""
        ALTER TABLE grants_call
            ADD CONSTRAINT call_currency_is_its_funds
                FOREIGN KEY (fund_id, currency) REFERENCES ledger_fund (id, currency),
            ADD CONSTRAINT call_and_currency_can_be_referred_to UNIQUE (id, currency);
        ALTER TABLE grants_application
            ADD CONSTRAINT application_currency_is_its_calls
                FOREIGN KEY (call_id, currency) REFERENCES grants_call (id, currency);
    """,
    reverse_sql="""
        ALTER TABLE grants_application DROP CONSTRAINT application_currency_is_its_calls;
        ALTER TABLE grants_call
            DROP CONSTRAINT call_and_currency_can_be_referred_to, DROP CONSTRAINT call_currency_is_its_funds;
    """,
)

FUND_IS_ITS_CAMPAIGNS = rule(
    "call_fund_is_its_campaigns",
    "grants_call",
    "BEFORE INSERT OR UPDATE OF fund_id, campaign_id",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM appeal_campaign c
                       WHERE c.id = NEW.campaign_id AND NEW.fund_id IN (c.card_fund_id, c.bank_fund_id)) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a call is for a fund of its own campaign';
        END IF;
        RETURN NEW;
    END
    """,
)

CALL_MOVES = rule(
    "call_moves_as_written",
    "grants_call",
    "BEFORE UPDATE",
    given="OLD.stage <> NEW.stage",
    body="""
    BEGIN
        IF (OLD.stage, NEW.stage) NOT IN (
            ('draft', 'published'), ('published', 'review'), ('review', 'vote'), ('vote', 'decided'),
            ('decided', 'allocated')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a call does not move from %s to %s', OLD.stage, NEW.stage);
        END IF;
        IF NEW.stage = 'published' AND (
            (SELECT coalesce(sum(weight), 0) FROM grants_criterion WHERE call_id = NEW.id) <> 100
            OR NOT EXISTS (SELECT FROM grants_question WHERE call_id = NEW.id)
            OR NOT EXISTS (SELECT FROM grants_rule WHERE call_id = NEW.id)
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a call is published with questions, rules, and criteria that weigh 100';
        END IF;
        IF NEW.stage = 'review' AND clock_timestamp() < NEW.closes + make_interval(mins => NEW.grace) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a call is read when it is over';
        END IF;
        RETURN NEW;
    END
    """,
)

CALL_IS_FROZEN = rule(
    "call_stays_as_published",
    "grants_call",
    "BEFORE UPDATE OR DELETE",
    given="OLD.stage <> 'draft'",
    body="""
    DECLARE same grants_call;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            same := NEW;
            same.stage := OLD.stage;
            IF OLD.stage = 'published' AND NEW.closes > OLD.closes THEN
                same.closes := OLD.closes;
            END IF;
            IF same = OLD THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a published call stays as people read it';
    END
    """,
)


def part_is_frozen(table: str) -> migrations.RunSQL:
    return rule(
        f"{table}_stays_as_published",
        f"grants_{table}",
        "BEFORE INSERT OR UPDATE OR DELETE",
        body="""
        BEGIN
            PERFORM FROM grants_call WHERE id = coalesce(NEW.call_id, OLD.call_id) FOR SHARE;
            IF EXISTS (SELECT FROM grants_call WHERE id IN (NEW.call_id, OLD.call_id) AND stage <> 'draft') THEN
                RAISE integrity_constraint_violation USING MESSAGE = 'a published call stays as people read it';
            END IF;
            RETURN coalesce(NEW, OLD);
        END
        """,
    )


SENT_AS_ASKED = rule(
    "application_is_sent_in_time_and_whole",
    "grants_application",
    "BEFORE UPDATE",
    given="OLD.state = 'draft' AND NEW.state <> 'draft'",
    body="""
    DECLARE asked grants_call;
    BEGIN
        SELECT * INTO asked FROM grants_call WHERE id = NEW.call_id FOR SHARE;
        IF asked.stage <> 'published' OR NEW.submitted_at < asked.opens
            OR clock_timestamp() >= asked.closes + make_interval(mins => asked.grace)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application is sent while its call takes it';
        END IF;
        IF NEW.amount_minor > asked.most_minor THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application asks for the most of its call, or less';
        END IF;
        IF cardinality(asked.countries) > 0 AND NEW.country <> ALL (asked.countries) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application comes from a country of its call';
        END IF;
        IF EXISTS (SELECT FROM grants_rule r WHERE r.call_id = asked.id AND NOT EXISTS (
                SELECT FROM grants_eligibility e WHERE e.application_id = NEW.id AND e.rule_id = r.id AND e.yes = r.wanted))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application keeps each rule of its call';
        END IF;
        IF EXISTS (SELECT FROM grants_question q WHERE q.call_id = asked.id AND NOT q.optional AND NOT EXISTS (
                SELECT FROM grants_answer a WHERE a.application_id = NEW.id AND a.question_id = q.id AND a.text <> ''))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application answers each question of its call';
        END IF;
        RETURN NEW;
    END
    """,
)

APPLICATION_MOVES = rule(
    "application_moves_as_written",
    "grants_application",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state",
    body="""
    DECLARE stage_now text;
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (
            ('draft', 'submitted'),
            ('submitted', 'eligible'), ('submitted', 'refused'), ('submitted', 'withdrawn'),
            ('eligible', 'refused'), ('eligible', 'withdrawn'),
            ('refused', 'eligible')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('an application does not move from %s to %s', OLD.state, NEW.state);
        END IF;
        SELECT stage INTO stage_now FROM grants_call WHERE id = NEW.call_id FOR SHARE;
        IF NEW.state IN ('eligible', 'refused') AND stage_now <> 'review' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application is screened while its call is read';
        END IF;
        IF NEW.state = 'withdrawn' AND stage_now IN ('decided', 'allocated') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application is withdrawn before it is decided';
        END IF;
        RETURN NEW;
    END
    """,
)

APPLICATION_BEGINS = rule(
    "application_begins_as_a_draft",
    "grants_application",
    "BEFORE INSERT",
    given="NEW.state <> 'draft'",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'an application begins as a draft';
    END
    """,
)

# A sealed text has another token each time it is sealed, so a new key changes these columns and nothing else.
SEALED = ("code", "code_mark", "name", "place", "registration", "host_name", "contact", "email", "email_mark", "phone",
          "helper", "witness")  # fmt: skip

APPLICATION_IS_FIXED = rule(
    "application_stays_as_sent",
    "grants_application",
    "BEFORE UPDATE OR DELETE",
    body=f"""
    DECLARE same grants_application;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state = 'draft' THEN
                RETURN OLD;
            END IF;
            RAISE integrity_constraint_violation USING MESSAGE = 'an application stays as it was sent';
        END IF;
        same := NEW;
        IF current_setting('grants.resealing', true) = 'on' THEN
            {" ".join(f"same.{column} := OLD.{column};" for column in SEALED)}
        ELSIF (OLD.call_id, OLD.reference, OLD.currency, OLD.code, OLD.code_mark)
            IS DISTINCT FROM (NEW.call_id, NEW.reference, NEW.currency, NEW.code, NEW.code_mark)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application keeps its call, reference and code';
        END IF;
        IF OLD.state = 'draft' THEN
            RETURN NEW;
        END IF;
        same.state := OLD.state;
        same.withdrawn_at := OLD.withdrawn_at;
        same.screened_by_id := OLD.screened_by_id;
        same.screened_at := OLD.screened_at;
        same.screening := OLD.screening;
        same.initiative_id := OLD.initiative_id;
        IF same IS DISTINCT FROM OLD THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application stays as it was sent';
        END IF;
        RETURN NEW;
    END
    """,
)


def said_in_a_draft(table: str) -> migrations.RunSQL:
    """Answers belong to their application's own call, and change while it is a draft."""
    return rule(
        f"{table}_is_said_in_a_draft",
        f"grants_{table}",
        "BEFORE INSERT OR UPDATE OR DELETE",
        body=f"""
        DECLARE whose bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.application_id ELSE OLD.application_id END;
        BEGIN
            IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
                RETURN NEW;
            END IF;
            PERFORM FROM grants_application WHERE id = whose AND state = 'draft' FOR SHARE;
            IF NOT FOUND OR TG_OP = 'UPDATE' AND NEW.application_id <> OLD.application_id THEN
                RAISE integrity_constraint_violation USING MESSAGE = 'an application stays as it was sent';
            END IF;
            IF TG_OP <> 'DELETE' AND NOT EXISTS (
                SELECT FROM grants_application a JOIN grants_{"question" if table == "answer" else "rule"} p
                ON p.call_id = a.call_id WHERE a.id = whose AND p.id = NEW.{"question_id" if table == "answer" else "rule_id"})
            THEN
                RAISE integrity_constraint_violation USING MESSAGE = 'an application answers what its own call asks';
            END IF;
            RETURN coalesce(NEW, OLD);
        END
        """,
    )


TRANSLATION_STAYS = rule(
    "translation_stays_as_written",
    "grants_translation",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a translation stays as it was written';
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0006_calls")]

    operations = [
        MONEY_OF_THE_CALL,
        FUND_IS_ITS_CAMPAIGNS,
        CALL_MOVES,
        CALL_IS_FROZEN,
        part_is_frozen("question"),
        part_is_frozen("criterion"),
        part_is_frozen("rule"),
        SENT_AS_ASKED,
        APPLICATION_MOVES,
        APPLICATION_BEGINS,
        APPLICATION_IS_FIXED,
        said_in_a_draft("answer"),
        said_in_a_draft("eligibility"),
        TRANSLATION_STAYS,
    ]
