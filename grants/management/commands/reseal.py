from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, models, transaction

from grants.models import Initiative, Notice, PayeeAccount

SEALED: dict[type[models.Model], tuple[str, ...]] = {
    Initiative: ("email", "place"),
    PayeeAccount: ("payee", "details"),
    Notice: ("address",),
}


class Command(BaseCommand):
    help = "Seals all that is sealed with the first of FIELD_KEYS, so that the others can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL grants.resealing = 'on'")
            rows = (
                Initiative.objects.select_for_update(),
                PayeeAccount.objects.select_for_update(),
                Notice.objects.select_for_update(),
            )
            done = sum(reseal(row) for each in rows for row in each.order_by("pk").iterator())
        self.stdout.write(f"{done} rows are sealed with the first key.")


def reseal(row: models.Model) -> int:
    row.save(update_fields=SEALED[type(row)])
    return 1
