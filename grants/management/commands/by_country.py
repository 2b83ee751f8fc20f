"""Print what was granted in a year, by fund and country, as CSV: `manage.py by_country 2026`. Not for the public."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from grants import by_country


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)

    def handle(self, *args: Any, year: int, **options: Any) -> None:
        self.stdout.write(by_country.as_csv(year), ending="")
