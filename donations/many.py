"""Ask the database about any number of names at once."""

from collections.abc import Iterable

from django.db.models.expressions import RawSQL


def any_of(names: Iterable[str]) -> RawSQL:
    """For `__in`: one parameter, however many names. PostgreSQL takes no more than 65,535 parameters."""
    return RawSQL("SELECT unnest(%s::text[])", [list(names)])
