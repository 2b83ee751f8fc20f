"""Money that an initiative did not need and sent back. One person records it, another finds it in the bank too.

It is recorded once and never edited. Before it is confirmed it can be withdrawn, and recorded anew. What may never
happen is refused by the database (migrations 0029 and 0030); the verbs here say it in words first.
"""

import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from grants.models.grant import Grant, GrantState
from grants.models.tranche import State, Tranche
from ledger.models import Entry
from ledger.money import Money


class Standing(models.TextChoices):
    WAITING = "waiting", _("waits for a second person")
    BOOKED = "booked", _("confirmed and in the books")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ReturnedQuerySet(models.QuerySet["Returned"]):
    def waiting(self) -> Self:
        return self.filter(entry=None, withdrawn_at=None)

    def booked(self) -> Self:
        return self.filter(entry__isnull=False)

    def withdrawn(self) -> Self:
        return self.filter(withdrawn_at__isnull=False)

    def standing(self) -> Self:
        """Booked, or still to be."""
        return self.filter(withdrawn_at=None)

    @transaction.atomic
    def record(self, grant: Grant, amount: Money, *, on: datetime.date, bank_reference: str, by: User) -> "Returned":
        """Somebody says that it came. Nothing is booked before a second person confirms it. Once a bank reference."""
        held = hold(grant)
        if held.returned.standing().filter(bank_reference=bank_reference).exists():
            raise Refused(_now("Money with this bank reference is recorded already."))
        return self.create(
            grant=held,
            amount_minor=amount.minor,
            currency=amount.currency,
            returned_on=on,
            bank_reference=bank_reference,
            recorded_by=by,
        )

    def refuse_more_than_sent(self, *, without: Tranche) -> None:
        """Hold the grant, and see that what came back is of its other payments."""
        held = Grant.objects.select_for_update(no_key=True).get(pk=without.grant_id)
        came = self.filter(grant=held).standing().aggregate(minor=Coalesce(Sum("amount_minor"), 0))["minor"]
        others = held.tranches.exclude(pk=without.pk).filter(state__in=[State.SENT, State.CONFIRMED])
        if came > others.aggregate(minor=Coalesce(Sum("amount_minor"), 0))["minor"]:
            raise Refused(
                _now(
                    "Money of this payment is recorded as sent back by the group: %(amount)s. Withdraw that first, if"
                    " it was the bank that sent it back."
                )
                % {"amount": Money(came, held.currency).format()}
            )


def hold(grant: Grant) -> Grant:
    """Locked, so that it does not end meanwhile; Refused if it has."""
    held = Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if held.state != GrantState.ACCEPTED:
        words = {"state": held.get_state_display()}
        raise Refused(_now("This grant is “%(state)s”: nothing of it comes back any more.") % words)
    return held


class Returned(models.Model):
    """What was recorded before two people had to is booked, and confirmed by nobody."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="returned", verbose_name=_("grant"))
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    returned_on = models.DateField(_("came on"))
    bank_reference = models.CharField(_("bank reference"), max_length=100)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+", verbose_name=_("entry"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("withdrawn by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    withdrawal_reason = models.TextField(_("why it was withdrawn"), blank=True, db_default="")

    objects = ReturnedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("money returned")
        verbose_name_plural = _("money returned")
        permissions = [("confirm_returned", "Can confirm money returned that another person recorded")]
        constraints = [
            models.CheckConstraint(name="returned_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.UniqueConstraint(
                name="returned_stands_once_for_a_bank_reference",
                fields=["grant", "bank_reference"],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="returned_is_confirmed_by_another_person",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, entry__isnull=False)
                & ~Q(confirmed_by=F("recorded_by")),
            ),
            models.CheckConstraint(
                name="returned_withdrawn_means_by_whom_and_why",
                condition=Q(withdrawn_by=None, withdrawn_at=None, withdrawal_reason="")
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False, entry=None) & ~Q(withdrawal_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant.reference}: {self.amount.format()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def standing(self) -> Standing:
        if self.withdrawn_at:
            return Standing.WITHDRAWN
        return Standing.BOOKED if self.entry_id else Standing.WAITING

    def withdraw(self, *, by: User, reason: str) -> None:
        """It was recorded wrongly. Refused once it is confirmed."""
        if not reason.strip():
            raise Refused(_now("Say why."))
        still = Returned.objects.waiting().filter(pk=self.pk)
        said = {"withdrawn_by": by, "withdrawn_at": timezone.now(), "withdrawal_reason": reason.strip()}
        self._moved_or_refused(moved=bool(still.update(**said)))

    def hold_to_confirm(self, by: User) -> None:
        """Lock it for the second person; Refused to the first one, and where it waits no more."""
        hold(self.grant)
        waiting = Returned.objects.waiting().filter(pk=self.pk).select_for_update(of=("self",), no_key=True)
        self._moved_or_refused(moved=bool(waiting.first()))
        if by.pk == self.recorded_by_id:
            raise Refused(_now("You recorded this money, so another person has to confirm it."))

    def confirm(self, entry: Entry, *, by: User) -> None:
        """It is in the books, and free for others."""
        Returned.objects.filter(pk=self.pk).update(confirmed_by=by, confirmed_at=timezone.now(), entry=entry)
        self.refresh_from_db()

    def _moved_or_refused(self, *, moved: bool) -> None:
        self.refresh_from_db()
        if not moved:
            raise Refused(_now("This money has moved on: it is “%(state)s” now.") % {"state": self.standing.label})
