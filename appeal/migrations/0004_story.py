"""What became of an appeal's money, told by those who did it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0003_transfer_code'),
    ]

    operations = [
        migrations.CreateModel(
            name='Story',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('text', models.TextField(help_text='Plain text. An empty line starts a new paragraph.', verbose_name='text')),
                ('language', models.CharField(max_length=12, verbose_name='language')),
                ('month', models.DateField(help_text='The first day of the month it is told in.', verbose_name='month')),
                ('taken_down', models.BooleanField(default=False, verbose_name='taken down')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stories', to='appeal.campaign', verbose_name='campaign')),
            ],
            options={
                'verbose_name': 'story',
                'verbose_name_plural': 'stories',
                'ordering': ['-month', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('month__day', 1)), name='story_month_is_a_month')],
            },
        ),
    ]
