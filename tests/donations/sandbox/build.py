"""Requests that these tests start from."""

from typing import Any

import requests
import stripe

from donations.sandbox.process import Sandbox

KEY = "sk_test_sandbox"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 40", "cvc": "123", "name": "Mina Karimi"}
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
ASKS_THE_BANK = "4000002760003184"
DAY = 24 * 3600


def client(sandbox: Sandbox, *, retries: int = 0, timeout: float = 30) -> stripe.StripeClient:
    return stripe.StripeClient(
        KEY,
        base_addresses={"api": sandbox.url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def gift(amount: int = 50_00, currency: str = "usd", /, **changes: Any) -> Any:
    """The parameters of a session for one gift; a change to None leaves that parameter out."""
    params = {
        "mode": "payment",
        "submit_type": "donate",
        "client_reference_id": "gift-1",
        "metadata": {"donation": "gift-1"},
        "payment_intent_data": {"metadata": {"donation": "gift-1"}, "description": "Flood relief"},
        "customer_email": "mina@example.org",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": amount,
                    "product_data": {"name": "Flood relief"},
                },
            }
        ],
        "success_url": "http://shop.test/thanks/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/back/",
    } | changes
    return {name: value for name, value in params.items() if value is not None}


def price(**changes: Any) -> dict[str, Any]:
    """Line items with another price."""
    data = {"currency": "usd", "unit_amount": 50_00, "product_data": {"name": "Flood relief"}} | changes
    kept = {name: value for name, value in data.items() if value is not None}
    return {"line_items": [{"quantity": 1, "price_data": kept}]}


def session(sandbox: Sandbox, **changes: Any) -> stripe.checkout.Session:
    return client(sandbox).v1.checkout.sessions.create(gift(**changes))


def pay(page: str | None, number: str = CARD["number"], **typed: str) -> requests.Response:
    """What the donor's browser sends."""
    assert page
    return requests.post(page, CARD | {"number": number} | typed, timeout=20, allow_redirects=False)


def paid(sandbox: Sandbox, **changes: Any) -> stripe.checkout.Session:
    """A session that a donor has paid, as it is now."""
    opened = session(sandbox, **changes)
    assert pay(opened.url).status_code == 303
    return client(sandbox).v1.checkout.sessions.retrieve(opened.id, {"expand": ["payment_intent.latest_charge"]})


def later(sandbox: Sandbox, seconds: float) -> None:
    sandbox.control("clock", advance=seconds)


def told(sandbox: Sandbox) -> list[str]:
    """The kinds of events so far, oldest first."""
    return [event["type"] for event in sandbox.look("events")["events"]]


def held(sandbox: Sandbox) -> int:
    """All that is on the balance, in US cents."""
    balance = client(sandbox).v1.balance.retrieve()
    return sum(part.amount for part in balance.available) + sum(part.amount for part in balance.pending)


def refused(sandbox: Sandbox, params: Any) -> stripe.StripeError:
    """The error that opening such a session meets."""
    try:
        client(sandbox).v1.checkout.sessions.create(params)
    except stripe.StripeError as error:
        return error
    raise AssertionError("Stripe's sandbox took it")
