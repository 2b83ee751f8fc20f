"""What two people have found out about money that waited under suspense."""

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
from donations.lattice import State
from donations.models.balance_transaction import BalanceTransaction
from donations.models.donation import Donation
from ledger.models import Entry


class Meaning(models.TextChoices):
    GIFT = "gift", _("a gift to an appeal, or one that goes back")
    COST = "cost", _("a cost of ours")
    BANK = "bank", _("between our bank and Stripe")


class ExplanationQuerySet(models.QuerySet["Explanation"]):
    def propose(
        self, movement: BalanceTransaction, *, meaning: str, campaign: Campaign | None, reason: str, by: User
    ) -> "Explanation":
        """One person says what it was. Refused, with the reason, where it cannot have been that."""
        with transaction.atomic():
            refuse_if_impossible(movement, campaign)
            if self.standing().filter(movement=movement).exists():
                raise Refused(_now("Somebody has proposed an explanation already. Approve or drop that one first."))
            return self.create(
                movement=movement,
                meaning=meaning,
                campaign=campaign,
                reason=reason.strip(),
                proposed_by=by,
                proposed_at=timezone.now(),
            )

    def standing(self) -> Self:
        return self.filter(dropped_at=None)

    def undecided(self) -> Self:
        return self.standing().filter(approved_at=None)

    def needing_a_person(self) -> Self:
        return self.undecided()


class Explanation(models.Model):
    """One person proposes it and another approves it; then the movement leaves suspense by `entry`."""

    movement = models.ForeignKey(
        BalanceTransaction, models.PROTECT, related_name="explanations", verbose_name=_("balance transaction")
    )
    meaning = models.CharField(_("what it was"), max_length=10, choices=Meaning)
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="+", verbose_name=_("campaign"))
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dropped by")
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True)
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+", verbose_name=_("entry"))

    objects = ExplanationQuerySet.as_manager()

    class Meta:
        verbose_name = _("explanation")
        verbose_name_plural = _("explanations")
        ordering = ["-pk"]
        permissions = [("approve_explanation", "Can approve an explanation")]
        constraints = [
            models.UniqueConstraint(
                name="explanation_stands_once_for_a_movement", fields=["movement"], condition=Q(dropped_at=None)
            ),
            models.CheckConstraint(
                name="explanation_of_a_gift_names_its_campaign",
                condition=Q(meaning=Meaning.GIFT, campaign__isnull=False)
                | ~Q(meaning=Meaning.GIFT) & Q(campaign__isnull=True),
            ),
            models.CheckConstraint(name="explanation_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="explanation_approved_by_another_person",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="explanation_dropped_means_by_whom",
                condition=Q(dropped_by=None, dropped_at=None) | Q(dropped_by__isnull=False, dropped_at__isnull=False),
            ),
            models.CheckConstraint(
                name="explanation_dropped_or_approved", condition=Q(dropped_at=None) | Q(approved_at=None)
            ),
            models.CheckConstraint(
                name="explanation_booked_means_approved", condition=Q(entry=None) | Q(approved_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.movement}: {self.get_meaning_display()}"

    @property
    def undecided(self) -> bool:
        return self.approved_at is None and self.dropped_at is None

    def approve(self, *, by: User) -> None:
        """A second person agrees; its entry is bookkeeping's affair. Refused to the one who proposed it."""
        with transaction.atomic():
            refuse_if_impossible(self.movement, self.campaign)
            if by.pk == self.proposed_by_id:
                raise Refused(_now("You proposed this explanation. Another person has to approve it."))
            undecided = Explanation.objects.undecided().filter(pk=self.pk)
            if not undecided.update(approved_by=by, approved_at=timezone.now()):
                raise Refused(_now("This explanation is decided already."))
        self.refresh_from_db()

    def drop(self, *, by: User) -> None:
        """It was not that."""
        if not Explanation.objects.undecided().filter(pk=self.pk).update(dropped_by=by, dropped_at=timezone.now()):
            raise Refused(_now("This explanation is decided already."))
        self.refresh_from_db()


def refuse_if_impossible(movement: BalanceTransaction, campaign: Campaign | None) -> None:
    """Raises Refused with the reason. Locks the movement."""
    movement = BalanceTransaction.objects.select_for_update().get(pk=movement.pk)
    if not movement.problem:
        raise Refused(_now("This is explained already."))
    if movement.donation_id and Donation.objects.filter(pk=movement.donation_id, state=State.PENDING).exists():
        raise Refused(_now("This is booked by itself once the donor's bank has confirmed the gift."))
    if campaign and campaign.card_fund.currency != movement.currency:
        raise Refused(
            _now("Stripe moved %(ours)s, and this appeal's card money is kept in %(theirs)s.")
            % {"ours": movement.currency, "theirs": campaign.card_fund.currency}
        )
