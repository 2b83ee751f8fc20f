"""A mail, due until it is stamped as mailed. What cannot be delivered waits ever longer, and then for a person."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

RETRY_AFTER = tuple(datetime.timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
MOST_TRIES = 20
"""Over more than two weeks. A full mailbox is emptied in that time; an address that is wrong takes a person."""


class OutgoingQuerySet[M: "Outgoing"](models.QuerySet[M]):
    def to_mail(self) -> Self:
        return self.filter(mailed_at=None, tries__lt=MOST_TRIES)

    def due(self, now: datetime.datetime) -> Self:
        """What is new comes first, then what waits longest: no number of wrong addresses holds up the others."""
        ripe = Q(retry_at=None) | Q(retry_at__lte=now)
        return self.to_mail().filter(ripe).order_by(F("retry_at").asc(nulls_first=True), "pk")

    def given_up(self) -> Self:
        return self.filter(mailed_at=None, tries__gte=MOST_TRIES)


class Outgoing(models.Model):
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    mailed_at = models.DateTimeField(_("mailed at"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    retry_at = models.DateTimeField(null=True)
    problem = models.CharField(_("problem"), max_length=100, blank=True, db_default="")

    class Meta:
        abstract = True

    def put_off(self, now: datetime.datetime, problem: str) -> None:
        pause = RETRY_AFTER[min(self.tries, len(RETRY_AFTER) - 1)]
        self._meta.default_manager.filter(pk=self.pk).update(  # type: ignore[union-attr]
            tries=self.tries + 1, retry_at=now + pause, problem=problem[:100]
        )

    def mailed(self, now: datetime.datetime) -> None:
        self._meta.default_manager.filter(pk=self.pk).update(mailed_at=now, problem="")  # type: ignore[union-attr]

    def begin_again(self) -> None:
        """A person says that it can be delivered now."""
        self._meta.default_manager.filter(pk=self.pk).update(tries=0, retry_at=None, problem="")  # type: ignore[union-attr]
