"""Events reach the shop: signed, again until they are taken, and in any order, number and delay."""

import json
import time

import pytest
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from donations.sandbox.webhooks import signature
from tests.donations.sandbox import build
from tests.donations.sandbox.receiver import SECRET, Receiver

KINDS = ["charge.succeeded", "checkout.session.completed", "payment_intent.created", "payment_intent.succeeded"]


def quiet(sandbox: Sandbox) -> bool:
    answer: bool = sandbox.control("deliveries/wait", seconds=20)["quiet"]
    return answer


def test_a_payment_is_told_in_signed_events(sandbox: Sandbox, receiver: Receiver) -> None:
    build.paid(sandbox)
    assert quiet(sandbox)
    assert sorted(receiver.kinds) == KINDS  # the receiver has checked each signature by the SDK
    event = stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], SECRET)
    assert event.id.startswith("evt_")


def test_an_event_is_delivered_as_the_api_shows_it(sandbox: Sandbox, receiver: Receiver) -> None:
    build.paid(sandbox)
    assert quiet(sandbox)
    for event in receiver.events:
        shown = json.loads(str(build.client(sandbox).v1.events.retrieve(event["id"])))
        assert event["pending_webhooks"] == 1
        assert shown == event | {"pending_webhooks": 0}


def test_the_signature_is_stripes() -> None:
    body = b'{"id": "evt_1"}'
    header = signature(body, int(time.time()), SECRET)
    assert stripe.WebhookSignature.verify_header(body, header, SECRET, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body + b" ", header, SECRET, tolerance=300)


def test_an_event_is_signed_with_the_true_time_though_the_clock_was_moved(sandbox: Sandbox, receiver: Receiver) -> None:
    build.later(sandbox, 10 * build.DAY)
    build.paid(sandbox)
    assert quiet(sandbox)
    assert sorted(receiver.kinds) == KINDS


@pytest.mark.parametrize("status", [500, 400, 302])
def test_an_event_that_is_not_taken_comes_again(sandbox: Sandbox, receiver: Receiver, status: int) -> None:
    receiver.answers += [status, status]
    build.client(sandbox).v1.products.create({"name": "x"})
    assert quiet(sandbox)
    assert receiver.kinds == ["product.created"] * 3
    assert len(set(receiver.bodies)) == 1
    assert [each["status"] for each in sandbox.look("deliveries")["done"]] == [status, status, 200]


def test_an_event_that_was_not_taken_yet_is_pending(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", mode="hold")
    build.client(sandbox).v1.products.create({"name": "x"})
    events = build.client(sandbox).v1.events
    assert [each.pending_webhooks for each in events.list({"delivery_success": False}).data] == [1]
    sandbox.control("deliveries/release")
    assert quiet(sandbox)
    assert [each.pending_webhooks for each in events.list({"delivery_success": True}).data] == [0]


def test_held_events_wait_for_their_release(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", mode="hold", shuffle=True)
    build.paid(sandbox)
    assert quiet(sandbox)
    assert (receiver.kinds, sandbox.look("deliveries")["held"]) == ([], 4)
    assert sandbox.control("deliveries/release") == {"released": 4}
    assert quiet(sandbox)
    assert sorted(receiver.kinds) == KINDS


def test_lost_events_stay_lost_but_the_api_knows_them(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", mode="drop")
    build.paid(sandbox)
    assert quiet(sandbox)
    assert receiver.kinds == []
    assert len(build.client(sandbox).v1.events.list().data) == 4


def test_events_come_more_than_once_on_demand(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", duplicate=2, shuffle=True)
    build.paid(sandbox)
    assert quiet(sandbox)
    assert sorted(receiver.kinds) == sorted(KINDS * 3)
    assert len({event["id"] for event in receiver.events}) == 4


def test_events_can_be_sent_again(sandbox: Sandbox, receiver: Receiver) -> None:
    build.paid(sandbox)
    assert quiet(sandbox)
    name = receiver.events[0]["id"]
    sandbox.control("deliveries/resend", events=[name], times=2)
    assert quiet(sandbox)
    assert [event["id"] for event in receiver.events].count(name) == 3
    assert sandbox.control("deliveries/resend") == {"sent": 4}
    assert quiet(sandbox)
    assert len(receiver.bodies) == 10


def test_events_come_late_on_demand(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", delay=0.5)
    build.client(sandbox).v1.products.create({"name": "x"})
    assert sandbox.look("deliveries")["due"] == 1
    assert quiet(sandbox)
    assert receiver.kinds == ["product.created"]


def test_a_second_endpoint_gets_what_it_asked_for_under_its_own_secret(sandbox: Sandbox, receiver: Receiver) -> None:
    made = build.client(sandbox).v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["charge.succeeded"]}
    )
    assert made.secret
    assert made.secret.startswith("whsec_")
    (listed, _) = build.client(sandbox).v1.webhook_endpoints.list().data
    assert (listed.id, "secret" in listed) == (made.id, False)
    sandbox.control("deliveries", mode="hold")
    build.paid(sandbox)
    assert sandbox.look("deliveries")["held"] == 5


def test_some_events_are_lost_and_some_come_twice_by_a_seed(sandbox: Sandbox, receiver: Receiver) -> None:
    told: list[list[int]] = []
    for seed in ("a", "a", "b"):
        sandbox.control("reset")
        receiver.forget()
        sandbox.control("deliveries", lose=0.3, again=0.3, shuffle=True, seed=seed)
        sandbox.control("gifts", count=10)
        assert quiet(sandbox)
        came = [event["id"] for event in receiver.events]
        told.append([came.count(event["id"]) for event in sandbox.look("events")["events"]])
    assert told[0] == told[1] != told[2]
    assert {0, 1, 2} == set(told[0])


def test_while_a_secret_is_rolled_both_sign(sandbox: Sandbox, receiver: Receiver) -> None:
    assert sandbox.control("secrets", secret="whsec_new", old_for=3600)["secrets"] == 2
    build.client(sandbox).v1.products.create({"name": "x"})
    assert quiet(sandbox)
    header, body = receiver.signatures[0], receiver.bodies[0]
    assert header.count("v1=") == 2
    for secret in (SECRET, "whsec_new"):
        assert stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, header, "whsec_third", tolerance=300)


def test_an_old_secret_ends(sandbox: Sandbox) -> None:
    assert sandbox.control("secrets", secret="whsec_new", old_for=0)["secrets"] == 1
    with pytest.raises(SandboxError):
        sandbox.control("secrets", secret="whsec_new", endpoint="we_none")


def test_a_thin_event_says_where_to_ask(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", thin="also")
    build.paid(sandbox)
    assert quiet(sandbox)
    thin = [event for event in receiver.events if event["object"] == "v2.core.event"]
    assert sorted(event["type"] for event in thin) == [f"v1.{kind}" for kind in KINDS]
    snapshots = {event["id"]: event for event in receiver.events if event["object"] == "event"}
    place = next(place for place, event in enumerate(receiver.events) if event["type"] == "v1.charge.succeeded")
    client = build.client(sandbox)
    notification = client.parse_event_notification(receiver.bodies[place], receiver.signatures[place], SECRET)
    assert isinstance(notification, stripe.events.V1ChargeSucceededEventNotification)
    assert notification.fetch_related_object().status == "succeeded"
    event = notification.fetch_event()
    assert snapshots[str(event.snapshot_event)]["type"] == "charge.succeeded"
    assert "data" not in receiver.events[place]


def test_thin_events_may_come_alone(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.control("deliveries", thin="only")
    build.client(sandbox).v1.products.create({"name": "x"})
    assert quiet(sandbox)
    assert receiver.kinds == ["v1.product.created"]


def test_a_mood_that_makes_no_sense_is_refused(sandbox: Sandbox) -> None:
    for wrong in ({"mode": "upside-down"}, {"colour": "blue"}, {"lose": 2}, {"again": -1}, {"thin": "very"}):
        with pytest.raises(SandboxError):
            sandbox.control("deliveries", **wrong)
