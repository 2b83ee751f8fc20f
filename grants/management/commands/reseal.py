from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from appeal.sealed import SEALED, Marked
from grants.models import Application, PayeeAccount


class Command(BaseCommand):
    help = "Seals all that is sealed with the first of FIELD_KEYS, so that the others can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL grants.resealing = 'on'")
            done = sum(reseal(row, fields) for row, fields in sealed_rows())
        self.stdout.write(f"{done} rows are sealed with the first key.")


def sealed_rows() -> Iterator[tuple[models.Model, list[str]]]:
    """Each row that has something sealed, and the names of its sealed fields."""
    for model in apps.get_models():
        fields = [field.name for field in model._meta.fields if isinstance(field, SEALED)]  # noqa: SLF001
        if fields:
            rows = model._default_manager.order_by("pk").select_for_update()  # noqa: SLF001 (of any model)
            yield from ((row, fields) for row in rows.iterator())


def reseal(row: models.Model, fields: list[str]) -> int:
    if isinstance(row, Application):
        row.reseal()
        fields = [*fields, "code_mark", "email_mark"]
    if isinstance(row, PayeeAccount):
        row.mark_number()
        fields = [*fields, "number_mark"]
    if isinstance(row, Marked):
        fields = [*fields, *row.mark_again()]
    row.save(update_fields=fields)
    return 1
