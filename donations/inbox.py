"""The door Stripe knocks at: check the signature, store the bytes, say thanks. What they mean is found out later.

This is the busiest path of the service, so it runs before all middleware (a webhook has no session, no language and no
form to protect) and does one INSERT. It answers 200 only once the event is stored durably.
"""

import json
import time
from collections.abc import Callable

import stripe
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

TOLERANCE = 300  # seconds, Stripe's own
LARGEST = 1_000_000  # bytes; Stripe's events have a few thousand
STORE = """
    INSERT INTO donations_stripeevent (stripe_id, kind, body) VALUES (%s, %s, %s)
    ON CONFLICT (stripe_id) DO NOTHING
"""


class IntakeFirst:
    """Middleware that stands before all others and answers webhooks itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == settings.STRIPE_WEBHOOK_PATH:
            return receive(request)
        return self.get_response(request)


class Refused(Exception):
    """Not an event that Stripe signed for us; the message says why."""


def receive(request: HttpRequest) -> HttpResponse:
    """Answer 200 for a stored event, 400 for anything that is none, 405 for anything but POST."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        body = authentic(request.body, request.headers.get("Stripe-Signature", ""), time.time())
        stripe_id, kind = identified(body)
    except Refused as refusal:
        return HttpResponse(str(refusal), status=400, content_type="text/plain")
    with connection.cursor() as cursor:
        cursor.execute(STORE, (stripe_id, kind, body))
    return HttpResponse(status=200, headers={"Content-Length": "0"})


def authentic(raw: bytes, header: str, now: float) -> str:
    """The body as text, if one of our secrets signed it within the tolerance around `now`; else Refused."""
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
    if not fits or "\x00" in names[0] + names[1] + body:
        raise Refused("This body is not an event.")
    return names
