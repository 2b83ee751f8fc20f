"""How the money of a call is divided, and what an initiative answers to its award."""

from importlib import import_module

import django.db.models.deletion
import appeal.sealed
from django.conf import settings
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

ALLOCATION_STAYS = rule(
    "allocation_stays_as_chosen",
    "grants_allocation",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'an allocation stays as it was chosen';
    END
    """,
)

TOGETHER_UNDER_THE_CEILING = rule(
    "grants_of_a_call_are_under_its_ceiling",
    "grants_grant",
    "AFTER INSERT OR UPDATE OF amount_minor, state, application_id",
    deferred=True,
    given="NEW.application_id IS NOT NULL AND NEW.state <> 'cancelled'",
    body="""
    DECLARE asked bigint := (SELECT call_id FROM grants_application WHERE id = NEW.application_id);
    BEGIN
        PERFORM FROM grants_call WHERE id = asked FOR NO KEY UPDATE;
        IF (SELECT sum(g.amount_minor) FROM grants_grant g JOIN grants_application a ON a.id = g.application_id
            WHERE a.call_id = asked AND g.state <> 'cancelled') > (SELECT ceiling_minor FROM grants_call WHERE id = asked)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'the grants of a call are under its ceiling together';
        END IF;
        RETURN NULL;
    END
    """,
)

OF_AN_APPLICATION = rule(
    "grant_is_what_its_application_asked_for",
    "grants_grant",
    "BEFORE INSERT OR UPDATE OF application_id, amount_minor, fund_id, initiative_id",
    given="NEW.application_id IS NOT NULL",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_application a JOIN grants_call c ON c.id = a.call_id
                       WHERE a.id = NEW.application_id AND a.state = 'eligible' AND c.stage IN ('decided', 'allocated')
                         AND c.fund_id = NEW.fund_id AND a.initiative_id = NEW.initiative_id
                         AND NEW.amount_minor <= a.amount_minor) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a grant is for a decided application, from its fund, and no more than it asked for';
        END IF;
        RETURN NEW;
    END
    """,
)

ANSWER_STAYS = rule(
    "grant_answer_stays_as_given",
    "grants_grant",
    "BEFORE UPDATE",
    given="OLD.application_id IS NOT NULL OR OLD.answered_on IS NOT NULL",
    body="""
    BEGIN
        IF NEW.application_id IS DISTINCT FROM OLD.application_id
            OR OLD.state <> 'offered' AND (OLD.answered_on, OLD.agreement) IS DISTINCT FROM (NEW.answered_on, NEW.agreement)
            OR OLD.state <> 'offered' AND current_setting('grants.resealing', true) IS DISTINCT FROM 'on'
                AND (OLD.answered_by, OLD.answer) IS DISTINCT FROM (NEW.answered_by, NEW.answer)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'what an initiative answered stays as it was given';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0003_transfer_code'),
        ('grants', '0008_messages'),
        ('ledger', '0003_chart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('by_rank', 'in full, by rank'), ('scaled', 'the same part for everyone'), ('base', 'a base for everyone, the rest by rank')], max_length=8, verbose_name='way')),
                ('pool_minor', models.BigIntegerField()),
                ('parts', models.PositiveSmallIntegerField(verbose_name='tranches of each grant')),
                ('reason', models.TextField(verbose_name='reason')),
                ('chosen_at', models.DateTimeField(auto_now_add=True, verbose_name='chosen at')),
            ],
            options={
                'verbose_name': 'allocation',
                'verbose_name_plural': 'allocations',
            },
        ),
        migrations.AddField(
            model_name='grant',
            name='agreement',
            field=models.TextField(blank=True, db_default='', editable=False, verbose_name='agreement'),
        ),
        migrations.AddField(
            model_name='grant',
            name='answer',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', editable=False, max_length=1000, verbose_name='what they say'),
        ),
        migrations.AddField(
            model_name='grant',
            name='answered_by',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', editable=False, max_length=200, verbose_name='answered by'),
        ),
        migrations.AddField(
            model_name='grant',
            name='answered_on',
            field=models.DateField(editable=False, null=True, verbose_name='answered on'),
        ),
        migrations.AddField(
            model_name='grant',
            name='application',
            field=models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grant', to='grants.application', verbose_name='application'),
        ),
        migrations.AlterField(
            model_name='message',
            name='what',
            field=models.CharField(choices=[('link', 'the link to go on'), ('sent', 'that it was sent'), ('refused', 'that it is not eligible'), ('again', 'that it is eligible after all'), ('declined', 'that the panel did not choose it'), ('reserve', 'that it is on the reserve list'), ('awarded', 'that a grant is offered')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('application', None), ('state', 'offered'), ('state', 'cancelled'), models.Q(('answered_by__empty', False), ('answered_on__isnull', False), models.Q(('agreement', ''), _negated=True)), _connector='OR'), name='grant_of_an_application_is_accepted_by_somebody'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='call',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='allocation', to='grants.call', verbose_name='call'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='chosen_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('method__in', ['by_rank', 'scaled', 'base'])), name='allocation_method_is_known'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('pool_minor__gt', 0)), name='allocation_is_of_some_money'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('parts__gte', 1), ('parts__lte', 4)), name='allocation_is_in_a_few_parts'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='allocation_says_why'),
        ),
        ALLOCATION_STAYS,
        TOGETHER_UNDER_THE_CEILING,
        OF_AN_APPLICATION,
        ANSWER_STAYS,
    ]
