"""What a supporter lets everybody read: a name and a few words, once a person of ours has read them too.

Without an entry of their own a donor is anonymous. What is shown was agreed to by its donor and read by one of us as it
is, and its gift is still here (`migrations/0010_wall.py`).
"""

import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from donations import words
from donations.models.donation import Donation
from donations.models.stayed import has_stayed, stayed

LONGEST_NAME = 60
LONGEST_MESSAGE = 280


class Standing(models.TextChoices):
    WAITING = "waiting", _("waits to be read")
    SHOWN = "shown", _("shown")
    REFUSED = "refused", _("not shown")


def this_month() -> datetime.date:
    return timezone.localdate().replace(day=1)


class WallEntryQuerySet(models.QuerySet["WallEntry"]):
    def waiting(self) -> Self:
        """For a person to read; whoever's money went back waits for nothing."""
        return self.filter(*stayed("donation__"), standing=Standing.WAITING)

    needing_a_person = waiting

    def shown(self) -> Self:
        """What everybody may read, newest first."""
        return self.filter(*stayed("donation__"), standing=Standing.SHOWN).order_by("-pk")

    @transaction.atomic
    def write(self, gift: Donation, *, name: str, message: str) -> "WallEntry":
        """The donor agrees that this be shown, instead of what they wrote before. It is, once one of us has read it."""
        if not has_stayed(gift):
            raise Refused(_now("This gift is not with us, so nothing is shown with it."))
        said = {"name": name, "message": message, "agreed": True, "updated_at": timezone.now()}
        entry, made = self.select_for_update().get_or_create(
            donation=gift, defaults={**said, "campaign": gift.campaign, "month": this_month()}
        )
        if not made:
            unread = {"standing": Standing.WAITING, "decided_by": None, "decided_at": None, "reason": ""}
            self.filter(pk=entry.pk).update(**said, **unread, turn=F("turn") + 1)
            entry.refresh_from_db()
        return entry

    def withdraw(self, gift: Donation) -> None:
        """Its donor does not want it any more: it is gone, and so are its words."""
        self.filter(donation=gift).delete()


class WallEntry(models.Model):
    donation = models.OneToOneField(Donation, models.PROTECT, related_name="wall_entry")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="wall_entries", verbose_name=_("campaign"), db_index=False
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME, blank=True)
    message = models.CharField(_("message"), max_length=LONGEST_MESSAGE, blank=True)
    month = models.DateField(_("month"), help_text=_("the first day of the month in which it was first written"))
    agreed = models.BooleanField(_("agreed to be shown"), default=False)
    turn = models.PositiveIntegerField(default=1, help_text=_("counts its changes"))
    standing = models.CharField(_("state"), max_length=7, choices=Standing, default=Standing.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.CharField(_("why it is not shown"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last written"))

    objects = WallEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("words of a supporter")
        verbose_name_plural = _("supporters' wall")
        ordering = ["-pk"]
        permissions = [("moderate_wallentry", "Can show and refuse what supporters wrote")]
        indexes = [
            models.Index("campaign", F("id").desc(), name="wall_entry_shown", condition=Q(standing=Standing.SHOWN))
        ]
        constraints = [
            models.CheckConstraint(name="wall_entry_says_something", condition=~Q(name="", message="")),
            models.CheckConstraint(name="wall_entry_month_is_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="wall_entry_shown_means_agreed", condition=~Q(standing=Standing.SHOWN) | Q(agreed=True)
            ),
            models.CheckConstraint(
                name="wall_entry_decided_means_by_whom",
                condition=Q(standing=Standing.WAITING, decided_by=None, decided_at=None)
                | Q(
                    standing__in=[Standing.SHOWN, Standing.REFUSED], decided_by__isnull=False, decided_at__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="wall_entry_refused_means_why",
                condition=Q(standing=Standing.REFUSED) & ~Q(reason="") | ~Q(standing=Standing.REFUSED) & Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        """Never by the gift's reference: that opens its donor's page."""
        return f"{self.pk}"

    @property
    def names_an_address(self) -> bool:
        return words.name_an_address(self.name, self.message)

    def show(self, *, by: User, seen: int) -> None:
        """It was read as it was at this turn. Refused where its donor has changed it since."""
        self._decide(seen, standing=Standing.SHOWN, reason="", decided_by=by)

    def refuse(self, reason: str, *, by: User, seen: int) -> None:
        """It is not shown; where it was, it is taken down at once."""
        self._decide(seen, standing=Standing.REFUSED, reason=reason.strip(), decided_by=by)

    def _decide(self, seen: int, **decision: object) -> None:
        same = WallEntry.objects.filter(pk=self.pk, turn=seen).exclude(standing=decision["standing"])
        if not same.update(**decision, decided_at=timezone.now()):
            raise Refused(_now("This has been changed, or decided, since you opened it. Please read it again."))
        self.refresh_from_db()
