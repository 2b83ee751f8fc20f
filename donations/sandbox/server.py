"""The sandbox's web server: Stripe's API under /v1, the payment page under /c, the portal under /p, the controls under
/sandbox."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from donations.sandbox import (
    checkout,
    control,
    debits,
    disputes,
    errors,
    hosted,
    movements,
    objects,
    payments,
    payouts,
    portal,
    refunds,
    subscriptions,
)
from donations.sandbox.api import Api
from donations.sandbox.control import Sandbox
from donations.sandbox.webhooks import Post
from donations.sandbox.wire import Answer, Request, as_json
from donations.sandbox.world import Deed, World

HOST = "127.0.0.1"
LARGEST_BODY = 1_000_000
IDLE_SECONDS = 75
SAVE_EVERY = 5
DEEDS: dict[str, Deed] = {
    "complain": disputes.complain,
    "debit_ends": debits.end,
    "debit_taken_back": debits.take_back,
    "pay_out": payouts.pay_out,
    "payout_arrives": payouts.arrive,
    "payout_composed": payouts.compose,
    "payout_leaves": payouts.leave,
    "refund_fails": refunds.fail,
    "refund_succeeds": refunds.succeed,
    "refund_traced": refunds.trace,
    "expire": checkout.run_out,
    "settle": payments.settle,
    "mature": movements.mature,
    "subscribe": subscriptions.subscribe,
    "renew": subscriptions.renew,
    "collect": subscriptions.collect,
    "resume": subscriptions.resume,
}


@dataclass(frozen=True, slots=True)
class Options:
    port: int = 0
    webhook_url: str = ""
    webhook_secret: str = ""
    api_key: str = ""
    settle_after: float = 1
    seed: str = ""
    state: Path | None = None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stripe-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: "Server"

    def _serve(self) -> None:
        size = self.headers.get("Content-Length", "0")
        if not size.isdigit() or int(size) > LARGEST_BODY:
            self.close_connection = True
            self._send(as_json({"error": errors.refusal("Request Entity Too Large")}, 413))
            return
        request = Request(self.command, self.path, self.headers, self.rfile.read(int(size)))
        answer = self.server.answer(request)
        time.sleep(answer.delay)
        if answer.lost:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _serve

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's name)
        """Nothing: /sandbox/requests has it all."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, options: Options) -> None:
        super().__init__((HOST, options.port), Handler)
        self._options = options
        self._stopping = threading.Event()
        world = World(seed=options.seed, settle_after=options.settle_after, deeds=DEEDS)
        world.url = f"http://{HOST}:{self.server_port}"
        self.sandbox = Sandbox(world, Api(world, options.api_key), Post(world, options.seed), self.restart)
        world.on_event = self.sandbox.post.take
        if options.state and options.state.exists():
            world.load(options.state.read_text())
        self._listen()

    @property
    def url(self) -> str:
        return self.sandbox.world.url

    def answer(self, request: Request) -> Answer:
        if request.path.startswith(("/v1/", "/v2/")):
            return self.sandbox.api.answer(request)
        if request.path.startswith("/c/"):
            return hosted.answer(self.sandbox.world, request)
        if request.path.startswith("/p/"):
            return portal.answer(self.sandbox.world, request)
        if request.path.startswith("/sandbox/"):
            return control.answer(self.sandbox, request)
        return as_json({"error": errors.unrecognized(request.method, urlsplit(request.target).path).error}, 404)

    def start(self) -> None:
        self.sandbox.post.start()
        works: list[Callable[[], None]] = [self.serve_forever, partial(self.sandbox.world.run, self._stopping)]
        if self._options.state:
            works.append(partial(self._keep_saving, self._options.state))
        for work in works:
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        """Answer no more; with a state file, write down the account to go on from."""
        self._stopping.set()
        self.sandbox.post.stop()
        self.shutdown()
        self.server_close()
        if self._options.state:
            self._save(self._options.state)

    def restart(self) -> None:
        """An empty account, that delivers its events where it was told at the start."""
        with self.sandbox.world.changed:
            self.sandbox.world.clear()
            self.sandbox.api.clear()
            self.sandbox.post.clear()
            self._listen()

    def _keep_saving(self, state: Path) -> None:
        """A sandbox that is killed forgets a few seconds, not everything."""
        saved = 0
        while not self._stopping.wait(SAVE_EVERY):
            if saved != self.sandbox.world.turn:
                saved = self.sandbox.world.turn
                self._save(state)

    def _save(self, state: Path) -> None:
        with self.sandbox.world.changed:
            dumped = self.sandbox.world.dump()
        fresh = state.with_suffix(".new")
        fresh.write_text(dumped)
        fresh.replace(state)

    def _listen(self) -> None:
        world, options = self.sandbox.world, self._options
        if not options.webhook_url:
            return
        with world.changed:
            for known in world.shelf("webhook_endpoints"):
                known["status"] = "disabled"
            endpoint = objects.webhook_endpoint(world, {"url": options.webhook_url, "enabled_events": ["*"]})
            world.shelf("webhook_endpoints").put(endpoint)
            world.noted(endpoint["id"])["secret"] = options.webhook_secret
