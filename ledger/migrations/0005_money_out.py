from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_history")]

    operations = [
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                name="ledger_posting_out",
                fields=["fund", "account", "entry"],
                condition=models.Q(amount__lt=0) & ~models.Q(account="gifts"),
            ),
        ),
    ]
