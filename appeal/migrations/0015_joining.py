"""Requests to join: who asks, and the mails to them."""

import appeal.joining.requests
import appeal.sealed
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0014_lighter_photos'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='JoinRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=appeal.joining.requests.new_reference, editable=False, max_length=16, unique=True, verbose_name='reference')),
                ('kind', models.CharField(choices=[('refugee', 'Member: a refugee'), ('group', 'Member: a group led by refugees'), ('volunteer', 'Volunteer')], max_length=9, verbose_name='wants to be')),
                ('state', models.CharField(choices=[('asked', 'not confirmed'), ('new', 'to be answered'), ('talking', 'we are in touch'), ('joined', 'joined'), ('declined', 'declined'), ('erased', 'erased')], default='asked', max_length=8, verbose_name='state')),
                ('language', models.CharField(blank=True, max_length=12, verbose_name='language')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('name', appeal.sealed.SealedTextField(blank=True, verbose_name='name')),
                ('contact', appeal.sealed.SealedTextField(blank=True, verbose_name='whom to ask for')),
                ('email', appeal.sealed.SealedTextField(blank=True, validators=[django.core.validators.EmailValidator()], verbose_name='email')),
                ('email_mark', models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ('words', appeal.sealed.SealedTextField(blank=True, verbose_name='what they write')),
                ('consent', models.TextField(blank=True, verbose_name='what they agreed to, as they read it')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('confirmed_on', models.DateField(null=True, verbose_name='confirmed on')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('erased_on', models.DateField(null=True, verbose_name='erased on')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
            ],
            options={
                'verbose_name': 'request to join',
                'verbose_name_plural': 'requests to join',
                'ordering': ['-pk'],
                'permissions': [('answer_joinrequest', 'Can read who asks to join, and answer them')],
            },
        ),
        migrations.CreateModel(
            name='JoinMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('mailed_at', models.DateTimeField(null=True, verbose_name='mailed at')),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries')),
                ('retry_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem')),
                ('what', models.CharField(choices=[('confirm', 'the link to confirm it'), ('already', 'that it is known already'), ('received', 'that it is received'), ('joined', 'that they joined'), ('declined', 'that it is declined')], max_length=8, verbose_name='what it says')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mails', to='appeal.joinrequest', verbose_name='request to join')),
            ],
            options={
                'verbose_name': 'mail to who asks to join',
                'verbose_name_plural': 'mails to who asks to join',
            },
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['refugee', 'group', 'volunteer'])), name='join_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'new', 'talking', 'joined', 'declined', 'erased'])), name='join_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(('country', ''), ('country__regex', '^[A-Z]{2}$'), _connector='OR'), name='join_country_is_iso_alpha_2'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('new', 'talking', 'joined'))), fields=('email_mark', 'kind'), name='join_is_one_of_its_address_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'erased'), models.Q(('email__empty', False), ('email_mark__regex', '^[0-9a-f]{64}$'), ('name__empty', False), models.Q(('consent', ''), _negated=True)), _connector='OR'), name='join_has_an_address_and_consent_until_erased'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('erased_on', None), models.Q(('state', 'erased'), _negated=True)), models.Q(('consent', ''), ('contact__empty', True), ('country', ''), ('email__empty', True), ('email_mark', ''), ('erased_on__isnull', False), ('language', ''), ('name__empty', True), ('reason', ''), ('state', 'erased'), ('words__empty', True)), _connector='OR'), name='join_erased_means_emptied'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_on', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('confirmed_on__isnull', False)), _connector='OR'), name='join_counts_from_a_day_on'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'erased'), models.Q(('answered_at', None), ('answered_by', None), ('state__in', ('asked', 'new'))), models.Q(models.Q(('state__in', ('asked', 'new')), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='join_answered_means_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='joinrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'declined'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='join_declined_means_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='joinmail',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['confirm', 'already', 'received', 'joined', 'declined'])), name='join_mail_is_of_a_known_kind'),
        ),
    ]
