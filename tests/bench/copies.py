"""A million rows like one: copied by PostgreSQL itself, past the guards, which would take an hour."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction

from ledger.models import Entry, Posting


@contextmanager
def unguarded() -> Iterator[None]:
    """No trigger fires; unique and check constraints hold all the same."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def copy(row: models.Model, times: int, **columns: str) -> int:
    """Rows like this one, their numbers in a line; the first of these. `columns` are SQL, over the count `n` from 0."""
    table, key = type(row)._meta, str(type(row)._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max({key}), 0) + 1 FROM {table.db_table}")
        (first,) = cursor.fetchone()
        values = {str(field.column): f"one.{field.column}" for field in table.concrete_fields if not field.generated}
        values |= {key: f"{first} + n"} | columns
        cursor.execute(
            f"INSERT INTO {table.db_table} ({', '.join(values)}) OVERRIDING SYSTEM VALUE"
            f" SELECT {', '.join(values.values())} FROM {table.db_table} AS one, generate_series(0, {times - 1}) AS n"
            f" WHERE one.{key} = %s",
            [row.pk],
        )
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table.db_table, key, first + times - 1])
    return int(first)


def copy_entry(entry: Entry, times: int, **columns: str) -> int:
    """With its postings; each gets a source of its own."""
    first = copy(entry, times, source="one.source || '-copy-' || n", **columns)
    values = {
        str(field.column): f"one.{field.column}" for field in Posting._meta.concrete_fields if not field.primary_key
    }
    values["entry_id"] = f"{first} + n"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_posting ({', '.join(values)}) SELECT {', '.join(values.values())}"
            f" FROM ledger_posting AS one, generate_series(0, {times - 1}) AS n WHERE one.entry_id = %s",
            [entry.pk],
        )
    return first
