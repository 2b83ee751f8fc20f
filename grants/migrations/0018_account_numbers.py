"""An account has what its way needs in fields of its own; one from before keeps its details."""

import appeal.sealed
from django.conf import settings
from django.db import migrations, models


def recorded_is_fixed(resealed: tuple[str, ...]) -> str:
    """What `manage.py reseal` may write again, and nothing else."""
    same = " ".join(f"resealed.{name} := OLD.{name};" for name in resealed)
    return f"""
        CREATE OR REPLACE FUNCTION account_stays_as_it_was_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE resealed grants_payeeaccount;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                resealed := NEW;
                {same}
                IF resealed = OLD AND current_setting('grants.resealing', true) = 'on' THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE integrity_constraint_violation USING MESSAGE = 'a payee account stays as it was recorded';
        END
        $$
    """


BEFORE = ("payee", "details")
RECORDED_IS_FIXED = migrations.RunSQL(
    recorded_is_fixed((*BEFORE, "number", "phone", "town", "number_mark")), recorded_is_fixed(BEFORE)
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0017_own_group'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='payeeaccount',
            name='bank_country',
            field=models.CharField(blank=True, db_default='', default='', max_length=2, verbose_name='country of the bank'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='bank_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=140, verbose_name='bank'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='bic',
            field=models.CharField(blank=True, db_default='', default='', help_text='Also called SWIFT code. Needed unless there is an IBAN.', max_length=11, verbose_name='BIC'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='country',
            field=models.CharField(blank=True, db_default='', default='', max_length=2, verbose_name='country of the payee'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='number',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', default='', help_text='The IBAN, where the bank has one.', max_length=40, verbose_name='account number'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='number_mark',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='phone',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', default='', help_text="With + and the country's code, like +62 812 3456 7890.", max_length=40, verbose_name='telephone number'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='provider',
            field=models.CharField(blank=True, db_default='', default='', help_text='The money-transfer service, or the mobile money.', max_length=100, verbose_name='service'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='town',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', default='', help_text='With a money-transfer service: where the money is collected.', max_length=35, verbose_name='town of the payee'),
        ),
        migrations.AlterField(
            model_name='payeeaccount',
            name='details',
            field=appeal.sealed.SealedTextField(blank=True, db_default='', default='', verbose_name='account, as it was written down'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(('details__empty', False), models.Q(('number_mark__regex', '^[0-9a-f]{64}$'), ('route__in', ('bank', 'host')), ('bank_country__regex', '^[A-Z]{2}$'), ('country__regex', '^[A-Z]{2}$'), ('number__empty', False), models.Q(('bank_name', ''), _negated=True)), models.Q(('country__regex', '^[A-Z]{2}$'), ('number_mark__regex', '^[0-9a-f]{64}$'), ('phone__empty', False), ('route', 'transfer_service'), ('town__empty', False), models.Q(('provider', ''), _negated=True)), models.Q(('number_mark__regex', '^[0-9a-f]{64}$'), ('phone__empty', False), ('route', 'mobile_money'), models.Q(('provider', ''), _negated=True)), _connector='OR'), name='payee_account_has_what_its_way_needs'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(('bic', ''), ('bic__regex', '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'), _connector='OR'), name='payee_account_bic_is_one'),
        ),
        RECORDED_IS_FIXED,
    ]
