"""Print the journal of some days: `manage.py journal --first 2026-01-01 --last 2026-12-31 --format beancount`."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import journal_file
from ledger.journal_file import Format, Span


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--first", type=date.fromisoformat, required=True, help="a day, like 2026-01-01")
        parser.add_argument("--last", type=date.fromisoformat, required=True, help="another, which counts too")
        parser.add_argument("--format", choices=Format.values, default=Format.CSV, dest="form")

    def handle(self, *args: Any, first: date, last: date, form: str, **options: Any) -> None:
        if last < first:
            raise CommandError("The last day comes before the first.")
        for block in journal_file.written(Format(form), Span(first, last)):
            self.stdout.write(block.decode(), ending="")
