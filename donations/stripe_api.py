"""The one place that makes a Stripe client, so that every call has our timeout, our retries and our address."""

import threading
import time
from collections.abc import Callable
from functools import cache

import stripe
from django.conf import settings

RATE_LIMIT_PAUSES = (0.5, 1.0, 2.0)  # seconds; the SDK retries connections, 409 and 5xx, but never 429


class Pace:
    """A token bucket: `burst` calls at once, and so many `a_second` in the long run. One for each process."""

    def __init__(self, a_second: float, burst: float) -> None:
        self.a_second, self.burst = a_second, burst
        self._lock = threading.Lock()
        self._free, self._at = burst, time.monotonic()

    def keep(self) -> None:
        """Wait for this call's turn."""
        with self._lock:
            now = time.monotonic()
            self._free = min(self.burst, self._free + (now - self._at) * self.a_second) - 1
            self._at = now
            pause = -self._free / self.a_second
        if pause > 0:
            time.sleep(pause)


@cache
def _pace(a_second: float) -> Pace:
    return Pace(a_second, burst=2 * a_second)


@cache
def _client(key: str, base: str, seconds: float, retries: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=seconds),
    )


def client() -> stripe.StripeClient:
    """For workers, who have time."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_TIMEOUT, 2)


def page_client() -> stripe.StripeClient:
    """For a request that a person waits for, and with them a thread of the web server."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_PAGE_TIMEOUT, 1)


def patiently[Answer](call: Callable[[], Answer]) -> Answer:
    """Make the call in its turn; where Stripe says it is too busy, wait and make it again, three times at most."""
    for pause in RATE_LIMIT_PAUSES:
        _pace(settings.STRIPE_CALLS_A_SECOND).keep()
        try:
            return call()
        except stripe.RateLimitError:
            time.sleep(pause)
    return call()
