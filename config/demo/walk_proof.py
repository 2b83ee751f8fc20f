"""The end of the story: a report is prepared, checked, published and proved, and one changed byte is found."""

import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from appeal.models import Campaign
from config.demo import story
from config.demo.walking import Walk, patiently, require
from receipts.log import checkpoints
from receipts.models import ReportVersion
from receipts.reports import publishing


def go(walk: Walk, campaign: Campaign) -> None:
    version = publish(walk, campaign)
    with TemporaryDirectory(prefix="refugeesrise-bundle-") as folder:
        bundle = Path(folder) / "bundle"
        call_command("publish", version.about, version.period, to=bundle, verbosity=0, stdout=StringIO())
        prove(walk, version, bundle)


def publish(walk: Walk, campaign: Campaign) -> ReportVersion:
    """One prepares it, the workers make its files, another checks it, and it is there for everyone."""
    text = "The river came, and the groups who live there reached people first. This is what your gifts did."
    year = str(timezone.localdate().year)
    version = publishing.prepare(campaign, year, by=story.person("treasurer"), text=text)
    for _ in patiently("the files of the report"):
        if version.files.exists():
            break
    version.check_it(by=story.person("approver"), seen=version.sha256)
    version.publish(by=story.person("treasurer"))
    page = walk.get(version.get_absolute_url()).text
    names = [name for name, _content in publishing.files(version)]
    require(all(name in page for name in names), "the report's page has all its files")
    walk.step("A transparency report is prepared, checked by another person, and published", version.get_absolute_url())
    return version


def prove(walk: Walk, version: ReportVersion, bundle: Path) -> None:
    """With one file and a key, on a machine without us: OK; with one byte changed: not."""
    key = str(checkpoints.keys().first)
    accepted = checked(bundle, key)
    require(accepted.returncode == 0, f"verify.py accepts the bundle: {accepted.stdout}{accepted.stderr}")
    figures = bundle / f"{version}.csv"
    figures.write_bytes(figures.read_bytes().replace(b"0", b"1", 1))
    refused = checked(bundle, key)
    require(refused.returncode == 1, "verify.py refuses a changed byte")
    signed = walk.get(reverse("receipts:log-checkpoint")).text.splitlines()
    walk.step(
        "Its bundle is checked offline; with one byte changed, it is refused",
        f"{len(list(bundle.iterdir()))} files, a log of {signed[1]} leaves",
        (refused.stdout + refused.stderr).strip().splitlines()[-1],
    )


def checked(bundle: Path, key: str) -> subprocess.CompletedProcess[str]:
    """In a process that has nothing of this project."""
    return subprocess.run(
        [sys.executable, "-I", "verify.py", ".", "--key", key],
        cwd=bundle,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
