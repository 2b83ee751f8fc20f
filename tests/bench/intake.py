"""Webhook intake: signed events of 3 kB into the inbox, through the real server."""

import itertools
import json
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import stripe
from django.conf import settings

from config.demo.processes import process, wait_for, web
from config.embedded import free_port
from donations.models import StripeEvent
from tests.bench.limit import pgbench

CLIENTS = 8
EVENTS = 6000
SECRET = settings.STRIPE_WEBHOOK_SECRETS[0]
PLAIN = "granian tests.bench.plain:application --interface wsgi --no-ws --blocking-threads 4 --workers 2"
numbers = itertools.count(1)


def event() -> str:
    """As large as Stripe's are, and never the same twice."""
    told = {
        "id": f"evt_bench{next(numbers)}",
        "object": "event",
        "type": "customer.updated",
        "api_version": stripe.api_version,
        "livemode": False,
        "data": {"object": {"object": "customer", "description": "x" * 2800}},
    }
    return json.dumps(told)


def request(path: str, host: str) -> bytes:
    body = event()
    signature = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nStripe-Signature: {signature}\r\n\r\n"
    )
    return (head + body).encode()


def posted(url: str, path: str, events: int = EVENTS) -> float:
    """Events a second that were answered with 200, over eight connections that are kept open."""
    place = urlsplit(url)
    waiting = iter([request(path, place.netloc) for _ in range(events)])
    began = time.perf_counter()
    answered = sum(answers((str(place.hostname), int(place.port or 80)), waiting))
    if answered != events:
        raise RuntimeError(f"{events - answered} of {events} events were not answered with 200")
    return events / (time.perf_counter() - began)


def answers(address: tuple[str, int], waiting: Iterator[bytes]) -> Iterator[bool]:
    """Send the next request on each connection as soon as the last one is answered; whether each was 200."""
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            line = socket.create_connection(address)
            line.sendall(next(waiting))
            selector.register(line, selectors.EVENT_READ, line)
        while selector.get_map():
            for key, _events in selector.select(timeout=30):
                line = key.data
                yield whole_answer(line).startswith(b"HTTP/1.1 200")
                following = next(waiting, None)
                if following is None:
                    selector.unregister(line)
                    line.close()
                else:
                    line.sendall(following)


def whole_answer(line: socket.socket) -> bytes:
    """An answer without a body, however it is cut into packets."""
    answer = line.recv(65536)
    while answer and not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(65536)
    return answer


def limit() -> float:
    """The same row, inserted by pgbench on as many connections."""
    row = f"('evt_' || gen_random_uuid(), 'customer.updated', '{event()}')"
    insert = (
        f"INSERT INTO donations_stripeevent (stripe_id, kind, body) VALUES {row} ON CONFLICT (stripe_id) DO NOTHING;"
    )
    return pgbench(insert, transactions=EVENTS * 3, clients=CLIENTS)


def measure(rounds: int, log: Path) -> Iterator[dict[str, float]]:
    """Each round: the limit, our intake, and a plain Django view, one after the other."""
    plain = f"http://127.0.0.1:{free_port()}"
    address = ["--host", "127.0.0.1", "--port", str(urlsplit(plain).port)]
    with (
        web(settings.PUBLIC_URL, log=log),
        process("plain", *PLAIN.split(), *address, log=log) as child,
    ):
        wait_for(plain, child, log / "plain.log")
        posted(settings.PUBLIC_URL, settings.STRIPE_WEBHOOK_PATH, 500)
        posted(plain, "/plain/", 500)
        for _ in range(rounds):
            yield {
                "limit": limit(),
                "ours": posted(settings.PUBLIC_URL, settings.STRIPE_WEBHOOK_PATH),
                "plain": posted(plain, "/plain/", EVENTS // 3),
            }
            StripeEvent.objects.all().delete()
