"""Mails that cannot be delivered wait; a payment is told of; a call can end with a grant for nobody."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

ALLOCATED_IS_SAID = rule(
    "call_allocated_says_how",
    "grants_call",
    "AFTER UPDATE",
    given="OLD.stage <> 'allocated' AND NEW.stage = 'allocated'",
    deferred=True,
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_allocation WHERE call_id = NEW.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a call whose money is divided says how, and why';
        END IF;
        RETURN NULL;
    END
    """,
)

NOBODY_MEANS_NOBODY = rule(
    "allocation_to_nobody_has_no_grant",
    "grants_allocation",
    "AFTER INSERT",
    given="NEW.method = ''",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_grant g JOIN grants_application a ON a.id = g.application_id
                   WHERE a.call_id = NEW.call_id AND g.state <> 'cancelled') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a call with a grant does not end without one';
        END IF;
        RETURN NULL;
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0025_cancelled'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('mailed_at', models.DateTimeField(null=True, verbose_name='mailed at')),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries')),
                ('retry_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem')),
            ],
            options={
                'verbose_name': 'payment notice',
                'verbose_name_plural': 'payment notices',
            },
        ),
        migrations.AlterModelOptions(
            name='message',
            options={'verbose_name': 'mail to an applicant', 'verbose_name_plural': 'mails to applicants'},
        ),
        migrations.AlterModelOptions(
            name='reminder',
            options={'verbose_name': 'reminder', 'verbose_name_plural': 'reminders'},
        ),
        migrations.RemoveConstraint(
            model_name='allocation',
            name='allocation_method_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='allocation',
            name='allocation_is_of_some_money',
        ),
        migrations.RemoveConstraint(
            model_name='allocation',
            name='allocation_is_in_a_few_parts',
        ),
        migrations.AddField(
            model_name='message',
            name='problem',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem'),
        ),
        migrations.AddField(
            model_name='message',
            name='retry_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries'),
        ),
        migrations.AddField(
            model_name='notice',
            name='problem',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem'),
        ),
        migrations.AddField(
            model_name='notice',
            name='retry_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='problem',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='retry_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries'),
        ),
        migrations.AlterField(
            model_name='allocation',
            name='method',
            field=models.CharField(blank=True, choices=[('by_rank', 'in full, by rank'), ('scaled', 'the same part for everyone'), ('base', 'a base for everyone, the rest by rank')], max_length=8, verbose_name='way'),
        ),
        migrations.AlterField(
            model_name='message',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='message',
            name='mailed_at',
            field=models.DateTimeField(null=True, verbose_name='mailed at'),
        ),
        migrations.AlterField(
            model_name='message',
            name='what',
            field=models.CharField(choices=[('link', 'the link to go on'), ('sent', 'that it was sent'), ('refused', 'that it is not eligible'), ('again', 'that it is eligible after all'), ('declined', 'that the panel did not choose it'), ('reserve', 'that it is on the reserve list'), ('awarded', 'that a grant is offered'), ('cancelled', 'that its grant is cancelled')], max_length=9, verbose_name='what it says'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='mailed_at',
            field=models.DateTimeField(null=True, verbose_name='mailed at'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='mailed_at',
            field=models.DateTimeField(null=True, verbose_name='mailed at'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='when',
            field=models.CharField(choices=[('soon', 'two weeks before it is due'), ('asked', 'when it is asked for again'), ('today', 'when it is due'), ('late', 'a week after it was due')], max_length=5, verbose_name='when'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('method__in', ['', 'by_rank', 'scaled', 'base'])), name='allocation_method_is_known'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('pool_minor__gt', 0), models.Q(('method', ''), ('pool_minor__gte', 0)), _connector='OR'), name='allocation_is_of_some_money'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('method', ''), _negated=True), ('parts__gte', 1), ('parts__lte', 4)), models.Q(('method', ''), ('parts', 0)), _connector='OR'), name='allocation_is_in_a_few_parts'),
        ),
        migrations.AddField(
            model_name='paymentnotice',
            name='tranche',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='notice', to='grants.tranche', verbose_name='tranche'),
        ),
        ALLOCATED_IS_SAID,
        NOBODY_MEANS_NOBODY,
    ]
