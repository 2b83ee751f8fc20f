"""Transparency reports, their files, and which grants each version shows."""

import django.db.models.deletion
import django.utils.timezone
import receipts.models.document
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0005_story_photo'),
        ('grants', '0024_what_is_approved'),
        ('receipts', '0009_open_books_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('period', models.CharField(help_text='A year, a quarter or a month: 2026, 2026-q3.', max_length=7, verbose_name='period')),
                ('version', models.PositiveSmallIntegerField(verbose_name='version')),
                ('language', models.CharField(max_length=12, verbose_name='language')),
                ('facts', models.BinaryField()),
                ('sha256', models.GeneratedField(db_persist=True, expression=receipts.models.document.Sha256(models.F('facts')), output_field=models.CharField(max_length=64))),
                ('changed', models.TextField(blank=True, verbose_name='what this version changes')),
                ('renewal', models.BooleanField(default=False, help_text='Made by the service itself, because less may be shown of a grant.', verbose_name='renewal')),
                ('prepared_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prepared at')),
                ('checked_at', models.DateTimeField(null=True, verbose_name='checked at')),
                ('published_at', models.DateTimeField(null=True, verbose_name='published at')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='withdrawn at')),
                ('problem', models.TextField(blank=True, help_text='Why it cannot be printed. Prepare it again.', verbose_name='problem')),
                ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='appeal.campaign', verbose_name='campaign')),
                ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='checked by')),
                ('prepared_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='prepared by')),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by')),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='receipts.reportversion', verbose_name='replaces')),
            ],
            options={
                'verbose_name': 'transparency report',
                'verbose_name_plural': 'transparency reports',
                'ordering': ['-pk'],
                'permissions': [('check_reportversion', 'Can check a transparency report that another person prepared'), ('publish_reportversion', 'Can publish a transparency report that was checked')],
            },
        ),
        migrations.CreateModel(
            name='ReportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('content', models.BinaryField()),
                ('sha256', models.GeneratedField(db_persist=True, expression=receipts.models.document.Sha256(models.F('content')), output_field=models.CharField(max_length=64))),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='receipts.reportversion', verbose_name='report')),
            ],
            options={
                'verbose_name': 'file of a report',
                'verbose_name_plural': 'files of reports',
                'ordering': ['report', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ShownGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('full', 'everything but the place'), ('name_withheld', 'everything but the name and the place'), ('country_only', 'country, month and amount'), ('region_only', 'region, month and amount'), ('aggregate', 'only as part of a sum'), ('embargo', 'only as part of a sum, until the danger is over')], max_length=16)),
                ('country', models.CharField(blank=True, help_text='as far as it is told', max_length=2)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grants.grant')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shown', to='receipts.reportversion')),
            ],
            options={
                'verbose_name': 'shown grant',
                'verbose_name_plural': 'shown grants',
            },
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.UniqueConstraint(fields=('campaign', 'currency', 'period', 'version'), name='report_version_is_its_own', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(('period__regex', '^20[0-9]{2}(-q[1-4]|-(0[1-9]|1[0-2]))?$')), name='report_period_is_one'),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='report_currency_is_iso'),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('changed', ''), ('renewal', False), ('replaces', None), ('version', 1)), models.Q(('replaces__isnull', False), ('version__gt', 1), models.Q(models.Q(('changed', ''), _negated=True), ('renewal', True), _connector='OR')), _connector='OR'), name='report_later_says_what_changed'),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(('renewal', models.Q(('prepared_by__isnull', True)))), name='report_prepared_by_a_person_or_renewed'),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('checked_at', None), ('checked_by', None)), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), ('renewal', False), models.Q(('checked_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='report_checked_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='reportversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('published_by', None)), models.Q(('checked_at__isnull', False), ('published_at__isnull', False), ('published_by__isnull', False)), models.Q(('published_at__isnull', False), ('published_by', None), ('renewal', True)), _connector='OR'), name='report_published_means_checked'),
        ),
        migrations.AddConstraint(
            model_name='reportfile',
            constraint=models.UniqueConstraint(fields=('report', 'name'), name='report_file_name_is_its_own'),
        ),
        migrations.AddConstraint(
            model_name='showngrant',
            constraint=models.UniqueConstraint(fields=('report', 'grant'), name='shown_grant_is_one_line'),
        ),
    ]
