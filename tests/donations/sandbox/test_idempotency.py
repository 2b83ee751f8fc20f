"""The same request twice is one deed and one answer."""

import concurrent.futures
from typing import Any

import pytest
import requests
import stripe

from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build
from tests.donations.sandbox.build import KEY


def create(sandbox: Sandbox, key: str, **changes: Any) -> stripe.checkout.Session:
    return build.client(sandbox).v1.checkout.sessions.create(build.gift(**changes), {"idempotency_key": key})


def product(sandbox: Sandbox, key: str, body: str = "name=x", path: str = "products") -> requests.Response:
    headers = {"Idempotency-Key": key, "Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(f"{sandbox.url}/v1/{path}", body, headers=headers, auth=(KEY, ""), timeout=20)


def test_the_same_request_gets_the_same_session(sandbox: Sandbox) -> None:
    assert create(sandbox, "gift-1").id == create(sandbox, "gift-1").id
    assert len(build.client(sandbox).v1.checkout.sessions.list().data) == 1


def test_an_answer_given_again_says_so(sandbox: Sandbox) -> None:
    first, second = product(sandbox, "once"), product(sandbox, "once")
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "once"


def test_the_first_answer_is_kept_as_it_was(sandbox: Sandbox) -> None:
    build.pay(create(sandbox, "gift-1").url)
    assert create(sandbox, "gift-1").status == "open"


def test_other_parameters_under_the_same_key_are_an_error(sandbox: Sandbox) -> None:
    create(sandbox, "gift-1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        create(sandbox, "gift-1", client_reference_id="gift-2")


def test_another_address_under_the_same_key_is_an_error(sandbox: Sandbox) -> None:
    create(sandbox, "gift-1")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        build.client(sandbox).v1.products.create({"name": "x"}, {"idempotency_key": "gift-1"})


def test_the_order_of_the_parameters_does_not_matter(sandbox: Sandbox) -> None:
    first = product(sandbox, "once", "name=x&description=y")
    assert product(sandbox, "once", "description=y&name=x").json() == first.json()


def test_a_refused_request_leaves_its_key_free(sandbox: Sandbox) -> None:
    assert product(sandbox, "once", "colour=blue").status_code == 400
    assert product(sandbox, "once", "name=x").status_code == 200


def test_a_500_is_kept_and_given_again(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=500)
    first, second = product(sandbox, "once"), product(sandbox, "once")
    assert (first.status_code, second.status_code) == (500, 500)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert product(sandbox, "other").status_code == 200


def test_a_429_is_not_kept(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=429)
    assert [product(sandbox, "once").status_code for _ in range(2)] == [429, 200]


def test_a_request_in_flight_keeps_its_twin_away(sandbox: Sandbox) -> None:
    sandbox.control("faults", status="slow", delay=1)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: product(sandbox, "once"), range(4)))
    refused = [answer for answer in answers if answer.status_code == 409]
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["error"]["code"] for answer in refused} == {"idempotency_key_in_use"}
    assert {answer.headers["Stripe-Should-Retry"] for answer in refused} == {"true"}
    assert build.told(sandbox) == ["product.created"]


def test_a_key_is_forgotten_after_a_day(sandbox: Sandbox) -> None:
    first = create(sandbox, "gift-1")
    build.later(sandbox, build.DAY - 60)
    assert create(sandbox, "gift-1").id == first.id
    build.later(sandbox, 120)
    assert create(sandbox, "gift-1").id != first.id


def test_a_key_has_at_most_255_characters(sandbox: Sandbox) -> None:
    assert product(sandbox, "k" * 256).status_code == 400
    assert product(sandbox, "k" * 255).status_code == 200


def test_a_lost_answer_is_found_again_under_its_key(sandbox: Sandbox) -> None:
    sandbox.control("faults", status="timeout", delay=5)
    api = build.client(sandbox, retries=2, timeout=1).v1
    session = api.checkout.sessions.create(build.gift(), {"idempotency_key": "gift-1"})
    assert [each.id for each in api.checkout.sessions.list().data] == [session.id]
