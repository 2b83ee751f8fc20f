"""Rows that repeat what Stripe has on record. Stripe changes them and nobody else does."""

from datetime import datetime
from typing import Any

from django.db import models


class MirrorQuerySet[Row: "Mirror"](models.QuerySet[Row]):
    def mirror(self, stripe_id: str, as_of: datetime, **said: Any) -> tuple[Row, bool]:
        """The row of this object as Stripe had it at `as_of`, locked, and whether that was news.

        What was asked for earlier than what we know already is none: it can be older, and changes nothing.
        """
        row, made = self.select_for_update().get_or_create(stripe_id=stripe_id, defaults=said | {"seen_at": as_of})
        if made or as_of < row.seen_at:
            return row, made
        news = any(getattr(row, name) != value for name, value in said.items())
        for name, value in (said | {"seen_at": as_of}).items():
            setattr(row, name, value)
        row.save(update_fields=[*said, "seen_at"])
        return row, news


class Mirror(models.Model):
    """`status` is Stripe's own word, also one that is new to us."""

    stripe_id = models.CharField(max_length=255, unique=True)
    status = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.stripe_id
