"""`manage.py reconcile` over a hundred thousand gifts with nothing to repair: its time, its memory, its calls."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from django.conf import settings

from appeal.models import Campaign
from config.embedded import PROJECT
from donations import settlement
from donations.models import Donation, State, Sweep
from donations.sandbox.process import running
from tests.bench import books

GIFTS = 100_000


@dataclass(frozen=True)
class Reconciled:
    gifts: int
    seconds: float
    megabytes: float
    calls: int


def measure(campaign: Campaign) -> Reconciled:
    Sweep.objects.all().delete()
    port = int(settings.STRIPE_API_BASE.rpartition(":")[2])
    with running(api_key=settings.STRIPE_SECRET_KEY, port=port, seed="reconcile") as sandbox:
        made = itertools.chain.from_iterable(books.gifts(campaign) for _ in range(-(-GIFTS // books.GIFTS)))
        for some in itertools.batched(itertools.islice(made, GIFTS), 1000, strict=False):
            told = [{"metadata": {"donation": gift.reference}} for gift in some]
            for gift, made_there in zip(some, sandbox.control("gifts", gifts=told, silent=True)["gifts"], strict=True):
                gift.checkout_session = made_there["checkout_session"]
            Donation.objects.bulk_update(some, ["checkout_session"])
        settlement.sweep()
        unsettled = Donation.objects.filter(state=State.PAID).count()
        if unsettled:
            raise RuntimeError(f"{unsettled} gifts are not in the books")
        before = sandbox.control("requests/count", keep=0)["count"]
        began = time.perf_counter()
        megabytes = reconcile()
        seconds = time.perf_counter() - began
        calls = sandbox.control("requests/count")["count"] - before
    return Reconciled(GIFTS, seconds, megabytes, calls)


def reconcile() -> float:
    """The most memory it took, in a process of its own; RuntimeError where it found anything."""
    command = [sys.executable, "manage.py", "reconcile", "--days", "1"]
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            told.seek(0)
            raise RuntimeError(f"reconcile found: {told.read()[-2000:]}")
    return used.ru_maxrss / 1024
