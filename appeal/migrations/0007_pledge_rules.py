"""A published pledge stays as people read it, a signature as it was signed, and a withdrawn one tells nothing."""

from django.db import migrations

from ledger.history import keep_history


def rule(name: str, table: str, when: str, *, given: str = "true", body: str) -> migrations.RunSQL:
    """A trigger for each row and its function, under one name."""
    return migrations.RunSQL(
        sql=f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;
            CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW WHEN ({given}) EXECUTE FUNCTION {name}();
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )


TEXT_BEGINS = rule(
    "pledge_text_begins_as_a_draft",
    "appeal_pledgetext",
    "BEFORE INSERT",
    given="NEW.published_at IS NOT NULL",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a text of the pledge begins as a draft';
    END
    """,
)

TEXT_FOLLOWS = rule(
    "pledge_text_versions_follow",
    "appeal_pledgetext",
    "BEFORE UPDATE",
    given="OLD.published_at IS NULL AND NEW.published_at IS NOT NULL",
    body="""
    DECLARE latest integer;
    BEGIN
        SELECT coalesce(max(version), 0) INTO latest FROM appeal_pledgetext WHERE published_at IS NOT NULL;
        IF NEW.version NOT IN (latest, latest + 1) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'versions of the pledge follow without a gap';
        END IF;
        RETURN NEW;
    END
    """,
)

TEXT_STAYS = rule(
    "pledge_text_stays_as_published",
    "appeal_pledgetext",
    "BEFORE UPDATE OR DELETE",
    given="OLD.published_at IS NOT NULL",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a published pledge stays as people read it';
    END
    """,
)

SIGNATURE_BEGINS = rule(
    "signature_begins_unconfirmed",
    "appeal_signature",
    "BEFORE INSERT",
    body="""
    BEGIN
        IF NEW.state <> 'asked' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a signature begins unconfirmed';
        END IF;
        IF NOT EXISTS (SELECT FROM appeal_pledgetext WHERE id = NEW.text_id AND published_at IS NOT NULL) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a signature is to a text that is published';
        END IF;
        RETURN NEW;
    END
    """,
)

# What is sealed has another token each time it is sealed, so a new key changes these columns and nothing else.
SEALED = ("name", "contact", "email", "support", "together", "did", "email_mark")

SIGNATURE_STAYS = rule(
    "signature_stays_as_signed",
    "appeal_signature",
    "BEFORE UPDATE OR DELETE",
    body=f"""
    DECLARE was appeal_signature := OLD;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state = 'asked' THEN
                RETURN OLD;
            END IF;
            RAISE integrity_constraint_violation USING MESSAGE = 'a signature stays on record';
        END IF;
        IF current_setting('grants.resealing', true) = 'on' THEN
            {" ".join(f"was.{column} := NEW.{column};" for column in SEALED)}
        END IF;
        IF (was.text_id, was.reference, was.kind, was.created_at) IS DISTINCT FROM
            (NEW.text_id, NEW.reference, NEW.kind, NEW.created_at)
            OR was.state <> 'asked' AND was.signed_on IS DISTINCT FROM NEW.signed_on
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a signature stays as it was signed';
        END IF;
        IF was.state <> NEW.state AND (was.state, NEW.state) NOT IN (
            ('asked', 'confirmed'), ('confirmed', 'accepted'), ('confirmed', 'refused'), ('confirmed', 'withdrawn'),
            ('accepted', 'refused'), ('accepted', 'withdrawn'), ('refused', 'accepted'), ('refused', 'withdrawn')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a signature does not move from %s to %s', was.state, NEW.state);
        END IF;
        IF was.state = 'withdrawn' AND was IS DISTINCT FROM NEW THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a withdrawn signature stays withdrawn';
        END IF;
        IF NEW.state <> 'withdrawn' AND (
            (was.name, was.contact, was.email, was.email_mark, was.support, was.together, was.country, was.language)
            IS DISTINCT FROM
            (NEW.name, NEW.contact, NEW.email, NEW.email_mark, NEW.support, NEW.together, NEW.country, NEW.language)
        ) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a signature stays as it was signed';
        END IF;
        IF NEW.did <> was.did AND NEW.state <> 'withdrawn' AND NEW.did_shown_at IS NOT NULL THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'what a signer says is read before it is shown, each time it is written anew';
        END IF;
        RETURN NEW;
    END
    """,
)

LEFT_OUT = (*SEALED, "country", "language", "reason")


class Migration(migrations.Migration):
    dependencies = [("appeal", "0006_pledge"), ("ledger", "0004_history")]

    operations = [
        TEXT_BEGINS,
        TEXT_FOLLOWS,
        TEXT_STAYS,
        SIGNATURE_BEGINS,
        SIGNATURE_STAYS,
        keep_history("appeal_pledgetext"),
        keep_history("appeal_signature", leave_out=LEFT_OUT),
    ]
