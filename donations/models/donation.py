"""A donation: one gift of money, one charge."""

import secrets
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Collate, Lower, Upper
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from donations.lattice import MOVES, State
from donations.observation import Asked, Observation, Standing, advance
from ledger.models import Entry
from ledger.money import Money

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: it can be read aloud
UNANSWERED_AFTER = timedelta(minutes=2)
ABANDONED_AFTER = timedelta(hours=24)
SAVE_STANDING = """
    UPDATE donations_donation AS donation
    SET state = now.state, review = now.review, checkout_session = now.checkout_session,
        payment_intent = now.payment_intent, charged_at = now.charged_at, entry_id = now.entry_id
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
        AS now (id, state, review, checkout_session, payment_intent, charged_at, entry_id)
    WHERE donation.id = now.id
"""


class Method(models.TextChoices):
    """The way a gift came. All that Stripe takes for us is one of them."""

    CARD = "card", _("card")
    BANK_TRANSFER = "bank_transfer", _("bank transfer")
    CASH = "cash", _("cash")
    CHEQUE = "cheque", _("cheque")


def new_reference() -> str:
    """80 random bits, in 16 characters: a page under it is found by its donor only."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class Directory:
    """Donations, locked, by every name Stripe may call them."""

    def __init__(self, donations: Iterable["Donation"]) -> None:
        self._by_name = {
            name: donation for donation in donations for name in (donation.reference, donation.payment_intent) if name
        }

    def find(self, seen: Observation) -> "Donation | None":
        return self._by_name.get(seen.reference) or self._by_name.get(seen.payment_intent or "")


def written_by(email: str) -> tuple[Any, ...]:
    """Conditions for the rows of whoever gave this address: small and capital letters are alike, those of ASCII only.

    PostgreSQL's own iexact, whose index is used, also takes letters for alike that belong to different addresses.
    """
    plain = email.translate(str.maketrans(ascii_uppercase, ascii_lowercase))
    return ~Q(email=""), Q(email__iexact=email), Exact(Lower(Collate(F("email"), "C")), plain)


class DonationQuerySet(models.QuerySet["Donation"]):
    def start(self, *, campaign: Campaign, amount: Money, form_token: str, email: str, **details: Any) -> "Donation":
        """A new gift, waiting for its donor. A second one of the same form raises IntegrityError."""
        return self.create(
            campaign=campaign,
            amount_minor=amount.minor,
            currency=amount.currency,
            livemode=settings.STRIPE_LIVEMODE,
            form_token=form_token,
            email=email,
            **details,
        )

    def settled(self) -> Self:
        return self.filter(state=State.SETTLED)

    def of_donor(self, email: str) -> Self:
        """The gifts that came, given from this address."""
        return self.filter(*written_by(email), state__in=[State.PAID, State.SETTLED])

    def needing_a_person(self) -> Self:
        """What Stripe said of them does not fit what we asked for."""
        return self.exclude(review="")

    def unanswered(self, now: datetime) -> Self:
        """Sent to Stripe, and Stripe has been silent: to be asked after two minutes, then after ever longer pauses."""
        return self.filter(
            state__in=[State.OPEN, State.PENDING],
            checkout_session__isnull=False,
            asked_at__lt=now - UNANSWERED_AFTER - (F("asked_at") - F("created_at")),
        )

    def never_sent(self, now: datetime) -> Self:
        """Filled in and never brought to Stripe; a day later nobody will."""
        return self.filter(state=State.OPEN, checkout_session__isnull=True, created_at__lt=now - ABANDONED_AFTER)

    def without_appeal(self, today: date) -> Self:
        """Their donors may still pay, and what they are for takes no gifts now."""
        open_ones = Campaign.objects.open_for_giving(today)
        return self.filter(state=State.OPEN, method=Method.CARD).exclude(campaign__in=open_ones)

    def named_by(self, seen: Collection[Observation]) -> Self:
        """Those that Stripe is talking about, by the reference we gave it or by its own id."""
        references = {observation.reference for observation in seen if observation.reference}
        intents = {observation.payment_intent for observation in seen if observation.payment_intent}
        return self.filter(Q(reference__in=references) | Q(payment_intent__in=intents), method=Method.CARD)

    def behind(self, charge: str, intent: str) -> "Donation | None":
        """The one that this charge of Stripe's is for, also where what Stripe said of it does not fit."""
        by_intent = self.filter(payment_intent=intent).first() if intent else None
        unnamed = Q(payment_intent=None) if intent else Q()  # or it is of another payment, such as one made twice
        return by_intent or (self.filter(unnamed, balance_transactions__source=charge).first() if charge else None)

    def directory(self) -> Directory:
        """Lock them, always in the same order, and give them by name. Must run inside a transaction."""
        return Directory(self.order_by("pk").select_for_update(of=("self",)))

    def hear(self, seen: Observation) -> bool:
        """Take in what Stripe says of one of these, and save it; whether that was news."""
        with transaction.atomic():
            donation = self.named_by([seen]).directory().find(seen)
            if donation is None or not donation.hear(seen):
                return False
            self.save_standing([donation])
            return True

    def save_standing(self, donations: Collection["Donation"]) -> None:
        """Write what Stripe can change, of many locked donations in one statement."""
        columns = [
            [getattr(donation, column) for donation in donations]
            for column in ("pk", "state", "review", "checkout_session", "payment_intent", "charged_at", "entry_id")
        ]
        if donations:
            with connection.cursor() as cursor:
                cursor.execute(SAVE_STANDING, columns)

    def move(self, towards: State) -> int:
        """Move those that may; how many did."""
        return self.filter(state__in=[state for state in State if towards in MOVES[state]]).update(state=towards)


class Donation(models.Model):
    reference = models.CharField(max_length=16, unique=True, default=new_reference, editable=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="donations")
    amount_minor = models.BigIntegerField(help_text=_("in the smallest unit of the currency, as Stripe counts"))
    currency = models.CharField(max_length=3)
    method = models.CharField(_("way"), max_length=13, choices=Method, default=Method.CARD, db_default=Method.CARD)
    livemode = models.BooleanField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    review = models.TextField(
        blank=True, help_text=_("why a person has to look at this: what Stripe said does not fit what we asked for")
    )
    resolved = models.TextField(
        blank=True, db_default="", help_text=_("what reviews said that are over, one a line: it opens no new one")
    )

    name = models.CharField(_("name"), max_length=100, blank=True)
    email = models.EmailField(_("email"), blank=True)
    anonymous = models.BooleanField(default=True)
    message = models.CharField(_("message"), max_length=280, blank=True)
    language = models.CharField(max_length=10)

    monthly_gift = models.ForeignKey("donations.MonthlyGift", models.PROTECT, null=True, related_name="donations")
    invoice = models.CharField(
        max_length=255, blank=True, db_default="", help_text=_("Stripe's, that this payment of a monthly gift is for")
    )
    form_token = models.CharField(max_length=32, unique=True, help_text=_("one form, one donation"))
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("checkout sessions Stripe failed to open"))
    checkout_session = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 (absent, not empty)
    payment_intent = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(auto_now_add=True, help_text=_("when we last asked Stripe about it"))
    charged_at = models.DateTimeField(null=True, help_text=_("when the donor's money was taken: the gift's date"))
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    bounced = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("the donor's bank took it back after it had succeeded, or it was recorded wrongly and is reversed"),
    )

    objects = DonationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="donation_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="donation_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="donation_settled_means_booked",
                condition=Q(state=State.SETTLED, entry__isnull=False)
                | (~Q(state=State.SETTLED) & Q(entry__isnull=True)),
            ),
            models.CheckConstraint(
                name="donation_offline_is_booked_and_not_at_stripe",
                condition=Q(method=Method.CARD)
                | Q(state=State.SETTLED, checkout_session=None, payment_intent=None, method__in=Method.values),
            ),
            models.CheckConstraint(
                name="donation_received_means_charged",
                condition=Q(charged_at__isnull=False) | ~Q(state__in=[State.PAID, State.SETTLED]),
            ),
            models.CheckConstraint(
                name="donation_of_an_invoice_keeps_a_promise",
                condition=Q(invoice="") | Q(monthly_gift__isnull=False),
            ),
        ]
        indexes = [
            models.Index(Upper("email"), name="donation_email"),
            models.Index(name="donation_unsettled", fields=["charged_at"], condition=Q(state=State.PAID)),
            models.Index(name="donation_bounced", fields=["id"], condition=Q(bounced=True)),
            models.Index(
                name="donation_unfinished",
                fields=["asked_at"],
                condition=Q(state__in=[State.OPEN, State.PENDING]),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("donations:gift", args=[self.reference])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def received(self) -> bool:
        return self.state in {State.PAID, State.SETTLED}

    def refundable(self) -> Money:
        """What of it is not on its way back already."""
        back = self.refunds.given_back().aggregate(total=Sum("amount_minor"))["total"] or 0
        return Money(self.amount_minor - back, self.currency)

    @property
    def asked(self) -> Asked:
        return Asked(self.amount_minor, self.currency, self.livemode)

    @property
    def standing(self) -> Standing:
        return Standing(
            state=State(self.state),
            review=self.review,
            checkout_session=self.checkout_session,
            payment_intent=self.payment_intent,
            charged_at=self.charged_at,
            resolved=self.resolved,
        )

    def resolve(self) -> None:
        """A person has looked into it. What the review said opens no new one. Refused while money of it waits."""
        with transaction.atomic():
            fresh = Donation.objects.select_for_update().get(pk=self.pk)
            if not fresh.review:
                raise Refused(_now("This gift is not in review."))
            if waiting := fresh.balance_transactions.needing_a_person():
                names = ", ".join(map(str, waiting))
                raise Refused(
                    _now("Money of this gift waits under suspense: %(names)s. Explain it first.") % {"names": names}
                )
            fresh.resolved = "\n".join(filter(None, [fresh.resolved, fresh.review]))
            fresh.review = ""
            fresh.save(update_fields=["review", "resolved"])
        self.refresh_from_db()

    def settled_by(self, entry: Entry) -> None:
        """Its money is in the books; in memory."""
        self.state, self.entry = State.SETTLED, entry

    def hear(self, seen: Observation) -> bool:
        """Take in what Stripe says, in memory; whether it changed anything."""
        after = advance(self.asked, self.standing, seen)
        changed = after != self.standing
        self.state, self.review = after.state, after.review
        self.checkout_session, self.payment_intent = after.checkout_session, after.payment_intent
        self.charged_at = after.charged_at
        return changed
