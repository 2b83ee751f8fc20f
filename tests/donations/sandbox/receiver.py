"""A shop's webhook endpoint, which takes, refuses or ignores what it is sent, and remembers it."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import stripe

SECRET = "whsec_receiver"


@dataclass
class Receiver:
    """`answers`: the next statuses to answer with; 200 when there are none left."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def forget(self) -> None:
        for memory in (self.answers, self.bodies, self.signatures):
            memory.clear()

    def take(self, body: bytes, signature: str) -> int:
        stripe.WebhookSignature.verify_header(body, signature, SECRET, tolerance=300)
        self.bodies.append(body)
        self.signatures.append(signature)
        return self.answers.pop(0) if self.answers else 200


@contextlib.contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(body, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook?from=stripe"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
