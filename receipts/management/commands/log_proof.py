import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from receipts.log import bundle
from receipts.models import LeafKind, LogLeaf


class Command(BaseCommand):
    help = "Prints the proof of one leaf of the open books with its words and salt, for an auditor or whose it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=LeafKind.values)
        parser.add_argument("key", help="such as 2026-05-14 for a day of the journal, or a receipt's number")

    def handle(self, *args: Any, kind: str, key: str, **options: Any) -> None:
        leaf = LogLeaf.objects.filter(kind=kind, key=key).first()
        if leaf is None:
            raise CommandError(f"The open books have no {kind} “{key}”.")
        try:
            self.stdout.write(json.dumps(bundle.manifest(leaf), indent=1))
        except bundle.NotSignedYet:
            raise CommandError("No checkpoint covers it yet. The next one will.") from None
