import os
import sys
from pathlib import Path

import pytest

from tests.config.command import manage, production, python

PANGO = "Receipts need Pango: apt-get install libpango-1.0-0"
FONTS = "Receipts need fonts for every name, and there is none for Latin, Arabic, Burmese"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the loader is deceived in Linux's way")


@pytest.fixture
def hollow(tmp_path: Path) -> Path:
    """A folder whose libraries the loader finds first, and cannot load."""
    return tmp_path


@linux
@pytest.mark.parametrize("library", ["libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libfontconfig.so.1"])
def test_without_pango_the_demo_says_what_to_install(hollow: Path, library: str) -> None:
    (hollow / library).touch()
    done = manage("demo", LD_LIBRARY_PATH=str(hollow))
    assert done.returncode == 1
    assert done.stderr.startswith(PANGO)
    assert len(done.stderr.splitlines()) == 1


@linux
def test_without_pango_the_tests_say_what_to_install(hollow: Path) -> None:
    (hollow / "libpango-1.0.so.0").touch()
    done = python("-m", "pytest", "tests/config", environment=production(LD_LIBRARY_PATH=str(hollow)))
    assert done.returncode == 4
    assert done.stderr.strip().startswith(f"ERROR: {PANGO}")
    assert "Traceback" not in done.stderr


def test_without_fonts_the_demo_says_what_to_install(tmp_path: Path) -> None:
    nothing = tmp_path / "fonts.conf"
    nothing.write_text("<fontconfig/>")
    done = manage("demo", FONTCONFIG_FILE=str(nothing))
    assert done.returncode == 1
    assert done.stderr.startswith(FONTS)
    assert "fonts-noto-core" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@linux
def test_without_the_subsetter_a_sentence_says_so_and_nothing_stops(hollow: Path) -> None:
    (hollow / "libharfbuzz-subset.so.0").touch()
    done = python("-m", "config.preflight", environment=production(LD_LIBRARY_PATH=str(hollow)))
    assert done.returncode == 0
    assert done.stderr.startswith("Receipts are made slowly")


@linux
def test_deployment_checks_name_what_the_server_lacks(hollow: Path) -> None:
    (hollow / "libharfbuzz-subset.so.0").touch()
    (hollow / "fonts.conf").write_text("<fontconfig/>")
    lacking = {"LD_LIBRARY_PATH": str(hollow), "FONTCONFIG_FILE": str(hollow / "fonts.conf")}
    done = manage("check", "--deploy", DATABASE_URL=os.environ["DATABASE_URL"], **lacking)
    assert "(config.W001) Receipts are made slowly" in done.stderr
    assert f"(config.E001) {FONTS}" in done.stderr


def test_a_machine_with_everything_hears_nothing() -> None:
    done = python("-m", "config.preflight", environment=production())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
