"""Photos of a story, as everyone may see them."""

import appeal.stories
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0004_story'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoryPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=appeal.stories.new_key, editable=False, max_length=32, unique=True)),
                ('description', models.CharField(max_length=300, verbose_name='what it shows')),
                ('width', models.PositiveSmallIntegerField(verbose_name='width in pixels')),
                ('height', models.PositiveSmallIntegerField(verbose_name='height in pixels')),
                ('jpeg', models.BinaryField()),
                ('story', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='appeal.story', verbose_name='story')),
            ],
            options={
                'verbose_name': 'photo of a story',
                'verbose_name_plural': 'photos of stories',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('description', ''), _negated=True), name='story_photo_is_described')],
            },
        ),
    ]
