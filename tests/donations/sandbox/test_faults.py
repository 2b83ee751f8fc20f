"""Stripe fails on demand, in the ways in which it fails."""

import pytest
import requests
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from tests.donations.sandbox import build


def products(sandbox: Sandbox) -> int:
    return build.told(sandbox).count("product.created")


def test_too_many_requests_are_a_rate_limit_error_that_the_sdk_does_not_retry(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=429)
    with pytest.raises(stripe.RateLimitError) as refused:
        build.client(sandbox, retries=2).v1.balance.retrieve()
    assert refused.value.http_status == 429
    assert [each["response"]["error"]["code"] for each in sandbox.look("requests")["requests"]] == ["rate_limit"]
    assert build.client(sandbox).v1.balance.retrieve().object == "balance"


def test_a_lock_timeout_is_a_429_that_the_sdk_retries(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=429, code="lock_timeout")
    assert build.client(sandbox, retries=1).v1.balance.retrieve().object == "balance"
    first = sandbox.look("requests")["requests"][0]
    assert (first["status"], first["response"]["error"]["code"]) == (429, "lock_timeout")


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_stripe_is_an_api_error(sandbox: Sandbox, status: int) -> None:
    sandbox.control("faults", status=status, times=2)
    with pytest.raises(stripe.APIError) as refused:
        build.client(sandbox).v1.balance.retrieve()
    assert refused.value.http_status == status


def test_a_deed_may_be_done_though_its_answer_is_a_500(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=500, executed=True)
    with pytest.raises(stripe.APIError):
        build.client(sandbox).v1.products.create({"name": "x"})
    assert products(sandbox) == 1


def test_a_deed_may_be_done_though_no_answer_comes(sandbox: Sandbox) -> None:
    sandbox.control("faults", status="timeout", delay=3)
    with pytest.raises(stripe.APIConnectionError):
        build.client(sandbox, timeout=0.5).v1.products.create({"name": "x"})
    assert products(sandbox) == 1


def test_a_dropped_connection_has_done_nothing_and_is_tried_again(sandbox: Sandbox) -> None:
    sandbox.control("faults", status="drop", times=2)
    with pytest.raises(stripe.APIConnectionError):
        build.client(sandbox).v1.products.create({"name": "x"})
    assert products(sandbox) == 0
    build.client(sandbox, retries=2).v1.products.create({"name": "x"})
    assert products(sandbox) == 1


def test_a_fault_meets_its_path_and_method_only(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=500, path="/v1/checkout", method="POST")
    api = build.client(sandbox).v1
    assert api.products.create({"name": "x"}).object == "product"
    assert api.checkout.sessions.list().data == []
    with pytest.raises(stripe.APIError):
        api.checkout.sessions.create(build.gift())
    assert api.checkout.sessions.create(build.gift()).status == "open"


@pytest.mark.parametrize("wrong", [{"status": "sulk"}, {"status": 500, "colour": "blue"}, {}])
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    with pytest.raises(SandboxError):
        sandbox.control("faults", **wrong)


def test_an_unknown_control_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError):
        sandbox.control("explode")
    assert requests.get(f"{sandbox.url}/elsewhere", timeout=20).status_code == 404


def test_a_reset_empties_the_account(sandbox: Sandbox) -> None:
    sandbox.control("faults", status=500)
    build.later(sandbox, build.DAY)
    first = sandbox.control("gifts")["gifts"][0]
    sandbox.control("reset")
    api = build.client(sandbox).v1
    assert api.charges.list().data == api.events.list().data == []
    assert sandbox.control("gifts")["gifts"][0]["charge"] != first["charge"]
