"""What a test or a demo may do to this Stripe, and to no other: /sandbox/*, in JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from donations.sandbox import checkout, params, payments
from donations.sandbox.api import Api
from donations.sandbox.cards import Card
from donations.sandbox.errors import StripeError
from donations.sandbox.payments import Payer
from donations.sandbox.webhooks import TIMEOUT, Post, mood
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
    except (TypeError, ValueError, KeyError, StripeError) as error:
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
        sandbox.post.mood = wanted
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


def deliveries(sandbox: Sandbox, told: Told) -> Json:
    return sandbox.post.state()


def expect_fault(sandbox: Sandbox, told: Told) -> Json:
    sandbox.api.faults.expect(told)
    return {"expected": told}


def requests(sandbox: Sandbox, told: Told) -> Json:
    return {"requests": list(sandbox.api.log)}


def events(sandbox: Sandbox, told: Told) -> Json:
    with sandbox.world.changed:
        return {"events": [json.loads(json.dumps(event)) for event in sandbox.world.shelf("events")]}


def give(sandbox: Sandbox, told: Told) -> Json:
    """Many paid gifts at once: `count` of one kind, or each as `gifts` describes it; settled unless told not to be."""
    told = dict(told)
    wanted = told.pop("gifts", None) or [{}] * int(told.pop("count", 1))
    with sandbox.world.changed:
        return {"gifts": [_gift(sandbox.world, told | one) for one in wanted]}


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
    payments.pay(world, session, Card("4242424242424242", 12, 2099), payer, NOBODY)
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


DEEDS: dict[tuple[str, str], Callable[[Sandbox, Told], Json]] = {
    ("POST", "clock"): move_clock,
    ("GET", "deliveries"): deliveries,
    ("POST", "deliveries"): set_mood,
    ("POST", "deliveries/release"): release,
    ("POST", "deliveries/resend"): resend,
    ("POST", "deliveries/wait"): wait,
    ("POST", "faults"): expect_fault,
    ("GET", "requests"): requests,
    ("GET", "events"): events,
    ("POST", "gifts"): give,
    ("POST", "reset"): restart,
}
