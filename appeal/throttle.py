"""So many of a thing in a while from one internet connection, whichever process answers."""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest
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
        return not is_flood(request, "api-calls", int(settings.API_CALLS_A_MINUTE), MINUTE)

    def wait(self) -> int:
        """Until the next minute begins, and the count with it."""
        return MINUTE - int(time.time()) % MINUTE


def calls_from(place: str) -> int:
    """Count one more call of the API; how many they are in this minute."""
    return counted("api-calls", place, MINUTE)


def is_flood(request: HttpRequest, what: str, most: int, seconds: int) -> bool:
    """Count one more of these from the request's connection; whether they are more than `most` in this while."""
    try:
        return counted(what, neighbourhood(client_address(request)), seconds) > most
    except RedisError as error:
        log.warning("%s are not counted: %s", what, type(error).__name__)
        return False


def counted(what: str, place: str, seconds: int) -> int:
    now = int(time.time()) // seconds
    key = f"{what}:{salted_hmac('appeal.throttle', f'{now} {place}', algorithm='sha256').hexdigest()[:32]}"
    with counter(settings.API_COUNTER_URL).pipeline() as both:
        both.incr(key)
        both.expire(key, 2 * seconds)
        return int(both.execute()[0])


@cache
def counter(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
