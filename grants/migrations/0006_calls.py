"""Calls and applications."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import grants.models.call
import grants.models.grant
import grants.models.initiative
import appeal.sealed
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0003_transfer_code'),
        ('grants', '0005_offered'),
        ('ledger', '0003_chart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='Its part of the web address.', max_length=60, unique=True, verbose_name='address')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('summary', models.CharField(help_text='What the money is for, in a sentence or two.', max_length=300, verbose_name='summary')),
                ('guidance', models.TextField(help_text='Plain text for the first page. An empty line starts a new paragraph.', verbose_name='guidance')),
                ('currency', models.CharField(max_length=3)),
                ('ceiling_minor', models.BigIntegerField()),
                ('most_minor', models.BigIntegerField()),
                ('access', models.CharField(choices=[('open', 'open to all'), ('invited', 'by invitation')], default='open', max_length=7, verbose_name='who may apply')),
                ('invitation', models.CharField(default=grants.models.call.new_invitation, editable=False, max_length=32, unique=True)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12, validators=[grants.models.initiative.known_language]), verbose_name='languages')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, db_default=[], default=list, verbose_name='countries')),
                ('opens', models.DateTimeField(verbose_name='opens')),
                ('closes', models.DateTimeField(verbose_name='closes')),
                ('time_zone', models.CharField(max_length=40, validators=[grants.models.call.known_zone], verbose_name='time zone')),
                ('grace', models.PositiveSmallIntegerField(default=15, help_text='For those who were still writing when it closed: 0 to 60.', verbose_name='minutes of grace')),
                ('readers', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='reviews of each application')),
                ('quorum', models.PositiveSmallIntegerField(default=50, help_text='Of the members who may vote on an application.', verbose_name='quorum, per cent')),
                ('stage', models.CharField(choices=[('draft', 'being written'), ('published', 'published'), ('review', 'being read'), ('vote', 'being voted on'), ('decided', 'decided'), ('allocated', 'allocated')], default='draft', max_length=9, verbose_name='stage')),
                ('published_at', models.DateTimeField(null=True, verbose_name='published at')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='appeal.campaign', verbose_name='campaign')),
                ('fund', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.fund', verbose_name='fund')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='prepared by')),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
                'permissions': [('publish_call', 'Can publish a call, move its end, and begin to read'), ('divide_call', 'Can divide the money of a call that is decided')],
                'ordering': ['-closes', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=grants.models.grant.new_reference, editable=False, max_length=16, unique=True, verbose_name='reference')),
                ('state', models.CharField(choices=[('draft', 'being written'), ('submitted', 'sent'), ('withdrawn', 'withdrawn'), ('eligible', 'eligible'), ('refused', 'not eligible')], default='draft', max_length=9, verbose_name='state')),
                ('code', appeal.sealed.SealedTextField(editable=False)),
                ('code_mark', models.CharField(editable=False, max_length=64, unique=True)),
                ('saved_at', models.DateTimeField(auto_now_add=True, verbose_name='last saved at')),
                ('name', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='name of the group')),
                ('public_alias', models.CharField(blank=True, max_length=200, verbose_name='name for the public')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('region', models.CharField(blank=True, choices=[('eastern-asia', 'Eastern Asia'), ('south-eastern-asia', 'South-eastern Asia'), ('southern-asia', 'Southern Asia'), ('central-asia', 'Central Asia'), ('western-asia', 'Western Asia'), ('oceania', 'Oceania'), ('elsewhere', 'Elsewhere')], max_length=20, verbose_name='region')),
                ('place', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='exact place')),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12, validators=[grants.models.initiative.known_language]), verbose_name='languages')),
                ('registration', appeal.sealed.SealedTextField(blank=True, max_length=100, verbose_name='registration number')),
                ('why_unregistered', models.TextField(blank=True, verbose_name='why there is no registration')),
                ('host_name', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='who receives money for the group')),
                ('contact', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='contact person')),
                ('email', appeal.sealed.SealedTextField(blank=True, max_length=254, validators=[django.core.validators.EmailValidator()], verbose_name='contact email')),
                ('email_mark', models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ('phone', appeal.sealed.SealedTextField(blank=True, max_length=40, verbose_name='telephone')),
                ('amount_minor', models.BigIntegerField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('purpose', models.CharField(blank=True, max_length=300, verbose_name='purpose')),
                ('language', models.CharField(max_length=12, validators=[grants.models.initiative.known_language], verbose_name='language')),
                ('mode', models.CharField(choices=[('written', 'We write it ourselves'), ('spoken', 'We speak, and a helper writes it down'), ('on_behalf', 'A helper writes it for us')], default='written', max_length=9, verbose_name='how it was written')),
                ('helper', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='helper')),
                ('consent', models.CharField(blank=True, choices=[('written', 'in writing'), ('verbal', 'by word of mouth, before a witness')], max_length=7, verbose_name='consent')),
                ('witness', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='witness')),
                ('consented_on', models.DateField(null=True, verbose_name='consent given on')),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='withdrawn at')),
                ('screened_at', models.DateTimeField(null=True, verbose_name='screened at')),
                ('screening', models.TextField(blank=True, help_text='The group reads this.', verbose_name='why')),
                ('initiative', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='grants.initiative', verbose_name='initiative')),
                ('screened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='grants.call', verbose_name='call')),
            ],
            options={
                'verbose_name': 'application',
                'verbose_name_plural': 'applications',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('weight', models.PositiveSmallIntegerField(help_text='All of them together come to 100.', verbose_name='weight')),
                ('none', models.CharField(max_length=200, verbose_name='0 points mean')),
                ('some', models.CharField(max_length=200, verbose_name='3 points mean')),
                ('full', models.CharField(max_length=200, verbose_name='5 points mean')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='grants.call')),
            ],
            options={
                'verbose_name': 'criterion',
                'verbose_name_plural': 'criteria',
                'ordering': ['call', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('text', models.CharField(max_length=200, verbose_name='question')),
                ('hint', models.CharField(blank=True, max_length=300, verbose_name='hint')),
                ('most_words', models.PositiveSmallIntegerField(default=200, validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(500)], verbose_name='at most so many words')),
                ('optional', models.BooleanField(default=False, verbose_name='may be left empty')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='grants.call')),
            ],
            options={
                'verbose_name': 'question',
                'verbose_name_plural': 'questions',
                'ordering': ['call', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', appeal.sealed.SealedTextField(blank=True, verbose_name='answer')),
                ('original', appeal.sealed.SealedTextField(blank=True, verbose_name='in the original words')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='grants.application')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='grants.question')),
            ],
            options={
                'ordering': ['question__number'],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('question', models.CharField(max_length=200, verbose_name='question')),
                ('wanted', models.BooleanField(choices=[(True, 'yes'), (False, 'no')], default=True, verbose_name='the answer has to be')),
                ('reason', models.CharField(help_text='Why another answer means that they cannot apply, in plain words.', max_length=300, verbose_name='reason')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='grants.call')),
            ],
            options={
                'verbose_name': 'rule of eligibility',
                'verbose_name_plural': 'rules of eligibility',
                'ordering': ['call', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Eligibility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('yes', models.BooleanField()),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='eligibility', to='grants.application')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grants.rule')),
            ],
        ),
        migrations.CreateModel(
            name='Translation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=12, validators=[grants.models.initiative.known_language], verbose_name='language')),
                ('text', appeal.sealed.SealedTextField(verbose_name='translation')),
                ('translated_at', models.DateTimeField(auto_now_add=True)),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='grants.answer')),
                ('translated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['draft', 'published', 'review', 'vote', 'decided', 'allocated'])), name='call_stage_is_known'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('access__in', ['open', 'invited'])), name='call_access_is_known'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='call_closes_after_it_opens', violation_error_message='It has to close after it opens.'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('ceiling_minor__gte', models.F('most_minor')), ('most_minor__gt', 0)), name='call_ceiling_holds_a_grant', violation_error_message='The most for one group must be above zero, and within the ceiling.'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('grace__lte', 60)), name='call_grace_is_minutes'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('readers__gte', 1), ('readers__lte', 5)), name='call_readers_are_a_few'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('quorum__gte', 1), ('quorum__lte', 100)), name='call_quorum_is_a_part'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('published_by', None), ('stage', 'draft')), models.Q(models.Q(('stage', 'draft'), _negated=True), ('published_at__isnull', False), ('published_by__isnull', False)), _connector='OR'), name='call_published_means_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'withdrawn', 'eligible', 'refused'])), name='application_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='application_amount_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='application_country_is_iso_alpha_2'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'draft'), ('submitted_at', None)), models.Q(models.Q(('state', 'draft'), _negated=True), ('submitted_at__isnull', False)), _connector='OR'), name='application_sent_means_dated'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('name__empty', False), models.Q(('region', ''), _negated=True), models.Q(('purpose', ''), _negated=True), ('amount_minor__isnull', False), models.Q(('email__empty', False), ('phone__empty', False), _connector='OR'), models.Q(('registration__empty', False), models.Q(('why_unregistered', ''), _negated=True), _connector='OR')), _connector='OR'), name='application_sent_means_complete'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('mode', 'written'), models.Q(('helper__empty', False), ('consented_on__isnull', False), models.Q(('consent', 'written'), models.Q(('consent', 'verbal'), ('witness__empty', False)), _connector='OR')), _connector='OR'), name='application_helped_means_consented'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), ('withdrawn_at__isnull', False)), models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('withdrawn_at', None)), _connector='OR'), name='application_withdrawn_means_dated'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('screened_at', None), ('screened_by', None), ('screening', ''), models.Q(('state__in', ['eligible', 'refused']), _negated=True)), models.Q(('screened_at__isnull', False), ('screened_by__isnull', False), models.Q(('state__in', ['draft', 'submitted']), _negated=True)), _connector='OR'), name='application_screened_means_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('screening', ''), _negated=True), _connector='OR'), name='application_refused_means_told_why'),
        ),
        migrations.AddConstraint(
            model_name='criterion',
            constraint=models.UniqueConstraint(fields=('call', 'number'), name='criterion_number_is_its_own'),
        ),
        migrations.AddConstraint(
            model_name='criterion',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gte', 1), ('weight__lte', 100)), name='criterion_weighs_a_part'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('call', 'number'), name='question_number_is_its_own'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 12)), name='question_is_one_of_twelve', violation_error_message='Number the questions from 1 to 12.'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('most_words__gte', 10), ('most_words__lte', 500)), name='question_words_are_a_few'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.UniqueConstraint(fields=('application', 'question'), name='answer_is_given_once'),
        ),
        migrations.AddConstraint(
            model_name='rule',
            constraint=models.UniqueConstraint(fields=('call', 'number'), name='rule_number_is_its_own'),
        ),
        migrations.AddConstraint(
            model_name='eligibility',
            constraint=models.UniqueConstraint(fields=('application', 'rule'), name='eligibility_is_said_once'),
        ),
    ]
