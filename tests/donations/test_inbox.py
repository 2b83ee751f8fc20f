"""The door: what Stripe signed is stored once, and nothing else is."""

import concurrent.futures
import io
import os
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config import embedded
from config.wsgi import application
from donations.models import StripeEvent
from tests.donations import objects

pytestmark = pytest.mark.django_db(transaction=True)
BODY = objects.body(objects.event("charge.succeeded", {"object": "charge"}, id="evt_one"))


def post(body: str | bytes, signature: str | None = None) -> int:
    """Through both doors, which must answer alike: the WSGI one of production, and Django's view."""
    raw = body.encode() if isinstance(body, str) else body
    header = objects.signed(raw.decode(errors="replace")) if signature is None else signature
    answers = {by_wsgi(raw, header), by_django(raw, header)}
    assert len(answers) == 1
    return answers.pop()


class Heard:
    """What a WSGI server is told before the body."""

    def __init__(self) -> None:
        self.status = ""

    def __call__(self, status: str, headers: Any, exc_info: Any = None, /) -> Callable[[bytes], object]:
        self.status = status
        return len


def by_wsgi(raw: bytes, header: str, method: str = "POST") -> int:
    heard = Heard()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/stripe/webhook/",
        "CONTENT_LENGTH": str(len(raw)),
        "HTTP_STRIPE_SIGNATURE": header,
        "wsgi.input": io.BytesIO(raw),
    }
    application(environ, heard)
    return int(heard.status.split()[0])


def by_django(raw: bytes, header: str) -> int:
    headers = {"Stripe-Signature": header}
    return Client().post("/stripe/webhook/", raw, content_type="application/json", headers=headers).status_code


def test_a_signed_event_is_stored_as_it_came() -> None:
    assert post(BODY) == 200
    stored = StripeEvent.objects.get()
    assert (stored.stripe_id, stored.kind, stored.body) == ("evt_one", "charge.succeeded", BODY)


def test_the_same_event_in_eight_threads_is_stored_once_and_all_hear_200() -> None:
    def deliver(_: int) -> int:
        try:
            return by_wsgi(BODY.encode(), objects.signed(BODY))
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert list(threads.map(deliver, range(8))) == [200] * 8
    assert StripeEvent.objects.count() == 1


def test_both_secrets_count_while_one_is_being_replaced(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_tests"]
    assert post(BODY) == 200
    assert post(BODY, objects.signed(BODY, secret="whsec_new")) == 200


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        pytest.param(BODY, "", id="unsigned"),
        pytest.param(BODY, objects.signed(BODY, secret="whsec_other"), id="forged"),
        pytest.param(BODY + " ", objects.signed(BODY), id="changed after signing"),
        pytest.param(BODY, objects.signed(BODY).replace("v1=", "v0="), id="old scheme only"),
        pytest.param(BODY, "nonsense", id="malformed header"),
        pytest.param(BODY, f"{objects.signed(BODY)},v1=é", id="header not ASCII"),
        pytest.param('{"object": "event", "id": "evt_\\ud800", "type": "x"}', None, id="half a character in the id"),
        pytest.param(BODY, "t=abc,v1=00", id="malformed time"),
        pytest.param(b"\xff\xfe" + BODY.encode(), None, id="not UTF-8"),
        pytest.param("not json", None, id="not JSON"),
        pytest.param("[]", None, id="not an object"),
        pytest.param("{}", None, id="no event"),
        pytest.param('{"object": "event", "id": 7, "type": "x"}', None, id="odd id"),
        pytest.param('{"object": "event", "id": "evt_' + "x" * 300 + '", "type": "x"}', None, id="id too long"),
        pytest.param('{"object": "event", "id": "evt_\\u0000", "type": "x"}', None, id="zero byte in the id"),
        pytest.param('{"object": "v2.core.event", "id": "evt_2", "type": "x"}', None, id="thin event"),
        pytest.param("[" * 100_000, None, id="nested without end"),
        pytest.param('{"a": "' + "x" * 1_000_000 + '"}', None, id="too large"),
    ],
)
def test_anything_else_is_refused_and_not_stored(body: str | bytes, signature: str | None) -> None:
    assert post(body, signature) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-310, 310], ids=["stale", "from the future"])
def test_a_signature_outside_the_tolerance_is_refused(seconds: int) -> None:
    assert post(BODY, objects.signed(BODY, at=time.time() + seconds)) == 400
    assert not StripeEvent.objects.exists()


def test_only_posting_is_answered() -> None:
    assert Client().get("/stripe/webhook/").status_code == 405
    assert by_wsgi(b"", "", method="GET") == 405


@pytest.mark.parametrize("length", ["", "-1", "x", None])
def test_a_length_that_is_none_is_refused(length: str | None) -> None:
    heard = Heard()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/stripe/webhook/", "CONTENT_LENGTH": length}
    application(environ | {"wsgi.input": io.BytesIO()}, heard)
    assert heard.status == "400 Bad Request"


def test_a_connection_that_the_database_closed_is_opened_anew() -> None:
    assert post(BODY) == 200
    with connection.cursor() as cursor, psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        cursor.execute("SELECT pg_backend_pid()")
        other.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
    assert by_wsgi(BODY.encode(), objects.signed(BODY)) == 200


def test_while_the_database_is_away_nothing_is_acknowledged_and_what_comes_again_is_stored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = embedded.free_port()
    try:
        assert post(BODY) == 503
    finally:
        connection.settings_dict["PORT"] = here
    assert "could not be stored" in caplog.text
    assert BODY not in caplog.text
    assert post(BODY) == 200
    assert StripeEvent.objects.count() == 1


def test_an_event_is_taken_in_while_the_broker_is_away(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{embedded.free_port()}/0"
    assert post(BODY) == 200
    assert StripeEvent.objects.waiting().count() == 1


def test_every_other_path_is_djangos() -> None:
    environ = {"PATH_INFO": "/healthz", "REQUEST_METHOD": "GET", "HTTP_HOST": "testserver", "wsgi.url_scheme": "http"}
    environ |= {"SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    pages = application(environ | {"wsgi.input": io.BytesIO()}, Heard())
    assert b"".join(pages) == b"ok\n"
