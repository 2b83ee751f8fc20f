"""Gifts that the donor's bank takes back, and its warnings that it might."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from donations.models.donation import Donation
from donations.models.mirror import Mirror, MirrorQuerySet
from donations.models.refund import RefundRequest, unclaimed
from ledger.money import Money

LOST = {"lost", "prevented"}  # what the bank took by then is gone; before a prevented one it has mostly taken nothing
# Stripe's words for a dispute that is over. An inquiry ("warning_…") moves no money, and can be answered by a refund.
WON = "won"
OVER = {WON, "warning_closed"} | LOST
UNANSWERED = {"needs_response", "warning_needs_response"}
INQUIRIES = {"warning_needs_response", "warning_under_review", "warning_closed"}


class DisputeQuerySet(MirrorQuerySet["Dispute"]):
    def unfinished(self) -> Self:
        return self.exclude(status__in=OVER)

    def open(self) -> Self:
        """Fought over, with the money taken: more than an inquiry, and not over."""
        return self.unfinished().exclude(status__in=INQUIRIES)

    def lost(self) -> Self:
        return self.filter(status="lost")

    def against_us(self) -> Self:
        """Those that took money which is not back."""
        return (self.open() | self.lost()).order_by("created_at")

    def needing_a_person(self) -> Self:
        """Stripe takes evidence until `answer_by`, in its dashboard."""
        return self.filter(status__in=UNANSWERED)


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

    @property
    def undecided(self) -> bool:
        return self.actionable and self.decided_at is None

    @transaction.atomic
    def pay_back(self, *, by: User) -> RefundRequest:
        """Ask for a refund of all that is left, which a second person approves as any other. Refused says why not."""
        self.decide(_now("Pay it back."), by=by)
        left = unclaimed(self.donation)
        if not left:
            raise Refused(_now("All of this gift is on its way back already."))
        reason = _now("The card's bank warns of fraud: %(word)s.") % {"word": self.status}
        return RefundRequest.objects.ask(self.donation, left, reason=reason, by=by)

    def decide(self, decision: str, *, by: User) -> None:
        """Refused where it is decided, or there is nothing to decide any more."""
        waiting = FraudWarning.objects.waiting().filter(pk=self.pk)
        if not waiting.update(decided_by=by, decided_at=timezone.now(), decision=decision.strip()):
            raise Refused(_now("There is nothing to decide here any more."))
        self.refresh_from_db()
