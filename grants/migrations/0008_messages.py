"""What a group is told of its application by mail."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grants', '0007_call_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('link', 'the link to go on'), ('sent', 'that it was sent'), ('refused', 'that it is not eligible'), ('again', 'that it is eligible after all')], max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='grants.application')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('what', 'sent')), fields=('application',), name='message_that_it_was_sent_is_one')],
            },
        ),
    ]
