from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from donations.drain import drain
from donations.models import StripeEvent


class Command(BaseCommand):
    help = "Handles events of Stripe's again that could not be handled: the named ones, or all that need a person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("events", nargs="*", metavar="evt_…", help="Stripe's names of them")

    def handle(self, *args: Any, events: list[str], **options: Any) -> None:
        waiting = StripeEvent.objects.waiting()
        chosen = waiting.filter(stripe_id__in=events) if events else waiting.needing_a_person()
        names = set(chosen.values_list("stripe_id", flat=True))
        if missing := sorted(set(events) - names):
            raise CommandError(f"Not waiting in the inbox: {', '.join(missing)}")
        now = timezone.now()
        StripeEvent.objects.filter(stripe_id__in=names).update(retry_at=now, tries=0)
        drain(now)
        for event in StripeEvent.objects.filter(stripe_id__in=names).order_by("pk"):
            self.stdout.write(f"{event.stripe_id}: {event.get_outcome_display() or event.problem}")
        if left := StripeEvent.objects.waiting().filter(stripe_id__in=names).count():
            raise CommandError(f"{left} of {len(names)} still cannot be handled.")
        self.stdout.write(f"{len(names)} handled.")
