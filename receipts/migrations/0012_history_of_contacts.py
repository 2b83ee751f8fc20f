"""Who and which number to call is left out of the history, as the address is."""

from django.db import migrations

from ledger.history import keep_history

TABLE = "grants_initiative"
BEFORE = keep_history(TABLE, leave_out=("place", "email"))


class Migration(migrations.Migration):
    dependencies = [("receipts", "0011_report_rules"), ("grants", "0027_called")]

    operations = [
        migrations.RunSQL(BEFORE.reverse_sql, BEFORE.sql),
        keep_history(TABLE, leave_out=("place", "contact", "email", "phone")),
    ]
