"""Start the sandbox in a process of its own, and take it down again."""

import contextlib
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STOP_SECONDS = 10
CONTROL_SECONDS = 120


class SandboxError(Exception):
    """The sandbox did not start, or did not understand a control."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox."""

    url: str
    pid: int

    def control(self, path: str, /, **told: Any) -> Any:
        """POST to /sandbox/`path`; without anything to tell, `look` may be what you want."""
        return self._ask(path, json.dumps(told).encode())

    def look(self, path: str) -> Any:
        """GET /sandbox/`path`: requests, events, deliveries."""
        return self._ask(path, None)

    def _ask(self, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", body)  # noqa: S310 (our own child, on http)
        try:
            with urllib.request.urlopen(request, timeout=CONTROL_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise SandboxError(f"{path}: {json.load(error)['error']}") from error


@contextlib.contextmanager
def running(
    *,
    webhook_url: str = "",
    webhook_secret: str = "",
    port: int = 0,
    settle_after: float = 1,
    api_key: str = "",
    seed: str = "",
    state: Path | None = None,
) -> Iterator[Sandbox]:
    """A sandbox for as long as the block lasts; it ends with its parent too, however that ends."""
    command = [sys.executable, "-m", "donations.sandbox", "--parent-pipe", f"--port={port}"]
    command += [f"--webhook-url={webhook_url}", f"--webhook-secret={webhook_secret}", f"--api-key={api_key}"]
    command += [f"--settle-after={settle_after}", f"--seed={seed}"]
    command += [f"--state={state}"] if state else []
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
    try:
        yield Sandbox(_ready(process), process.pid)
    finally:
        _stop(process)


def _ready(process: "subprocess.Popen[bytes]") -> str:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise SandboxError(f"The Stripe sandbox did not start: it ended with {process.wait(STOP_SECONDS)}.")
    url: str = json.loads(line)["url"]
    return url


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
