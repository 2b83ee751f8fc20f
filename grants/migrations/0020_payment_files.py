"""Files of payments for our bank: what was made stays on record, and holds only what is approved and goes to a bank."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
import grants.models.keys
import appeal.sealed
from django.conf import settings
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

ACCOUNT_STAYS = rule(
    "our_account_stays_as_it_was_recorded",
    "grants_ouraccount",
    "BEFORE UPDATE OR DELETE",
    body="""
    DECLARE resealed grants_ouraccount;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            resealed := NEW;
            resealed.number := OLD.number;
            IF resealed = OLD AND current_setting('grants.resealing', true) = 'on' THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'an account of ours stays as it was recorded';
    END
    """,
)

FILE_STAYS = rule(
    "payment_file_stays_on_record",
    "grants_paymentfile",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a payment file stays on record';
    END
    """,
)

LINE_IS_APPROVED_AND_STAYS = rule(
    "payment_of_a_file_is_approved_and_stays",
    "grants_fileline",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'INSERT' THEN
            PERFORM FROM grants_tranche t JOIN grants_payeeaccount a ON a.id = t.account_id
            WHERE t.id = NEW.tranche_id AND t.state = 'approved' AND a.route IN ('bank', 'host')
            AND a.payable_from <= now() FOR NO KEY UPDATE OF t;
            IF FOUND THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE integrity_constraint_violation
            USING MESSAGE = 'a payment file holds approved payments to a bank, and stays on record';
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0019_evidence'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OurAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As our bank has it.', max_length=70, verbose_name='account holder')),
                ('number', appeal.sealed.SealedTextField(max_length=40, verbose_name='IBAN or account number')),
                ('bic', models.CharField(blank=True, max_length=11, verbose_name='BIC')),
                ('country', models.CharField(max_length=2, verbose_name='country of the bank')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'account of ours',
                'verbose_name_plural': 'accounts of ours',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='PaymentFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=grants.models.keys.new_reference, max_length=16, unique=True, verbose_name='reference')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made at')),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grants.ouraccount', verbose_name='from')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
            ],
            options={
                'verbose_name': 'payment file',
                'verbose_name_plural': 'payment files',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='FileLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tranche', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='grants.tranche', verbose_name='tranche')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='grants.paymentfile', verbose_name='payment file')),
            ],
            options={
                'verbose_name': 'payment of a file',
                'verbose_name_plural': 'payments of a file',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='ouraccount',
            constraint=models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='our_account_country_is_iso_alpha_2', violation_error_message='Choose a country.'),
        ),
        migrations.AddConstraint(
            model_name='paymentfile',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='payment_file_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='fileline',
            constraint=models.UniqueConstraint(fields=('file', 'tranche'), name='payment_is_in_a_file_once'),
        ),
        ACCOUNT_STAYS,
        FILE_STAYS,
        LINE_IS_APPROVED_AND_STAYS,
    ]
