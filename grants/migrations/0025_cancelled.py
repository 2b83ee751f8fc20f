"""An offer is taken back, or a grant cancelled, by a person who says why, once none of its money is out."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

NOTHING_IS_OUT = rule(
    "grant_cancelled_has_no_money_out",
    "grants_grant",
    "AFTER UPDATE",
    given="OLD.state <> 'cancelled' AND NEW.state = 'cancelled'",
    deferred=True,
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_tranche WHERE grant_id = NEW.id AND state NOT IN ('planned', 'released')) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a grant is cancelled when nothing of it is set aside or out';
        END IF;
        RETURN NULL;
    END
    """,
)

OFFER_IS_WHOLE = rule(
    "tranche_of_an_offer_is_released_with_it",
    "grants_tranche",
    "AFTER UPDATE",
    given="OLD.state <> 'released' AND NEW.state = 'released'",
    deferred=True,
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_grant WHERE id = NEW.grant_id AND state = 'offered') THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'what is offered stays set aside until the offer is over';
        END IF;
        RETURN NULL;
    END
    """,
)

PROMISED_WHILE_OPEN = rule(
    "tranche_is_promised_while_its_grant_is_open",
    "grants_tranche",
    "BEFORE UPDATE",
    given="OLD.state = 'planned' AND NEW.state = 'promised'",
    body="""
    BEGIN
        PERFORM FROM grants_grant WHERE id = NEW.grant_id AND state IN ('offered', 'accepted') FOR SHARE;
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a tranche is promised while its grant is open';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0024_what_is_approved'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='grant',
            options={'ordering': ['-id'], 'permissions': [('close_grant', 'Can close a grant'), ('cancel_grant', 'Can take an offer back, or cancel a grant')], 'verbose_name': 'grant', 'verbose_name_plural': 'grants'},
        ),
        migrations.AddField(
            model_name='grant',
            name='cancelled_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='cancelled at'),
        ),
        migrations.AddField(
            model_name='grant',
            name='cancelled_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='grant',
            name='why_cancelled',
            field=models.TextField(blank=True, db_default='', editable=False, verbose_name='why it is cancelled'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at', None), ('cancelled_by', None), ('why_cancelled', '')), models.Q(models.Q(('why_cancelled', ''), _negated=True), ('cancelled_at__isnull', False), ('cancelled_by__isnull', False), ('state', 'cancelled')), _connector='OR'), name='grant_cancelled_by_us_says_why'),
        ),
        migrations.AlterField(
            model_name='message',
            name='what',
            field=models.CharField(choices=[('link', 'the link to go on'), ('sent', 'that it was sent'), ('refused', 'that it is not eligible'), ('again', 'that it is eligible after all'), ('declined', 'that the panel did not choose it'), ('reserve', 'that it is on the reserve list'), ('awarded', 'that a grant is offered'), ('cancelled', 'that its grant is cancelled')], max_length=9),
        ),
        NOTHING_IS_OUT,
        OFFER_IS_WHOLE,
        PROMISED_WHILE_OPEN,
    ]
