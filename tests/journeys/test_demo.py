"""The demo: the whole story with real parts, and not a process left of it."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import PROJECT

CONFIGURED = ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "STRIPE_", "SECRET_KEY", "PUBLIC_URL")


@pytest.fixture
def mark() -> str:
    """In the environment of all that the demo starts, so that it can be found."""
    return f"mark-{uuid.uuid4()}"


@pytest.fixture
def walk(mark: str) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py demo --walk` on a machine where nothing is configured."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURED)}
    command = [sys.executable, "-u", "manage.py", "demo", "--walk"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=bare | {"REFUGEESRISE_TEST": mark}, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_the_walk_tells_the_whole_story_and_leaves_no_process(walk: "subprocess.Popen[str]", mark: str) -> None:
    told, _ = walk.communicate(timeout=240)
    assert walk.returncode == 0, told
    assert "difference $0.00" in told
    assert told.rstrip().splitlines()[-1].startswith("OK")
    assert left_of(mark) == []


def test_stopped_in_the_middle_the_demo_leaves_no_process(walk: "subprocess.Popen[str]", mark: str) -> None:
    assert walk.stdout
    for line in walk.stdout:
        if "The appeal is open" in line:
            break
    assert len(left_of(mark)) > 5
    walk.send_signal(signal.SIGINT)
    told, _ = walk.communicate(timeout=60)
    assert told.rstrip().endswith("Stopped.")
    until = time.monotonic() + 20
    while left_of(mark) and time.monotonic() < until:
        time.sleep(0.2)
    assert left_of(mark) == []


def left_of(mark: str) -> list[str]:
    """The command lines of what still runs with the mark in its environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("Only Linux tells the environment of a process, in /proc.")
    return [
        process.joinpath("cmdline").read_text().replace("\0", " ")
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and mark in environment(process)
    ]


def environment(process: Path) -> str:
    try:
        return process.joinpath("environ").read_text(errors="replace")
    except OSError:
        return ""
