"""Money on its way back to a donor: what staff decided, and what Stripe did."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from donations.lattice import State
from donations.models.donation import Donation
from donations.models.mirror import Mirror, MirrorQuerySet
from ledger.money import Money

GIVEN_BACK = {"pending", "requires_action", "succeeded"}  # Stripe's words; "failed" and "canceled" gave nothing back


class RefundQuerySet(MirrorQuerySet["Refund"]):
    def given_back(self) -> Self:
        return self.filter(status__in=GIVEN_BACK)

    def to_tell(self) -> Self:
        """The money is on its way, and the donor has not been told of it by us."""
        return self.filter(status="succeeded", mailed_at=None)


class Refund(Mirror):
    """A refund as Stripe has it, ours or one made in Stripe's dashboard."""

    donation = models.ForeignKey(Donation, models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    failure_reason = models.CharField(max_length=100, blank=True)
    booked = models.BooleanField(default=False, help_text=_("its money has left Stripe's balance, and is not back"))
    fee_covered_minor = models.BigIntegerField(
        default=0, help_text=_("of the fee that Stripe keeps, what the general fund bore; in the fund's currency")
    )
    mailed_at = models.DateTimeField(null=True, help_text=_("when its donor was told of it"))

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="refund_amount_positive", condition=Q(amount_minor__gt=0))]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class RefundRequestQuerySet(models.QuerySet["RefundRequest"]):
    def ask(self, donation: Donation, amount: Money, *, reason: str, by: User) -> "RefundRequest":
        """One person asks for it. Refused, with the reason, where the gift cannot be paid back by that much."""
        with transaction.atomic():
            donation = Donation.objects.select_for_update().get(pk=donation.pk)
            refuse_if_impossible(donation, amount)
            return self.create(
                donation=donation,
                amount_minor=amount.minor,
                currency=amount.currency,
                reason=reason.strip(),
                asked_by=by,
                asked_at=timezone.now(),
            )

    def undecided(self) -> Self:
        return self.filter(approved_at=None, dropped_at=None)

    def needing_a_person(self) -> Self:
        return self.undecided()

    def to_send(self) -> Self:
        return self.filter(approved_at__isnull=False, refund=None, problem="")

    def claiming(self) -> Self:
        """Asked for or approved, and not yet a refund at Stripe."""
        return self.filter(dropped_at=None, refund=None, problem="")


class RefundRequest(models.Model):
    """Staff's decision to pay a gift back, by two people. Stripe is asked once it is approved."""

    donation = models.ForeignKey(Donation, models.PROTECT, related_name="refund_requests", verbose_name=_("donation"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("dropped by")
    )
    dropped_at = models.DateTimeField(_("dropped at"), null=True)
    refund = models.OneToOneField(
        Refund, models.PROTECT, null=True, related_name="request", verbose_name=_("Stripe's refund")
    )
    problem = models.TextField(_("why Stripe refused it"), blank=True)

    objects = RefundRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ["-pk"]
        permissions = [("approve_refundrequest", "Can approve a refund")]
        constraints = [
            models.CheckConstraint(name="refund_request_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="refund_request_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="refund_request_approved_by_another_person",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="refund_request_dropped_means_by_whom",
                condition=Q(dropped_by=None, dropped_at=None) | Q(dropped_by__isnull=False, dropped_at__isnull=False),
            ),
            models.CheckConstraint(
                name="refund_request_dropped_or_approved", condition=Q(dropped_at=None) | Q(approved_at=None)
            ),
            models.CheckConstraint(
                name="refund_request_sent_means_approved", condition=Q(refund=None) | Q(approved_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount.format()} of {self.donation}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def undecided(self) -> bool:
        return self.approved_at is None and self.dropped_at is None

    @property
    def key(self) -> str:
        """What the refund is called at Stripe, so that asking twice refunds once."""
        return f"refund-request-{self.pk}"

    def approve(self, *, by: User) -> None:
        """A second person agrees. Refused to the one who asked, and where the gift has changed since."""
        with transaction.atomic():
            donation = Donation.objects.select_for_update().get(pk=self.donation_id)
            fresh = RefundRequest.objects.undecided().filter(pk=self.pk)
            if by.pk == self.asked_by_id:
                raise Refused(_now("You asked for this refund. Another person has to approve it."))
            if not fresh.exists():
                raise Refused(_now("This request is decided already."))
            refuse_if_impossible(donation, self.amount, besides=self)
            fresh.update(approved_by=by, approved_at=timezone.now())
        self.refresh_from_db()

    def drop(self, *, by: User) -> None:
        """It is not wanted any more."""
        if not RefundRequest.objects.undecided().filter(pk=self.pk).update(dropped_by=by, dropped_at=timezone.now()):
            raise Refused(_now("This request is decided already."))
        self.refresh_from_db()


def refuse_if_impossible(donation: Donation, amount: Money, besides: RefundRequest | None = None) -> None:
    """Raises Refused with the reason. The donation must be locked."""
    if donation.state != State.SETTLED or not donation.payment_intent:
        raise Refused(_now("Only a card gift that is in the books can be paid back here."))
    if amount.currency != donation.currency or amount.minor <= 0:
        raise Refused(_now("Give an amount above zero in %(currency)s.") % {"currency": donation.currency})
    if donation.disputes.open().exists():
        raise Refused(_now("The donor's bank disputes this gift. What is disputed cannot be paid back as well."))
    left = unclaimed(donation, besides)
    if amount > left:
        raise Refused(_now("Only %(left)s of this gift can still be paid back.") % {"left": left.format()})


def unclaimed(donation: Donation, besides: RefundRequest | None = None) -> Money:
    """What of a gift can still be asked for."""
    others = donation.refund_requests.claiming().exclude(pk=besides.pk if besides else 0)
    claimed = others.aggregate(total=Sum("amount_minor"))["total"] or 0
    return donation.refundable() - Money(claimed, donation.currency)
