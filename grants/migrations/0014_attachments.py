"""Files beside an application: sealed, of six kinds, each of 5 MB at most."""

from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

import grants.models.keys
import grants.sealed


class Migration(migrations.Migration):
    dependencies = [("grants", "0013_report_rules")]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(default=grants.models.keys.new_key, editable=False, max_length=32, unique=True),
                ),
                ("name", grants.sealed.SealedTextField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pdf", "PDF"),
                            ("jpg", "photo (JPG)"),
                            ("png", "picture (PNG)"),
                            ("docx", "Word document"),
                            ("xlsx", "Excel sheet"),
                            ("odt", "OpenDocument text"),
                        ],
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("content", grants.sealed.SealedBinaryField()),
                ("stored_at", models.DateTimeField(auto_now_add=True, verbose_name="stored at")),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name__empty", False)), name="attachment_is_named"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["pdf", "jpg", "png", "docx", "xlsx", "odt"])),
                        name="attachment_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size__range", (1, 5242880))), name="attachment_size_is_bounded"
                    ),
                    models.CheckConstraint(
                        condition=LessThanOrEqual(Length("content"), 6990706), name="attachment_content_is_bounded"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="attachment_sha256_is_hex"
                    ),
                ],
            },
        ),
    ]
