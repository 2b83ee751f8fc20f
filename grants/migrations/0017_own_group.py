"""Who stood aside from an application approves no payment to the group behind it."""

from importlib import import_module

from django.db import migrations

rule = import_module("grants.migrations.0002_two_people").rule

APPROVERS = rule(
    "approval_is_not_by_who_stands_aside",
    "grants_approval",
    "BEFORE INSERT",
    body="""
    BEGIN
        IF EXISTS (
            SELECT FROM grants_tranche t JOIN grants_grant g ON g.id = t.grant_id
            JOIN grants_recusal r ON r.application_id = g.application_id JOIN grants_member m ON m.id = r.member_id
            WHERE t.id = NEW.tranche_id AND m.person_id = NEW.approved_by_id
        ) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'nobody approves for a group from which they stand aside';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0016_attachments")]

    operations = [APPROVERS]
