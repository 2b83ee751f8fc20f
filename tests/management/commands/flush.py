"""Django's flush, for tests: it empties the append-only books too.

The books refuse TRUNCATE, so a test that commits could never be cleaned up. Here, and nowhere else, the triggers sleep
while the tables are emptied: `session_replication_role` needs a superuser, which the service's own role is not.
Rows that migrations wrote (accounts, permissions, content types) stay.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

KEPT = {"django_migrations", "django_content_type", "auth_permission", "ledger_account"}


class Command(BaseCommand):
    stealth_options = ("interactive", "reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default="default")

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        connection = connections[database]
        with connection.cursor() as cursor:
            tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT)
            # On tables of a few rows DELETE is many times faster than TRUNCATE, which makes new files.
            deletes = "; ".join(f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables)
            cursor.execute(f"SET session_replication_role = replica; {deletes}; SET session_replication_role = DEFAULT")
