"""Write a published report as a bundle: its files, the proof that they are what was logged, and what checks it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from receipts import verify
from receipts.log import bundle, checkpoints
from receipts.log.reports import log_report
from receipts.models import ReportVersion
from receipts.reports import publishing


class Command(BaseCommand):
    help = "Write the last published version of a report into a directory that verify.py accepts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("about", help="a campaign's slug, or all-usd for all funds of a currency")
        parser.add_argument("period", help="2026, 2026-q3 or 2026-05")
        parser.add_argument("--to", required=True, type=Path, help="a directory that is empty or not there")

    def handle(self, *args: Any, about: str, period: str, to: Path, **options: Any) -> None:
        last = ReportVersion.objects.named(about).filter(period=period).newest().public().first()
        if last is None:
            raise CommandError(f"No report of {about} for {period} is published.")
        if to.exists() and any(to.iterdir()):
            raise CommandError(f"{to} is not empty: a bundle is a directory of its own.")
        to.mkdir(parents=True, exist_ok=True)
        for name, content in [*publishing.files(last), *proof_of(last)]:
            (to / name).write_bytes(content)
            self.stdout.write(str(to / name))


def proof_of(version: ReportVersion) -> list[tuple[str, bytes]]:
    leaf = log_report(version)
    checkpoints.sign()
    try:
        manifest = bundle.manifest(leaf)
    except bundle.NotSignedYet as error:
        raise CommandError("The open books have no key, so nothing is proved: see CHECKPOINT_KEYS.") from error
    told = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
    return [("MANIFEST.json", told.encode() + b"\n"), ("verify.py", Path(verify.__file__).read_bytes())]
