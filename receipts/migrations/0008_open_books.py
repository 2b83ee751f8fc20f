import django.contrib.postgres.functions
import receipts.models.log
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("receipts", "0007_years_and_statements"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogLeaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("receipt", "receipt"), ("event", "end of a receipt"), ("ledger", "day of the journal"), ("report", "report"), ("key", "key")], max_length=10)),
                ("key", models.CharField(max_length=200)),
                ("body", models.TextField(help_text="Canonical JSON: what the leaf is made of.")),
                ("salt", models.BinaryField(null=True)),
                ("leaf", models.BinaryField()),
                ("leaf_hash", models.GeneratedField(db_persist=True, expression=receipts.models.log.LeafHash(models.F("leaf")), output_field=models.BinaryField())),
                ("stored_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False)),
            ],
            options={
                "verbose_name": "leaf of the open books",
                "verbose_name_plural": "leaves of the open books",
                "default_permissions": (),
                "indexes": [models.Index(fields=["leaf_hash"], name="log_leaf_by_hash")],
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="log_leaf_once"), models.CheckConstraint(condition=models.Q(models.Q(("key", ""), _negated=True), ("index__gte", 0)), name="log_leaf_names_its_thing")],
            },
        ),
        migrations.CreateModel(
            name="LogNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "verbose_name": "subtree of the open books",
                "verbose_name_plural": "subtrees of the open books",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("level", "index"), name="log_node_once")],
            },
        ),
        migrations.CreateModel(
            name="SignedCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("key", models.CharField(max_length=300)),
                ("stored_at", models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False)),
            ],
            options={
                "verbose_name": "checkpoint",
                "verbose_name_plural": "checkpoints",
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="checkpoint_of_a_leaf_at_least")],
            },
        ),
    ]
