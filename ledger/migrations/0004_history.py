"""A history that the database keeps by itself, and that nobody changes."""

from django.db import migrations, models

KEEP = """
    CREATE FUNCTION ledger_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        left_out text[] := coalesce(TG_ARGV, '{}');
        was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - left_out END;
        now_is jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - left_out END;
        before jsonb := was;
        after jsonb := now_is;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            SELECT jsonb_object_agg(key, value) INTO before FROM jsonb_each(was) WHERE value IS DISTINCT FROM now_is -> key;
            SELECT jsonb_object_agg(key, value) INTO after FROM jsonb_each(now_is) WHERE value IS DISTINCT FROM was -> key;
            IF after IS NULL THEN
                RETURN NULL;
            END IF;
        END IF;
        INSERT INTO ledger_change (made_at, made_by, request, place, "row", deed, before, after) VALUES (
            clock_timestamp(),
            nullif(current_setting('history.person', true), '')::bigint,
            coalesce(current_setting('history.request', true), ''),
            TG_TABLE_NAME, coalesce(now_is, was) ->> 'id', lower(TG_OP), before, after
        );
        RETURN NULL;
    END $$;

    CREATE FUNCTION ledger_refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of the history is refused: it is only ever added to.', TG_OP
              USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_append_only';
    END $$;
    CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_change
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_to_forget();
"""
NO_KEEP = """
    DROP TRIGGER history_append_only ON ledger_change;
    DROP FUNCTION ledger_refuse_to_forget();
    DROP FUNCTION ledger_keep_history();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_chart'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(verbose_name='when')),
                ('made_by', models.BigIntegerField(null=True, verbose_name='who')),
                ('request', models.CharField(max_length=64, verbose_name='request')),
                ('place', models.CharField(max_length=63, verbose_name='table')),
                ('row', models.CharField(max_length=64, verbose_name='row')),
                ('deed', models.CharField(max_length=6, verbose_name='deed')),
                ('before', models.JSONField(null=True, verbose_name='before')),
                ('after', models.JSONField(null=True, verbose_name='after')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'history',
                'ordering': ['-pk'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['place', 'row'], name='change_of_a_row')],
            },
        ),
        migrations.RunSQL(KEEP, NO_KEEP),
    ]
