"""So many calls a minute from one internet connection, whichever process answers them."""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from appeal.connection import client_address, neighbourhood

log = logging.getLogger(__name__)
MINUTE = 60
PATIENCE = 0.25  # seconds that an answer waits for the counter


class PerConnection(BaseThrottle):
    """Counted where all processes look, under a keyed hash that is another one every minute and then forgotten.

    While the counter does not answer, nobody is counted and everybody is served.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return calls_from(neighbourhood(client_address(request))) <= int(settings.API_CALLS_A_MINUTE)
        except RedisError as error:
            log.warning("the calls of the API are not counted: %s", type(error).__name__)
            return True

    def wait(self) -> int:
        """Until the next minute begins, and the count with it."""
        return MINUTE - int(time.time()) % MINUTE


def calls_from(place: str) -> int:
    """Count one more; how many they are in this minute."""
    minute = int(time.time()) // MINUTE
    key = f"api-calls:{salted_hmac('appeal.throttle', f'{minute} {place}', algorithm='sha256').hexdigest()[:32]}"
    with counter(settings.API_COUNTER_URL).pipeline() as both:
        both.incr(key)
        both.expire(key, 2 * MINUTE)
        return int(both.execute()[0])


@cache
def counter(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
