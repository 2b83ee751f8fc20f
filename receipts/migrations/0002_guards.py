"""What nobody may do to a receipt, whoever asks: the database refuses it."""

from django.db import migrations

REFUSE = """
    CREATE FUNCTION receipts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE restrict_violation USING
            MESSAGE = format('%s of %s is refused: what was issued stays. Void it, or replace it.', TG_OP, TG_TABLE_NAME),
            CONSTRAINT = TG_NAME;
    END $$;
"""

# Of a receipt, only these columns ever change; every other one, those of later migrations too, is the snapshot.
SNAPSHOT = """
    CREATE FUNCTION receipts_moving_parts() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN
        ARRAY['mailed_at', 'voided_at', 'voided_by_id', 'void_reason', 'tries', 'retry_at', 'problem'];

    CREATE TRIGGER receipt_snapshot_stays BEFORE UPDATE ON receipts_receipt
        FOR EACH ROW WHEN (to_jsonb(OLD) - receipts_moving_parts() IS DISTINCT FROM to_jsonb(NEW) - receipts_moving_parts())
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER receipt_mailed_once BEFORE UPDATE ON receipts_receipt
        FOR EACH ROW WHEN (OLD.mailed_at IS NOT NULL AND OLD.mailed_at IS DISTINCT FROM NEW.mailed_at)
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER receipt_voided_once BEFORE UPDATE ON receipts_receipt
        FOR EACH ROW WHEN (OLD.voided_at IS NOT NULL AND (OLD.voided_at, OLD.voided_by_id, OLD.void_reason)
                           IS DISTINCT FROM (NEW.voided_at, NEW.voided_by_id, NEW.void_reason))
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER receipt_is_never_deleted BEFORE DELETE OR TRUNCATE ON receipts_receipt
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""

NO_SNAPSHOT = """
    DROP TRIGGER receipt_is_never_deleted ON receipts_receipt;
    DROP TRIGGER receipt_voided_once ON receipts_receipt;
    DROP TRIGGER receipt_mailed_once ON receipts_receipt;
    DROP TRIGGER receipt_snapshot_stays ON receipts_receipt;
    DROP FUNCTION receipts_moving_parts();
"""

DOCUMENT = """
    CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON receipts_receiptdocument
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""

NUMBERS = """
    CREATE TRIGGER series_only_counts_up BEFORE UPDATE ON receipts_numberseries
        FOR EACH ROW WHEN ((OLD.prefix, OLD.year) IS DISTINCT FROM (NEW.prefix, NEW.year) OR NEW.last <= OLD.last)
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER series_is_never_deleted BEFORE DELETE OR TRUNCATE ON receipts_numberseries
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""

NO_NUMBERS = """
    DROP TRIGGER series_is_never_deleted ON receipts_numberseries;
    DROP TRIGGER series_only_counts_up ON receipts_numberseries;
"""

# The receipts print an approved profile's words, so only its end may still be set.
ISSUER = """
    CREATE TRIGGER issuer_approved_is_fixed BEFORE UPDATE ON receipts_issuerprofile
        FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL AND (
            to_jsonb(OLD) - 'valid_until' IS DISTINCT FROM to_jsonb(NEW) - 'valid_until'
            OR OLD.valid_until IS NOT NULL AND OLD.valid_until IS DISTINCT FROM NEW.valid_until))
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER issuer_approved_is_never_deleted BEFORE DELETE ON receipts_issuerprofile
        FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION receipts_refuse_change();
"""

NO_ISSUER = """
    DROP TRIGGER issuer_approved_is_never_deleted ON receipts_issuerprofile;
    DROP TRIGGER issuer_approved_is_fixed ON receipts_issuerprofile;
"""

STANDING = """
    CREATE FUNCTION receipts_check_standing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM receipts_issuerprofile WHERE id = NEW.issuer_id AND approved_at IS NOT NULL) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'only an approved profile issues receipts', CONSTRAINT = 'receipt_issuer_is_approved';
        END IF;
        IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM receipts_receipt
            WHERE id = NEW.replaces_id AND donation_id = NEW.donation_id AND voided_at IS NOT NULL
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a receipt replaces a voided one of the same gift', CONSTRAINT = 'receipt_replaces_a_voided_one';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER receipt_standing BEFORE INSERT ON receipts_receipt
        FOR EACH ROW EXECUTE FUNCTION receipts_check_standing();
"""

NO_STANDING = """
    DROP TRIGGER receipt_standing ON receipts_receipt;
    DROP FUNCTION receipts_check_standing();
"""


class Migration(migrations.Migration):
    dependencies = [("receipts", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION receipts_refuse_change()"),
        migrations.RunSQL(SNAPSHOT, NO_SNAPSHOT),
        migrations.RunSQL(DOCUMENT, "DROP TRIGGER document_stays ON receipts_receiptdocument"),
        migrations.RunSQL(NUMBERS, NO_NUMBERS),
        migrations.RunSQL(ISSUER, NO_ISSUER),
        migrations.RunSQL(STANDING, NO_STANDING),
    ]
