"""The two roles of the operator's handbook, made as it says."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from config.embedded import PROJECT
from tests.config.command import manage

GUARDED = ["TRUNCATE ledger_posting", "ALTER TABLE ledger_posting DISABLE TRIGGER ALL", "DROP TABLE ledger_posting"]


def url(role: str, database: str) -> str:
    server = urlsplit(os.environ["DATABASE_URL"])
    place = server.netloc.rpartition("@")[2]
    return f"postgresql://{role}:secret@{place}/{database}?{server.query}"


def recipe() -> tuple[str, str]:
    """The handbook's SQL: the superuser's part, and the owner's."""
    handbook = (PROJECT / "docs" / "operators.md").read_text()
    block = re.search(r"^    CREATE ROLE.*?(?=^\S)", handbook, re.MULTILINE | re.DOTALL)
    assert block
    first, second = block[0].replace("'…'", "'secret'").split("\\c appeal appeal_owner")
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
        run(url("appeal_owner", "appeal"), of_owner)
        migrated = manage("migrate", "--verbosity", "0", DATABASE_URL=url("appeal_owner", "appeal"))
        assert migrated.returncode == 0, migrated.stderr
        yield url("appeal_service", "appeal")
    finally:
        run(superuser, "DROP DATABASE appeal WITH (FORCE); DROP ROLE appeal_service; DROP ROLE appeal_owner")


@pytest.mark.parametrize("statement", GUARDED)
def test_the_service_cannot_disarm_the_books(service: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(service, statement)


def test_the_service_cannot_put_triggers_to_sleep(service: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(service, "SET session_replication_role = replica")


def test_the_service_can_keep_the_books(service: str) -> None:
    run(service, "INSERT INTO ledger_balance SELECT * FROM ledger_balance")
    done = manage("verify_ledger", DATABASE_URL=service)
    assert done.returncode == 0, done.stderr
