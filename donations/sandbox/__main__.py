"""`python -m donations.sandbox`: start the sandbox, say where it is, and run until told to stop."""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from donations.sandbox.server import Options, Server


def options(arguments: list[str] | None = None) -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(prog="python -m donations.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--webhook-url", default="", help="where events are sent; none are without it")
    parser.add_argument("--webhook-secret", default="", help="what they are signed with")
    parser.add_argument("--api-key", default="", help="the one key that is let in; without it, any sk_test_ key")
    parser.add_argument(
        "--settle-after", type=float, default=1, help="seconds from a charge to its balance transaction"
    )
    parser.add_argument("--seed", default="", help="the same seed gives the same ids; without it they are random")
    parser.add_argument("--state", type=Path, help="a file to keep the account in between two runs")
    parser.add_argument("--parent-pipe", action="store_true", help="stop when standard input ends")
    given = parser.parse_args(arguments)
    return (
        Options(
            port=given.port,
            webhook_url=given.webhook_url,
            webhook_secret=given.webhook_secret,
            api_key=given.api_key,
            settle_after=given.settle_after,
            seed=given.seed or secrets.token_hex(8),
            state=given.state,
        ),
        given.parent_pipe,
    )


def main() -> None:
    wanted, with_parent = options()
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    if with_parent:
        threading.Thread(target=_outlive_nobody, args=[stopping], daemon=True).start()
    try:
        server = Server(wanted)
    except OSError as error:
        sys.exit(f"The Stripe sandbox cannot listen on port {wanted.port}: {error.strerror}.")
    server.start()
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    server.stop()


def _outlive_nobody(stopping: threading.Event) -> None:
    """A parent that was killed closes its pipe, and the sandbox goes with it."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stopping.set()


main()
