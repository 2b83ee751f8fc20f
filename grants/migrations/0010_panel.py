"""Panels: members, ties, recusals, reviews, votes and decisions."""

import django.core.validators
import django.db.models.deletion
import appeal.sealed
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0009_awards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Panel',
            fields=[
            ],
            options={
                'verbose_name': 'panel',
                'verbose_name_plural': 'panels',
                'permissions': [('lead_panel', 'Can lead a panel: its members, readings, vote and reasons')],
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('grants.call',),
        ),
        migrations.AlterModelOptions(
            name='application',
            options={'ordering': ['-pk'], 'permissions': [('screen_applications', 'Can say whether an application is eligible')], 'verbose_name': 'application', 'verbose_name_plural': 'applications'},
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('may_read', models.BooleanField(default=True, verbose_name='reads and scores')),
                ('may_vote', models.BooleanField(default=True, verbose_name='votes')),
                ('added_at', models.DateTimeField(auto_now_add=True, verbose_name='added at')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='grants.call', verbose_name='call')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'member of a panel',
                'verbose_name_plural': 'members of panels',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Rationale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='reason')),
                ('written_at', models.DateTimeField(auto_now=True)),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='rationale', to='grants.application', verbose_name='application')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Recusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('detected', 'found by comparing'), ('declared', 'declared by the member')], max_length=8, verbose_name='how it is known')),
                ('kind', models.CharField(blank=True, choices=[('organisation', 'an organisation or group'), ('mail', 'a mail address'), ('phone', 'a telephone number'), ('account', 'a bank account or mobile money number'), ('host', 'an organisation that receives money for groups')], max_length=12, verbose_name='what they have in common')),
                ('reason', appeal.sealed.SealedTextField(blank=True, verbose_name='reason')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recusals', to='grants.application', verbose_name='application')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recusals', to='grants.member', verbose_name='member')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'recusal',
                'verbose_name_plural': 'recusals',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('assigned_at', models.DateTimeField(auto_now_add=True, verbose_name='assigned at')),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='submitted at')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='grants.application', verbose_name='application')),
                ('assigned_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='grants.member', verbose_name='reader')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ['pk'],
                'permissions': [('read_applications', 'Can read and score applications that are assigned to them')],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.PositiveSmallIntegerField(null=True, validators=[django.core.validators.MaxValueValidator(5)], verbose_name='points')),
                ('reason', appeal.sealed.SealedTextField(blank=True, verbose_name='why')),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='grants.criterion')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='grants.review')),
            ],
            options={
                'ordering': ['criterion__number'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Tie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('organisation', 'an organisation or group'), ('mail', 'a mail address'), ('phone', 'a telephone number'), ('account', 'a bank account or mobile money number'), ('host', 'an organisation that receives money for groups')], max_length=12, verbose_name='kind')),
                ('mark', models.CharField(editable=False, max_length=64)),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
            ],
            options={
                'verbose_name': 'tie',
                'verbose_name_plural': 'ties',
                'ordering': ['person', 'kind', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('choice', appeal.sealed.SealedTextField(choices=[('yes', 'Yes, fund it'), ('no', 'No, do not fund it')])),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='grants.application')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='grants.member')),
            ],
            options={
                'verbose_name': 'vote',
                'verbose_name_plural': 'votes',
                'permissions': [('vote', 'Can vote on applications, as a member of their panel')],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('funded', 'to be funded'), ('reserve', 'on the reserve list'), ('declined', 'declined')], max_length=8, verbose_name='outcome')),
                ('yes', models.PositiveSmallIntegerField(verbose_name='yes')),
                ('no', models.PositiveSmallIntegerField(verbose_name='no')),
                ('eligible', models.PositiveSmallIntegerField(verbose_name='members who could vote')),
                ('recused', models.PositiveSmallIntegerField(verbose_name='members who stood aside')),
                ('score', models.PositiveSmallIntegerField(help_text='In hundredths of a point, 0 to 500.', verbose_name='score')),
                ('rank', models.PositiveSmallIntegerField(verbose_name='rank')),
                ('rationale', models.TextField(verbose_name='reason')),
                ('decided_at', models.DateTimeField(verbose_name='decided at')),
                ('application', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='grants.application', verbose_name='application')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'ordering': ['rank', 'pk'],
                'default_permissions': ('view',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'funded'), ('yes__gt', models.F('no'))), models.Q(('outcome', 'reserve'), ('yes', models.F('no'))), models.Q(('outcome', 'declined'), ('yes__lt', models.F('no'))), _connector='OR'), name='decision_is_the_majoritys'), models.CheckConstraint(condition=models.Q(('score__lte', 500)), name='decision_score_is_0_to_500'), models.CheckConstraint(condition=models.Q(('rationale', ''), _negated=True), name='decision_says_why')],
            },
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(fields=('call', 'person'), name='member_is_on_a_panel_once', violation_error_message='This person is on the panel already.'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=models.Q(('may_read', True), ('may_vote', True), _connector='OR'), name='member_reads_or_votes', violation_error_message='A member reads, or votes, or both.'),
        ),
        migrations.AddConstraint(
            model_name='rationale',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='rationale_says_something'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.UniqueConstraint(fields=('application', 'member'), name='recusal_is_recorded_once'),
        ),
        migrations.AddConstraint(
            model_name='recusal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('how', 'detected'), ('kind__in', ['organisation', 'mail', 'phone', 'account', 'host'])), models.Q(('how', 'declared'), ('kind', ''), ('reason__empty', False)), _connector='OR'), name='recusal_says_why'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('application', 'member'), name='review_is_assigned_once'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.UniqueConstraint(fields=('review', 'criterion'), name='score_is_given_once'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 0), ('points__lte', 5)), name='score_is_0_to_5'),
        ),
        migrations.AddConstraint(
            model_name='tie',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['organisation', 'mail', 'phone', 'account', 'host'])), name='tie_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='tie',
            constraint=models.CheckConstraint(condition=models.Q(('mark__regex', '^[0-9a-f]{64}$')), name='tie_is_marked'),
        ),
        migrations.AddConstraint(
            model_name='tie',
            constraint=models.UniqueConstraint(fields=('person', 'kind', 'mark'), name='tie_is_recorded_once'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(fields=('application', 'member'), name='vote_is_one_of_each_member'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('choice__empty', False)), name='vote_says_something'),
        ),
    ]
