"""The chart of accounts, as the books know it from their first day."""

from django.db import migrations

CHART = {
    "asset": ["stripe", "bank", "transit", "disputed"],
    "liability": ["suspense"],
    "net": ["transfer"],
    "income": ["gifts", "refunds", "grants_returned"],
    "expense": ["fees", "dispute_fees", "bank_fees", "lost", "grants"],
    "memo": ["encumbered", "contra"],
}


def write_chart(apps, schema_editor):
    Account = apps.get_model("ledger", "Account")
    Account.objects.bulk_create(Account(code=code, kind=kind) for kind, codes in CHART.items() for code in codes)


def remove_chart(apps, schema_editor):
    apps.get_model("ledger", "Account").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]

    operations = [migrations.RunPython(write_chart, remove_chart)]
