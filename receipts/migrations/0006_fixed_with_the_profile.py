"""An approved profile's texts and required fields are as fixed as the profile; what is put into its words is named."""

from django.db import migrations

from ledger.history import keep_history

PARTS = ("receipts_issuertext", "receipts_requiredfield")
OF_APPROVED = """
    CREATE FUNCTION receipts_part_of_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE profiles bigint[] := array_remove(ARRAY[
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.issuer_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.issuer_id END], NULL);
    BEGIN
        PERFORM FROM receipts_issuerprofile WHERE id = ANY (profiles) FOR SHARE;  -- waits for an approval under way
        IF EXISTS (SELECT FROM receipts_issuerprofile WHERE id = ANY (profiles) AND approved_at IS NOT NULL) THEN
            RAISE restrict_violation USING
                MESSAGE = format('%s of %s is refused: its profile is approved.', TG_OP, TG_TABLE_NAME),
                CONSTRAINT = TG_NAME;
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
"""
GUARD = """
    CREATE TRIGGER part_of_a_draft BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION receipts_part_of_a_draft();
    CREATE TRIGGER parts_are_not_emptied BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""
NO_GUARD = "DROP TRIGGER part_of_a_draft ON {table}; DROP TRIGGER parts_are_not_emptied ON {table}"

NAMES = """
    ALTER TABLE receipts_issuertext ADD CONSTRAINT text_names_what_it_knows CHECK (regexp_replace(words,
        '\\{(donor_name|amount|eligible_amount|advantage|number|given_on|issued_on|purpose|place_of_issue|legal_name'
        '|registration|signatory|first_day|last_day|replaces)\\}', '', 'g') !~ '[{}]');
"""

# Two columns are sealed. Only sealing them anew, with another key, may write them, as in grants.
MOVING = """
    CREATE OR REPLACE FUNCTION receipts_moving_parts() RETURNS text[] LANGUAGE sql STABLE RETURN
        ARRAY['mailed_at', 'voided_at', 'voided_by_id', 'void_reason', 'tries', 'retry_at', 'problem'] ||
        CASE WHEN current_setting('grants.resealing', true) = 'on'
        THEN ARRAY['donor_address', 'donor_tax_id'] ELSE ARRAY[]::text[] END;
"""
MOVED = """
    CREATE OR REPLACE FUNCTION receipts_moving_parts() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN
        ARRAY['mailed_at', 'voided_at', 'voided_by_id', 'void_reason', 'tries', 'retry_at', 'problem'];
"""
TEXT = """
    CREATE FUNCTION receipts_check_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.text_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM receipts_issuertext WHERE id = NEW.text_id AND issuer_id = NEW.issuer_id AND kind = NEW.kind
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a receipt has words of its own issuer and kind', CONSTRAINT = 'receipt_text_is_its_issuers';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER receipt_text BEFORE INSERT ON receipts_receipt
        FOR EACH ROW EXECUTE FUNCTION receipts_check_text();
"""
NO_TEXT = "DROP TRIGGER receipt_text ON receipts_receipt; DROP FUNCTION receipts_check_text()"


class Migration(migrations.Migration):
    dependencies = [("receipts", "0005_profiles_and_holding")]

    operations = [
        migrations.RunSQL(OF_APPROVED, "DROP FUNCTION receipts_part_of_a_draft()"),
        *(migrations.RunSQL(GUARD.format(table=table), NO_GUARD.format(table=table)) for table in PARTS),
        migrations.RunSQL(NAMES, "ALTER TABLE receipts_issuertext DROP CONSTRAINT text_names_what_it_knows"),
        migrations.RunSQL(MOVING, MOVED),
        migrations.RunSQL(TEXT, NO_TEXT),
        *(keep_history(table) for table in PARTS),
        keep_history("receipts_heldgift"),
    ]
