"""Photos beside a report: sealed, five at most, and fixed once it is sent."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import grants.models.keys
import appeal.sealed
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

WITH_A_REPORT_THAT_IS_DUE = rule(
    "photo_is_sent_with_its_report",
    "grants_photo",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        PERFORM FROM grants_report WHERE id = coalesce(OLD.report_id, NEW.report_id) AND state = 'due' FOR NO KEY UPDATE;
        IF NOT FOUND OR TG_OP = 'UPDATE' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report stays as it was sent';
        END IF;
        IF TG_OP = 'INSERT' AND (SELECT count(*) FROM grants_photo WHERE report_id = NEW.report_id) >= 5 THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a report has five photos at most';
        END IF;
        RETURN coalesce(NEW, OLD);
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0021_dividers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Photo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=grants.models.keys.new_key, editable=False, max_length=32, unique=True)),
                ('kind', models.CharField(choices=[('jpg', 'photo (JPG)'), ('png', 'picture (PNG)')], max_length=4, verbose_name='kind')),
                ('description', appeal.sealed.SealedTextField(max_length=300, verbose_name='what it shows')),
                ('agreed', models.BooleanField(default=False, verbose_name='everybody in it agrees that it is shown')),
                ('content', appeal.sealed.SealedBinaryField()),
                ('stored_at', models.DateTimeField(auto_now_add=True, verbose_name='stored at')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='grants.report', verbose_name='report')),
            ],
            options={
                'verbose_name': 'photo',
                'verbose_name_plural': 'photos',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('description__empty', False)), name='photo_is_described'), models.CheckConstraint(condition=models.Q(('kind__in', ['jpg', 'png'])), name='photo_is_a_picture'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('content'), 6990706), name='photo_content_is_bounded')],
            },
        ),
        WITH_A_REPORT_THAT_IS_DUE,
    ]
