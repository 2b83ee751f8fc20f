"""An appeal can be suspended for a time, have a second goal, and say what happens with more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("appeal", "0011_matching_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="status",
            field=models.CharField(
                choices=[("draft", "Draft"), ("live", "Live"), ("suspended", "Suspended"), ("closed", "Closed")],
                default="draft",
                max_length=9,
                verbose_name="status",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="stretch_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="second goal in minor units"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="stretch_words",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What more money will do. Shown with the second goal, once the first one is reached.",
                max_length=300,
                verbose_name="what the second goal is for",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="afterwards",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Shown once the appeal is closed, also to those whose gift comes later: where that money goes. Empty: that it stays with this appeal and is granted like the rest of it.",
                max_length=500,
                verbose_name="what happens with more",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="suspended_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="suspended by",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="suspended_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="suspended at"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="suspended_why",
            field=models.TextField(blank=True, db_default="", editable=False, verbose_name="why it is suspended"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="suspended_words",
            field=models.CharField(
                blank=True, db_default="", editable=False, max_length=300, verbose_name="what the public reads"
            ),
        ),
        migrations.RemoveConstraint(model_name="campaign", name="campaign_status_is_known"),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=Q(status__in=["draft", "live", "suspended", "closed"]), name="campaign_status_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                name="campaign_second_goal_is_more_and_says_what_for",
                condition=Q(stretch_minor=None, stretch_words="")
                | Q(stretch_minor__isnull=False, stretch_minor__gt=F("goal_minor")) & ~Q(stretch_words=""),
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                name="campaign_suspended_means_by_whom_and_why",
                condition=~Q(status="suspended")
                & Q(suspended_by=None, suspended_at=None, suspended_why="", suspended_words="")
                | Q(status="suspended", suspended_by__isnull=False, suspended_at__isnull=False)
                & ~Q(suspended_why="")
                & ~Q(suspended_words=""),
            ),
        ),
    ]
