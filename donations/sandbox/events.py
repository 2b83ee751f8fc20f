"""Tell what happened: an event keeps the object as it was at that moment."""

from donations.sandbox import objects
from donations.sandbox.world import NOBODY, Cause, Json, World, copied


def tell(world: World, kind: str, thing: Json, *, cause: Cause = NOBODY, before: Json | None = None) -> Json:
    """Record the event, and hand it to whoever delivers events; unless the world is to be silent."""
    listeners = [endpoint for endpoint in world.shelf("webhook_endpoints") if listens(endpoint, kind)]
    event = objects.event(world, kind, copied(thing), cause=cause, before=before, webhooks=len(listeners))
    if not world.silent:
        world.shelf("events").put(event)
        world.on_event(event)
    return event


def listens(endpoint: Json, kind: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted)
