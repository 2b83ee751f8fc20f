"""The two roles of the operator's handbook, made as it says."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from config.embedded import PROJECT
from tests.config.command import manage

NAME = f"appeal_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # parallel workers share one server
GUARDED = ["TRUNCATE ledger_posting", "ALTER TABLE ledger_posting DISABLE TRIGGER ALL", "DROP TABLE ledger_posting"]

WRITE = """
from datetime import date
from django.db import transaction
from ledger import chart
from ledger.journal import Draft, Line, record
from ledger.models import Fund
from ledger.money import Money

with transaction.atomic():
    fund, gift = Fund.objects.general("USD"), Money(100_00, "USD")
    lines = Line(chart.BANK, fund, gift), Line(chart.GIFTS, fund, -gift)
    record(Draft("gift", "1", date(2026, 1, 1), lines, discretionary=True))
"""


def url(role: str) -> str:
    server = urlsplit(os.environ["DATABASE_URL"])
    place = server.netloc.rpartition("@")[2]
    return f"postgresql://{NAME}_{role}:secret@{place}/{NAME}?{server.query}"


def recipe() -> tuple[str, str]:
    """The handbook's SQL: the superuser's part, and the owner's."""
    handbook = (PROJECT / "docs" / "operators.md").read_text()
    block = re.search(r"^    CREATE ROLE.*?(?=^\S)", handbook, re.MULTILINE | re.DOTALL)
    assert block
    first, second = block[0].replace("'…'", "'secret'").replace("appeal", NAME).split(f"\\c {NAME} {NAME}_owner")
    return first, second


def run(conninfo: str, statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in filter(str.strip, statements.split(";")):
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A migrated database, as the service's role sees it."""
    superuser = os.environ["DATABASE_URL"]
    of_superuser, of_owner = recipe()
    run(superuser, of_superuser)
    try:
        run(url("owner"), of_owner)
        migrated = manage("migrate", "--verbosity", "0", DATABASE_URL=url("owner"))
        assert migrated.returncode == 0, migrated.stderr
        yield url("service")
    finally:
        run(superuser, f"DROP DATABASE {NAME} WITH (FORCE); DROP ROLE {NAME}_service; DROP ROLE {NAME}_owner")


@pytest.mark.parametrize("statement", GUARDED)
def test_the_service_cannot_disarm_the_books(service: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(service, statement)


def test_the_service_cannot_put_triggers_to_sleep(service: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(service, "SET session_replication_role = replica")


def test_the_service_keeps_the_books_and_cannot_change_them(service: str) -> None:
    written = manage("shell", "--no-imports", "-c", WRITE, DATABASE_URL=service)
    assert written.returncode == 0, written.stderr
    verified = manage("verify_ledger", DATABASE_URL=service)
    assert verified.returncode == 0, verified.stderr
    with pytest.raises(psycopg.errors.RestrictViolation):
        run(service, "DELETE FROM ledger_posting")
