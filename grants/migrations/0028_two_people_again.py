"""Money that comes back, and an account that we pay from: one person records it, another confirms or approves it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0027_called'),
        ('ledger', '0004_history'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='ouraccount',
            options={'ordering': ['-pk'], 'permissions': [('approve_ouraccount', 'Can approve an account of ours that another person recorded')], 'verbose_name': 'account of ours', 'verbose_name_plural': 'accounts of ours'},
        ),
        migrations.AlterModelOptions(
            name='returned',
            options={'ordering': ['-pk'], 'permissions': [('confirm_returned', 'Can confirm money returned that another person recorded')], 'verbose_name': 'money returned', 'verbose_name_plural': 'money returned'},
        ),
        migrations.RemoveConstraint(
            model_name='returned',
            name='returned_is_recorded_once',
        ),
        migrations.AddField(
            model_name='ouraccount',
            name='approved_at',
            field=models.DateTimeField(null=True, verbose_name='approved at'),
        ),
        migrations.AddField(
            model_name='ouraccount',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by'),
        ),
        migrations.AddField(
            model_name='returned',
            name='confirmed_at',
            field=models.DateTimeField(null=True, verbose_name='confirmed at'),
        ),
        migrations.AddField(
            model_name='returned',
            name='confirmed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by'),
        ),
        migrations.AddField(
            model_name='returned',
            name='entry',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry', verbose_name='entry'),
        ),
        migrations.AddField(
            model_name='returned',
            name='withdrawal_reason',
            field=models.TextField(blank=True, db_default='', verbose_name='why it was withdrawn'),
        ),
        migrations.AddField(
            model_name='returned',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='withdrawn at'),
        ),
        migrations.AddField(
            model_name='returned',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by'),
        ),
        migrations.AlterField(
            model_name='returned',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddConstraint(
            model_name='ouraccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', None)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('recorded_by')), _negated=True)), _connector='OR'), name='our_account_is_approved_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='returned',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('grant', 'bank_reference'), name='returned_stands_once_for_a_bank_reference'),
        ),
        migrations.AddConstraint(
            model_name='returned',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('entry__isnull', False), models.Q(('confirmed_by', models.F('recorded_by')), _negated=True)), _connector='OR'), name='returned_is_confirmed_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='returned',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawal_reason', ''), ('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('entry', None), ('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawal_reason', ''), _negated=True)), _connector='OR'), name='returned_withdrawn_means_by_whom_and_why'),
        ),
    ]
