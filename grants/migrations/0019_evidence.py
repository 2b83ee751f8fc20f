"""Each payment leaves the evidence that its way needs, and where one other person is too few, two approve."""

from importlib import import_module

import django.db.models.deletion
import appeal.sealed
from django.conf import settings
from django.db import migrations, models

rule = import_module("grants.migrations.0002_two_people").rule

NEEDED = migrations.RunSQL(
    sql="""
        CREATE FUNCTION grants_is_exception(tranche bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT f.channel = 'bank' AND i.country IN ('CU', 'IR', 'KP', 'SY')
            FROM grants_tranche t JOIN ledger_fund f ON f.id = t.fund_id
            JOIN grants_grant g ON g.id = t.grant_id JOIN grants_initiative i ON i.id = g.initiative_id
            WHERE t.id = tranche
        $$;
        CREATE FUNCTION grants_approvals_needed(tranche bigint) RETURNS integer LANGUAGE sql STABLE AS $$
            SELECT CASE WHEN a.route = 'transfer_service' OR grants_is_exception(t.id) THEN 2 ELSE 1 END
            FROM grants_tranche t LEFT JOIN grants_payeeaccount a ON a.id = t.account_id WHERE t.id = tranche
        $$;
        CREATE FUNCTION grants_approvals_standing(tranche bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
            SELECT count(DISTINCT a.approved_by_id)
            FROM grants_approval a JOIN grants_tranche t ON t.id = a.tranche_id
            WHERE t.id = tranche AND a.standing AND a.fingerprint = t.fingerprint
              AND a.proposed_by_id = t.proposed_by_id AND a.approved_by_id <> t.proposed_by_id
        $$;
    """,
    reverse_sql="""
        DROP FUNCTION grants_approvals_standing(bigint);
        DROP FUNCTION grants_approvals_needed(bigint);
        DROP FUNCTION grants_is_exception(bigint);
    """,
)

ENOUGH = """
    BEGIN
        IF grants_approvals_standing(NEW.id) < grants_approvals_needed(NEW.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE =
                format('a tranche is %s only as enough people other than its proposer approved it', NEW.state);
        END IF;
        IF grants_is_exception(NEW.id)
           AND NOT EXISTS (SELECT FROM grants_legalbasis b WHERE b.grant_id = NEW.grant_id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a payment to this country needs a legal basis';
        END IF;
        RETURN NULL;
    END
"""
ONE = """
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_approval a
                       WHERE a.tranche_id = NEW.id AND a.standing AND a.fingerprint = NEW.fingerprint
                         AND a.proposed_by_id = NEW.proposed_by_id AND a.approved_by_id <> NEW.proposed_by_id) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a tranche is sent only as another person than its proposer approved it';
        END IF;
        RETURN NULL;
    END
"""


def sent_needs(body: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION tranche_sent_needs_another_persons_approval() RETURNS trigger
        LANGUAGE plpgsql AS $$ {body} $$
    """


SENT_NEEDS_ENOUGH = migrations.RunSQL(sent_needs(ENOUGH), sent_needs(ONE))

APPROVED_NEEDS_ENOUGH = rule(
    "tranche_approved_needs_enough_people",
    "grants_tranche",
    "AFTER UPDATE",
    given="OLD.state <> 'approved' AND NEW.state = 'approved'",
    body=ENOUGH,
)

# Those that one person too few has approved wait for the other.
WAIT_FOR_THE_OTHER = """
    UPDATE grants_tranche SET state = 'promised'
    WHERE state = 'approved' AND (grants_approvals_standing(id) < grants_approvals_needed(id) OR grants_is_exception(id))
"""

SENT_HAS_EVIDENCE = rule(
    "tranche_sent_has_the_evidence_of_its_way",
    "grants_tranche",
    "AFTER UPDATE",
    given="OLD.state <> 'sent' AND NEW.state = 'sent'",
    body="""
    BEGIN
        IF NOT EXISTS (SELECT FROM grants_evidence e JOIN grants_payeeaccount a ON a.id = NEW.account_id
                       WHERE e.tranche_id = NEW.id AND (e.route, e.currency) = (a.route, NEW.currency)
                         AND coalesce(e.host_fee_minor, 0) < NEW.amount_minor) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a tranche is sent with the evidence that its way needs';
        END IF;
        RETURN NULL;
    END
    """,
)

EVIDENCE_STAYS = rule(
    "evidence_stays_once_it_is_sent",
    "grants_evidence",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    DECLARE t grants_tranche; resealed grants_evidence;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            resealed := NEW;
            resealed.received_by := OLD.received_by;
            IF resealed = OLD AND current_setting('grants.resealing', true) = 'on' THEN
                RETURN NEW;
            END IF;
        END IF;
        SELECT * INTO t FROM grants_tranche WHERE id = coalesce(NEW.tranche_id, OLD.tranche_id) FOR NO KEY UPDATE;
        IF t.state = 'approved' AND (TG_OP <> 'UPDATE' OR NEW.tranche_id = OLD.tranche_id) THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'evidence is written while a tranche is approved, and then stays';
    END
    """,
)

CONFIRMED_IS_PASSED_ON = rule(
    "tranche_confirmed_is_passed_on_by_its_host",
    "grants_tranche",
    "AFTER UPDATE",
    given="OLD.state <> 'confirmed' AND NEW.state = 'confirmed'",
    body="""
    BEGIN
        IF EXISTS (SELECT FROM grants_evidence e WHERE e.tranche_id = NEW.id AND e.route = 'host')
           AND NOT EXISTS (SELECT FROM grants_onward o WHERE o.tranche_id = NEW.id) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a fiscal host shows first that it passed the money on';
        END IF;
        RETURN NULL;
    END
    """,
)

ONWARD_IS_ALL_BUT_THE_FEE = rule(
    "onward_is_all_but_the_hosts_fee",
    "grants_onward",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'INSERT' AND EXISTS (
            SELECT FROM grants_tranche t JOIN grants_evidence e ON e.tranche_id = t.id
            WHERE t.id = NEW.tranche_id AND t.state = 'sent' AND e.route = 'host'
              AND NEW.amount_minor BETWEEN t.amount_minor - e.host_fee_minor AND t.amount_minor) THEN
            RETURN NEW;
        END IF;
        RAISE integrity_constraint_violation USING MESSAGE = 'a host passes on all but its fee, and that stays on record';
    END
    """,
)

BASIS_STAYS = rule(
    "legal_basis_stays_on_record",
    "grants_legalbasis",
    "BEFORE UPDATE OR DELETE",
    body="""
    BEGIN
        RAISE integrity_constraint_violation USING MESSAGE = 'a legal basis stays on record';
    END
    """,
)

REPLACES_WHAT_CAME_BACK = rule(
    "tranche_replaces_one_that_came_back",
    "grants_tranche",
    "BEFORE INSERT OR UPDATE OF replaces_id",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.replaces_id IS DISTINCT FROM NEW.replaces_id
           OR TG_OP = 'INSERT' AND NEW.replaces_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM grants_tranche t WHERE t.id = NEW.replaces_id AND t.state = 'released'
               AND t.return_entry_id IS NOT NULL
               AND (t.grant_id, t.amount_minor, t.currency) = (NEW.grant_id, NEW.amount_minor, NEW.currency)) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = 'a tranche is paid again as it was, once it came back and is released';
        END IF;
        RETURN NEW;
    END
    """,
)


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0018_account_numbers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='tranche',
            name='replaces',
            field=models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='grants.tranche', verbose_name='instead of'),
        ),
        migrations.AlterField(
            model_name='tranche',
            name='bank_reference',
            field=models.CharField(blank=True, max_length=100, verbose_name='reference'),
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route', models.CharField(choices=[('bank', 'bank transfer'), ('host', 'through a fiscal host'), ('transfer_service', 'money-transfer service'), ('mobile_money', 'mobile money')], max_length=16, verbose_name='way')),
                ('currency', models.CharField(max_length=3)),
                ('fee_minor', models.BigIntegerField()),
                ('host_fee_minor', models.BigIntegerField(null=True)),
                ('provider', models.CharField(blank=True, max_length=100, verbose_name='service')),
                ('licence', models.CharField(blank=True, max_length=100, verbose_name='licence number of the service')),
                ('why_no_licence', models.TextField(blank=True, verbose_name='why it has no licence')),
                ('rate', models.DecimalField(decimal_places=8, max_digits=20, null=True, verbose_name='exchange rate')),
                ('received_by', appeal.sealed.SealedTextField(blank=True, max_length=140, verbose_name='received by')),
                ('acknowledgement', models.TextField(blank=True, verbose_name='how they said that they have it')),
                ('why_no_bank', models.TextField(blank=True, verbose_name='why not by bank')),
                ('tranche', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='grants.tranche', verbose_name='tranche')),
            ],
            options={
                'verbose_name': 'evidence',
                'verbose_name_plural': 'evidence',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('host_fee_minor', None), ('provider', ''), ('route', 'bank'), ('acknowledgement', ''), ('licence', ''), ('rate', None), ('received_by__empty', True), ('why_no_bank', ''), ('why_no_licence', '')), models.Q(('host_fee_minor__gte', 0), ('host_fee_minor__isnull', False), ('provider', ''), ('route', 'host'), ('acknowledgement', ''), ('licence', ''), ('rate', None), ('received_by__empty', True), ('why_no_bank', ''), ('why_no_licence', '')), models.Q(('host_fee_minor', None), ('route', 'transfer_service'), models.Q(('provider', ''), _negated=True), models.Q(models.Q(('licence', ''), _negated=True), models.Q(('why_no_licence', ''), _negated=True), _connector='OR'), ('rate__gt', 0), ('rate__isnull', False), ('received_by__empty', False), models.Q(('acknowledgement', ''), _negated=True), models.Q(('why_no_bank', ''), _negated=True)), models.Q(('host_fee_minor', None), ('route', 'mobile_money'), models.Q(('provider', ''), _negated=True), ('acknowledgement', ''), ('licence', ''), ('rate', None), ('received_by__empty', True), ('why_no_bank', ''), ('why_no_licence', '')), _connector='OR'), name='evidence_is_what_its_way_needs', violation_error_message='Some of the evidence is missing that this way of payment needs.'), models.CheckConstraint(condition=models.Q(('fee_minor__gte', 0)), name='evidence_fee_is_not_negative', violation_error_message='A fee is nothing or more.')],
            },
        ),
        migrations.CreateModel(
            name='LegalBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='legal basis')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('grant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='legal_basis', to='grants.grant', verbose_name='grant')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'legal basis',
                'verbose_name_plural': 'legal bases',
                'constraints': [models.CheckConstraint(condition=models.Q(('text__regex', '\\S')), name='legal_basis_is_in_words')],
            },
        ),
        migrations.CreateModel(
            name='Onward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paid_on', models.DateField(verbose_name='paid on')),
                ('amount_minor', models.BigIntegerField()),
                ('reference', models.CharField(max_length=100, verbose_name='reference')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ('tranche', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='onward', to='grants.tranche', verbose_name='tranche')),
            ],
            options={
                'verbose_name': 'onward payment',
                'verbose_name_plural': 'onward payments',
                'constraints': [models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='onward_has_a_reference')],
            },
        ),
        NEEDED,
        migrations.RunSQL(WAIT_FOR_THE_OTHER, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        SENT_NEEDS_ENOUGH,
        APPROVED_NEEDS_ENOUGH,
        SENT_HAS_EVIDENCE,
        EVIDENCE_STAYS,
        CONFIRMED_IS_PASSED_ON,
        ONWARD_IS_ALL_BUT_THE_FEE,
        BASIS_STAYS,
        REPLACES_WHAT_CAME_BACK,
    ]
