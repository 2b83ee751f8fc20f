"""What a test or a demo may do to this Stripe, and to no other: /sandbox/*, in JSON."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from donations.sandbox import banks, checkout, debits, invoices, money_controls, params, payments, subscriptions
from donations.sandbox.api import Api
from donations.sandbox.cards import Card
from donations.sandbox.errors import StripeError
from donations.sandbox.payments import Payer
from donations.sandbox.webhooks import TIMEOUT, Post, mood, roll, secrets_of
from donations.sandbox.wire import Answer, Request, as_json
from donations.sandbox.world import NOBODY, Json, World

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The whole of it."""

    world: World
    api: Api
    post: Post
    restart: Callable[[], None]


def answer(sandbox: Sandbox, request: Request) -> Answer:
    deed = DEEDS.get((request.method, request.path.removeprefix("/sandbox/")))
    if deed is None:
        return as_json({"error": "There is no such control."}, 404)
    try:
        told = json.loads(request.body or b"{}")
        return as_json(deed(sandbox, told))
    except (TypeError, ValueError, KeyError, StopIteration, StripeError) as error:
        return as_json({"error": f"{type(error).__name__}: {error}"}, 400)


def move_clock(sandbox: Sandbox, told: Told) -> Json:
    """`advance` by seconds: what comes due on the way happens now."""
    with sandbox.world.changed:
        sandbox.world.advance(float(told["advance"]))
        return {"now": sandbox.world.today()}


def set_mood(sandbox: Sandbox, told: Told) -> Json:
    """How events are delivered from now on; what is left out goes back to normal."""
    wanted = mood(told)
    with sandbox.world.changed:
        sandbox.post.change(wanted)
    return sandbox.post.state()


def release(sandbox: Sandbox, told: Told) -> Json:
    return {"released": sandbox.post.release()}


def resend(sandbox: Sandbox, told: Told) -> Json:
    """Deliver events again: the named ones, or all."""
    with sandbox.world.changed:
        shelf = sandbox.world.shelf("events")
        events = [shelf[name] for name in told["events"]] if "events" in told else list(shelf)
        for event in events:
            sandbox.post.resend(event, int(told.get("times", 1)))
    return {"sent": len(events)}


def wait(sandbox: Sandbox, told: Told) -> Json:
    """Until every delivery has come to its end, those of events that are due by now included."""
    with sandbox.world.changed:
        sandbox.world.tick()
    return {"quiet": sandbox.post.wait(float(told.get("seconds", 10)))}


def roll_secret(sandbox: Sandbox, told: Told) -> Json:
    """Sign with `secret` from now on; for `old_for` seconds with the old one as well. Of `endpoint`, or the first."""
    with sandbox.world.changed:
        listening = [each for each in sandbox.world.shelf("webhook_endpoints") if each["status"] == "enabled"]
        endpoint = next(each for each in listening if each["id"] == told.get("endpoint", each["id"]))
        roll(sandbox.world, endpoint, str(told["secret"]), float(told.get("old_for", 24 * 3600)))
        return {"endpoint": endpoint["id"], "secrets": len(secrets_of(sandbox.world, endpoint))}


def deliveries(sandbox: Sandbox, told: Told) -> Json:
    return sandbox.post.state()


def expect_fault(sandbox: Sandbox, told: Told) -> Json:
    sandbox.api.faults.expect(told)
    return {"expected": told}


def requests(sandbox: Sandbox, told: Told) -> Json:
    return {"requests": list(sandbox.api.log)}


def count_requests(sandbox: Sandbox, told: Told) -> Json:
    """How many there were so far. `keep`: remember only so many of them from now on."""
    sandbox.api.log = deque(sandbox.api.log, maxlen=int(told["keep"]) if "keep" in told else sandbox.api.log.maxlen)
    return {"count": sandbox.api.asked}


def events(sandbox: Sandbox, told: Told) -> Json:
    with sandbox.world.changed:
        return {"events": [json.loads(json.dumps(event)) for event in sandbox.world.shelf("events")]}


def give(sandbox: Sandbox, told: Told) -> Json:
    """Many paid gifts at once: `count` of one kind, or each as `gifts` describes it; settled unless told not to be.

    `silent`: without an event of any of it.
    """
    told = dict(told)
    silent = bool(told.pop("silent", False))
    wanted = told.pop("gifts", None) or [{}] * int(told.pop("count", 1))
    with sandbox.world.changed:
        sandbox.world.silent = silent
        try:
            return {"gifts": [_gift(sandbox.world, told | one) for one in wanted]}
        finally:
            sandbox.world.silent = False


def renew(sandbox: Sandbox, told: Told) -> Json:
    """The period of this subscription, or of each, ends now, and its invoice is collected at once.

    `amount`: an invoice of another sum, 0 for one of nothing. `parts`: paid in several payments. `out_of_band`: paid
    elsewhere. `fail`: so many times the bank says no.
    """
    with sandbox.world.changed:
        shelf = sandbox.world.shelf("subscriptions")
        wanted = [shelf[told["subscription"]]] if "subscription" in told else list(shelf)
        drawn_up = [_renewed(sandbox.world, subscription, told) for subscription in wanted]
        return {"invoices": [invoice["id"] for invoice in drawn_up if invoice]}


def _renewed(world: World, subscription: Json, told: Told) -> Json | None:
    for item in subscription["items"]["data"]:
        item["current_period_end"] = world.today()
    world.noted(subscription["id"])["fail"] = int(told.get("fail", 0))
    invoice = subscriptions.begin_period(world, subscription["id"], told.get("amount"))
    if invoice and told.get("out_of_band"):
        invoices.finalize(world, invoice)
        invoices.settle_elsewhere(world, invoice)
    elif invoice:
        subscriptions.charge(world, invoice, parts=tuple(told.get("parts", ())))
    return invoice


def set_status(sandbox: Sandbox, told: Told) -> Json:
    """A subscription has this status from now on; `reason` says why where it is `canceled`."""
    with sandbox.world.changed:
        subscription = sandbox.world.shelf("subscriptions")[told["subscription"]]
        if told["status"] == "canceled":
            subscriptions.end(sandbox.world, subscription, told.get("reason", "cancellation_requested"))
        else:
            subscriptions.change(sandbox.world, subscription, status=told["status"])
    return {"status": told["status"]}


def set_billing(sandbox: Sandbox, told: Told) -> Json:
    """`given_up`: what a subscription is when its last retry has failed: canceled, unpaid or past_due."""
    if told["given_up"] not in subscriptions.GIVEN_UP:
        raise ValueError(f"given_up is one of {', '.join(subscriptions.GIVEN_UP)}")
    with sandbox.world.changed:
        sandbox.world.noted("account")["given_up"] = told["given_up"]
    return told


def restart(sandbox: Sandbox, told: Told) -> Json:
    """Begin anew, when the last carrier of the old days is back."""
    sandbox.restart()
    return {"quiet": sandbox.post.wait(TIMEOUT)}


def _gift(world: World, told: Told) -> Json:
    amount, currency = int(told.get("amount", 5000)), params.currency(told.get("currency", "usd"), "currency")
    metadata = told.get("metadata", {})
    session = checkout.create(
        world,
        {
            "mode": "payment",
            "success_url": f"{world.url}/",
            "client_reference_id": told.get("client_reference_id"),
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": currency,
                        "unit_amount": amount,
                        "product_data": {"name": told.get("product", "Gift")},
                    },
                }
            ],
        },
    )
    payer = Payer(told.get("email", "donor@example.org"), told.get("name", "A Donor"))
    if "account" in told:
        debits.pay(world, session, banks.read(told["account"], currency), payer, NOBODY)
    else:
        payments.pay(world, session, Card(told.get("number", "4242424242424242"), 12, 2099), payer, NOBODY)
    intent = world.shelf("payment_intents")[session["payment_intent"]]
    charge = world.shelf("charges")[intent["latest_charge"]]
    if told.get("settled", True):
        payments.settle(world, charge["id"])
    return {
        "checkout_session": session["id"],
        "payment_intent": intent["id"],
        "charge": charge["id"],
        "balance_transaction": charge["balance_transaction"],
    }


def _of_money(deed: Callable[[World, Told], Json], sandbox: Sandbox, told: Told) -> Json:
    return deed(sandbox.world, told)


DEEDS: dict[tuple[str, str], Callable[[Sandbox, Told], Json]] = {
    ("POST", "clock"): move_clock,
    ("GET", "deliveries"): deliveries,
    ("POST", "deliveries"): set_mood,
    ("POST", "deliveries/release"): release,
    ("POST", "deliveries/resend"): resend,
    ("POST", "deliveries/wait"): wait,
    ("POST", "secrets"): roll_secret,
    ("POST", "faults"): expect_fault,
    ("GET", "requests"): requests,
    ("POST", "requests/count"): count_requests,
    ("GET", "events"): events,
    ("POST", "gifts"): give,
    ("POST", "subscriptions/renew"): renew,
    ("POST", "subscriptions/status"): set_status,
    ("POST", "subscriptions/billing"): set_billing,
    ("POST", "reset"): restart,
    **{("POST", path): partial(_of_money, deed) for path, deed in money_controls.DEEDS.items()},
}
