import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("donations", "0003_offline")]

    operations = [
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('key', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('holds', models.DurationField()),
                ('level', models.DurationField(help_text='at `updated_at`; less than nothing is nothing')),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ChallengeMode',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('opened_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Decline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.CharField(help_text="Stripe's charge, or its event if it made none", max_length=255, unique=True)),
                ('created_at', models.DateTimeField(db_index=True, help_text='at Stripe')),
            ],
        ),
        migrations.CreateModel(
            name='Origin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=32)),
                ('browser', models.CharField(max_length=32)),
                ('paid', models.BooleanField(db_default=False, help_text='counted as paid')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('minute', models.DateTimeField()),
                ('event', models.CharField(choices=[('started', 'gifts started'), ('paid', 'gifts paid'), ('declined', 'cards declined'), ('refused', 'forms refused, as too many came from one place'), ('challenged', 'forms without the right answer in challenge mode')], max_length=10)),
                ('count', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'figure on card testers',
                'verbose_name_plural': 'card testers',
            },
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('state', 'paid')), fields=['charged_at'], name='donation_unsettled'),
        ),
        migrations.AddConstraint(
            model_name='bucket',
            constraint=models.CheckConstraint(condition=models.Q(('key__regex', '^[0-9a-f]{32}$')), name='bucket_key_names_nobody'),
        ),
        migrations.AddConstraint(
            model_name='bucket',
            constraint=models.CheckConstraint(condition=models.Q(('level__lte', django.db.models.expressions.CombinedExpression(models.F('holds'), '+', models.F('holds')))), name='bucket_leaks_in_a_known_time'),
        ),
        migrations.AddConstraint(
            model_name='challengemode',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='challenge_mode_is_one'),
        ),
        migrations.AddConstraint(
            model_name='challengemode',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('opened_at'))), name='challenge_mode_ends'),
        ),
        migrations.AddField(
            model_name='decline',
            name='donation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='declines', to='donations.donation'),
        ),
        migrations.AddField(
            model_name='origin',
            name='donation',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='origin', to='donations.donation'),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.UniqueConstraint(fields=('minute', 'event'), name='tally_one_row_a_minute'),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.CheckConstraint(condition=models.Q(('count__gt', 0)), name='tally_counts_up'),
        ),
        migrations.AddIndex(
            model_name='origin',
            index=models.Index(condition=models.Q(('paid', False)), fields=['donation'], name='origin_not_paid'),
        ),
        migrations.AddConstraint(
            model_name='origin',
            constraint=models.CheckConstraint(condition=models.Q(('address__regex', '^[0-9a-f]{32}$'), ('browser__regex', '^[0-9a-f]{32}$')), name='origin_names_nobody'),
        ),
    ]
