"""Thin events: that something has happened to an object and where to ask for it, and nothing of the object itself."""

from datetime import UTC, datetime

from donations.sandbox.world import Json, World


def notify(world: World, event: Json) -> Json:
    """The thin event beside a snapshot one. What is sent is all of it."""
    thing = event["data"]["object"]
    kind, name = thing["object"], thing["id"]
    asked = event["request"]["id"]
    thin = {
        "id": world.mint("evt_test_65", 40),
        "object": "v2.core.event",
        "changes": None,
        "context": None,
        "created": datetime.fromtimestamp(event["created"], UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "reason": {"type": "request", "request": event["request"]} if asked else None,
        "related_object": {"id": name, "type": kind, "url": f"/v1/{kind.replace('.', '/')}s/{name}"},
        "snapshot_event": event["id"],
        "type": f"v1.{event['type']}",
    }
    return world.shelf("thin_events").put(thin)
