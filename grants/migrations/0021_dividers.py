"""Who stood aside from an application divides no money among those of its call."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

DIVIDERS = rule(
    "allocation_is_not_by_who_stands_aside",
    "grants_allocation",
    "BEFORE INSERT",
    body="""
    BEGIN
        IF EXISTS (
            SELECT FROM grants_recusal r
            JOIN grants_application a ON a.id = r.application_id JOIN grants_member m ON m.id = r.member_id
            WHERE a.call_id = NEW.call_id AND m.person_id = NEW.chosen_by_id
        ) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'nobody divides money among groups of which they stand aside from one';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0020_payment_files")]

    operations = [DIVIDERS]
