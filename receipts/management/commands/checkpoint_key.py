from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from receipts.notes import Signer


class Command(BaseCommand):
    help = "Makes a key that signs the open books, and prints it with the verifier key that everybody may know."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="the log's name; a new key for the same log has the same one")

    def handle(self, *args: Any, name: str | None, **options: Any) -> None:
        names = name or kept_name() or f"{urlsplit(settings.PUBLIC_URL).hostname}/log"
        if names.split() != [names] or "+" in names or len(names) > 100:
            raise CommandError("A log's name has no space and no plus in it, and at most 100 letters.")
        signer = Signer.new(names)
        self.stdout.write(f"For CHECKPOINT_KEYS, and for nobody to see:\n{signer}\n")
        self.stdout.write(f"The verifier key, for everybody:\n{signer.key}")


def kept_name() -> str:
    """That of the key in use."""
    return next((Signer.read(text).key.name for text in settings.CHECKPOINT_KEYS), "")
