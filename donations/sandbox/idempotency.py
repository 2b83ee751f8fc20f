"""Idempotency keys: the same request twice is one deed, and gets the same answer twice.

An answer is kept once the deed has begun, a success as well as a 500. A request that was refused (4xx) or that met
another one in flight has begun nothing, and its key is free again.
"""

import threading
from dataclasses import dataclass

from donations.sandbox import errors
from donations.sandbox.world import Json

KEPT = 24 * 3600
LONGEST = 255


@dataclass(slots=True)
class Kept:
    path: str
    params: Json
    begun: float
    request_id: str
    status: int = 0
    body: Json | None = None


class Keys:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}

    def begin(self, key: str, path: str, params: Json, *, now: float, request_id: str) -> Kept | None:
        """The finished first request of this name; None where this is the first one. Raises StripeError."""
        if len(key) > LONGEST:
            raise errors.invalid(f"Idempotency keys may only be up to {LONGEST} characters.")
        with self._lock:
            first = self._kept.get(key)
            if first is None or now - first.begun >= KEPT:
                self._kept[key] = Kept(path, params, now, request_id)
                return None
        if first.path != path:
            raise errors.other_endpoint(key, first.path, path)
        if first.params != params:
            raise errors.other_params(key)
        if first.body is None:
            raise errors.in_flight(key)
        return first

    def keep(self, key: str, status: int, body: Json) -> None:
        with self._lock:
            self._kept[key].status, self._kept[key].body = status, body

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
