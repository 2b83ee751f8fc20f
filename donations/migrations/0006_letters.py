from django.db import migrations, models

# What happened before there were these letters is not told of now.
TOLD_ALREADY = """
UPDATE donations_monthlygift SET farewell_at = seen_at WHERE state = 'ended';
UPDATE donations_refund SET mailed_at = seen_at WHERE status = 'succeeded';
"""


class Migration(migrations.Migration):
    dependencies = [("donations", "0005_monthly")]

    operations = [
        migrations.AddField(
            model_name="monthlygift",
            name="farewell_at",
            field=models.DateTimeField(help_text="when its donor was told that it has ended", null=True),
        ),
        migrations.AddField(
            model_name="refund",
            name="mailed_at",
            field=models.DateTimeField(help_text="when its donor was told of it", null=True),
        ),
        migrations.RunSQL(TOLD_ALREADY, migrations.RunSQL.noop),
    ]
