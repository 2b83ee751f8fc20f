"""A storm: every event up to five times, shuffled, over sixteen connections, while processes are killed all the time.

Beside it stands what most projects write: look whether the event is known, and if not, do what it says.
"""

import contextlib
import http.client
import itertools
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.db import connection

from appeal.models import Campaign
from config.demo.processes import BEAT, WEB, WORKER, answers, stop
from config.embedded import PROJECT, free_port
from donations.models import BalanceTransaction, Donation, StripeEvent, Sweep
from donations.sandbox.process import Sandbox, running
from ledger import audit
from tests.bench import books
from tests.donations import objects

EVENTS = 20_000
COPIES = (1, 2, 3, 4, 5)
CONNECTIONS = 16
KILL_EVERY = 0.2
WHOLE = 0.01
FORKED, SPAWNED = 0.2, 6.0  # seconds until a worker of Celery, and one of the web server, counts as up
POOL = 8
PATIENCE = 600
SECRET = settings.STRIPE_WEBHOOK_SECRETS[0]
NAIVE = "granian tests.bench.naive:application --interface wsgi --no-ws --blocking-threads 4 --workers 2"


@dataclass
class Keeper:
    """Processes that are killed and started again. Only their workers or themselves, never the machine's others."""

    log: Path
    commands: list[list[str]]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0

    def start(self, number: int) -> subprocess.Popen[bytes]:
        with (self.log / f"storm-{number}.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", *self.commands[number]],
                stdout=out,
                stderr=out,
                cwd=PROJECT,
                start_new_session=True,
            )

    def __enter__(self) -> "Keeper":
        self.children = [self.start(number) for number in range(len(self.commands))]
        return self

    def __exit__(self, *about: object) -> None:
        for child in self.children:
            stop(child)

    def kill_one(self) -> None:
        """Mostly a worker that is up, now and then a process with all of its workers."""
        up = [pid for pid in self.workers() if is_up(pid)]
        if random.random() < WHOLE:
            self.kill_whole(random.randrange(len(self.children)))
        elif up:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(up), signal.SIGKILL)
                self.kills += 1
        for number, child in enumerate(self.children):
            if child.poll() is not None:
                self.children[number] = self.start(number)

    def workers(self) -> list[int]:
        return [pid for child in self.children for pid in children_of(child.pid)]

    def kill_whole(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.children[number].pid, signal.SIGKILL)
            self.children[number].wait()
            self.kills += 1

    def storm(self, over: threading.Event) -> None:
        while not over.wait(KILL_EVERY):
            self.kill_one()


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def is_up(pid: int) -> bool:
    """Killing what is still starting would keep it from ever getting up: the server takes that for a crash loop."""
    with contextlib.suppress(OSError):
        began, name = int(stat_of(pid)[19]) / os.sysconf("SC_CLK_TCK"), Path(f"/proc/{pid}/cmdline").read_text()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began > (FORKED if "celery" in name else SPAWNED)
    return False


def stat_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def deliver(url: str, path: str, bodies: list[str]) -> list[float]:
    """Send each until it is answered with 200, as Stripe does; how long each answer took."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for body in bodies:
        waiting.put(body)
    taken: list[float] = []
    carriers = [threading.Thread(target=carry, args=(url, path, waiting, taken)) for _ in range(CONNECTIONS)]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()
    return taken


def carry(url: str, path: str, waiting: "queue.SimpleQueue[str]", taken: list[float]) -> None:
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    while True:
        try:
            body = waiting.get_nowait()
        except queue.Empty:
            line.close()
            return
        signature = stripe.WebhookSignature.generate_signature_header(body, SECRET)
        began = time.perf_counter()
        try:
            line.request("POST", path, body.encode(), {"Stripe-Signature": signature})
            answer = line.getresponse()
            answer.read()
            delivered = answer.status == 200
        except (OSError, http.client.HTTPException):
            line.close()
            delivered = False
        if delivered:
            taken.append(time.perf_counter() - began)
        else:
            waiting.put(body)
            time.sleep(0.05)


def shuffled(bodies: list[str]) -> list[str]:
    copies = [body for body in bodies for _ in range(random.choice(COPIES))]
    random.shuffle(copies)
    return copies


@dataclass(frozen=True)
class Aftermath:
    """What a storm left behind. Lost, twice and unbalanced should be 0."""

    delivered: int
    kills: int
    seconds: float
    slowest_percent: float
    lost: int
    twice: int
    drained: float = 0
    unbalanced: int = 0


def ours(campaign: Campaign, log: Path) -> Aftermath:
    """Signed events through the real server into the books, until every gift is settled."""
    for model in (Sweep, StripeEvent):
        model.objects.all().delete()
    settled, moved = Donation.objects.settled().count(), BalanceTransaction.objects.count()
    place = urlsplit(settings.PUBLIC_URL)
    address = ["--host", str(place.hostname), "--port", str(place.port), "--workers", "2", "--respawn-failed-workers"]
    commands = [
        [*WEB.split(), *address],
        [*WORKER.split(), "--concurrency", str(POOL)],
        [*BEAT.split(), "-s", str(log / "storm-schedule")],
    ]
    port = int(settings.STRIPE_API_BASE.rpartition(":")[2])
    with running(api_key=settings.STRIPE_SECRET_KEY, port=port, seed="storm") as sandbox:
        copies = shuffled(list(paid(campaign, sandbox)))
        with Keeper(log, commands) as keeper:
            until(lambda: answers(f"{settings.PUBLIC_URL}/healthz"))
            taken, seconds = delivered(keeper, settings.PUBLIC_URL, settings.STRIPE_WEBHOOK_PATH, copies)
            began = time.perf_counter()
            until(lambda: Donation.objects.settled().count() == settled + EVENTS and not waiting())
            drained = time.perf_counter() - began
    booked = BalanceTransaction.objects.count() - moved
    return Aftermath(
        delivered=len(copies),
        kills=keeper.kills,
        seconds=seconds,
        slowest_percent=slowest_percent(taken),
        lost=EVENTS - StripeEvent.objects.filter(outcome=StripeEvent.Outcome.APPLIED).count(),
        twice=booked - EVENTS,
        drained=drained,
        unbalanced=len(list(audit.findings())),
    )


def waiting() -> bool:
    """The inbox still has something to do."""
    return StripeEvent.objects.waiting().exists()


def paid(campaign: Campaign, sandbox: Sandbox) -> Iterator[str]:
    """The events of so many paid gifts, whose money is on Stripe's balance."""
    made = [gift for _ in range(-(-EVENTS // books.GIFTS)) for gift in books.gifts(campaign)][:EVENTS]
    for some in itertools.batched(made, 1000, strict=False):
        told = sandbox.control("gifts", gifts=[{"metadata": {"donation": gift.reference}} for gift in some])["gifts"]
        for gift, one in zip(some, told, strict=True):
            session = objects.session(gift, id=one["checkout_session"], payment_intent=one["payment_intent"])
            yield objects.body(objects.event(books.KIND, session, id=f"evt_storm_{gift.reference}"))


def naive(log: Path) -> Aftermath:
    """The negative control: without a unique key and one transaction, the same storm loses or doubles."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_seen (id text); CREATE TABLE bench_effect (id text)")
        cursor.execute("CREATE INDEX ON bench_seen (id)")
    url = f"http://127.0.0.1:{free_port()}"
    address = ["--host", "127.0.0.1", "--port", str(urlsplit(url).port), "--respawn-failed-workers"]
    copies = shuffled([objects.body({"id": f"evt_naive{number}"}) for number in range(EVENTS)])
    with Keeper(log, [[*NAIVE.split(), *address]]) as keeper:
        until(lambda: answers(url))
        taken, seconds = delivered(keeper, url, "/", copies)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT id), count(*) FROM bench_effect")
        distinct, effects = cursor.fetchone()
        cursor.execute("DROP TABLE bench_seen, bench_effect")
    return Aftermath(
        delivered=len(copies),
        kills=keeper.kills,
        seconds=seconds,
        slowest_percent=slowest_percent(taken),
        lost=EVENTS - distinct,
        twice=effects - distinct,
    )


def delivered(keeper: Keeper, url: str, path: str, copies: list[str]) -> tuple[list[float], float]:
    """Deliver them all while processes are killed; how long each answer took, and all of it."""
    with storming(keeper):
        began = time.perf_counter()
        taken = deliver(url, path, copies)
        return taken, time.perf_counter() - began


def slowest_percent(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)]


@contextlib.contextmanager
def storming(keeper: Keeper) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=keeper.storm, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def until(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not held():
        if time.monotonic() > deadline:
            raise RuntimeError("the storm did not calm down")
        time.sleep(0.2)
