"""The service's processes: started in order, watched, and stopped in the other order with none left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from django.conf import settings

from config.embedded import PROJECT, NotStarted

WEB = "granian config.wsgi:application --interface wsgi --no-ws --blocking-threads 4 --log-level warning"
WORKER = "celery -A config.celery worker --concurrency 2 --loglevel warning"
BEAT = "celery -A config.celery beat --loglevel warning --pidfile="
STOP_SECONDS = 10
READY_SECONDS = 30


@contextlib.contextmanager
def process(name: str, *command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a session of its own, so that Ctrl-C reaches only us; ended with all of its own children."""
    log.mkdir(parents=True, exist_ok=True)
    with (log / f"{name}.log").open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=out, stderr=out, cwd=PROJECT, start_new_session=True
        )
    try:
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # whatever of its session still lives
    child.wait()


@contextlib.contextmanager
def service(url: str, *, log: Path, state: Path | None = None) -> Iterator[None]:
    """Web, worker and beat, and the Stripe sandbox where no other Stripe is configured."""
    with contextlib.ExitStack() as running:
        if urlsplit(settings.STRIPE_API_BASE).hostname == "127.0.0.1":
            running.enter_context(sandbox(settings.STRIPE_API_BASE, url, log=log, state=state))
        running.enter_context(web(url, log=log))
        running.enter_context(process("worker", *WORKER.split(), log=log))
        running.enter_context(process("beat", *BEAT.split(), "-s", str(log / "beat-schedule"), log=log))
        yield


@contextlib.contextmanager
def web(url: str, *, log: Path, workers: int = 2) -> Iterator[None]:
    """The pages, the API and the webhook intake, at `url`."""
    place = urlsplit(url)
    address = ["--host", str(place.hostname), "--port", str(place.port), "--workers", str(workers)]
    with process("web", *WEB.split(), *address, log=log) as child:
        wait_for(f"{url}/healthz", child, log / "web.log")
        yield


@contextlib.contextmanager
def sandbox(address: str, url: str, *, log: Path, state: Path | None) -> Iterator[None]:
    told = [
        f"--port={urlsplit(address).port}",
        f"--webhook-url={url}{settings.STRIPE_WEBHOOK_PATH}",
        f"--webhook-secret={settings.STRIPE_WEBHOOK_SECRETS[0]}",
        f"--api-key={settings.STRIPE_SECRET_KEY}",
    ]
    with process("stripe", "donations.sandbox", *told, *([f"--state={state}"] if state else []), log=log) as child:
        wait_for(address, child, log / "stripe.log")
        yield


def wait_for(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not answers(url):
        if child.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(f"Nothing answers at {url}; see {log}.")
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (our own address)
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
