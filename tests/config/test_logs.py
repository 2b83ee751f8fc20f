import json
import logging
import sys
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.logs import Json, RequestId, request_id

DONOR = "amina@example.org"
GIVEN = "proxy-3f9c1b7e"
UNSAFE = ["", "short", "x" * 65, "two words here", 'quoted"quoted', "line\nbreak-line", "über-requests"]


def named(given: str) -> tuple[str, str]:
    """The name a request bears while it is answered, and the one its answer carries."""
    within: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        within.append(request_id.get())
        return HttpResponse()

    response = RequestId(answer)(RequestFactory().get("/", headers={"X-Request-Id": given}))
    return within[0], response["X-Request-Id"]


def written(record: logging.LogRecord) -> dict[str, Any]:
    line = Json().format(record)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


def record(message: str, *args: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("donations", logging.WARNING, "drain.py", 1, message, args, more.pop("exc_info", None))
    vars(made).update(more)
    return made


def test_a_request_keeps_the_name_its_proxy_gave() -> None:
    assert named(GIVEN) == (GIVEN, GIVEN)


@pytest.mark.parametrize("given", UNSAFE)
def test_a_request_with_an_unsafe_name_or_none_gets_one(given: str) -> None:
    within, answered = named(given)
    assert within == answered != given
    assert len(within) == 16


def test_two_requests_have_two_names() -> None:
    assert named("")[0] != named("")[0]


def test_the_name_ends_with_its_request() -> None:
    named(GIVEN)
    assert "request" not in written(record("later"))


def test_a_line_carries_the_name_of_its_request() -> None:
    lines: list[dict[str, Any]] = []

    def answer(request: HttpRequest) -> HttpResponse:
        lines.append(written(record("event %s stored", 7)))
        return HttpResponse()

    RequestId(answer)(RequestFactory().get("/", headers={"X-Request-Id": GIVEN}))
    assert lines[0]["request"] == GIVEN
    assert lines[0]["message"] == "event 7 stored"
    assert lines[0]["level"] == "warning"


def test_a_refused_page_is_logged_by_its_name_and_without_its_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/receipts-of/amina@example.org/", headers={"X-Request-Id": GIVEN})
    line = written(caplog.records[-1])
    assert line["message"] == "Not Found: (no such page)"
    assert line["request"] == GIVEN


def test_a_refused_method_is_logged_by_its_route(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.post("/healthz", headers={"X-Request-Id": GIVEN})
    assert written(caplog.records[-1])["message"] == "Method Not Allowed (POST): /healthz"


@pytest.mark.django_db
def test_a_traceback_does_not_repeat_the_row_that_postgresql_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE donor (email text UNIQUE)")
        cursor.execute("INSERT INTO donor VALUES (%s)", [DONOR])
        with pytest.raises(IntegrityError) as refused:
            cursor.execute("INSERT INTO donor VALUES (%s)", [DONOR])
    error = refused.value
    assert DONOR in str(error)
    line = written(record("could not be stored", exc_info=(type(error), error, error.__traceback__)))
    assert "IntegrityError: duplicate key value violates unique constraint" in line["traceback"]
    assert DONOR not in line["traceback"]


def test_a_traceback_tells_the_cause_first() -> None:
    try:
        try:
            raise OSError("no route to Stripe")
        except OSError as cause:
            raise ValueError("not settled") from cause
    except ValueError:
        line = written(record("failed", exc_info=sys.exc_info()))
    assert line["traceback"].index("OSError: no route to Stripe") < line["traceback"].index("ValueError: not settled")


def test_a_failed_task_tells_its_error_and_not_the_row_that_it_was_about() -> None:
    error = ValueError("refused\nDETAIL: Failing row contains (1, Leila Noori).")
    record = logging.LogRecord(
        "celery.app.trace",
        logging.ERROR,
        "",
        0,
        f"Task x raised unexpected: {error!r}",
        None,
        (ValueError, error, None),
    )
    line = Json().format(record)
    assert "ValueError: refused" in line
    assert "Leila" not in line
