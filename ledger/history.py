"""The history of people's tables: a migration names a table, and PostgreSQL keeps each change of it from then on.

Whoever is signed in is told to the connection for the time of one request (`acting`). Programs leave a trace without a
name, and so does raw SQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection
from django.db.migrations import RunSQL

WHO = "SELECT set_config('history.person', %s, false), set_config('history.request', %s, false)"


def keep_history(table: str, leave_out: tuple[str, ...] = ()) -> RunSQL:
    """An operation for a migration. Columns left out are never written into the history."""
    columns = ", ".join(f"'{column}'" for column in leave_out)
    return RunSQL(
        sql=f"""
            CREATE TRIGGER history_is_kept AFTER INSERT OR UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION ledger_keep_history({columns})
        """,
        reverse_sql=f"DROP TRIGGER history_is_kept ON {table}",
    )


@contextmanager
def acting(person: int, request: str) -> Iterator[None]:
    """What happens inside was this person's doing. The connection outlives the request and never keeps the name."""
    tell(str(person), request)
    try:
        yield
    finally:
        forget()


def forget() -> None:
    try:
        tell("", "")
    except DatabaseError:  # a broken connection; the next request opens another, which knows nobody
        with suppress(DatabaseError):
            connection.close()


def tell(person: str, request: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WHO, [person, request])
