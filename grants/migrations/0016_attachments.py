"""Files beside an application: sealed, of six kinds, each of 5 MB at most, ten at most, and fixed once it is sent."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

import grants.models.keys
import appeal.sealed

rule = import_module("grants.migrations.0002_two_people").rule

IN_A_DRAFT = rule(
    "attachment_is_sent_with_its_application",
    "grants_attachment",
    "BEFORE INSERT OR UPDATE OR DELETE",
    body="""
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('grants.resealing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        PERFORM FROM grants_application WHERE id = coalesce(OLD.application_id, NEW.application_id) AND state = 'draft'
            FOR NO KEY UPDATE;
        IF NOT FOUND OR TG_OP = 'UPDATE' THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application stays as it was sent';
        END IF;
        IF TG_OP = 'INSERT' AND (SELECT count(*) FROM grants_attachment WHERE application_id = NEW.application_id) >= 10 THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'an application has ten attachments at most';
        END IF;
        RETURN coalesce(NEW, OLD);
    END
    """,
)


class Migration(migrations.Migration):
    dependencies = [("grants", "0015_turn_rules")]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(default=grants.models.keys.new_key, editable=False, max_length=32, unique=True),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="grants.application",
                    ),
                ),
                ("name", appeal.sealed.SealedTextField(max_length=100, verbose_name="name")),
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
                ("content", appeal.sealed.SealedBinaryField()),
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
        IN_A_DRAFT,
    ]
