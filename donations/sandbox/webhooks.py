"""Deliver events: signed, over real HTTP, again until they are taken; twice, late, mixed up or never on demand."""

import hashlib
import heapq
import hmac
import http.client
import json
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from donations.sandbox import thin_events
from donations.sandbox.events import listens
from donations.sandbox.world import Json, World

BACKOFF = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)  # seconds; Stripe's is hours
TIMEOUT = 10
CARRIERS = 4
REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Delivery:
    event: str
    endpoint: str
    url: str
    secrets: tuple[str, ...]
    payload: bytes
    attempt: int = 0


@dataclass(slots=True)
class Mood:
    """`hold`: keep everything back until released. `drop`: lose it. `duplicate`: so many copies more.

    `lose` and `again`: how probable it is of each delivery that it is lost, or comes once more; `seed` makes that a
    sequence to be repeated. `thin`: "also" or "only" the thin event of each.
    """

    mode: str = "normal"
    duplicate: int = 0
    shuffle: bool = False
    delay: float = 0
    lose: float = 0
    again: float = 0
    seed: str = ""
    thin: str = ""


class Post:
    """The post office: a heap of what is due, and a few carriers. It keeps no order, as Stripe keeps none."""

    def __init__(self, world: World, seed: str) -> None:
        self.mood = Mood()
        self.done: deque[Json] = deque(maxlen=REMEMBERED)
        self._world = world
        self._random = random.Random(seed)  # noqa: S311 (an order to be repeated, not a secret)
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Delivery]] = []
        self._held: list[Delivery] = []
        self._turn = self._carried = 0
        self._stopping = False

    def start(self) -> None:
        for _ in range(CARRIERS):
            threading.Thread(target=self._carry, daemon=True).start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def take(self, event: Json) -> None:
        """Send an event that has just happened to all that listen, in the present mood. The world must be locked."""
        if self.mood.mode == "drop":
            return
        deliveries = self._survivors(self._addressed(event) * (1 + self.mood.duplicate))
        if self.mood.mode == "hold":
            with self._changed:
                self._held += deliveries
        else:
            self._queue(deliveries, self.mood.delay)

    def change(self, mood: Mood) -> None:
        """The world must be locked."""
        self.mood = mood
        if mood.seed:
            self._random.seed(mood.seed)

    def resend(self, event: Json, times: int = 1) -> None:
        self._queue(self._addressed(event) * times, 0)

    def release(self) -> int:
        """Send what was held back, in a new order where the mood is to shuffle; how many there were."""
        with self._changed:
            held, self._held = self._held, []
        if self.mood.shuffle:
            self._random.shuffle(held)
        self._queue(held, 0)
        return len(held)

    def clear(self) -> None:
        with self._changed:
            self.mood = Mood()
            self._due, self._held = [], []
            self.done.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is on its way; whether that came to be. What is held back does not count."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._carried, seconds)

    def state(self) -> Json:
        with self._changed:
            return {
                "mode": self.mood.mode,
                "due": len(self._due) + self._carried,
                "held": len(self._held),
                "done": list(self.done),
            }

    def _addressed(self, event: Json) -> list[Delivery]:
        bodies = [] if self.mood.thin == "only" else [event]
        bodies += [thin_events.notify(self._world, event)] if self.mood.thin else []
        payloads = [json.dumps(body).encode() for body in bodies]
        return [
            Delivery(event["id"], endpoint["id"], endpoint["url"], secrets_of(self._world, endpoint), payload)
            for endpoint in self._world.shelf("webhook_endpoints")
            if listens(endpoint, event["type"])
            for payload in payloads
        ]

    def _survivors(self, deliveries: list[Delivery]) -> list[Delivery]:
        kept = [each for each in deliveries if not self._happens(self.mood.lose)]
        return kept + [each for each in kept if self._happens(self.mood.again)]

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability

    def _queue(self, deliveries: list[Delivery], delay: float) -> None:
        with self._changed:
            for delivery in deliveries:
                self._turn += 1
                mixed = self._random.random() / 2 if self.mood.shuffle else 0
                heapq.heappush(self._due, (time.monotonic() + delay + mixed, self._turn, delivery))
            self._changed.notify_all()

    def _carry(self) -> None:
        while delivery := self._next():
            status = post(delivery)
            if 200 <= status < 300:
                self._mark_delivered(delivery)
            elif delivery.attempt < len(BACKOFF) and self._still_known(delivery):
                self._queue([replace(delivery, attempt=delivery.attempt + 1)], BACKOFF[delivery.attempt])
            self._finish(delivery, status)

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopping:
                if self._due and self._due[0][0] <= time.monotonic():
                    self._carried += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
        return None

    def _finish(self, delivery: Delivery, status: int) -> None:
        with self._changed:
            self._carried -= 1
            self.done.append(
                {
                    "event": delivery.event,
                    "endpoint": delivery.endpoint,
                    "attempt": delivery.attempt,
                    "status": status,
                }
            )
            self._changed.notify_all()

    def _still_known(self, delivery: Delivery) -> bool:
        """Not after a reset."""
        with self._world.changed:
            return self._world.shelf("events").get(delivery.event) is not None

    def _mark_delivered(self, delivery: Delivery) -> None:
        with self._world.changed:
            event = self._world.shelf("events").get(delivery.event)
            if event and event["pending_webhooks"]:
                event["pending_webhooks"] -= 1


def post(delivery: Delivery) -> int:
    """Send it once; the status it was answered with, 0 where nobody answered in time."""
    parts = urlsplit(delivery.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(delivery.payload, int(time.time()), *delivery.secrets),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, delivery.payload, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def signature(payload: bytes, moment: int, *secrets: str) -> str:
    """Stripe's scheme v1: an HMAC over time and body for each secret. The time is everyone's, not our moved clock's."""
    signed = f"{moment}.".encode() + payload
    macs = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={moment}", *(f"v1={mac}" for mac in macs)])


def secrets_of(world: World, endpoint: Json) -> tuple[str, ...]:
    """The endpoint's secret, and the one before it for as long as it lives on."""
    noted = world.noted(endpoint["id"])
    old, until = noted.get("old_secret", ("", 0))
    return (noted["secret"], old) if world.now() < until else (noted["secret"],)


def roll(world: World, endpoint: Json, secret: str, old_for: float) -> None:
    """Another secret from now on; the old one signs too for so many seconds."""
    noted = world.noted(endpoint["id"])
    noted["old_secret"] = [noted["secret"], world.now() + old_for]
    noted["secret"] = secret


def mood(told: dict[str, Any]) -> Mood:
    """Raises TypeError or ValueError for a mood that makes no sense."""
    wanted = Mood(**told)
    if wanted.mode not in {"normal", "hold", "drop"}:
        raise ValueError("mode is normal, hold or drop")
    if wanted.thin not in {"", "also", "only"}:
        raise ValueError("thin is also or only")
    if not (0 <= wanted.lose <= 1 and 0 <= wanted.again <= 1):
        raise ValueError("lose and again are probabilities")
    return wanted
