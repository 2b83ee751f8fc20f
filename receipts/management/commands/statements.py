from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from receipts import annual, rendering
from receipts.models import DonorYear


class Command(BaseCommand):
    help = "Writes and prints the annual statements that wait. Stopped at any moment, it goes on where it was."

    def handle(self, *args: Any, **options: Any) -> None:
        while annual.write(timezone.now()):
            self.stdout.write(f"{DonorYear.objects.to_write().count()} statements are still to be written.")
        printed = 0
        while done := rendering.render(timezone.now()):
            printed += done
            self.stdout.write(f"{printed} papers are printed.")
