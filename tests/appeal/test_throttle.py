"""One connection cannot take the API from the others; and a lost counter takes it from nobody."""

import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address
from random import randrange
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from appeal import throttle
from config.embedded import free_port
from tests.config.command import python

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(settings: Settings) -> int:
    """How many calls a minute may be made."""
    settings.API_CALLS_A_MINUTE = 3
    return 3


def somewhere() -> Client:
    """A connection that no other test calls from."""
    return Client(REMOTE_ADDR=str(IPv4Address(randrange(2**24, 2**31))))


def call(client: Client, times: int) -> list[Any]:
    return [client.get("/api/campaigns/") for _turn in range(times)]


def test_too_many_calls_are_refused_and_told_when_to_come_again(few: int) -> None:
    answers = call(somewhere(), 2 * few + 1)  # a minute may begin between them
    assert [answer.status_code for answer in answers[:few]] == [200] * few
    refused = answers[-1]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["detail"].startswith("Request was throttled.")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_others_are_served_meanwhile(few: int) -> None:
    call(somewhere(), 2 * few + 1)
    assert call(somewhere(), 1)[0].status_code == 200


def test_all_addresses_of_one_customer_are_one_connection(few: int) -> None:
    network = int(IPv4Address(somewhere().defaults["REMOTE_ADDR"])) >> 8 << 8
    answers = [Client(REMOTE_ADDR=str(IPv4Address(network + host))).get("/api/grants/") for host in range(2 * few + 1)]
    assert answers[-1].status_code == 429


def test_all_addresses_of_the_api_are_counted_together(few: int) -> None:
    client = somewhere()
    call(client, 2 * few)
    assert client.get("/api/campaigns/no-such/").status_code == 429


def test_every_process_counts_in_the_same_place() -> None:
    def counts() -> list[int]:
        place = somewhere().defaults["REMOTE_ADDR"]
        code = f"import django; django.setup(); from appeal.throttle import calls_from; print(calls_from({place!r}))"
        before = throttle.calls_from(place)
        there = int(python("-c", code, environment={**os.environ}).stdout)
        return [before, there, throttle.calls_from(place)]

    assert any(counts() == [1, 2, 3] for _try in range(3))  # a minute may begin in one of them


def test_the_counter_keeps_no_address_and_nothing_for_long() -> None:
    place = somewhere().defaults["REMOTE_ADDR"]
    throttle.calls_from(place)
    kept = redis.Redis.from_url(configured.API_COUNTER_URL, decode_responses=True)
    keys = [str(key) for key in kept.keys("api-calls:*")]
    assert keys
    assert not [key for key in keys if place in key]
    assert all(0 < kept.ttl(key) <= 120 for key in keys)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_without_the_counter_everybody_is_served(settings: Settings, few: int) -> None:
    settings.API_COUNTER_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert {answer.status_code for answer in call(somewhere(), 2 * few + 1)} == {200}


def test_nobody_waits_for_a_counter_that_is_silent(settings: Settings, few: int, silent: int) -> None:
    settings.API_COUNTER_URL = f"redis://127.0.0.1:{silent}/0"
    assert call(somewhere(), 1)[0].status_code == 200
