from django.db import migrations, models

# Whose gift ended before there were farewells is not told of it now.
TOLD_ALREADY = "UPDATE donations_monthlygift SET farewell_at = seen_at WHERE state = 'ended'"


class Migration(migrations.Migration):
    dependencies = [("donations", "0005_monthly")]

    operations = [
        migrations.AddField(
            model_name="monthlygift",
            name="farewell_at",
            field=models.DateTimeField(help_text="when its donor was told that it has ended", null=True),
        ),
        migrations.RunSQL(TOLD_ALREADY, migrations.RunSQL.noop),
    ]
