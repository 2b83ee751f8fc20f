"""Every answer and every event is of Stripe's published shape. (conftest.py checks that of all the other tests.)"""

import requests
import stripe

from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build
from tests.stripe_contract import Contract, breaches


def test_a_gift_from_the_product_to_the_balance_is_within_the_contract(sandbox: Sandbox, contract: Contract) -> None:
    api = build.client(sandbox).v1
    product = api.products.create({"id": "campaign-1", "name": "Flood relief", "metadata": {"campaign": "1"}})
    session = api.checkout.sessions.create(build.gift(**build.price(product=product.id, product_data=None)))
    build.pay(session.url, build.DECLINED)
    build.pay(session.url, build.ASKS_THE_BANK)
    requests.post(f"{session.url}/authenticate", {"outcome": "fail"}, timeout=20)
    build.pay(session.url)
    build.later(sandbox, 3600)
    api.checkout.sessions.list({"expand": ["data.line_items", "data.payment_intent.latest_charge"]})
    intent = api.payment_intents.list({"expand": ["data.payment_method"]}).data[0]
    api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.balance_transaction"]})
    charge = api.charges.list({"expand": ["data.refunds"]}).data[0]
    api.charges.retrieve(charge.id)
    transaction = api.balance_transactions.list({"expand": ["data.source"]}).data[0]
    api.balance_transactions.retrieve(transaction.id)
    api.balance.retrieve()
    event = api.events.list({"limit": 100}).data[0]
    api.events.retrieve(event.id)
    api.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["charge.updated"]})
    api.webhook_endpoints.list()
    assert set(build.told(sandbox)) == {
        "product.created",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "charge.failed",
        "charge.succeeded",
        "charge.updated",
        "checkout.session.completed",
    }
    assert breaches(contract, sandbox) == []


def test_an_expired_session_is_within_the_contract(sandbox: Sandbox, contract: Contract) -> None:
    session = build.session(sandbox)
    build.pay(session.url, build.DECLINED)
    build.client(sandbox).v1.checkout.sessions.expire(session.id)
    assert breaches(contract, sandbox) == []


def test_the_contract_sees_a_breach(sandbox: Sandbox, contract: Contract) -> None:
    session = build.session(sandbox)
    answer = sandbox.look("requests")["requests"][-1]["response"]
    assert contract.response("POST", "/v1/checkout/sessions", 200, answer) == []
    assert contract.response("POST", "/v1/checkout/sessions", 200, answer | {"colour": "blue"})
    assert contract.response("POST", "/v1/checkout/sessions", 200, {**answer, "expires_at": None})
    assert isinstance(session, stripe.checkout.Session)
