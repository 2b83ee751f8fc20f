"""What happens after a grant is paid: reports, changes of plan, money that comes back, and the end."""

import django.db.models.deletion
import grants.models.initiative
import grants.models.keys
import appeal.sealed
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0004_story'),
        ('grants', '0011_panel_rules'),
        ('ledger', '0003_chart'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='grant',
            options={'ordering': ['-id'], 'permissions': [('close_grant', 'Can close a grant')], 'verbose_name': 'grant', 'verbose_name_plural': 'grants'},
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(choices=[('people', 'people reached'), ('women', 'of them women and girls'), ('children', 'of them children'), ('households', 'households'), ('meals', 'meals'), ('nights', 'nights of shelter'), ('lessons', 'lessons or sessions'), ('cases', 'people helped with papers or the law')], max_length=10, verbose_name='measure')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('estimate', models.BooleanField(default=False, verbose_name='estimate')),
            ],
            options={
                'verbose_name': 'figure',
                'verbose_name_plural': 'figures',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='LateReportOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(verbose_name='reason')),
                ('overridden_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'payment in spite of a late report',
                'verbose_name_plural': 'payments in spite of a late report',
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('when', models.CharField(choices=[('soon', 'two weeks before it is due'), ('today', 'when it is due'), ('late', 'a week after it was due')], max_length=5)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mailed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('due_on', models.DateField(verbose_name='due on')),
                ('final', models.BooleanField(default=True, verbose_name='final')),
                ('key', models.CharField(default=grants.models.keys.new_key, editable=False, max_length=32, unique=True)),
                ('state', models.CharField(choices=[('due', 'due'), ('received', 'received'), ('accepted', 'accepted')], default='due', max_length=8, verbose_name='state')),
                ('language', models.CharField(blank=True, max_length=12, validators=[grants.models.initiative.known_language], verbose_name='language')),
                ('mode', models.CharField(choices=[('written', 'We write it ourselves'), ('spoken', 'We speak, and a helper writes it down'), ('on_behalf', 'A helper writes it for us')], default='written', max_length=9, verbose_name='how it was written')),
                ('text', appeal.sealed.SealedTextField(blank=True, verbose_name='what was done')),
                ('original', appeal.sealed.SealedTextField(blank=True, verbose_name='in the original words')),
                ('spent_minor', models.BigIntegerField(null=True)),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('asked', models.TextField(blank=True, help_text='The group reads this.', verbose_name='what we still ask')),
                ('accepted_at', models.DateTimeField(null=True, verbose_name='accepted at')),
                ('consent_of', appeal.sealed.SealedTextField(blank=True, max_length=200, verbose_name='who agrees that it is shown')),
                ('consented_on', models.DateField(null=True, verbose_name='consent given on')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'ordering': ['grant', 'number'],
                'permissions': [('publish_report', "Can publish a report's story")],
            },
        ),
        migrations.CreateModel(
            name='Returned',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('returned_on', models.DateField(verbose_name='came on')),
                ('bank_reference', models.CharField(max_length=100, verbose_name='bank reference')),
                ('recorded_at', models.DateTimeField(auto_now_add=True, verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'money returned',
                'verbose_name_plural': 'money returned',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Variation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='what changes, and why')),
                ('proposed_at', models.DateTimeField(auto_now_add=True, verbose_name='proposed at')),
                ('agreed', models.BooleanField(null=True, verbose_name='agreed')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
            ],
            options={
                'verbose_name': 'variation',
                'verbose_name_plural': 'variations',
                'ordering': ['-pk'],
                'permissions': [('decide_variation', 'Can decide on a variation that another person wrote')],
            },
        ),
        migrations.AddField(
            model_name='grant',
            name='closed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='closed at'),
        ),
        migrations.AddField(
            model_name='grant',
            name='closed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='grant',
            name='report_days',
            field=models.PositiveSmallIntegerField(db_default=180, default=180, help_text='After it is accepted.', verbose_name='days until its final report'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at', None), ('closed_by', None)), _connector='OR'), name='grant_closed_means_by_a_person'),
        ),
        migrations.AddField(
            model_name='latereportoverride',
            name='overridden_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='latereportoverride',
            name='tranche',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='grants.tranche'),
        ),
        migrations.AddField(
            model_name='report',
            name='accepted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='report',
            name='grant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='grants.grant', verbose_name='grant'),
        ),
        migrations.AddField(
            model_name='report',
            name='story',
            field=models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='appeal.story'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='grants.report'),
        ),
        migrations.AddField(
            model_name='figure',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='figures', to='grants.report'),
        ),
        migrations.AddField(
            model_name='returned',
            name='grant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returned', to='grants.grant', verbose_name='grant'),
        ),
        migrations.AddField(
            model_name='returned',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='variation',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='variation',
            name='grant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variations', to='grants.grant', verbose_name='grant'),
        ),
        migrations.AddField(
            model_name='variation',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='latereportoverride',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='late_report_override_says_why'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('grant', 'number'), name='report_number_is_its_own'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('final', True)), fields=('grant',), name='report_is_final_once'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['due', 'received', 'accepted'])), name='report_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('spent_minor__gte', 0)), name='report_spent_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'due'), models.Q(('spent_minor__isnull', False), ('submitted_at__isnull', False), ('text__empty', False)), _connector='OR'), name='report_received_means_told'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', False), ('accepted_by__isnull', False), ('state', 'accepted')), models.Q(models.Q(('state', 'accepted'), _negated=True), ('accepted_at', None), ('accepted_by', None)), _connector='OR'), name='report_accepted_means_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('consented_on', None), ('consent_of__empty', False), _connector='OR'), name='report_consent_is_somebodys'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('report', 'when'), name='reminder_is_sent_once'),
        ),
        migrations.AddConstraint(
            model_name='figure',
            constraint=models.UniqueConstraint(fields=('report', 'measure'), name='figure_is_measured_once'),
        ),
        migrations.AddConstraint(
            model_name='figure',
            constraint=models.CheckConstraint(condition=models.Q(('measure__in', ['people', 'women', 'children', 'households', 'meals', 'nights', 'lessons', 'cases'])), name='figure_measure_is_known'),
        ),
        migrations.AddConstraint(
            model_name='returned',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='returned_amount_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='returned',
            constraint=models.UniqueConstraint(fields=('grant', 'bank_reference'), name='returned_is_recorded_once'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed', None), ('decided_at', None), ('decided_by', None)), models.Q(('agreed__isnull', False), ('decided_at__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='variation_is_decided_by_another_person'),
        ),
    ]
