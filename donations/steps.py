"""What staff may do about money in, each a step that calls one verb. Whatever moves money takes a second person."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.steps import Step
from donations import bookkeeping
from donations.models import (
    BalanceTransaction,
    Donation,
    Explanation,
    Meaning,
    RefundRequest,
    State,
)
from donations.models.refund import unclaimed
from ledger.forms import MoneyField


class WithReason(Step):
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))


class OfUndecided(Step):
    @classmethod
    def open_to(cls, subject: Any) -> bool:
        return bool(subject.undecided)


class AskForRefund(WithReason):
    title = _("Ask for a refund")
    meaning = _(
        "Another person than you has to approve it. Then Stripe pays the donor back;"
        " the fee that it keeps is borne by the general fund."
    )
    permission = "donations.add_refundrequest"

    def __init__(self, data: Any = None, *, subject: Donation) -> None:
        super().__init__(data, subject=subject, initial={"amount": unclaimed(subject)})
        self.fields["amount"] = MoneyField(
            label=_("Amount in %(currency)s") % {"currency": subject.currency}, currencies=[subject.currency]
        )
        self.order_fields(["amount"])

    @classmethod
    def open_to(cls, subject: Donation) -> bool:
        return subject.state == State.SETTLED and subject.payment_intent is not None

    def take(self, by: User) -> None:
        given = self.cleaned_data
        RefundRequest.objects.ask(self.subject, given["amount"], reason=given["reason"], by=by)


class Resolve(WithReason):
    title = _("Resolved")
    meaning = _(
        "You have found out why what Stripe says does not fit this gift, and what there was to do is done."
        " The same finding opens no review of this gift again."
    )
    permission = "donations.change_donation"

    @classmethod
    def open_to(cls, subject: Donation) -> bool:
        return bool(subject.review)

    def take(self, by: User) -> None:
        self.subject.resolve()


class ApproveRefund(OfUndecided):
    title = _("Approve")
    meaning = _("You have read the amount and the reason, and agree. Stripe is asked at once to pay the donor back.")
    permission = "donations.approve_refundrequest"

    def take(self, by: User) -> None:
        self.subject.approve(by=by)


class DropRefund(OfUndecided):
    title = _("Drop")
    meaning = _("Nothing is paid back by this request. It stays on record.")
    permission = "donations.change_refundrequest"

    def take(self, by: User) -> None:
        self.subject.drop(by=by)


class PayBack(OfUndecided):
    title = _("Pay it back")
    meaning = _(
        "All that is left of this gift goes back, once another person than you has approved it under “Refund requests”."
        " That spares us the dispute and its fee."
    )
    permission = "donations.add_refundrequest"

    def take(self, by: User) -> None:
        self.subject.pay_back(by=by)


class LeaveIt(OfUndecided, WithReason):
    title = _("Leave it")
    meaning = _("You have reason to believe that the gift is the card holder's own. The bank may still dispute it.")
    permission = "donations.change_fraudwarning"

    def take(self, by: User) -> None:
        self.subject.decide(self.cleaned_data["reason"], by=by)


class Explain(WithReason):
    title = _("Explain")
    meaning = _(
        "You have found out what this money was. Once another person than you has approved it under “Explanations”,"
        " it leaves suspense and is booked as that."
    )
    permission = "donations.add_explanation"

    meant = forms.ChoiceField(label=_("What it was"), choices=Meaning, widget=forms.RadioSelect)
    campaign = forms.ModelChoiceField(
        label=_("Appeal, if it was a gift"), queryset=Campaign.objects.none(), required=False
    )

    def __init__(self, data: Any = None, *, subject: BalanceTransaction) -> None:
        super().__init__(data, subject=subject)
        appeals = Campaign.objects.filter(card_fund__currency=subject.currency).order_by("title")
        self.fields["campaign"].queryset = appeals  # type: ignore[attr-defined]  # of a ModelChoiceField
        self.order_fields(["meant", "campaign"])

    @classmethod
    def open_to(cls, subject: BalanceTransaction) -> bool:
        return bool(subject.problem)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("meant") == Meaning.GIFT and "campaign" in given and not given["campaign"]:
            self.add_error("campaign", _("Say which appeal the gift was for."))
        elif given.get("meant") in {Meaning.COST, Meaning.BANK} and given.get("campaign"):
            self.add_error("campaign", _("Only a gift is for an appeal."))
        return given

    def take(self, by: User) -> None:
        given = self.cleaned_data
        Explanation.objects.propose(
            self.subject, meaning=given["meant"], campaign=given["campaign"], reason=given["reason"], by=by
        )


class ApproveExplanation(OfUndecided):
    title = _("Approve")
    meaning = _("You have looked at this money too, and agree. It leaves suspense now.")
    permission = "donations.approve_explanation"

    def take(self, by: User) -> None:
        bookkeeping.explain(self.subject, by=by)


class DropExplanation(OfUndecided):
    title = _("Drop")
    meaning = _("It was not that. The money stays under suspense, and another explanation can be proposed.")
    permission = "donations.change_explanation"

    def take(self, by: User) -> None:
        self.subject.drop(by=by)
