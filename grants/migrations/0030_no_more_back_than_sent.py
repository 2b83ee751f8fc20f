"""A payment that its bank sends back was never sent: what its group sent back is of the others then."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

OF_THE_OTHERS = rule(
    "tranche_fails_without_what_came_back",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state IN ('sent', 'confirmed') AND NEW.state NOT IN ('sent', 'confirmed')",
    body="""
    BEGIN
        PERFORM FROM grants_grant WHERE id = NEW.grant_id FOR NO KEY UPDATE;
        IF (SELECT coalesce(sum(amount_minor), 0) FROM grants_returned
            WHERE grant_id = NEW.grant_id AND withdrawn_at IS NULL)
            > (SELECT coalesce(sum(amount_minor), 0) FROM grants_tranche
               WHERE grant_id = NEW.grant_id AND id <> NEW.id AND state IN ('sent', 'confirmed'))
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'no more comes back than was sent';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0029_two_people_again_rules")]
    operations = [OF_THE_OTHERS]
