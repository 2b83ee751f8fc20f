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


def test_money_that_goes_back_is_within_the_contract(sandbox: Sandbox, contract: Contract) -> None:
    api = build.client(sandbox).v1
    charges = [gift["charge"] for gift in sandbox.control("gifts", count=4, currency="eur")["gifts"]]
    refund = api.refunds.create({"charge": charges[0], "amount": 10_00, "reason": "duplicate", "metadata": {"a": "b"}})
    sandbox.control("refunds/advance", refund=refund.id, to="failed", reason="declined")
    held = sandbox.control("refunds", charge=charges[0], pending=True)
    sandbox.control("refunds/advance", refund=held["id"], to="canceled")
    inside = ["balance_transaction", "charge", "failure_balance_transaction", "payment_intent", "payment_method"]
    api.refunds.retrieve(refund.id, {"expand": inside})
    api.refunds.list({"expand": ["data.charge.refunds"]})
    won = sandbox.control("disputes", charge=charges[1], reason="duplicate")
    sandbox.control("disputes/close", dispute=won["id"], outcome="won", fee_back=15_00)
    asked = sandbox.control("disputes", charge=charges[2], inquiry=True)
    api.disputes.update(asked["id"], {"evidence": {"customer_name": "Mina"}, "metadata": {"a": "b"}})
    sandbox.control("disputes/escalate", dispute=asked["id"])
    api.disputes.close(asked["id"], {"expand": ["charge"]})
    sandbox.control("disputes", charge=charges[3], prevented="block")
    api.disputes.list({"expand": ["data.charge", "data.payment_intent"]})
    api.balance_transactions.list({"expand": ["data.source"]})
    assert breaches(contract, sandbox) == []
    assert set(build.told(sandbox)) >= {
        "refund.created", "refund.updated", "refund.failed", "charge.refunded", "charge.refund.updated",
        "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }  # fmt: skip


def test_money_that_goes_to_the_bank_is_within_the_contract(sandbox: Sandbox, contract: Contract) -> None:
    api = build.client(sandbox).v1
    for to in ("paid", "canceled"):
        sandbox.control("gifts")
        build.later(sandbox, 2 * build.DAY)
        payout = sandbox.control("payouts")
        sandbox.control("payouts/advance", payout=payout["id"], to=to)
    sandbox.control("payouts", amount=1_00, automatic=False)
    build.later(sandbox, 3 * build.DAY)
    paid = api.payouts.list({"status": "paid"}).data[-1]
    sandbox.control("payouts/advance", payout=paid.id, to="failed")
    sandbox.control("movements", type="stripe_fx_fee", amount=-1_00)
    api.payouts.retrieve(paid.id, {"expand": ["balance_transaction", "failure_balance_transaction"]})
    api.payouts.list({"expand": ["data.balance_transaction"]})
    api.balance_transactions.list({"payout": paid.id, "expand": ["data.source.payment_intent"]})
    api.balance.retrieve()
    assert breaches(contract, sandbox) == []


def test_bank_debits_are_within_the_contract(sandbox: Sandbox, contract: Contract) -> None:
    accounts = {"usd": ("000123456789", "000222222227", "000999999991"), "eur": ("DE62370400440532013001",)}
    for currency, numbers in accounts.items():
        for number in numbers:
            sandbox.control("gifts", currency=currency, account=number)
    build.later(sandbox, 10 * build.DAY)
    api = build.client(sandbox).v1
    for charge in api.charges.list({"expand": ["data.failure_balance_transaction", "data.payment_intent"]}).data:
        if charge.status == "succeeded" and not charge.disputed:
            api.refunds.create({"charge": charge.id, "expand": ["charge", "payment_method"]})
    api.payment_intents.list({"expand": ["data.payment_method", "data.latest_charge.balance_transaction"]})
    api.checkout.sessions.list()
    api.disputes.list()
    assert breaches(contract, sandbox) == []


def test_the_contract_sees_a_breach(sandbox: Sandbox, contract: Contract) -> None:
    session = build.session(sandbox)
    answer = sandbox.look("requests")["requests"][-1]["response"]
    assert contract.response("POST", "/v1/checkout/sessions", 200, answer) == []
    assert contract.response("POST", "/v1/checkout/sessions", 200, answer | {"colour": "blue"})
    assert contract.response("POST", "/v1/checkout/sessions", 200, {**answer, "expires_at": None})
    assert isinstance(session, stripe.checkout.Session)
