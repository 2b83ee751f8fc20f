"""The demo: the whole story with real parts, and not a process left of it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from config.demo import story
from config.embedded import PROJECT, free_port, state_folder
from donations.models import State

CONFIGURED = (
    "DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "STRIPE_", "SECRET_KEY", "PUBLIC_URL", "EMAIL_URL",
    "FIELD_KEYS", "CHECKPOINT_KEYS",
)  # fmt: skip
PATIENCE = 60  # seconds
IN_THE_BOOKS = str(State.SETTLED.label)
type Running = "subprocess.Popen[str]"


@pytest.fixture
def mark() -> str:
    """In the environment of all that the demo starts, so that it can be found."""
    return f"mark-{uuid.uuid4()}"


@contextmanager
def started(*command: str, at: Path, **environment: str) -> Iterator[Running]:
    """One of manage.py's commands on a machine where nothing is configured."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURED)}
    command = (sys.executable, "-u", "manage.py", *command)
    with subprocess.Popen(command, cwd=at, env=bare | environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            ended(process)


def ended(process: Running) -> None:
    """Politely at first, so that it ends what it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    process.kill()


@pytest.fixture
def walk(mark: str) -> Iterator[Running]:
    with started("demo", "--walk", at=PROJECT, REFUGEESRISE_TEST=mark) as process:
        yield process


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The project once more: a demo of it keeps its data apart from a developer's."""
    copy = tmp_path / "clone"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    where = [sys.executable, "-c", "from config.embedded import state_folder; print(state_folder())"]
    data = Path(subprocess.run(where, cwd=copy, capture_output=True, text=True, check=True).stdout.strip())
    assert data != state_folder()
    yield copy
    shutil.rmtree(data, ignore_errors=True)  # it may not have come to that
    shutil.rmtree(copy)


@pytest.fixture
def demo(clone: Path, mark: str) -> Callable[[], AbstractContextManager[Running]]:
    """Starts `manage.py demo`, each time on the same data."""
    return lambda: started("demo", at=clone, REFUGEESRISE_TEST=mark, PORT=str(free_port()))


def test_the_walk_tells_the_whole_story_and_leaves_no_process(walk: Running, mark: str) -> None:
    told, _ = walk.communicate(timeout=240)
    assert walk.returncode == 0, told
    assert "difference $0.00" in told
    assert told.rstrip().splitlines()[-1].startswith("OK")
    assert left_of(mark) == []


def test_stopped_in_the_middle_the_demo_leaves_no_process(walk: Running, mark: str) -> None:
    assert walk.stdout
    for line in walk.stdout:
        if "The appeal is open" in line:
            break
    assert len(left_of(mark)) > 5
    walk.send_signal(signal.SIGINT)
    told, _ = walk.communicate(timeout=60)
    assert told.rstrip().endswith("Stopped.")
    assert in_the_end(lambda: left_of(mark), []) == []


def test_the_demo_tells_its_story_once_lets_its_staff_in_and_leaves_no_process(
    demo: Callable[[], AbstractContextManager[Running]], mark: str
) -> None:
    for _start in range(2):
        with demo() as process:
            welcome = told_until("any three digits", process)
            assert "Ctrl-C stops it" in welcome
            looked_around(welcome)
            assert len(left_of(mark)) > 5
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, told.strip()) == (0, "Stopped.")
        assert in_the_end(lambda: left_of(mark), []) == []


def told_until(phrase: str, process: Running) -> str:
    """All that it has said by the line with this phrase, or by its end."""
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if phrase in line:
            break
    return "".join(lines)


def looked_around(welcome: str) -> None:
    """A donor can give, every role can sign in, and those of the books see every giver's one gift in them."""
    appeal, office = found(r"The appeal +(\S+)", welcome), found(r"Staff +(\S+)", welcome)
    give = found(r'href="(/give/[^"?]+)', requests.get(appeal, timeout=20).text)
    assert "Continue to payment" in requests.get(urljoin(appeal, give), timeout=20).text
    for name, (role, _purpose) in story.STAFF.items():
        person = signed_in(office, name, found(rf"{name} / (\S+)", welcome))
        for giver in story.GIVERS if role in {"treasurer", "auditor"} else ():
            look = partial(gifts, f"{office}donations/donation/", giver, person)
            assert in_the_end(look, [IN_THE_BOOKS]) == [IN_THE_BOOKS], giver


def signed_in(office: str, name: str, password: str) -> requests.Session:
    person = requests.Session()
    door = person.get(office, timeout=20)
    token = found(r'name="csrfmiddlewaretoken" value="([^"]+)"', door.text)
    told = {"csrfmiddlewaretoken": token, "login": name, "password": password}
    inside = person.post(door.url, told, timeout=20)
    assert (inside.status_code, inside.url) == (200, office)
    return person


def gifts(page: str, giver: story.Giver, person: requests.Session) -> list[str]:
    """The states of this giver's gifts, as the staff's list has them."""
    listed = person.get(page, params={"q": giver.email}, timeout=20)
    assert listed.status_code == 200
    return re.findall(r'class="field-state[^>]*>([^<]*)<', listed.text)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def in_the_end(look: Callable[[], list[str]], wanted: list[str]) -> list[str]:
    """What is seen once it is as wanted, or what is seen when patience ends."""
    until = time.monotonic() + PATIENCE
    while (seen := look()) != wanted and time.monotonic() < until:
        time.sleep(0.2)
    return seen


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
