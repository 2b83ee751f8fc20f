"""The one place that makes a Stripe client, so that every call has our timeout, our retries and our address."""

import time
from collections.abc import Callable
from functools import cache

import stripe
from django.conf import settings

RATE_LIMIT_PAUSES = (0.5, 1.0, 2.0)  # seconds; the SDK retries connections, 409 and 5xx, but never 429


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
    """Make the call; where Stripe says it is too busy, wait and make it again, three times at most."""
    for pause in RATE_LIMIT_PAUSES:
        try:
            return call()
        except stripe.RateLimitError:
            time.sleep(pause)
    return call()
