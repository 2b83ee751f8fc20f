"""What gifts get from matching pots, and what pays a pot."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0011_matching_rules'),
        ('donations', '0007_decided_once'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('booked_minor', models.BigIntegerField(help_text='the gift as it is in the books, in the currency of the pot')),
                ('kept_minor', models.BigIntegerField(help_text='what of the gift we still had when last looked at, in its currency')),
                ('first_minor', models.BigIntegerField(help_text="what the pot gave when it was the gift's turn")),
                ('amount_minor', models.BigIntegerField(help_text='what of that stands')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='matched at')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed at')),
                ('donation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='match', to='donations.donation', verbose_name='donation')),
                ('pot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='appeal.matchingpot', verbose_name='matching pot')),
            ],
            options={
                'verbose_name': 'match',
                'verbose_name_plural': 'matches',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0), ('amount_minor__lte', models.F('first_minor'))), name='match_stands_within_what_it_was'), models.CheckConstraint(condition=models.Q(('booked_minor__gt', 0), ('kept_minor__gte', 0)), name='match_of_a_gift')],
            },
        ),
        migrations.CreateModel(
            name='PotPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('named_at', models.DateTimeField(verbose_name='named at')),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='dropped at')),
                ('dropped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='dropped by')),
                ('gift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pot_payments', to='donations.offlinegift', verbose_name='offline gift')),
                ('named_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='named by')),
                ('pot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='appeal.matchingpot', verbose_name='matching pot')),
            ],
            options={
                'verbose_name': 'payment of a matching pot',
                'verbose_name_plural': 'payments of matching pots',
                'constraints': [models.UniqueConstraint(condition=models.Q(('dropped_at', None)), fields=('gift',), name='pot_payment_of_a_gift_stands_once'), models.CheckConstraint(condition=models.Q(models.Q(('dropped_at', None), ('dropped_by', None)), models.Q(('dropped_at__isnull', False), ('dropped_by__isnull', False)), _connector='OR'), name='pot_payment_dropped_means_by_whom')],
            },
        ),
    ]
