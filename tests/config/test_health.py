import copy

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from pytest_django import Settings

from config.embedded import free_port
from config.health import what_is_missing


def test_the_process_answers_without_its_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"  # without the django_db mark, a query is an error


@pytest.mark.django_db
def test_a_whole_service_is_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "missing": []}


@pytest.mark.django_db
def test_a_missing_migration_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'ledger'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "missing": ["migrations"]}


@pytest.mark.django_db
def test_a_missing_broker_is_named_without_its_address_and_stops_nobody(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://:hush@127.0.0.1:{free_port()}/0"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "missing": ["broker"]}


@pytest.mark.django_db
def test_a_missing_database_is_named() -> None:
    elsewhere = copy.deepcopy(connection.settings_dict) | {"HOST": "127.0.0.1", "PORT": str(free_port())}
    assert what_is_missing(DatabaseWrapper(elsewhere), settings.CELERY_BROKER_URL) == ["database"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_a_probe_from_inside_is_not_sent_to_https(client: Client, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
    assert client.get("/accounts/login/").status_code == 301
    assert client.get(path).status_code == 200
