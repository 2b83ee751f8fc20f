"""What shows that a payment went the way it was to go, and that it was allowed to go there.

All of it is written once. `migrations/0019_evidence.py` holds it, and that no tranche is sent without its own.
"""

import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from grants.models.grant import Grant
from grants.models.payee_account import PayeeAccount, Route
from grants.models.tranche import State, Tranche
from ledger.money import Money


def no_service() -> Q:
    return Q(licence="", why_no_licence="", rate=None, received_by__empty=True, acknowledgement="", why_no_bank="")


def whole() -> Q:
    """Each way has its own evidence and no other's; the payment's reference is the tranche's."""
    licensed = ~Q(licence="") | ~Q(why_no_licence="")
    handed_over = (
        Q(rate__isnull=False, rate__gt=0, received_by__empty=False) & ~Q(acknowledgement="") & ~Q(why_no_bank="")
    )
    return (
        Q(route=Route.BANK, host_fee_minor=None, provider="") & no_service()
        | Q(route=Route.HOST, host_fee_minor__isnull=False, host_fee_minor__gte=0, provider="") & no_service()
        | Q(route=Route.TRANSFER_SERVICE, host_fee_minor=None) & ~Q(provider="") & licensed & handed_over
        | Q(route=Route.MOBILE_MONEY, host_fee_minor=None) & ~Q(provider="") & no_service()
    )


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def show(self, tranche: Tranche, *, fee: Money, **facts: Any) -> "Evidence":
        """Write down what this way of payment leaves behind; Refused says what is missing."""
        tranche.refuse_without_account()
        account = cast(PayeeAccount, tranche.account)
        evidence = self.model(
            tranche=tranche,
            route=account.route,
            fee_minor=fee.minor,
            currency=fee.currency,
            host_fee_minor=tranche.host_fee_minor,
            **facts,
        )
        try:
            evidence.validate_constraints()
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error
        evidence.save(force_insert=True)
        return evidence


class Evidence(models.Model):
    """By which way a tranche was sent, what that cost, and what the way leaves behind as proof."""

    tranche = models.OneToOneField(Tranche, models.PROTECT, related_name="evidence", verbose_name=_("tranche"))
    route = models.CharField(_("way"), max_length=16, choices=Route)
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField()
    host_fee_minor = models.BigIntegerField(null=True)
    provider = models.CharField(_("service"), max_length=100, blank=True)
    licence = models.CharField(_("licence number of the service"), max_length=100, blank=True)
    why_no_licence = models.TextField(_("why it has no licence"), blank=True)
    rate = models.DecimalField(_("exchange rate"), max_digits=20, decimal_places=8, null=True)
    received_by = SealedTextField(_("received by"), max_length=140, blank=True)
    acknowledgement = models.TextField(_("how they said that they have it"), blank=True)
    why_no_bank = models.TextField(_("why not by bank"), blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.CheckConstraint(
                name="evidence_is_what_its_way_needs",
                condition=whole(),
                violation_error_message=_("Some of the evidence is missing that this way of payment needs."),
            ),
            models.CheckConstraint(
                name="evidence_fee_is_not_negative",
                condition=Q(fee_minor__gte=0),
                violation_error_message=_("A fee is nothing or more."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tranche}: {self.get_route_display()}"

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def host_fee(self) -> Money:
        return Money(self.host_fee_minor or 0, self.currency)


class OnwardQuerySet(models.QuerySet["Onward"]):
    @transaction.atomic
    def record(self, tranche: Tranche, *, by: User, paid_on: datetime.date, amount: Money, reference: str) -> "Onward":
        """The fiscal host has shown that it passed the money on, all but its fee."""
        tranche.hold_for(State.CONFIRMED)
        if not tranche.awaits_onward:
            raise Refused(_("No proof of a fiscal host is missing here."))
        if not tranche.arriving <= amount <= tranche.amount:
            words = {"least": tranche.arriving.format(), "most": tranche.amount.format()}
            raise Refused(
                _("The host has to pass on at least %(least)s, and at most %(most)s. Ask it about the rest.") % words
            )
        return self.create(
            tranche=tranche, paid_on=paid_on, amount_minor=amount.minor, reference=reference, recorded_by=by
        )


class Onward(models.Model):
    """A fiscal host's proof that it paid the initiative."""

    tranche = models.OneToOneField(Tranche, models.PROTECT, related_name="onward", verbose_name=_("tranche"))
    paid_on = models.DateField(_("paid on"))
    amount_minor = models.BigIntegerField()
    reference = models.CharField(_("reference"), max_length=100)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = OnwardQuerySet.as_manager()

    class Meta:
        verbose_name = _("onward payment")
        verbose_name_plural = _("onward payments")
        constraints = [models.CheckConstraint(name="onward_has_a_reference", condition=~Q(reference=""))]

    def __str__(self) -> str:
        return f"{self.tranche}: {self.amount.format()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.tranche.currency)


class LegalBasisQuerySet(models.QuerySet["LegalBasis"]):
    @transaction.atomic
    def record(self, grant: Grant, *, by: User, text: str) -> "LegalBasis":
        Grant.objects.select_for_update(of=["self"]).get(pk=grant.pk)
        if self.filter(grant=grant).exists():
            raise Refused(_("The legal basis of this grant is on record already."))
        if not text.strip():
            raise Refused(_("Write down the legal basis."))
        return self.create(grant=grant, text=text, recorded_by=by)


class LegalBasis(models.Model):
    """Why the bank's fund may pay this grant, in a country where card money may not go."""

    grant = models.OneToOneField(Grant, models.PROTECT, related_name="legal_basis", verbose_name=_("grant"))
    text = models.TextField(_("legal basis"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = LegalBasisQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [models.CheckConstraint(name="legal_basis_is_in_words", condition=Q(text__regex=r"\S"))]

    def __str__(self) -> str:
        return f"{self.grant}"
