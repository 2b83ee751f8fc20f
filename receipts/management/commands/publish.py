"""Write a published report as a directory of files, to be mirrored or handed on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from receipts.models import ReportVersion
from receipts.reports import publishing


class Command(BaseCommand):
    help = "Write the files of the last published version of a report into a directory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("about", help="a campaign's slug, or all-usd for all funds of a currency")
        parser.add_argument("period", help="2026, 2026-q3 or 2026-05")
        parser.add_argument("--to", required=True, type=Path, help="a directory; it is made if it is not there")

    def handle(self, *args: Any, about: str, period: str, to: Path, **options: Any) -> None:
        last = ReportVersion.objects.named(about).filter(period=period).newest().public().first()
        if last is None:
            raise CommandError(f"No report of {about} for {period} is published.")
        to.mkdir(parents=True, exist_ok=True)
        for name, content in publishing.files(last):
            (to / name).write_bytes(content)
            self.stdout.write(str(to / name))
