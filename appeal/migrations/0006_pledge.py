"""The pledge: its texts, its signatures, and the mails to those who sign."""

import appeal.languages
import appeal.pledge.signatures
import appeal.sealed
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0005_story_photo'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PledgeText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField(help_text='A translation has the version of the text that it translates.', verbose_name='version')),
                ('language', models.CharField(help_text='Its code: en, fa, prs, my.', max_length=12, validators=[appeal.languages.known_language], verbose_name='language')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('opening', models.TextField(help_text='Plain text. An empty line starts a new paragraph.', verbose_name='opening')),
                ('points', models.TextField(help_text='Each point on a line of its own.', verbose_name='what is pledged')),
                ('closing', models.TextField(blank=True, help_text='Plain text.', verbose_name='closing')),
                ('support_question', models.CharField(max_length=200, verbose_name='question to those who are not refugees')),
                ('together_question', models.CharField(max_length=200, verbose_name='question to refugees')),
                ('published_at', models.DateTimeField(null=True, verbose_name='published at')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='prepared by')),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by')),
            ],
            options={
                'verbose_name': 'text of the pledge',
                'verbose_name_plural': 'texts of the pledge',
                'ordering': ['-version', 'pk'],
                'permissions': [('publish_pledgetext', 'Can publish a text of the pledge that somebody else wrote')],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=appeal.pledge.signatures.new_reference, editable=False, max_length=16, unique=True, verbose_name='reference')),
                ('kind', models.CharField(choices=[('organisation', 'Organisation or group'), ('government', 'Government or public body'), ('funder', 'Funder'), ('person', 'Person')], max_length=12, verbose_name='signs as')),
                ('state', models.CharField(choices=[('asked', 'not confirmed'), ('confirmed', 'to be read'), ('accepted', 'counts'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='asked', max_length=9, verbose_name='state')),
                ('shown', models.CharField(choices=[('hidden', 'Do not show my signature: just count it'), ('name', 'Show the name and the country'), ('words', 'Show the name, the country and what we wrote')], default='hidden', max_length=6, verbose_name='how much is shown')),
                ('language', models.CharField(blank=True, max_length=12, verbose_name='language of its mails')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('name', appeal.sealed.SealedTextField(blank=True, verbose_name='name')),
                ('contact', appeal.sealed.SealedTextField(blank=True, verbose_name='who signs for it')),
                ('email', appeal.sealed.SealedTextField(blank=True, validators=[django.core.validators.EmailValidator()], verbose_name='email')),
                ('email_mark', models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ('support', appeal.sealed.SealedTextField(blank=True, verbose_name='how they will support refugee-led initiatives')),
                ('together', appeal.sealed.SealedTextField(blank=True, verbose_name='how to strengthen communities together')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('signed_on', models.DateField(null=True, verbose_name='signed on')),
                ('withdrawn_on', models.DateField(null=True, verbose_name='withdrawn on')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('did', appeal.sealed.SealedTextField(blank=True, verbose_name='what they did since')),
                ('told_on', models.DateField(null=True, verbose_name='told on')),
                ('did_shown_at', models.DateTimeField(null=True, verbose_name='what they did is shown since')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('did_shown_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='appeal.pledgetext', verbose_name='text signed')),
            ],
            options={
                'verbose_name': 'signature',
                'verbose_name_plural': 'signatures',
                'ordering': ['-pk'],
                'permissions': [('moderate_signature', 'Can read what signers wrote, and show or refuse it')],
            },
        ),
        migrations.CreateModel(
            name='PledgeMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('mailed_at', models.DateTimeField(null=True, verbose_name='mailed at')),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='tries')),
                ('retry_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, db_default='', max_length=100, verbose_name='problem')),
                ('what', models.CharField(choices=[('confirm', 'the link to confirm it'), ('already', 'that it is signed already'), ('accepted', 'that it counts'), ('refused', 'that it is refused'), ('follow_up', 'the question what was done')], max_length=9, verbose_name='what it says')),
                ('signature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mails', to='appeal.signature', verbose_name='signature')),
            ],
            options={
                'verbose_name': 'mail to a signer',
                'verbose_name_plural': 'mails to signers',
            },
        ),
        migrations.AddConstraint(
            model_name='pledgetext',
            constraint=models.UniqueConstraint(fields=('version', 'language'), name='pledge_text_is_one_of_its_version_and_language', violation_error_message='This version is there in this language already.'),
        ),
        migrations.AddConstraint(
            model_name='pledgetext',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='pledge_text_versions_begin_with_one'),
        ),
        migrations.AddConstraint(
            model_name='pledgetext',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('title', ''), _negated=True), models.Q(('opening', ''), _negated=True), models.Q(('points', ''), _negated=True), models.Q(('support_question', ''), _negated=True), models.Q(('together_question', ''), _negated=True)), name='pledge_text_says_all'),
        ),
        migrations.AddConstraint(
            model_name='pledgetext',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('published_by', None)), models.Q(('published_at__isnull', False), ('published_by__isnull', False), models.Q(('published_by', models.F('prepared_by')), _negated=True)), _connector='OR'), name='pledge_text_published_means_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['organisation', 'government', 'funder', 'person'])), name='signature_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'confirmed', 'accepted', 'refused', 'withdrawn'])), name='signature_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('shown__in', ['hidden', 'name', 'words'])), name='signature_shown_is_known'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('country', ''), ('country__regex', '^[A-Z]{2}$'), _connector='OR'), name='signature_country_is_iso_alpha_2'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('confirmed', 'accepted'))), fields=('email_mark', 'kind'), name='signature_is_one_of_its_address_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), models.Q(('email__empty', False), ('email_mark__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='signature_has_an_address_until_withdrawn'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_on', None), models.Q(('state', 'withdrawn'), _negated=True)), models.Q(('contact__empty', True), ('country', ''), ('did__empty', True), ('email__empty', True), ('email_mark', ''), ('language', ''), ('name__empty', True), ('reason', ''), ('shown', 'hidden'), ('state', 'withdrawn'), ('support__empty', True), ('together__empty', True), ('told_on', None), ('withdrawn_on__isnull', False)), _connector='OR'), name='signature_withdrawn_means_emptied'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_on', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('signed_on__isnull', False)), _connector='OR'), name='signature_counts_from_a_day_on'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('shown', 'hidden'), ('name__empty', False), _connector='OR'), name='signature_shown_means_named'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'person'), ('state', 'withdrawn'), ('name__empty', False), _connector='OR'), name='signature_of_no_person_means_named'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['accepted', 'refused'])), models.Q(('decided_at', None), ('decided_by', None), ('state__in', ['asked', 'confirmed'])), _connector='OR'), name='signature_decided_means_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='signature_refused_means_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), models.Q(('did__empty', True), ('told_on', None)), models.Q(('did__empty', False), ('told_on__isnull', False)), _connector='OR'), name='signature_told_means_said'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('did_shown_at', None), ('did_shown_by', None)), models.Q(('did__empty', False), ('did_shown_at__isnull', False), ('did_shown_by__isnull', False)), _connector='OR'), name='signature_what_was_done_is_shown_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='pledgemail',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['confirm', 'already', 'accepted', 'refused', 'follow_up'])), name='pledge_mail_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='pledgemail',
            constraint=models.UniqueConstraint(condition=models.Q(('what', 'follow_up')), fields=('signature',), name='pledge_mail_asks_once_what_was_done'),
        ),
    ]
