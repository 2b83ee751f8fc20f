"""A monthly gift: a donor's standing promise to give, every month or every year. Each payment of it is a donation."""

from datetime import date, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from donations.models.donation import Donation, new_reference, written_by
from donations.subscription import Promise, Said
from ledger.money import Money

SILENT_AFTER = timedelta(days=7)


class Every(models.TextChoices):
    MONTH = "month", _("every month")
    YEAR = "year", _("every year")


class MonthlyGiftQuerySet(models.QuerySet["MonthlyGift"]):
    def start(self, *, campaign: Campaign, amount: Money, **details: Any) -> "MonthlyGift":
        """A new promise, waiting for its donor to pay for the first time."""
        return self.create(
            campaign=campaign,
            amount_minor=amount.minor,
            currency=amount.currency,
            livemode=settings.STRIPE_LIVEMODE,
            **details,
        )

    def started(self) -> Self:
        return self.exclude(state=Promise.OPEN)

    def going_on(self) -> Self:
        """At Stripe, and not over."""
        return self.started().exclude(state=Promise.ENDED)

    def silent(self, now: datetime) -> Self:
        """Stripe has told nothing of them since their last payment was due, or for a week."""
        overdue = Q(next_on__lt=now.date(), seen_at__lt=now - timedelta(days=1))
        return self.going_on().filter(Q(seen_at=None) | overdue | Q(seen_at__lt=now - SILENT_AFTER))

    def to_warn(self) -> Self:
        """A payment has failed, and the donor has not been told of it by us."""
        return self.filter(state__in=[Promise.LATE, Promise.UNPAID], mailed_at=None)

    def to_farewell(self) -> Self:
        """They have ended, and the donor has not been told of it by us. One never paid for began for nobody."""
        return self.filter(state=Promise.ENDED, farewell_at=None).exclude(status="incomplete_expired")

    def without_appeal(self, today: date) -> Self:
        """They go on, and what they were given for is over."""
        return self.going_on().filter(campaign__in=Campaign.objects.past(today))

    def needing_a_person(self) -> Self:
        """Stripe has a word for their state that is new to us."""
        return self.filter(state=Promise.UNKNOWN)

    def named(self, reference: str, subscription: str) -> "MonthlyGift | None":
        """The one that Stripe speaks of, locked: by the name we gave it, or by its own. Must run in a transaction."""
        names = Q(subscription=subscription) | (Q(reference=reference) if reference else Q())
        found = self.filter(names, Q(subscription=subscription) | Q(subscription=None))
        return found.order_by("pk").select_for_update(of=("self",)).first()

    def of_donor(self, email: str) -> Self:
        return self.started().filter(*written_by(email))


class MonthlyGift(models.Model):
    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="monthly_gifts")
    amount_minor = models.BigIntegerField(help_text=_("in the smallest unit of the currency, as Stripe counts"))
    currency = models.CharField(max_length=3)
    every = models.CharField(max_length=5, choices=Every, default=Every.MONTH)
    livemode = models.BooleanField()

    name = models.CharField(_("name"), max_length=100, blank=True)
    email = models.EmailField(_("email"))
    anonymous = models.BooleanField(default=True)
    message = models.CharField(_("message"), max_length=280, blank=True)
    language = models.CharField(max_length=10)

    state = models.CharField(max_length=10, choices=Promise, default=Promise.OPEN)
    status = models.CharField(max_length=40, blank=True, help_text=_("Stripe's own word for its state"))
    ended_reason = models.CharField(max_length=60, blank=True, help_text=_("Stripe's word"))
    subscription = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 (absent, not empty)
    item = models.CharField(max_length=255, blank=True, help_text=_("the subscription's item, which has the price"))
    customer = models.CharField(max_length=255, blank=True)
    next_on = models.DateField(null=True, help_text=_("when the next payment is due"))
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, help_text=_("when Stripe last told us of it"))
    mailed_at = models.DateTimeField(null=True, help_text=_("when its donor was told that a payment has failed"))
    farewell_at = models.DateTimeField(null=True, help_text=_("when its donor was told that it has ended"))

    objects = MonthlyGiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly gift")
        verbose_name_plural = _("monthly gifts")
        constraints = [
            models.CheckConstraint(name="monthly_gift_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="monthly_gift_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="monthly_gift_begun_means_at_stripe",
                condition=Q(state="open", subscription=None) | ~Q(state="open") & Q(subscription__isnull=False),
            ),
        ]
        indexes = [models.Index(Upper("email"), name="monthly_gift_email")]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("donations:monthly-gift", args=[self.reference])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def going_on(self) -> bool:
        return self.state not in {Promise.OPEN, Promise.ENDED}

    def first_donation(self) -> Donation:
        return self.donations.earliest("pk")

    def begin(self, *, subscription: str, customer: str) -> None:
        """The first payment is made, by whatever way we hear of it first. In memory and in the database."""
        if self.state == Promise.OPEN:
            self.state, self.subscription, self.customer = Promise.ACTIVE, subscription, customer
            self.save(update_fields=["state", "subscription", "customer"])

    def hear(self, said: Said, as_of: datetime) -> bool:
        """Take in how Stripe had it at `as_of`; whether that was news.

        What is older than we know changes nothing, but for an end: that is final, however late we hear of it.
        """
        seen_at = max(as_of, self.seen_at or as_of)
        if said.state != Promise.ENDED and (as_of < seen_at or self.state == Promise.ENDED):
            return False
        fresh = said.fields()
        news = any(getattr(self, name) != value for name, value in fresh.items())
        for name, value in (fresh | {"seen_at": seen_at}).items():
            setattr(self, name, value)
        if self.state == Promise.ACTIVE:
            self.mailed_at = None
        self.save(update_fields=[*fresh, "seen_at", "mailed_at"])
        return news
