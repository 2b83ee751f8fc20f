"""The steps a member of staff takes with a tranche: each a small form that calls one verb."""

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from grants import bookkeeping, conflicts
from grants.models import PayeeAccount, Refused, State, Tranche
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
        day = date_format(timezone.localtime(account.recorded_at), "DATE_FORMAT")
        return _("%(account)s, of %(day)s") % {"account": account, "day": day}


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
    states = {State.PROMISED}

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    def take(self, by: User) -> None:
        self.tranche.pay_in_spite(reason=self.cleaned_data["reason"], by=by)


class RedirectStep(ToAnAccount):
    title = _("Pay another account")
    meaning = _("Every approval becomes void, and another person than you has to approve the payment.")
    states = {State.PROMISED, State.APPROVED}

    def take(self, by: User) -> None:
        self.tranche.redirect_to(self.cleaned_data["account"], by=by, at=timezone.now())


class PayStep(Step):
    title = _("Mark as sent")
    meaning = _("The bank has sent the payment. Its fee is borne by the general fund, never by the grant.")
    states = {State.APPROVED}

    bank_reference = forms.CharField(
        label=_("Bank reference"), max_length=100, help_text=_("The transfer's number on the bank's confirmation.")
    )
    sent_on = day_field(_("Sent on"))
    wire_fee = forms.CharField(label=_("Bank fee"), initial="0")

    def clean_wire_fee(self) -> Money:
        return read_amount(self.cleaned_data["wire_fee"], self.tranche.currency)

    def take(self, by: User) -> None:
        bookkeeping.pay(self.tranche, by=by, **self.cleaned_data)


class TakeBackStep(Step):
    title = _("It came back")
    meaning = _("The payee's bank sent the whole amount back to ours. It stays promised until it is released.")
    states = {State.SENT}

    on = day_field(_("Came back on"))

    def take(self, by: User) -> None:
        bookkeeping.take_back(self.tranche, on=self.cleaned_data["on"])


class ReleaseStep(Step):
    title = _("Release")
    meaning = _("This tranche will not be paid. Its money is free in the fund again.")
    states = {State.PROMISED, State.APPROVED, State.FAILED}

    def take(self, by: User) -> None:
        bookkeeping.release(self.tranche, on=timezone.localdate())


STEPS: dict[str, type[Step]] = {
    "promise": PromiseStep,
    "approve": ApproveStep,
    "pay": PayStep,
    "redirect": RedirectStep,
    "in-spite": InSpiteStep,
    "take-back": TakeBackStep,
    "release": ReleaseStep,
}


def open_to(tranche: Tranche) -> dict[str, type[Step]]:
    """The steps that may come next, by name."""
    late = tranche.grant.reports.late(timezone.localdate()).exists() and not tranche.overrides.exists()
    names = [name for name in STEPS if late or name != "in-spite"]
    return {name: STEPS[name] for name in names if tranche.state in STEPS[name].states}
