from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from ledger import audit
from ledger.models import Balance

SHOWN = 50


class Command(BaseCommand):
    help = "Checks every promise of the books from the rows themselves, and names the rows that break one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="first write every balance anew from its postings")

    def handle(self, *args: Any, rebuild: bool, **options: Any) -> None:
        if rebuild:
            count = Balance.objects.rebuild()
            self.stdout.write(ngettext("%d balance was wrong.", "%d balances were wrong.", count) % count)
        found = list(audit.findings())
        for finding in found:
            self.stdout.write(f"Broken: {finding.promise}: {_listed(finding.broken_by)}")
        if found:
            raise CommandError("The books do not hold.")
        self.stdout.write("The books hold.")


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
