from django.db import migrations, models

# Of what two people decide, only the decision is ever written later, and that once.
DECIDED = """
    CREATE TRIGGER refund_request_stays BEFORE UPDATE ON donations_refundrequest
        FOR EACH ROW WHEN ((OLD.donation_id, OLD.amount_minor, OLD.currency, OLD.reason, OLD.asked_by_id, OLD.asked_at)
            IS DISTINCT FROM (NEW.donation_id, NEW.amount_minor, NEW.currency, NEW.reason, NEW.asked_by_id, NEW.asked_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER refund_request_decided_once BEFORE UPDATE ON donations_refundrequest
        FOR EACH ROW WHEN ((OLD.approved_at IS NOT NULL OR OLD.dropped_at IS NOT NULL)
            AND (OLD.approved_by_id, OLD.approved_at, OLD.dropped_by_id, OLD.dropped_at)
                IS DISTINCT FROM (NEW.approved_by_id, NEW.approved_at, NEW.dropped_by_id, NEW.dropped_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER refund_request_is_made_once BEFORE UPDATE ON donations_refundrequest
        FOR EACH ROW WHEN (OLD.refund_id IS NOT NULL AND OLD.refund_id IS DISTINCT FROM NEW.refund_id)
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER refund_request_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_refundrequest
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();

    CREATE TRIGGER explanation_stays BEFORE UPDATE ON donations_explanation
        FOR EACH ROW WHEN (
            (OLD.movement_id, OLD.meaning, OLD.campaign_id, OLD.reason, OLD.proposed_by_id, OLD.proposed_at)
            IS DISTINCT FROM
            (NEW.movement_id, NEW.meaning, NEW.campaign_id, NEW.reason, NEW.proposed_by_id, NEW.proposed_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER explanation_decided_once BEFORE UPDATE ON donations_explanation
        FOR EACH ROW WHEN ((OLD.approved_at IS NOT NULL OR OLD.dropped_at IS NOT NULL)
            AND (OLD.approved_by_id, OLD.approved_at, OLD.dropped_by_id, OLD.dropped_at)
                IS DISTINCT FROM (NEW.approved_by_id, NEW.approved_at, NEW.dropped_by_id, NEW.dropped_at))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER explanation_is_booked_once BEFORE UPDATE ON donations_explanation
        FOR EACH ROW WHEN (OLD.entry_id IS NOT NULL AND OLD.entry_id IS DISTINCT FROM NEW.entry_id)
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER explanation_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_explanation
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();

    CREATE FUNCTION donations_check_explained() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM donations_explanation e WHERE e.movement_id = NEW.id AND e.approved_at IS NOT NULL) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a movement is explained only as two people agreed', CONSTRAINT = TG_NAME;
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER balance_transaction_explained_by_two AFTER INSERT OR UPDATE ON donations_balancetransaction
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.explained) EXECUTE FUNCTION donations_check_explained();
"""

UNDECIDED = """
    DROP TRIGGER balance_transaction_explained_by_two ON donations_balancetransaction;
    DROP FUNCTION donations_check_explained();
    DROP TRIGGER explanation_is_never_deleted ON donations_explanation;
    DROP TRIGGER explanation_is_booked_once ON donations_explanation;
    DROP TRIGGER explanation_decided_once ON donations_explanation;
    DROP TRIGGER explanation_stays ON donations_explanation;
    DROP TRIGGER refund_request_is_never_deleted ON donations_refundrequest;
    DROP TRIGGER refund_request_is_made_once ON donations_refundrequest;
    DROP TRIGGER refund_request_decided_once ON donations_refundrequest;
    DROP TRIGGER refund_request_stays ON donations_refundrequest;
"""


class Migration(migrations.Migration):
    dependencies = [("donations", "0006_letters")]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="asked_at",
            field=models.DateTimeField(help_text="when Stripe was asked what it is made of", null=True),
        ),
        migrations.RunSQL(DECIDED, UNDECIDED),
    ]
