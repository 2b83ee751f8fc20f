"""Every appeal has a code for bank transfers, those that are there already too."""

from django.db import migrations, models

from appeal import transfer_code


def give_each_a_code(apps, schema_editor):
    Campaign = apps.get_model("appeal", "Campaign")
    taken = set()
    for campaign in Campaign.objects.all():
        while (code := transfer_code.new()) in taken:
            pass
        taken.add(code)
        Campaign.objects.filter(pk=campaign.pk).update(transfer_code=code)


class Migration(migrations.Migration):
    dependencies = [("appeal", "0002_currency_of_the_funds")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="bank_details",
            field=models.TextField(
                blank=True,
                db_default="",
                help_text="Account holder, bank and account number, as a donor needs them for a transfer. Shown to everyone together with the transfer code. Empty: the public page offers no bank transfer.",
                verbose_name="bank details",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="transfer_code",
            field=models.CharField(default="", editable=False, max_length=6, verbose_name="transfer code"),
        ),
        migrations.RunPython(give_each_a_code, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="campaign",
            name="transfer_code",
            field=models.CharField(
                default=transfer_code.new,
                editable=False,
                max_length=6,
                unique=True,
                verbose_name="transfer code",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("transfer_code__regex", transfer_code.SHAPE)),
                name="campaign_transfer_code_is_one",
            ),
        ),
    ]
