"""What nobody may do to a transparency report, and what the database does when less may be shown of a grant."""

from django.db import migrations

from ledger.history import keep_history

NUMBERED = """
    CREATE FUNCTION receipts_number_report() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        last receipts_reportversion;
    BEGIN
        SELECT * INTO last FROM receipts_reportversion AS v
        WHERE v.campaign_id IS NOT DISTINCT FROM NEW.campaign_id AND (v.currency, v.period) = (NEW.currency, NEW.period)
        ORDER BY v.version DESC LIMIT 1;
        IF NEW.version <> coalesce(last.version, 0) + 1 OR NEW.replaces_id IS DISTINCT FROM last.id
           OR last.id IS NOT NULL AND last.published_at IS NULL THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'versions of a report follow each other without a gap, each after the last was published',
                CONSTRAINT = 'report_versions_have_no_gap';
        END IF;
        IF NEW.renewal AND last.withdrawn_at IS NULL THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'only what was withdrawn is renewed', CONSTRAINT = 'report_renewal_is_of_a_withdrawn_one';
        END IF;
        IF NEW.published_at IS NOT NULL OR NEW.checked_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a report is prepared first', CONSTRAINT = 'report_begins_prepared';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER report_is_numbered BEFORE INSERT ON receipts_reportversion
        FOR EACH ROW EXECUTE FUNCTION receipts_number_report();
"""

NOT_NUMBERED = """
    DROP TRIGGER report_is_numbered ON receipts_reportversion;
    DROP FUNCTION receipts_number_report();
"""

# Of a report, only these columns ever change, and each of them once.
FIXED = """
    CREATE FUNCTION receipts_report_steps() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN
        ARRAY['checked_by_id', 'checked_at', 'published_by_id', 'published_at', 'withdrawn_at', 'problem'];

    CREATE TRIGGER report_stays AFTER UPDATE ON receipts_reportversion
        FOR EACH ROW WHEN (to_jsonb(OLD) - receipts_report_steps() IS DISTINCT FROM to_jsonb(NEW) - receipts_report_steps())
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER report_checked_once BEFORE UPDATE ON receipts_reportversion
        FOR EACH ROW WHEN (OLD.checked_at IS NOT NULL
                           AND (OLD.checked_at, OLD.checked_by_id) IS DISTINCT FROM (NEW.checked_at, NEW.checked_by_id))
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER report_published_once BEFORE UPDATE ON receipts_reportversion
        FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND (OLD.published_at, OLD.published_by_id)
                           IS DISTINCT FROM (NEW.published_at, NEW.published_by_id))
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER report_withdrawn_for_good BEFORE UPDATE ON receipts_reportversion
        FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL AND OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at)
        EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER report_published_is_never_deleted BEFORE DELETE ON receipts_reportversion
        FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER report_is_never_emptied BEFORE TRUNCATE ON receipts_reportversion
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""

NOT_FIXED = """
    DROP TRIGGER report_is_never_emptied ON receipts_reportversion;
    DROP TRIGGER report_published_is_never_deleted ON receipts_reportversion;
    DROP TRIGGER report_withdrawn_for_good ON receipts_reportversion;
    DROP TRIGGER report_published_once ON receipts_reportversion;
    DROP TRIGGER report_checked_once ON receipts_reportversion;
    DROP TRIGGER report_stays ON receipts_reportversion;
    DROP FUNCTION receipts_report_steps();
"""

PUBLISHED = """
    CREATE FUNCTION receipts_publish_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.withdrawn_at IS NOT NULL
           OR NOT EXISTS (SELECT FROM receipts_reportfile WHERE report_id = NEW.id) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'what is published has its files, and shows nothing that is withheld',
                CONSTRAINT = 'report_published_has_files';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER report_is_whole BEFORE UPDATE ON receipts_reportversion
        FOR EACH ROW WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL)
        EXECUTE FUNCTION receipts_publish_report();
"""

NOT_PUBLISHED = """
    DROP TRIGGER report_is_whole ON receipts_reportversion;
    DROP FUNCTION receipts_publish_report();
"""

# Its files, and the list of what it shows, belong to it: they come before it is published, and go only with a draft.
PARTS = """
    CREATE FUNCTION receipts_keep_report_part() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        part bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.report_id ELSE OLD.report_id END;
    BEGIN
        IF TG_OP = 'UPDATE'
           OR EXISTS (SELECT FROM receipts_reportversion WHERE id = part AND published_at IS NOT NULL) THEN
            RAISE restrict_violation USING
                MESSAGE = format('%s of %s is refused: what was published stays. Publish a later version.',
                                 TG_OP, TG_TABLE_NAME),
                CONSTRAINT = TG_NAME;
        END IF;
        RETURN CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
    END $$;

    CREATE TRIGGER report_file_stays BEFORE INSERT OR UPDATE OR DELETE ON receipts_reportfile
        FOR EACH ROW EXECUTE FUNCTION receipts_keep_report_part();
    CREATE TRIGGER report_files_are_never_emptied BEFORE TRUNCATE ON receipts_reportfile
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
    CREATE TRIGGER shown_grant_stays BEFORE INSERT OR UPDATE OR DELETE ON receipts_showngrant
        FOR EACH ROW EXECUTE FUNCTION receipts_keep_report_part();
    CREATE TRIGGER shown_grants_are_never_emptied BEFORE TRUNCATE ON receipts_showngrant
        FOR EACH STATEMENT EXECUTE FUNCTION receipts_refuse_change();
"""

NO_PARTS = """
    DROP TRIGGER shown_grants_are_never_emptied ON receipts_showngrant;
    DROP TRIGGER shown_grant_stays ON receipts_showngrant;
    DROP TRIGGER report_files_are_never_emptied ON receipts_reportfile;
    DROP TRIGGER report_file_stays ON receipts_reportfile;
    DROP FUNCTION receipts_keep_report_part();
"""

# The grant is locked while the line is written, so whoever lowers it at this instant waits, and then finds the line.
AGREED = """
    CREATE FUNCTION receipts_told(level text) RETURNS int LANGUAGE sql IMMUTABLE RETURN
        coalesce(array_position(ARRAY['region_only', 'country_only', 'name_withheld', 'full'], level), 0);

    CREATE FUNCTION receipts_check_shown() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        agreed text;
    BEGIN
        SELECT publication INTO agreed FROM grants_grant WHERE id = NEW.grant_id FOR SHARE;
        IF receipts_told(NEW.level) = 0 OR receipts_told(agreed) < receipts_told(NEW.level) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a report shows no more of a grant than its initiative agreed to',
                CONSTRAINT = 'shown_grant_is_agreed';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER shown_grant_is_agreed BEFORE INSERT ON receipts_showngrant
        FOR EACH ROW EXECUTE FUNCTION receipts_check_shown();
"""

NOT_AGREED = """
    DROP TRIGGER shown_grant_is_agreed ON receipts_showngrant;
    DROP FUNCTION receipts_check_shown();
    DROP FUNCTION receipts_told(text);
"""

# With the grant itself, the others go whose country was told because enough groups shared it: it may not be enough now.
WITHDRAWN = """
    CREATE FUNCTION receipts_withdraw(lowered bigint, agreed int) RETURNS void LANGUAGE sql
    BEGIN ATOMIC
        UPDATE receipts_reportversion SET withdrawn_at = now()
        WHERE withdrawn_at IS NULL AND id IN (
            SELECT shown.report_id FROM receipts_showngrant AS shown
            WHERE shown.grant_id = lowered AND receipts_told(shown.level) > agreed
            UNION
            SELECT beside.report_id
            FROM grants_grant AS it
            JOIN grants_initiative AS its ON its.id = it.initiative_id
            JOIN grants_grant AS other ON other.campaign_id = it.campaign_id
            JOIN receipts_showngrant AS beside ON beside.grant_id = other.id
            WHERE it.id = lowered AND agreed < receipts_told('country_only') AND beside.country = its.country
              AND beside.level IN ('country_only', 'name_withheld'));
    END;

    CREATE FUNCTION receipts_withdraw_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM receipts_withdraw(
            NEW.id, CASE WHEN OLD.purpose = NEW.purpose THEN receipts_told(NEW.publication) ELSE 0 END);
        RETURN NULL;
    END $$;
    CREATE TRIGGER lowered_grant_is_withdrawn AFTER UPDATE ON grants_grant
        FOR EACH ROW WHEN (OLD.purpose <> NEW.purpose OR receipts_told(NEW.publication) < receipts_told(OLD.publication))
        EXECUTE FUNCTION receipts_withdraw_grant();

    CREATE FUNCTION receipts_withdraw_initiative() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM receipts_withdraw(id, 0) FROM grants_grant WHERE initiative_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER renamed_initiative_is_withdrawn AFTER UPDATE ON grants_initiative
        FOR EACH ROW WHEN ((OLD.name, OLD.public_alias, OLD.country, OLD.region)
                           IS DISTINCT FROM (NEW.name, NEW.public_alias, NEW.country, NEW.region))
        EXECUTE FUNCTION receipts_withdraw_initiative();

    CREATE FUNCTION receipts_withdraw_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM receipts_withdraw(NEW.grant_id, receipts_told('country_only'));
        RETURN NULL;
    END $$;
    CREATE TRIGGER told_numbers_are_withdrawn AFTER UPDATE ON grants_report
        FOR EACH ROW WHEN (OLD.consented_on IS NOT NULL AND NEW.consented_on IS NULL)
        EXECUTE FUNCTION receipts_withdraw_numbers();
"""

NOT_WITHDRAWN = """
    DROP TRIGGER told_numbers_are_withdrawn ON grants_report;
    DROP FUNCTION receipts_withdraw_numbers();
    DROP TRIGGER renamed_initiative_is_withdrawn ON grants_initiative;
    DROP FUNCTION receipts_withdraw_initiative();
    DROP TRIGGER lowered_grant_is_withdrawn ON grants_grant;
    DROP FUNCTION receipts_withdraw_grant();
    DROP FUNCTION receipts_withdraw(bigint, int);
"""


class Migration(migrations.Migration):
    dependencies = [("receipts", "0010_published_reports"), ("grants", "0024_what_is_approved")]

    operations = [
        migrations.RunSQL(NUMBERED, NOT_NUMBERED),
        migrations.RunSQL(FIXED, NOT_FIXED),
        migrations.RunSQL(PUBLISHED, NOT_PUBLISHED),
        migrations.RunSQL(PARTS, NO_PARTS),
        migrations.RunSQL(AGREED, NOT_AGREED),
        migrations.RunSQL(WITHDRAWN, NOT_WITHDRAWN),
        keep_history("receipts_reportversion", leave_out=("facts",)),
    ]
