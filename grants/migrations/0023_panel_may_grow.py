"""While an application lacks its quorum, somebody may still join the panel to vote: else a call could wait for ever.

Nobody knows a vote before the close, so that nobody can choose whom to add by what was cast.
"""

from django.db import migrations

BODY = """
    CREATE OR REPLACE FUNCTION panel_is_complete_before_it_votes() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE asked grants_call;
    BEGIN
        IF TG_OP = 'UPDATE' AND (OLD.call_id, OLD.person_id) <> (NEW.call_id, NEW.person_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a member stays the same person on the same panel';
        END IF;
        SELECT * INTO asked FROM grants_call WHERE id = coalesce(NEW.call_id, OLD.call_id) FOR SHARE;
        IF asked.stage IN ('draft', 'published', 'review') THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF TG_OP = 'INSERT' AND asked.stage = 'vote' AND NEW.may_vote AND EXISTS (
            SELECT FROM grants_application a WHERE a.call_id = NEW.call_id AND a.state = 'eligible' AND {lacking}
        ) THEN
            RETURN NEW;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a panel is complete before it votes';
    END
    $$;
"""
VOTERS = "grants_voters(a.id) < 2"
VOTES = """(
    SELECT count(*) FROM grants_vote v WHERE v.application_id = a.id AND NOT grants_stands_aside(a.id, v.member_id)
) < greatest(2, (grants_voters(a.id) * asked.quorum + 99) / 100)"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0022_photos")]

    operations = [migrations.RunSQL(BODY.format(lacking=VOTES), BODY.format(lacking=VOTERS))]
