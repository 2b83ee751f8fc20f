"""Matching pots: what funders promise to add to gifts."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("appeal", "0009_what_is_shown_stays"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MatchingPot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('funder', models.CharField(help_text='Who promised it. Staff alone see this.', max_length=120, verbose_name='funder')),
                ('shown_as', models.CharField(blank=True, help_text='The name that the funder agreed to show to everyone. Empty: “a funder”.', max_length=120, verbose_name='shown as')),
                ('agreement', models.TextField(help_text='What the second person can check the promise by: the letter, the contract, the mail, with its day.', verbose_name='agreement')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('percent', models.PositiveSmallIntegerField(default=100, help_text='What the funder adds to each gift: 100 is as much again, 50 is half as much.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='percent')),
                ('per_gift_minor', models.BigIntegerField()),
                ('total_minor', models.BigIntegerField()),
                ('opens_on', models.DateField(verbose_name='first day')),
                ('closes_on', models.DateField(verbose_name='last day')),
                ('matched_minor', models.BigIntegerField(db_default=0, default=0, editable=False)),
                ('received_minor', models.BigIntegerField(db_default=0, default=0, editable=False)),
                ('prepared_at', models.DateTimeField(verbose_name='prepared at')),
                ('opened_at', models.DateTimeField(null=True, verbose_name='opened at')),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='dropped at')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('closing_reason', models.TextField(blank=True, verbose_name='why it was closed')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matching_pots', to='appeal.campaign', verbose_name='campaign')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='closed by')),
                ('dropped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='dropped by')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='opened by')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='prepared by')),
            ],
            options={
                'verbose_name': 'matching pot',
                'verbose_name_plural': 'matching pots',
                'ordering': ['-pk'],
                'permissions': [('open_matchingpot', 'Can open a matching pot that another person prepared, and close one')],
                'constraints': [models.CheckConstraint(condition=models.Q(('per_gift_minor__gt', 0), ('total_minor__gte', models.F('per_gift_minor'))), name='matching_pot_amounts_positive'), models.CheckConstraint(condition=models.Q(('percent__gte', 1), ('percent__lte', 1000)), name='matching_pot_percent_in_reason'), models.CheckConstraint(condition=models.Q(('closes_on__gte', models.F('opens_on'))), name='matching_pot_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('funder', ''), _negated=True), models.Q(('agreement', ''), _negated=True)), name='matching_pot_can_be_checked'), models.CheckConstraint(condition=models.Q(('matched_minor__gte', 0), ('matched_minor__lte', models.F('total_minor')), ('received_minor__gte', 0)), name='matching_pot_within_its_total'), models.CheckConstraint(condition=models.Q(models.Q(('opened_at', None), ('opened_by', None)), models.Q(('opened_at__isnull', False), ('opened_by__isnull', False), models.Q(('opened_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='matching_pot_opened_by_another_person'), models.CheckConstraint(condition=models.Q(models.Q(('dropped_at', None), ('dropped_by', None)), models.Q(('dropped_at__isnull', False), ('dropped_by__isnull', False), ('opened_at', None)), _connector='OR'), name='matching_pot_dropped_means_by_whom'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('closing_reason', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('opened_at__isnull', False), models.Q(('closing_reason', ''), _negated=True)), _connector='OR'), name='matching_pot_closed_means_by_whom_and_why'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('opened_at__isnull', False)), fields=('campaign',), name='matching_pot_open_once_for_a_campaign')],
            },
        ),
    ]
