"""Gifts that come by no card: bank transfer, cash and cheque. One person records them, another confirms them.

What may never happen is refused by the database (`migrations/0003_offline.py`); the verbs here say it in words first.
A recorded gift is not edited. Before it is confirmed it can be withdrawn, afterwards reversed, and recorded anew.
"""

from datetime import UTC, date, datetime, time, timedelta
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
from donations.models.bank_statement import StatementLine
from donations.models.donation import Donation, Method, new_reference
from ledger.models import Entry
from ledger.money import Money

OFFLINE = [choice for choice in Method.choices if choice[0] != Method.CARD]


class Standing(models.TextChoices):
    WAITING = "waiting", _("waits for a second person")
    CONFIRMED = "confirmed", _("confirmed and in the books")
    TO_REVERSE = "to_reverse", _("a reversal waits for a second person")
    REVERSED = "reversed", _("reversed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class OfflineGiftQuerySet(models.QuerySet["OfflineGift"]):
    def waiting(self) -> Self:
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def confirmed(self) -> Self:
        """In the books, and still to stay there."""
        return self.filter(confirmed_at__isnull=False, reversal_asked_at=None)

    def to_reverse(self) -> Self:
        return self.filter(reversal_asked_at__isnull=False, reversed_at=None)

    def withdrawn(self) -> Self:
        return self.filter(withdrawn_at__isnull=False)

    def reversed(self) -> Self:
        return self.filter(reversed_at__isnull=False)

    def needing_a_person(self) -> Self:
        return self.waiting() | self.to_reverse()


def refuse_odd_amounts(campaign: Campaign, given: Money, credited: Money) -> None:
    if given.minor <= 0 or credited.minor <= 0:
        raise Refused(_now("Give an amount above zero."))
    if credited.currency != campaign.currency:
        words = {"currency": campaign.currency, "title": campaign.title}
        raise Refused(_now("Say what the bank credited in %(currency)s: “%(title)s” keeps its money in it.") % words)
    if given.currency == credited.currency and given != credited:
        raise Refused(_now("In one currency, what was given is what the bank credited."))


class OfflineGift(models.Model):
    """What was given is on the receipt; what the bank credited is in the books, in the currency of the fund."""

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="offline_gifts", verbose_name=_("campaign"), db_index=False
    )
    method = models.CharField(_("way"), max_length=13, choices=OFFLINE)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    credited_minor = models.BigIntegerField()
    credited_currency = models.CharField(max_length=3)
    received_on = models.DateField(_("received on"))
    name = models.CharField(_("donor's name"), max_length=100, blank=True)
    email = models.EmailField(_("donor's email"), blank=True, help_text=_("Where the receipt is mailed; or empty."))
    language = models.CharField(_("language of the receipt"), max_length=10, default="en")
    evidence = models.TextField(_("evidence"), blank=True, help_text=_("or else the line of a bank statement"))
    line = models.ForeignKey(
        StatementLine,
        models.PROTECT,
        null=True,
        related_name="gifts",
        verbose_name=_("line of a bank statement"),
        db_index=False,
    )

    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+", verbose_name=_("entry"))
    donation = models.OneToOneField(
        Donation, models.PROTECT, null=True, related_name="offline", verbose_name=_("donation")
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("withdrawn by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    withdrawal_reason = models.TextField(_("why it was withdrawn"), blank=True)
    reversal_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("reversal asked for by")
    )
    reversal_asked_at = models.DateTimeField(_("reversal asked for at"), null=True)
    reversal_reason = models.TextField(_("why it is to be reversed"), blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("reversed by")
    )
    reversed_at = models.DateTimeField(_("reversed at"), null=True)
    reversal_entry = models.OneToOneField(
        Entry, models.PROTECT, null=True, related_name="+", verbose_name=_("entry of the reversal")
    )

    objects = OfflineGiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("offline gift")
        verbose_name_plural = _("offline gifts")
        ordering = ["-pk"]
        permissions = [("confirm_offlinegift", "Can confirm or reverse an offline gift that another person recorded")]
        constraints = [
            models.CheckConstraint(
                name="offline_gift_amounts_positive", condition=Q(amount_minor__gt=0, credited_minor__gt=0)
            ),
            models.CheckConstraint(
                name="offline_gift_currencies_are_codes",
                condition=Q(currency__regex=r"^[A-Z]{3}$", credited_currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="offline_gift_in_one_currency_is_one_amount",
                condition=~Q(currency=F("credited_currency")) | Q(amount_minor=F("credited_minor")),
            ),
            models.CheckConstraint(
                name="offline_gift_way_is_offline", condition=Q(method__in=[way for way, _label in OFFLINE])
            ),
            models.CheckConstraint(
                name="offline_gift_can_be_checked",
                condition=Q(line__isnull=False) | ~Q(evidence=""),
            ),
            models.CheckConstraint(
                name="offline_gift_confirmed_by_another_person",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("recorded_by")),
            ),
            models.CheckConstraint(
                name="offline_gift_confirmed_means_booked",
                condition=Q(confirmed_at=None, entry=None, donation=None)
                | Q(confirmed_at__isnull=False, entry__isnull=False, donation__isnull=False),
            ),
            models.CheckConstraint(
                name="offline_gift_withdrawn_means_by_whom_and_why",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
            ),
            models.CheckConstraint(
                name="offline_gift_withdrawn_or_confirmed", condition=Q(withdrawn_at=None) | Q(confirmed_at=None)
            ),
            models.CheckConstraint(
                name="offline_gift_reversal_asked_means_why",
                condition=Q(reversal_asked_at=None, reversal_asked_by=None, reversal_reason="")
                | Q(reversal_asked_at__isnull=False, reversal_asked_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(reversal_reason=""),
            ),
            models.CheckConstraint(
                name="offline_gift_reversed_by_another_person",
                condition=Q(reversed_at=None, reversed_by=None, reversal_entry=None)
                | Q(
                    reversed_at__isnull=False,
                    reversed_by__isnull=False,
                    reversal_entry__isnull=False,
                    reversal_asked_at__isnull=False,
                )
                & ~Q(reversed_by=F("reversal_asked_by")),
            ),
            models.UniqueConstraint(
                name="offline_gift_stands_once_for_a_line",
                fields=["line"],
                condition=Q(withdrawn_at=None, reversed_at=None),
            ),
        ]
        indexes = [
            models.Index(name="offline_gift_waiting", fields=["id"], condition=Q(confirmed_at=None, withdrawn_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.amount.format()}, {self.reference}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @amount.setter
    def amount(self, given: Money) -> None:
        self.amount_minor, self.currency = given.minor, given.currency

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, self.credited_currency)

    @credited.setter
    def credited(self, credited: Money) -> None:
        self.credited_minor, self.credited_currency = credited.minor, credited.currency

    @property
    def standing(self) -> Standing:
        if self.withdrawn_at:
            return Standing.WITHDRAWN
        if not self.confirmed_at:
            return Standing.WAITING
        if not self.reversal_asked_at:
            return Standing.CONFIRMED
        return Standing.REVERSED if self.reversed_at else Standing.TO_REVERSE

    @property
    def stands(self) -> bool:
        """Neither withdrawn nor reversed: what its line of a statement is taken up by."""
        return not self.withdrawn_at and not self.reversed_at

    @transaction.atomic
    def record(self, *, by: User) -> None:
        """Somebody says that this was given. Nothing is booked before a second person confirms it.

        Refused says why it cannot be so.
        """
        refuse_odd_amounts(self.campaign, self.amount, self.credited)
        if still_to_come(self.received_on):
            raise Refused(_now("The day of this gift is still to come."))
        if self.line:
            self.line.hold_for_a_gift()
        self.recorded_by, self.recorded_at = by, timezone.now()
        self.save(force_insert=True)

    def withdraw(self, *, by: User, reason: str) -> None:
        """It was recorded wrongly. Refused once it is confirmed."""
        still = OfflineGift.objects.waiting().filter(pk=self.pk)
        moved = still.update(withdrawn_by=by, withdrawn_at=timezone.now(), withdrawal_reason=said(reason))
        self._moved_or_refused(moved)

    def ask_reversal(self, *, by: User, reason: str) -> None:
        """It should not be in the books. Another person has to agree."""
        still = OfflineGift.objects.confirmed().filter(pk=self.pk)
        moved = still.update(reversal_asked_by=by, reversal_asked_at=timezone.now(), reversal_reason=said(reason))
        self._moved_or_refused(moved)

    def keep(self) -> None:
        """The reversal that was asked for is not wanted any more."""
        still = OfflineGift.objects.to_reverse().filter(pk=self.pk)
        self._moved_or_refused(still.update(reversal_asked_by=None, reversal_asked_at=None, reversal_reason=""))

    def hold_to_confirm(self, by: User) -> None:
        """Lock it for the second person; Refused to the first one, and where it waits no more."""
        self._hold(OfflineGift.objects.waiting())
        if by.pk == self.recorded_by_id:
            raise Refused(_now("You recorded this gift, so another person has to confirm it."))

    def confirm(self, entry: Entry, *, by: User) -> Donation:
        """It is in the books, and from now on a donation like any other."""
        donation = Donation.objects.create(
            reference=self.reference,
            campaign=self.campaign,
            amount_minor=self.amount_minor,
            currency=self.currency,
            method=self.method,
            livemode=settings.STRIPE_LIVEMODE,
            state=State.SETTLED,
            entry=entry,
            name=self.name,
            email=self.email,
            language=self.language,
            form_token=f"offline-{self.reference}",
            charged_at=noon(self.received_on),
        )
        OfflineGift.objects.filter(pk=self.pk).update(
            confirmed_by=by, confirmed_at=timezone.now(), entry=entry, donation=donation
        )
        self.refresh_from_db()
        return donation

    def hold_to_reverse(self, by: User) -> None:
        """Lock it for the second person; Refused to the one who asked, and where nobody asks."""
        self._hold(OfflineGift.objects.to_reverse())
        if by.pk == self.reversal_asked_by_id:
            raise Refused(_now("You asked for this reversal, so another person has to agree."))

    def reverse(self, entry: Entry, *, by: User) -> None:
        """Its entry is undone in the books: nothing of the gift stays, and its receipt becomes void."""
        Donation.objects.filter(offline=self).update(bounced=True)
        OfflineGift.objects.filter(pk=self.pk).update(reversed_by=by, reversed_at=timezone.now(), reversal_entry=entry)
        self.refresh_from_db()

    def _hold(self, ready: OfflineGiftQuerySet) -> None:
        """Whoever comes second finds it moved on."""
        held = ready.filter(pk=self.pk).select_for_update(of=("self",)).first()
        self._moved_or_refused(bool(held))

    def _moved_or_refused(self, moved: int | bool) -> None:
        self.refresh_from_db()
        if not moved:
            raise Refused(_now("This gift has moved on: it is “%(state)s” now.") % {"state": self.standing.label})


def still_to_come(day: date) -> bool:
    """Everywhere: where the sun rises first it is tomorrow already."""
    return day > timezone.localdate() + timedelta(days=1)


def said(reason: str) -> str:
    if not reason.strip():
        raise Refused(_now("Say why."))
    return reason.strip()


def noon(day: date) -> datetime:
    """Of such a gift a day is known and no hour. In UTC it stays this day; see receipts.issuing.given_on."""
    return datetime.combine(day, time(12), UTC)
