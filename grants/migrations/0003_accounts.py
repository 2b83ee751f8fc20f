import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

import grants.models.tranche
import appeal.sealed

# The generated column of a tranche needs it. No part of it can hold a line break.
FINGERPRINT = """
    CREATE FUNCTION grants_fingerprint(amount bigint, currency text, fund bigint, account bigint, mark text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN encode(sha256(convert_to(concat_ws(E'\\n', amount, currency, fund, account, mark), 'UTF8')), 'hex')
"""
# Goes up again, for accounts, in 0004_account_rules.
EDIT_VOIDS_APPROVALS = """
    DROP TRIGGER tranche_edit_voids_its_approvals ON grants_tranche;
    DROP FUNCTION tranche_edit_voids_its_approvals();
"""
OLD_FINGERPRINT = "DROP FUNCTION grants_fingerprint(bigint, text, bigint, text, text)"
# PostgreSQL alters no table on which checks are still to come.
CHECKED_NOW = "SET CONSTRAINTS ALL IMMEDIATE"
# What was approved is written in another way now, so it is approved once more. What was sent was approved before that.
APPROVED_ONCE_MORE = """
    UPDATE grants_approval SET standing = false WHERE standing
        AND tranche_id IN (SELECT id FROM grants_tranche WHERE state IN ('promised', 'approved'));
    UPDATE grants_tranche SET state = 'promised' WHERE state = 'approved';
"""


def seal(apps, schema_editor):
    """What was plain until now. Where it stands is read and written by SQL: the field would take it for sealed."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, email, place FROM grants_initiative")
        for pk, email, place in cursor.fetchall():
            sealed = [email and appeal.sealed.seal(email), place and appeal.sealed.seal(place)]
            cursor.execute("UPDATE grants_initiative SET email = %s, place = %s WHERE id = %s", [*sealed, pk])


def record_accounts(apps, schema_editor):
    """Each payee and account that a tranche names is an account of its initiative."""
    Tranche, PayeeAccount = apps.get_model("grants", "Tranche"), apps.get_model("grants", "PayeeAccount")
    staff = apps.get_model("auth", "User").objects.filter(is_staff=True).order_by("pk")
    known = {}
    for tranche in Tranche.objects.select_related("grant").order_by("pk"):
        mark = appeal.sealed.mark(f"{tranche.payee}\n{tranche.old_account}")
        name = (tranche.grant.initiative_id, mark)
        if name not in known:
            known[name] = PayeeAccount.objects.create(
                initiative_id=tranche.grant.initiative_id,
                payee=tranche.payee,
                details=tranche.old_account,
                mark=mark,
                recorded_by_id=tranche.proposed_by_id or staff.first().pk,
                recorded_at=tranche.proposed_at or timezone.now(),
            )
        Tranche.objects.filter(pk=tranche.pk).update(account=known[name], account_mark=mark)


class Migration(migrations.Migration):
    dependencies = [("grants", "0002_two_people"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name='FiscalHost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True, verbose_name='name')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('registration', models.CharField(max_length=100, verbose_name='registration number')),
                ('fee', models.DecimalField(decimal_places=2, help_text='What it keeps of each payment. 0 if nothing.', max_digits=4, verbose_name='fee, per cent')),
            ],
            options={
                'verbose_name': 'fiscal host',
                'verbose_name_plural': 'fiscal hosts',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(auto_now_add=True, verbose_name='seen at')),
            ],
            options={
                'verbose_name': 'look at what is sealed',
                'verbose_name_plural': 'looks at what is sealed',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change', models.CharField(choices=[('account', 'the account that it is paid on'), ('contact', 'the address that it is written to')], max_length=10, verbose_name='change')),
                ('address', appeal.sealed.SealedTextField(verbose_name='address')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mailed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
            },
        ),
        migrations.CreateModel(
            name='PayeeAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route', models.CharField(choices=[('bank', 'bank transfer'), ('host', 'through a fiscal host'), ('transfer_service', 'money-transfer service'), ('mobile_money', 'mobile money')], default='bank', max_length=16, verbose_name='way')),
                ('payee', appeal.sealed.SealedTextField(help_text="The account holder's name, as the bank or the service has it.", max_length=140, verbose_name='payee')),
                ('details', appeal.sealed.SealedTextField(help_text='Account number or IBAN, bank, telephone number: whatever the payment needs.', verbose_name='account')),
                ('mark', models.CharField(editable=False, max_length=64)),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('payable_from', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='can be paid from')),
            ],
            options={
                'verbose_name': 'payee account',
                'verbose_name_plural': 'payee accounts',
                'ordering': ['-pk'],
                'permissions': [('see_payeeaccount', 'Can see whose account it is, and where')],
            },
        ),
        migrations.AddField(
            model_name='look',
            name='initiative',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='grants.initiative', verbose_name='initiative'),
        ),
        migrations.AddField(
            model_name='look',
            name='seen_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='seen by'),
        ),
        migrations.AddField(
            model_name='notice',
            name='initiative',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='grants.initiative', verbose_name='initiative'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='host',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='grants.fiscalhost', verbose_name='fiscal host'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='initiative',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='grants.initiative', verbose_name='initiative'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.AddField(
            model_name='look',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='grants.payeeaccount', verbose_name='payee account'),
        ),
        migrations.AddField(
            model_name='notice',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='grants.payeeaccount', verbose_name='payee account'),
        ),
        migrations.AddConstraint(
            model_name='fiscalhost',
            constraint=models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='fiscal_host_country_is_iso_alpha_2', violation_error_message='Choose a country.'),
        ),
        migrations.AddConstraint(
            model_name='fiscalhost',
            constraint=models.CheckConstraint(condition=models.Q(('fee__gte', 0), ('fee__lt', 50)), name='fiscal_host_fee_is_a_part', violation_error_message='Give a fee from 0 to less than 50 per cent.'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(('route__in', ['bank', 'host', 'transfer_service', 'mobile_money'])), name='payee_account_route_is_known'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('host__isnull', False), ('route', 'host')), models.Q(models.Q(('route', 'host'), _negated=True), ('host', None)), _connector='OR'), name='payee_account_host_means_its_route', violation_error_message='Choose the fiscal host, if the money goes through one, and only then.'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(('mark__regex', '^[0-9a-f]{64}$')), name='payee_account_is_marked'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', False), ('change', 'account')), models.Q(('account', None), ('change', 'contact')), _connector='OR'), name='notice_of_an_account_names_it'),
        ),
        migrations.AlterModelOptions(
            name='initiative',
            options={'ordering': ['name'], 'permissions': [('see_contact', 'Can see how an initiative is reached, and its exact place')], 'verbose_name': 'initiative', 'verbose_name_plural': 'initiatives'},
        ),
        migrations.AlterField(
            model_name='initiative',
            name='email',
            field=appeal.sealed.SealedTextField(max_length=254, validators=[django.core.validators.EmailValidator()], verbose_name='contact email'),
        ),
        migrations.AlterField(
            model_name='initiative',
            name='place',
            field=appeal.sealed.SealedTextField(blank=True, help_text='Never published. Leave it empty unless the work needs it.', max_length=200, verbose_name='exact place'),
        ),
        migrations.RunPython(seal),
        migrations.RunSQL(APPROVED_ONCE_MORE),
        migrations.RunSQL(CHECKED_NOW),
        migrations.RunSQL(EDIT_VOIDS_APPROVALS),
        migrations.RemoveConstraint(model_name="tranche", name="tranche_payee_is_one_line"),
        migrations.RemoveField(model_name="tranche", name="fingerprint"),
        migrations.RunSQL(OLD_FINGERPRINT),
        migrations.RenameField(model_name="tranche", old_name="account", new_name="old_account"),
        migrations.AddField(
            model_name='tranche',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tranches', to='grants.payeeaccount', verbose_name='payee account'),
        ),
        migrations.AddField(
            model_name='tranche',
            name='account_mark',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.RunPython(record_accounts),
        migrations.RunSQL(CHECKED_NOW),
        migrations.RemoveField(model_name="tranche", name="payee"),
        migrations.RemoveField(model_name="tranche", name="old_account"),
        migrations.RunSQL(FINGERPRINT),
        migrations.AddField(
            model_name='tranche',
            name='fingerprint',
            field=models.GeneratedField(db_persist=True, expression=grants.models.tranche.Fingerprint(models.F('amount_minor'), models.F('currency'), models.F('fund'), models.F('account'), models.F('account_mark')), output_field=models.CharField(max_length=64)),
        ),
        migrations.AddConstraint(
            model_name='tranche',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account', None), ('account_mark', '')), models.Q(('account__isnull', False), models.Q(('account_mark', ''), _negated=True)), _connector='OR'), name='tranche_account_has_its_mark'),
        ),
        migrations.AddConstraint(
            model_name='tranche',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'planned'), ('account__isnull', False), _connector='OR'), name='tranche_promised_means_to_an_account'),
        ),
    ]
