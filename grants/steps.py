"""The steps a member of staff takes with a tranche: each a small form that calls one verb."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants import bookkeeping, conflicts
from grants.models import LegalBasis, Onward, PayeeAccount, Refused, Route, State, Tranche
from ledger.money import AmountError, Money

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def read_amount(text: str, currency: str) -> Money:
    """What a person typed, or a ValidationError that says what is wrong with it."""
    try:
        return Money.parse(text, currency)
    except AmountError as error:
        raise ValidationError(str(error)) from error


def day_field(label: "_StrPromise") -> forms.DateField:
    return forms.DateField(
        label=label,
        initial=timezone.localdate,
        validators=[not_in_the_future],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def not_in_the_future(day: datetime.date) -> None:
    if day > timezone.localdate():
        raise ValidationError(_("This day is still to come."))


class Step(forms.Form):
    title: ClassVar["_StrPromise"]
    meaning: ClassVar["_StrPromise"]
    states: ClassVar[set[State]]

    def __init__(self, *args: Any, tranche: Tranche, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tranche = tranche

    @classmethod
    def fits(cls, tranche: Tranche) -> bool:
        """Whether it may come next."""
        return tranche.state in cls.states

    def take(self, by: User) -> None:
        raise NotImplementedError


class ToAnAccount(Step):
    """Which of the initiative's accounts it is paid to; the newest comes first."""

    def __init__(self, *args: Any, tranche: Tranche, **kwargs: Any) -> None:
        super().__init__(*args, tranche=tranche, **kwargs)
        accounts = PayeeAccount.objects.of(tranche.grant.initiative)
        self.fields["account"] = AccountChoice(
            accounts, label=_("Account"), initial=tranche.account or accounts.first()
        )


class AccountChoice(forms.ModelChoiceField[PayeeAccount]):
    def label_from_instance(self, account: PayeeAccount) -> str:
        return _("…%(end)s, %(account)s") % {"account": account, "end": account.end}


class PromiseStep(ToAnAccount):
    title = _("Promise")
    meaning = _("The amount is set aside in the fund. Another person than you has to approve the payment.")
    states = {State.PLANNED}

    @transaction.atomic
    def take(self, by: User) -> None:
        self.tranche.plan_to(self.cleaned_data["account"])
        bookkeeping.promise(self.tranche, by=by, on=timezone.localdate())


class ApproveStep(Step):
    title = _("Approve")
    meaning = _("You have read the payee, the account and the amount, and agree to exactly these.")
    states = {State.PROMISED}

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, tranche: Tranche, **kwargs: Any) -> None:
        super().__init__(*args, tranche=tranche, **kwargs)
        self.initial["seen"] = tranche.fingerprint

    def take(self, by: User) -> None:
        if conflicts.bars(by, self.tranche.grant):
            raise Refused(_("You are tied to this group, so another person has to approve the payment."))
        self.tranche.approve(by=by, seen=self.cleaned_data["seen"])


class InSpiteStep(Step):
    title = _("Pay in spite of a late report")
    meaning = _("A report of this grant has not come. Your reason stays on record with your name.")
    states = {State.PROMISED, State.APPROVED}

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def fits(cls, tranche: Tranche) -> bool:
        late = tranche.grant.reports.late(timezone.localdate()).exists()
        return super().fits(tranche) and late and not tranche.overrides.exists()

    def take(self, by: User) -> None:
        self.tranche.pay_in_spite(reason=self.cleaned_data["reason"], by=by)


class RedirectStep(ToAnAccount):
    title = _("Choose the account")
    meaning = _("Where it is paid to. Approvals so far become void, and another person than you has to approve.")
    states = {State.PROMISED, State.APPROVED}

    def take(self, by: User) -> None:
        self.tranche.redirect_to(self.cleaned_data["account"], by=by, at=timezone.now())


class LegalBasisStep(Step):
    title = _("Record the legal basis")
    meaning = _(
        "Card money must not go to this country. Write down what allows the bank’s money to. Two people approve."
    )
    states = {State.PLANNED, State.PROMISED}

    text = forms.CharField(label=_("Legal basis"), widget=forms.Textarea(attrs={"rows": 5}), max_length=5000)

    @classmethod
    def fits(cls, tranche: Tranche) -> bool:
        return super().fits(tranche) and tranche.is_exception and not hasattr(tranche.grant, "legal_basis")

    def take(self, by: User) -> None:
        LegalBasis.objects.record(self.tranche.grant, by=by, text=self.cleaned_data["text"])


def words_field(label: "_StrPromise", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, **more)


class PayStep(Step):
    """It asks for the evidence that the account's way needs, and for no other."""

    title = _("Mark as sent")
    meaning = _("The payment is sent. What it cost is borne by the general fund, never by the grant.")
    states = {State.APPROVED}

    bank_reference = forms.CharField(
        label=_("Reference"),
        max_length=100,
        help_text=_("The number of the transfer, on the confirmation of the bank or the service."),
    )
    sent_on = day_field(_("Sent on"))
    wire_fee = forms.CharField(label=_("Fee of the bank or the service"), initial="0")
    provider = forms.CharField(label=_("Service"), max_length=100)
    licence = forms.CharField(label=_("Licence number of the service"), max_length=100, required=False)
    why_no_licence = words_field(_("Or why it has no licence"), required=False)
    rate = forms.DecimalField(
        label=_("Exchange rate"),
        max_digits=20,
        decimal_places=8,
        min_value=Decimal("0.00000001"),
        help_text=_(
            "How much of the money that is handed over one unit of the tranche’s currency gave. 1, if it is the same."
        ),
    )
    received_by = forms.CharField(label=_("Received by"), max_length=140, help_text=_("The person who took the money."))
    acknowledgement = words_field(
        _("How they said that they have it"), help_text=_("A signed paper, a message, a call: when, to whom?")
    )
    why_no_bank = words_field(_("Why not by bank"))

    def __init__(self, *args: Any, tranche: Tranche, **kwargs: Any) -> None:
        super().__init__(*args, tranche=tranche, **kwargs)
        self.asked = EVIDENCE[Route(tranche.account.route)] if tranche.account else ()
        for name in {*EVIDENCE[Route.TRANSFER_SERVICE]}.difference(self.asked):
            del self.fields[name]
        if "provider" in self.fields and tranche.account:
            self.initial["provider"] = tranche.account.provider

    def clean_wire_fee(self) -> Money:
        return read_amount(self.cleaned_data["wire_fee"], self.tranche.currency)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "licence" in self.asked and not (given.get("licence") or given.get("why_no_licence")):
            self.add_error("licence", _("Give the licence number, or say why there is none."))
        return given

    def take(self, by: User) -> None:
        bookkeeping.pay(self.tranche, by=by, **self.cleaned_data)


EVIDENCE: dict[Route, tuple[str, ...]] = {
    Route.BANK: (),
    Route.HOST: (),
    Route.TRANSFER_SERVICE: (
        *("provider", "licence", "why_no_licence", "rate"),
        *("received_by", "acknowledgement", "why_no_bank"),
    ),
    Route.MOBILE_MONEY: ("provider",),
}


class OnwardStep(Step):
    title = _("The host has passed it on")
    meaning = _("The fiscal host has shown that it paid the initiative. After that the initiative can confirm.")
    states = {State.SENT}

    paid_on = day_field(_("Paid on"))
    amount = forms.CharField(label=_("Amount"), help_text=_("In the tranche's currency, without the host's fee."))
    reference = forms.CharField(
        label=_("Reference"), max_length=100, help_text=_("The transfer's number on its proof.")
    )

    def __init__(self, *args: Any, tranche: Tranche, **kwargs: Any) -> None:
        super().__init__(*args, tranche=tranche, **kwargs)
        self.initial["amount"] = tranche.arriving.decimal

    @classmethod
    def fits(cls, tranche: Tranche) -> bool:
        return super().fits(tranche) and tranche.awaits_onward

    def clean_amount(self) -> Money:
        return read_amount(self.cleaned_data["amount"], self.tranche.currency)

    def take(self, by: User) -> None:
        Onward.objects.record(self.tranche, by=by, **self.cleaned_data)


class TakeBackStep(Step):
    title = _("It came back")
    meaning = _("The whole amount is with us again. It stays set aside until it is paid again or released.")
    states = {State.SENT}

    on = day_field(_("Came back on"))

    def take(self, by: User) -> None:
        bookkeeping.take_back(self.tranche, on=self.cleaned_data["on"])


class PayAgainStep(Step):
    title = _("Pay again")
    meaning = _(
        "This tranche ends, and a new one with the same amount and account is promised instead. It needs approval."
    )
    states = {State.FAILED}

    def take(self, by: User) -> None:
        bookkeeping.pay_again(self.tranche, by=by, on=timezone.localdate())


class ReleaseStep(Step):
    title = _("Release")
    meaning = _("This tranche will not be paid. Its money is free in the fund again.")
    states = {State.PROMISED, State.APPROVED, State.FAILED}

    def take(self, by: User) -> None:
        bookkeeping.release(self.tranche, on=timezone.localdate())


STEPS: dict[str, type[Step]] = {
    "promise": PromiseStep,
    "legal-basis": LegalBasisStep,
    "approve": ApproveStep,
    "pay": PayStep,
    "redirect": RedirectStep,
    "in-spite": InSpiteStep,
    "onward": OnwardStep,
    "take-back": TakeBackStep,
    "again": PayAgainStep,
    "release": ReleaseStep,
}


def open_to(tranche: Tranche) -> dict[str, type[Step]]:
    """The steps that may come next, by name."""
    return {name: step for name, step in STEPS.items() if step.fits(tranche)}
