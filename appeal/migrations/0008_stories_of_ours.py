"""Stories of our own, published by a second person; translations; a page for each story; photos in two widths."""

import appeal.languages
import appeal.stories
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('appeal', '0007_pledge_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StoryTranslation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=12, validators=[appeal.languages.known_language], verbose_name='language')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('text', models.TextField(verbose_name='text')),
                ('written_at', models.DateTimeField(verbose_name='written at')),
                ('published_at', models.DateTimeField(null=True, verbose_name='published at')),
                ('taken_down', models.BooleanField(db_default=False, default=False, verbose_name='taken away')),
            ],
            options={
                'verbose_name': 'translation of a story',
                'verbose_name_plural': 'translations of stories',
                'ordering': ['story', 'language', 'pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='story',
            options={'ordering': ['-month', '-pk'], 'permissions': [('publish_story', 'Can publish a story or translation that another person wrote')], 'verbose_name': 'story', 'verbose_name_plural': 'stories'},
        ),
        migrations.AddField(
            model_name='story',
            name='corrects',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='appeal.story', verbose_name='corrects'),
        ),
        migrations.AddField(
            model_name='story',
            name='draft',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='draft'),
        ),
        migrations.AddField(
            model_name='story',
            name='key',
            field=models.CharField(default='', editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE appeal_story SET key = replace(gen_random_uuid()::text, '-', '')", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name='story',
            name='key',
            field=models.CharField(default=appeal.stories.new_key, editable=False, max_length=32, unique=True),
        ),
        migrations.AddField(
            model_name='story',
            name='published_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='published at'),
        ),
        migrations.AddField(
            model_name='story',
            name='published_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='story',
            name='written_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='written at'),
        ),
        migrations.AddField(
            model_name='story',
            name='written_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by'),
        ),
        migrations.AddField(
            model_name='storyphoto',
            name='consent',
            field=models.CharField(blank=True, db_default='', max_length=300, verbose_name='who agreed that it is shown'),
        ),
        migrations.AddField(
            model_name='storyphoto',
            name='small',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='storyphoto',
            name='small_width',
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='story',
            name='language',
            field=models.CharField(help_text='Its code, such as en, fa or my.', max_length=12, validators=[appeal.languages.known_language], verbose_name='language'),
        ),
        migrations.AddIndex(
            model_name='story',
            index=models.Index(condition=models.Q(('draft', False), ('taken_down', False)), fields=['-month', '-id'], name='story_shown_by_month'),
        ),
        migrations.AddConstraint(
            model_name='story',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('draft', False), ('published_at', None), ('published_by', None), ('written_at', None), ('written_by', None)), models.Q(('written_at__isnull', False), ('written_by__isnull', False), models.Q(models.Q(('draft', True), ('published_at', None), ('published_by', None)), models.Q(('draft', False), ('published_at__isnull', False), ('published_by__isnull', False), models.Q(('published_by', models.F('written_by')), _negated=True)), _connector='OR')), _connector='OR'), name='story_of_ours_is_published_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='story',
            constraint=models.CheckConstraint(condition=models.Q(('corrects', None), models.Q(models.Q(('corrects', models.F('id')), _negated=True), models.Q(('written_by', None), _negated=True)), _connector='OR'), name='story_corrects_another'),
        ),
        migrations.AddConstraint(
            model_name='story',
            constraint=models.UniqueConstraint(condition=models.Q(('taken_down', False)), fields=('corrects',), name='story_has_one_correction'),
        ),
        migrations.AddConstraint(
            model_name='storyphoto',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('small', None), ('small_width', None)), models.Q(('small__isnull', False), ('small_width__isnull', False)), _connector='OR'), name='story_photo_is_small_with_its_width'),
        ),
        migrations.AddField(
            model_name='storytranslation',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='storytranslation',
            name='story',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='appeal.story', verbose_name='story'),
        ),
        migrations.AddField(
            model_name='storytranslation',
            name='written_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written by'),
        ),
        migrations.AddConstraint(
            model_name='storytranslation',
            constraint=models.UniqueConstraint(condition=models.Q(('taken_down', False)), fields=('story', 'language'), name='story_is_translated_once'),
        ),
        migrations.AddConstraint(
            model_name='storytranslation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('published_by', None)), models.Q(('published_at__isnull', False), ('published_by__isnull', False), models.Q(('published_by', models.F('written_by')), _negated=True)), _connector='OR'), name='story_translation_is_published_by_another_person'),
        ),
    ]
