"""A report that is asked for again, or postponed, has reminders of its own for the new day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grants", "0013_report_rules")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="turn",
            field=models.PositiveSmallIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="reminder",
            name="turn",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="when",
            field=models.CharField(
                choices=[
                    ("soon", "two weeks before it is due"),
                    ("asked", "when it is asked for again"),
                    ("today", "when it is due"),
                    ("late", "a week after it was due"),
                ],
                max_length=5,
            ),
        ),
        migrations.RemoveConstraint(model_name="reminder", name="reminder_is_sent_once"),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(fields=("report", "turn", "when"), name="reminder_is_sent_once"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("story", None), ("state", "accepted"), _connector="OR"),
                name="report_story_means_accepted",
            ),
        ),
    ]
