"""Annual statements, written and printed by two workers, some of them killed.

`python -m tests.bench.statements` is such a worker: it says that it is ready, waits for a word, and works until nothing
is left. With a number, it only prints so many older ones again: two of those are what the machine can do, for two
processes on two cores are seldom twice as fast as one.
"""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from config.embedded import PROJECT

IN_IT = datetime.datetime(2025, 7, 1, 9, tzinfo=datetime.UTC)  # a year of which no other measurement has a gift
AFTER = datetime.datetime(2027, 1, 5, 9, tzinfo=datetime.UTC)
WORKERS = 2
SOME, MANY = 100, 10_000
KILL_EVERY = 20.0


@dataclass
class Workers:
    """Processes that work until nothing is left; `megabytes` is the most that any of them took."""

    prints: int = 0
    kill_every: float = 0
    running: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    megabytes: float = 0
    kills: int = 0

    def work(self, number: int) -> float:
        """How long it took, from when all were warm."""
        crew = [self.start() for _ in range(number)]
        for worker in crew:
            ready(worker)
        for worker in crew:
            say_go(worker)
        began = last_kill = time.perf_counter()
        while self.running:
            self.bury()
            time.sleep(0.05)
            if self.kill_every and self.running and time.perf_counter() - last_kill > self.kill_every:
                last_kill = time.perf_counter()
                os.kill(next(iter(self.running)), signal.SIGKILL)
        return time.perf_counter() - began

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.bench.statements", str(self.prints)]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        self.running[worker.pid] = worker
        return worker

    def bury(self) -> None:
        """Take note of who has ended; who was killed has a successor."""
        for pid, worker in list(self.running.items()):
            ended, status, used = os.wait4(pid, os.WNOHANG)
            if not ended:
                continue
            self.running.pop(pid)
            self.megabytes = max(self.megabytes, used.ru_maxrss / 1024)
            if os.waitstatus_to_exitcode(status) == -signal.SIGKILL:
                self.kills += 1
                say_go(self.start())
            elif status:
                raise RuntimeError(f"a worker ended with {os.waitstatus_to_exitcode(status)}")
            worker.returncode = os.waitstatus_to_exitcode(status)


def ready(worker: subprocess.Popen[str]) -> None:
    assert worker.stdout is not None
    if not worker.stdout.readline():
        raise RuntimeError("a worker did not start")


def say_go(worker: subprocess.Popen[str]) -> None:
    """It begins once it is warm."""
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


@dataclass(frozen=True)
class Endured:
    """`missing` donors have no statement, or it has no PDF; `skipped` numbers are on no statement."""

    statements: int
    seconds: float
    megabytes: float
    kills: int
    missing: int
    skipped: int


def measure(rounds: int) -> Iterator[dict[str, float]]:
    """Statements a second by two workers, beside what two print that do nothing else."""
    begin(SOME)
    Workers().work(WORKERS)  # so that there are some to print
    for _round in range(rounds):
        printed = WORKERS * SOME / Workers(prints=SOME).work(WORKERS)
        begin(WORKERS * SOME)
        yield {"limit": printed, "ours": WORKERS * SOME / Workers().work(WORKERS)}


def endured() -> Endured:
    """Ten thousand, while one worker after the other is killed."""
    from receipts.models import Receipt

    before = set(Receipt.objects.values_list("number", flat=True))
    begin(MANY)
    workers = Workers(kill_every=KILL_EVERY)
    seconds = workers.work(WORKERS)
    made = Receipt.objects.exclude(number__in=before)
    numbers = [int(number.rpartition("-")[2]) for number in made.values_list("number", flat=True)]
    return Endured(
        statements=len(numbers),
        seconds=seconds,
        megabytes=workers.megabytes,
        kills=workers.kills,
        missing=MANY - made.exclude(document=None).count(),
        skipped=max(numbers) - min(numbers) + 1 - len(numbers),
    )


def begin(donors: int) -> None:
    """A year of one gift from each of them, to an issuer who gives annual statements alone."""
    from receipts import annual, beginning
    from receipts.models import FiscalYear
    from tests.bench.copies import unguarded
    from tests.bench.long import copy_gift
    from tests.receipts import build

    year = FiscalYear.objects.first()
    if year is None:
        profile = build.prepared(**beginning.form_of("plain") | {"jurisdiction": "Thailand", "yearly": True})
        beginning.fill(profile)
        profile.approve(by=build.person())
        days = {"first_day": datetime.date(2025, 1, 1), "last_day": datetime.date(2025, 12, 31)}
        year = FiscalYear.objects.create(issuer=profile, **days)
    campaign = build.campaign()
    entry = build.given(campaign.card_fund, 150_00)
    gift = build.gift(to=campaign, entry=entry, charged_at=IN_IT)
    with unguarded():
        copy_gift(gift, entry, donors - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    annual.begin(year, by=build.person(), now=AFTER)


def work(prints: int) -> None:
    import django

    django.setup()
    from receipts import annual, rendering
    from receipts.models import Kind, Receipt

    older = list(Receipt.objects.filter(kind=Kind.STATEMENT).order_by("-pk")[:SOME])
    for statement in older[:1]:
        rendering.to_pdf(statement)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    if prints:
        for statement in older[:prints]:
            rendering.to_pdf(statement)
    else:
        while annual.write(AFTER) or rendering.render(AFTER):
            pass


if __name__ == "__main__":
    work(int(sys.argv[1]))
