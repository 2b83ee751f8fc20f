"""The door: what Stripe signed is stored once, and nothing else is."""

import concurrent.futures
import time

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from donations.models import StripeEvent
from tests.donations import objects

pytestmark = pytest.mark.django_db(transaction=True)
BODY = objects.body(objects.event("charge.succeeded", {"object": "charge"}, id="evt_one"))


def post(body: str | bytes, signature: str | None = None) -> HttpResponse:
    text = body if isinstance(body, str) else body.decode(errors="replace")
    headers = {"Stripe-Signature": objects.signed(text) if signature is None else signature}
    return Client().post("/stripe/webhook/", body, content_type="application/json", headers=headers)  # type: ignore[return-value]


def test_a_signed_event_is_stored_as_it_came() -> None:
    assert post(BODY).status_code == 200
    stored = StripeEvent.objects.get()
    assert (stored.stripe_id, stored.kind, stored.body) == ("evt_one", "charge.succeeded", BODY)


def test_the_same_event_in_eight_threads_is_stored_once_and_all_hear_200() -> None:
    def deliver(_: int) -> int:
        try:
            return post(BODY).status_code
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert list(threads.map(deliver, range(8))) == [200] * 8
    assert StripeEvent.objects.count() == 1


def test_both_secrets_count_while_one_is_being_replaced(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_tests"]
    assert post(BODY).status_code == 200
    assert post(BODY, objects.signed(BODY, secret="whsec_new")).status_code == 200


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        pytest.param(BODY, "", id="unsigned"),
        pytest.param(BODY, objects.signed(BODY, secret="whsec_other"), id="forged"),
        pytest.param(BODY + " ", objects.signed(BODY), id="changed after signing"),
        pytest.param(BODY, objects.signed(BODY).replace("v1=", "v0="), id="old scheme only"),
        pytest.param(BODY, "nonsense", id="malformed header"),
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
    assert post(body, signature).status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-310, 310], ids=["stale", "from the future"])
def test_a_signature_outside_the_tolerance_is_refused(seconds: int) -> None:
    assert post(BODY, objects.signed(BODY, at=time.time() + seconds)).status_code == 400
    assert not StripeEvent.objects.exists()


def test_only_posting_is_answered() -> None:
    assert Client().get("/stripe/webhook/").status_code == 405


def test_the_intake_makes_one_query_and_passes_all_middleware_by(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        answer = post(BODY)
    assert "Content-Security-Policy" not in answer.headers
