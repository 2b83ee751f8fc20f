"""Who is let in, in which version, and what Stripe says to a request it does not understand."""

import pytest
import requests
import stripe

from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build
from tests.donations.sandbox.build import KEY


def get(sandbox: Sandbox, path: str, **headers: str) -> requests.Response:
    return requests.get(sandbox.url + path, headers={"Authorization": f"Bearer {KEY}"} | headers, timeout=20)


def post(sandbox: Sandbox, path: str, body: str, kind: str = "application/x-www-form-urlencoded") -> requests.Response:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
    return requests.post(sandbox.url + path, body.encode(), headers=headers, timeout=20)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer sk_test_wrong", "Bearer sk_live_x", "Basic %%%"])
def test_without_the_right_key_nobody_is_let_in(sandbox: Sandbox, authorization: str) -> None:
    answer = requests.get(f"{sandbox.url}/v1/balance", headers={"Authorization": authorization}, timeout=20)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


def test_a_key_may_come_as_the_user_name_too(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/v1/balance", auth=(KEY, ""), timeout=20).status_code == 200


def test_a_wrong_key_is_an_authentication_error_of_the_sdk(sandbox: Sandbox) -> None:
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.url})
    with pytest.raises(stripe.AuthenticationError, match=r"Invalid API Key provided: sk_test_\*+ther"):
        stranger.v1.balance.retrieve()


def test_every_answer_carries_its_request_id_and_its_version(sandbox: Sandbox) -> None:
    answers = [get(sandbox, "/v1/balance"), get(sandbox, "/v1/charges/ch_none"), get(sandbox, "/v1/nowhere")]
    assert all(answer.headers["Request-Id"].startswith("req_") for answer in answers)
    assert {answer.headers["Stripe-Version"] for answer in answers} == {"2026-10-28.endive"}
    assert len({answer.headers["Request-Id"] for answer in answers}) == 3


def test_the_sdk_speaks_the_version_of_the_sandbox(sandbox: Sandbox) -> None:
    build.client(sandbox).v1.balance.retrieve()
    assert sandbox.look("requests")["requests"][-1]["version"] == "2026-10-28.endive"


def test_an_unknown_version_is_refused(sandbox: Sandbox) -> None:
    answer = get(sandbox, "/v1/balance", **{"Stripe-Version": "2031-01-01"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Invalid Stripe API version: 2031-01-01"


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/nowhere", "/v1/products/prod_1", "/v1/checkout"])
def test_an_address_that_is_not_simulated_is_unrecognized(sandbox: Sandbox, path: str) -> None:
    answer = get(sandbox, path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL (GET: {path})")


@pytest.mark.parametrize(
    "path",
    ["checkout/sessions/cs_x", "payment_intents/pi_x", "charges/ch_x", "balance_transactions/txn_x", "events/evt_x"],
)
def test_an_object_that_is_not_there_is_missing(sandbox: Sandbox, path: str) -> None:
    answer = get(sandbox, f"/v1/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")


def test_a_body_that_is_no_form_is_refused(sandbox: Sandbox) -> None:
    answer = post(sandbox, "/v1/products", '{"name": "x"}', "application/json")
    assert (answer.status_code, "content type" in answer.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    "body", ["metadata=1&metadata[a]=2&name=x", "metadata[a]=2&metadata=1&name=x", "[a]=1", "a]=1"]
)
def test_a_form_that_contradicts_itself_is_refused(sandbox: Sandbox, body: str) -> None:
    assert post(sandbox, "/v1/products", body).status_code == 400


def test_a_list_may_be_written_without_numbers(sandbox: Sandbox) -> None:
    answer = post(sandbox, "/v1/products", "name=x&images[]=http://a.test/1&images[]=http://a.test/2")
    assert answer.json()["images"] == ["http://a.test/1", "http://a.test/2"]


def test_several_requests_share_one_connection(sandbox: Sandbox) -> None:
    with requests.Session() as browser:
        browser.auth = (KEY, "")
        answers = [browser.get(f"{sandbox.url}/v1/balance", timeout=20) for _ in range(3)]
    assert {answer.headers.get("Connection", "keep-alive") for answer in answers} == {"keep-alive"}
    assert {answer.raw.version for answer in answers} == {11}


def test_the_log_tells_what_was_asked_and_answered(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    logged = sandbox.look("requests")["requests"][-1]
    assert (logged["method"], logged["path"], logged["status"]) == ("POST", "/v1/checkout/sessions", 200)
    assert logged["response"]["id"] == session.id
    assert "metadata[donation]=gift-1" in logged["body"]
    assert logged["idempotency_key"]


def test_a_product_is_made_once_under_its_name(sandbox: Sandbox) -> None:
    products = build.client(sandbox).v1.products
    assert products.create({"id": "campaign-1", "name": "Flood relief"}).id == "campaign-1"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        products.create({"id": "campaign-1", "name": "Flood relief"})
    assert refused.value.code == "resource_already_exists"
    assert build.told(sandbox) == ["product.created"]
