"""What nobody does to a matching pot: the database refuses it, whoever asks."""

from django.db import migrations

from ledger.history import keep_history

REFUSE = """
    CREATE FUNCTION appeal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE restrict_violation USING
            MESSAGE = format('%s of %s is refused: what was promised stays as it is on record.', TG_OP, TG_TABLE_NAME),
            CONSTRAINT = TG_NAME;
    END $$;
"""

# A declared foreign key, which holds from both sides: a promise is in the currency of its appeal, and so of its funds.
SAME_CURRENCY = """
    ALTER TABLE appeal_campaign ADD CONSTRAINT campaign_currency_can_be_referred_to UNIQUE (id, currency);
    ALTER TABLE appeal_matchingpot ADD CONSTRAINT matching_pot_in_the_currency_of_its_campaign
        FOREIGN KEY (campaign_id, currency) REFERENCES appeal_campaign (id, currency);
"""
NOT_THE_SAME = """
    ALTER TABLE appeal_matchingpot DROP CONSTRAINT matching_pot_in_the_currency_of_its_campaign;
    ALTER TABLE appeal_campaign DROP CONSTRAINT campaign_currency_can_be_referred_to;
"""

# Of a pot, only what happens to it is ever written later, and each of that once. Its two sums are counted by triggers
# of the rows that they are sums of, and by nothing else.
STAYS = """
    CREATE FUNCTION appeal_pot_moving_parts() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN ARRAY[
        'opened_by_id', 'opened_at', 'dropped_by_id', 'dropped_at', 'closed_by_id', 'closed_at', 'closing_reason',
        'matched_minor', 'received_minor'];

    CREATE TRIGGER matching_pot_begins_empty BEFORE INSERT ON appeal_matchingpot
        FOR EACH ROW WHEN (NEW.opened_at IS NOT NULL OR NEW.matched_minor <> 0 OR NEW.received_minor <> 0)
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_terms_stay BEFORE UPDATE ON appeal_matchingpot
        FOR EACH ROW WHEN (to_jsonb(OLD) - appeal_pot_moving_parts() IS DISTINCT FROM to_jsonb(NEW) - appeal_pot_moving_parts())
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_opened_once BEFORE UPDATE ON appeal_matchingpot
        FOR EACH ROW WHEN (OLD.opened_at IS NOT NULL
            AND (OLD.opened_by_id, OLD.opened_at) IS DISTINCT FROM (NEW.opened_by_id, NEW.opened_at))
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_dropped_once BEFORE UPDATE ON appeal_matchingpot
        FOR EACH ROW WHEN (OLD.dropped_at IS NOT NULL AND to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW))
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_closed_once BEFORE UPDATE ON appeal_matchingpot
        FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL AND (OLD.closed_by_id, OLD.closed_at, OLD.closing_reason)
            IS DISTINCT FROM (NEW.closed_by_id, NEW.closed_at, NEW.closing_reason))
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_sums_are_counted BEFORE UPDATE ON appeal_matchingpot
        FOR EACH ROW WHEN (pg_trigger_depth() = 0
            AND (OLD.matched_minor, OLD.received_minor) IS DISTINCT FROM (NEW.matched_minor, NEW.received_minor))
        EXECUTE FUNCTION appeal_refuse_change();
    CREATE TRIGGER matching_pot_is_never_deleted BEFORE DELETE OR TRUNCATE ON appeal_matchingpot
        FOR EACH STATEMENT EXECUTE FUNCTION appeal_refuse_change();
"""
CHANGES = """
    DROP TRIGGER matching_pot_is_never_deleted ON appeal_matchingpot;
    DROP TRIGGER matching_pot_sums_are_counted ON appeal_matchingpot;
    DROP TRIGGER matching_pot_closed_once ON appeal_matchingpot;
    DROP TRIGGER matching_pot_dropped_once ON appeal_matchingpot;
    DROP TRIGGER matching_pot_opened_once ON appeal_matchingpot;
    DROP TRIGGER matching_pot_terms_stay ON appeal_matchingpot;
    DROP TRIGGER matching_pot_begins_empty ON appeal_matchingpot;
    DROP FUNCTION appeal_pot_moving_parts();
"""


class Migration(migrations.Migration):
    dependencies = [("appeal", "0010_matching"), ("ledger", "0004_history")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION appeal_refuse_change()"),
        migrations.RunSQL(SAME_CURRENCY, NOT_THE_SAME),
        migrations.RunSQL(STAYS, CHANGES),
        keep_history("appeal_matchingpot", leave_out=("matched_minor", "received_minor")),
    ]
