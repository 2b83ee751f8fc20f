"""A grant is offered, accepted, closed or cancelled; its money is promised before an account is known."""

from importlib import import_module

from django.db import migrations, models

import grants.models.grant

rule = import_module("grants.migrations.0002_two_people").rule

OF_EACH_GRANT_ITS_OWN = """
    UPDATE grants_grant SET key = replace(gen_random_uuid()::text, '-', '')
"""

MOVES_ON_THE_TABLE = rule(
    "grant_moves_as_written",
    "grants_grant",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state",
    body="""
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (
            ('offered', 'accepted'), ('offered', 'cancelled'), ('accepted', 'closed'), ('accepted', 'cancelled')
        ) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = format('a grant does not move from %s to %s', OLD.state, NEW.state);
        END IF;
        RETURN NEW;
    END
    """,
)

APPROVED_WHEN_ACCEPTED = rule(
    "tranche_is_approved_when_its_grant_is_accepted",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> NEW.state AND NEW.state IN ('approved', 'sent')",
    body="""
    BEGIN
        PERFORM FROM grants_grant WHERE id = NEW.grant_id AND state = 'accepted' FOR SHARE;
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a tranche is approved when its grant is accepted';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0004_account_rules")]

    operations = [
        migrations.RemoveConstraint(model_name="tranche", name="tranche_promised_means_to_an_account"),
        migrations.AddField(
            model_name="grant",
            name="key",
            field=models.CharField(default="", editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.RunSQL(OF_EACH_GRANT_ITS_OWN, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="grant",
            name="key",
            field=models.CharField(default=grants.models.grant.new_key, editable=False, max_length=32, unique=True),
        ),
        migrations.AddField(
            model_name="grant",
            name="state",
            field=models.CharField(
                choices=[
                    ("offered", "offered"),
                    ("accepted", "accepted"),
                    ("closed", "closed"),
                    ("cancelled", "cancelled"),
                ],
                db_default="accepted",
                default="accepted",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["offered", "accepted", "closed", "cancelled"])),
                name="grant_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tranche",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["planned", "promised", "released"]), ("account__isnull", False), _connector="OR"
                ),
                name="tranche_approved_means_to_an_account",
            ),
        ),
        MOVES_ON_THE_TABLE,
        APPROVED_WHEN_ACCEPTED,
    ]
