"""A request to join stays as it was written, moves as written, and tells nothing once it is erased."""

from django.db import migrations

from ledger.history import keep_history

# What is sealed has another token each time it is sealed, so a new key changes these columns and nothing else.
SEALED = ("name", "contact", "email", "words", "email_mark")
LEFT_OUT = (*SEALED, "country", "language", "consent", "reason")

STAYS = f"""
    CREATE FUNCTION join_request_stays_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE was appeal_joinrequest;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'asked' THEN
                RAISE integrity_constraint_violation USING MESSAGE = 'a request to join begins unconfirmed';
            END IF;
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' THEN
            IF OLD.state <> 'asked' THEN
                RAISE integrity_constraint_violation USING MESSAGE = 'a request to join is erased, and its row stays';
            END IF;
            RETURN OLD;
        END IF;
        was := OLD;
        IF current_setting('grants.resealing', true) = 'on' THEN
            {" ".join(f"was.{column} := NEW.{column};" for column in SEALED)}
        END IF;
        IF was.state = 'erased' AND was IS DISTINCT FROM NEW THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'what is erased stays erased';
        END IF;
        IF was.state <> NEW.state AND (was.state, NEW.state) NOT IN (
            ('asked', 'new'), ('new', 'talking'), ('new', 'joined'), ('new', 'declined'), ('new', 'erased'),
            ('talking', 'joined'), ('talking', 'declined'), ('talking', 'erased'),
            ('joined', 'declined'), ('joined', 'erased'), ('declined', 'talking'), ('declined', 'erased')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a request to join does not move from %s to %s', was.state, NEW.state);
        END IF;
        IF (was.reference, was.kind, was.created_at) IS DISTINCT FROM (NEW.reference, NEW.kind, NEW.created_at)
            OR was.state <> 'asked' AND was.confirmed_on IS DISTINCT FROM NEW.confirmed_on
            OR NEW.state <> 'erased' AND (
                (was.name, was.contact, was.email, was.email_mark, was.words, was.country, was.language, was.consent)
                IS DISTINCT FROM
                (NEW.name, NEW.contact, NEW.email, NEW.email_mark, NEW.words, NEW.country, NEW.language, NEW.consent)
            )
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a request to join stays as it was written';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER join_request_stays_as_written BEFORE INSERT OR UPDATE OR DELETE ON appeal_joinrequest
        FOR EACH ROW EXECUTE FUNCTION join_request_stays_as_written();
"""
AT_WILL = """
    DROP TRIGGER join_request_stays_as_written ON appeal_joinrequest;
    DROP FUNCTION join_request_stays_as_written();
"""


class Migration(migrations.Migration):
    dependencies = [("appeal", "0015_joining"), ("ledger", "0004_history")]

    operations = [
        migrations.RunSQL(STAYS, AT_WILL),
        keep_history("appeal_joinrequest", leave_out=LEFT_OUT),
    ]
