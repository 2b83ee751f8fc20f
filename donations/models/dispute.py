"""Gifts that the donor's bank takes back, and its warnings that it might."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from donations.models.donation import Donation
from donations.models.mirror import Mirror, MirrorQuerySet
from ledger.money import Money

LOST = "lost"
# Stripe's words for a dispute that is over. An inquiry ("warning_…") moves no money, and can be answered by a refund.
OVER = {"won", LOST, "prevented", "warning_closed"}
INQUIRIES = {"warning_needs_response", "warning_under_review", "warning_closed"}


class DisputeQuerySet(MirrorQuerySet["Dispute"]):
    def unfinished(self) -> Self:
        return self.exclude(status__in=OVER)

    def open(self) -> Self:
        """Fought over, with the money taken: more than an inquiry, and not over."""
        return self.unfinished().exclude(status__in=INQUIRIES)


class Dispute(Mirror):
    donation = models.ForeignKey(Donation, models.PROTECT, related_name="disputes")
    amount_minor = models.BigIntegerField(help_text=_("in the donor's currency"))
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, help_text=_("Stripe's word"))
    answer_by = models.DateTimeField(null=True, help_text=_("until when Stripe takes evidence"))
    lost_minor = models.BigIntegerField(default=0, help_text=_("booked as lost, in the fund's currency"))

    objects = DisputeQuerySet.as_manager()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class FraudWarningQuerySet(MirrorQuerySet["FraudWarning"]):
    def waiting(self) -> Self:
        """Nobody has said yet whether to pay the gift back, and that would still spare us the dispute."""
        return self.filter(actionable=True, decided_at=None)

    def needing_a_person(self) -> Self:
        return self.waiting()


class FraudWarning(Mirror):
    """The card's bank thinks that the gift was made by a thief. To pay it back now costs less than the dispute."""

    donation = models.ForeignKey(Donation, models.PROTECT, related_name="fraud_warnings")
    actionable = models.BooleanField(help_text=_("not yet paid back or disputed"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(_("decision"), blank=True)

    objects = FraudWarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("fraud warning")
        verbose_name_plural = _("fraud warnings")
        constraints = [
            models.CheckConstraint(
                name="fraud_warning_decided_means_by_whom_and_how",
                condition=Q(decided_at=None, decided_by=None, decision="")
                | Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decision=""),
            )
        ]
