"""The door Stripe knocks at: check the signature, store the bytes, say thanks. What they mean is found out later.

This is the busiest path of the service, and a webhook has no session, no language and no form to protect. So in
production it is a small WSGI application of its own, beside Django and not inside it, that does one INSERT. It answers
200 only once the event is stored durably.
"""

import json
import logging
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg
import stripe
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

log = logging.getLogger(__name__)
TOLERANCE = 300  # seconds, Stripe's own
LARGEST = 1_000_000  # bytes; Stripe's events have a few thousand
STORE = """
    INSERT INTO donations_stripeevent (stripe_id, kind, body) VALUES (%s, %s, %s)
    ON CONFLICT (stripe_id) DO NOTHING
"""


class Refused(Exception):
    """Not an event that Stripe signed for us; the message says why."""


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The door as WSGI, for `config.wsgi`."""
    length = environ.get("CONTENT_LENGTH") or "0"
    raw = environ["wsgi.input"].read(min(int(length), LARGEST + 1)) if length.isdecimal() else b""
    status, words = take_in(environ["REQUEST_METHOD"], raw, environ.get("HTTP_STRIPE_SIGNATURE", ""))
    answer = words.encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer))), ("Allow", "POST")]
    start_response(f"{status} {status.phrase}", headers)
    return [answer]


@csrf_exempt
def receive(request: HttpRequest) -> HttpResponse:
    """The same door as a view, for servers that know Django only."""
    status, words = take_in(str(request.method), request.body, request.headers.get("Stripe-Signature", ""))
    return HttpResponse(words, status=status, content_type="text/plain", headers={"Allow": "POST"})


def take_in(method: str, raw: bytes, signature: str) -> tuple[HTTPStatus, str]:
    """200 for a stored event, 400 and the reason for anything that is none, 405 for anything but POST.

    503 while the database is away: Stripe sends the event again later.
    """
    if method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED, ""
    try:
        body = authentic(raw, signature, time.time())
        store(*identified(body), body)
    except Refused as refusal:
        return HTTPStatus.BAD_REQUEST, str(refusal)
    except (psycopg.Error, DatabaseError) as error:
        log.error("an event of Stripe's could not be stored: %s", type(error).__name__)
        return HTTPStatus.SERVICE_UNAVAILABLE, "This event is not stored. Send it again."
    return HTTPStatus.OK, ""


def store(*row: str) -> None:
    """Insert the event unless it is there. On psycopg's own connection: Django would ask first whether it still lives.

    A connection that the database has closed since the last event is opened anew, once.
    """
    try:
        _insert(row)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        connection.close()
        _insert(row)


def _insert(row: Sequence[str]) -> None:
    connection.ensure_connection()
    connection.connection.execute(STORE, row)


def authentic(raw: bytes, header: str, now: float) -> str:
    """The body as text, if one of our secrets signed it within the tolerance around `now`; else Refused."""
    if not header.isascii():
        raise Refused("This signature is not one of Stripe's.")
    if len(raw) > LARGEST:
        raise Refused("This body is too large to be an event.")
    try:
        body = raw.decode()
    except UnicodeDecodeError as error:
        raise Refused("This body is not UTF-8.") from error
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE)
        except stripe.SignatureVerificationError:
            continue
        if signed_at(header) <= now + TOLERANCE:
            return body
    raise Refused("This signature is not one of Stripe's for this endpoint, or it is too old.")


def signed_at(header: str) -> int:
    """The time in a header that has been verified."""
    return int(next(part[2:] for part in header.split(",") if part.startswith("t=")))


def identified(body: str) -> tuple[str, str]:
    """The event's id and type; raises Refused for a body that has none."""
    try:
        event = json.loads(body)
        names = (event["id"], event["type"])
        fits = event["object"] == "event" and all(isinstance(name, str) and 0 < len(name) < 100 for name in names)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("This body is not an event.") from error
    if not fits or not all(name.isascii() for name in names) or "\x00" in names[0] + names[1] + body:
        raise Refused("This body is not an event.")
    return names
