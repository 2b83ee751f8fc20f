"""What a load balancer asks: does this process answer, and can it do its work?"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError

BROKER_SECONDS = 2


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. It asks nothing of the database, so that a slow one restarts no web process."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve people, else 503; with the names of what is missing.

    The broker carries nudges only: without it people are served all the same, so it is named and nothing more.
    """
    missing = what_is_missing(connection, settings.CELERY_BROKER_URL)
    ready = not set(missing) - {"broker"}
    return JsonResponse({"ready": ready, "missing": missing}, status=200 if ready else 503)


def what_is_missing(database: BaseDatabaseWrapper, broker_url: str) -> list[str]:
    return [*_missing_of_database(database), *_missing_of_broker(broker_url)]


def _missing_of_database(database: BaseDatabaseWrapper) -> list[str]:
    try:
        executor = MigrationExecutor(database)
    except DatabaseError:
        return ["database"]
    return ["migrations"] if executor.migration_plan(executor.loader.graph.leaf_nodes()) else []


def _missing_of_broker(url: str) -> list[str]:
    try:
        with Connection(url, connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (OperationalError, KombuError, OSError):
        return ["broker"]
    return []
