"""The inbox: what Stripe told us, stored before anything is made of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def waiting(self) -> Self:
        return self.filter(handled_at__isnull=True)

    def due(self, now: datetime) -> Self:
        return self.waiting().filter(retry_at__lte=now).order_by("retry_at", "id")

    def handled(self, outcomes: Mapping[int, "StripeEvent.Outcome"], now: datetime) -> None:
        """Stamp them, each with its outcome."""
        for outcome in set(outcomes.values()):
            found = [pk for pk, each in outcomes.items() if each == outcome]
            self.filter(pk__in=found).update(handled_at=now, outcome=outcome, problem="")

    def needing_a_person(self) -> Self:
        """Tried and not understood: a person should look."""
        return self.waiting().filter(tries__gte=len(RETRY_AFTER))


class StripeEvent(models.Model):
    class Outcome(models.TextChoices):
        APPLIED = "applied", _("applied")
        NO_NEWS = "no_news", _("told us nothing new")
        NOT_OURS = "not_ours", _("of a kind we have no use for")

    stripe_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=100)
    body = models.TextField(help_text=_("the bytes Stripe signed"))
    received_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0)
    problem = models.TextField(blank=True, db_default="")
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, db_default="")

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="stripe_event_waiting", fields=["retry_at", "id"], condition=Q(handled_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="stripe_event_handled_with_an_outcome",
                condition=Q(handled_at__isnull=True, outcome="") | (Q(handled_at__isnull=False) & ~Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stripe_id}"

    def put_off(self, now: datetime, problem: str) -> None:
        """Not understood yet: it stays and is tried again, ever more rarely up to once an hour, and never dropped."""
        pause = RETRY_AFTER[min(self.tries, len(RETRY_AFTER) - 1)]
        StripeEvent.objects.filter(pk=self.pk).waiting().update(
            tries=self.tries + 1, retry_at=now + pause, problem=problem[:2000]
        )
