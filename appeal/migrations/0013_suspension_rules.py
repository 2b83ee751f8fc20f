"""An appeal moves from draft to live, to suspended and back, to closed: the database refuses any other way."""

from django.db import migrations

MOVES = """
    CREATE FUNCTION campaign_moves_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.status, NEW.status) NOT IN (
            ('draft', 'live'), ('live', 'suspended'), ('suspended', 'live'), ('live', 'closed'), ('suspended', 'closed')
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = format('an appeal does not move from %s to %s', OLD.status, NEW.status),
                CONSTRAINT = 'campaign_moves_as_written';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER campaign_moves_as_written BEFORE UPDATE ON appeal_campaign
        FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION campaign_moves_as_written();
"""
MOVES_AT_WILL = """
    DROP TRIGGER campaign_moves_as_written ON appeal_campaign;
    DROP FUNCTION campaign_moves_as_written();
"""


class Migration(migrations.Migration):
    dependencies = [("appeal", "0012_suspension")]

    operations = [migrations.RunSQL(MOVES, MOVES_AT_WILL)]
