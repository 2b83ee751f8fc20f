from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from donations.reconcile import reconcile


class Command(BaseCommand):
    help = (
        "Compares everything with Stripe, repairs what can be, and prints what differed; nothing is the normal answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=float, default=35, help="how far back objects are compared (35)")

    def handle(self, *args: Any, days: float, **options: Any) -> None:
        now = timezone.now()
        found = 0
        for difference in reconcile(now - timedelta(days=days), now):
            self.stdout.write(str(difference))
            found += 1
        if found:
            raise CommandError(f"{found} things differed from Stripe.")
        self.stdout.write("Nothing differs from Stripe.")
