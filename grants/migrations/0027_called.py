"""Groups without mail are called, and nothing is paid to a new account of theirs before that; readers are told by mail."""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
import appeal.sealed
from django.conf import settings
from django.db import migrations, models

rules = import_module("grants.migrations.0004_account_rules")

SENT_AFTER_THE_WAIT = rules.rule(
    "tranche_is_sent_when_its_account_has_waited",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state <> 'sent' AND NEW.state = 'sent'",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_payeeaccount a WHERE a.id = NEW.account_id AND a.payable_from > now()) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a new account waits before it is paid';
        END IF;
        IF EXISTS (SELECT FROM grants_notice n
                   WHERE n.account_id = NEW.account_id AND n.address = '' AND n.called_at IS NULL) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a group without mail is called before a new account is paid';
        END IF;
        RETURN NEW;
    END
    """,
)

NOTICE_STAYS = rules.rule(
    "notice_stays_as_it_was_given",
    "grants_notice",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'DELETE' OR (OLD.initiative_id, OLD.change, OLD.account_id, OLD.created_at) IS DISTINCT FROM
                               (NEW.initiative_id, NEW.change, NEW.account_id, NEW.created_at)
            OR (OLD.address = '') <> (NEW.address = '')
            OR OLD.address <> NEW.address AND current_setting('grants.resealing', true) IS DISTINCT FROM 'on'
            OR OLD.called_at IS NOT NULL AND (OLD.called_at, OLD.called_by_id, OLD.said) IS DISTINCT FROM
                                             (NEW.called_at, NEW.called_by_id, NEW.said)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a notice stays as it was given';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0026_told_and_ended'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReadingNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('mailed_at', models.DateTimeField(null=True, verbose_name='mailed at')),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries')),
                ('retry_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem')),
            ],
            options={
                'verbose_name': 'mail to a reader',
                'verbose_name_plural': 'mails to readers',
            },
        ),
        migrations.AddField(
            model_name='initiative',
            name='contact',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', max_length=200, verbose_name='contact person'),
        ),
        migrations.AddField(
            model_name='initiative',
            name='phone',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', help_text="Groups without mail are called. With + and the country's code, like +62 812 3456 7890.", max_length=40, verbose_name='telephone number'),
        ),
        migrations.AddField(
            model_name='notice',
            name='called_at',
            field=models.DateTimeField(null=True, verbose_name='called at'),
        ),
        migrations.AddField(
            model_name='notice',
            name='called_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='called by'),
        ),
        migrations.AddField(
            model_name='notice',
            name='said',
            field=models.TextField(blank=True, db_default='', verbose_name='what they said'),
        ),
        migrations.AlterField(
            model_name='initiative',
            name='email',
            field=appeal.sealed.SealedTextField(blank=True, max_length=254, validators=[django.core.validators.EmailValidator()], verbose_name='contact email'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='address',
            field=appeal.sealed.SealedTextField(blank=True, verbose_name='address'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('called_at', None), ('called_by', None), ('said', '')), models.Q(('address__empty', True), ('called_at__isnull', False), ('called_by__isnull', False), models.Q(('said', ''), _negated=True)), _connector='OR'), name='notice_called_means_by_a_person'),
        ),
        migrations.AddField(
            model_name='readingnotice',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='grants.member', verbose_name='member'),
        ),
        migrations.AddConstraint(
            model_name='readingnotice',
            constraint=models.UniqueConstraint(condition=models.Q(('mailed_at__isnull', True)), fields=('member',), name='reading_notice_waits_once'),
        ),
        migrations.RunSQL(rules.SENT_AFTER_THE_WAIT.reverse_sql, rules.SENT_AFTER_THE_WAIT.sql),
        SENT_AFTER_THE_WAIT,
        NOTICE_STAYS,
    ]
