"""What staff do with matching pots, and with the gifts by which funders pay them: each a form and one verb."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from appeal.matching import MatchingPot, Standing
from appeal.steps import Step
from donations import matching
from donations.models import OfflineGift
from ledger.forms import MoneyField


class PotForm(forms.ModelForm[MatchingPot]):
    total = MoneyField(
        label=_("In total"), currencies=settings.GIVING_CURRENCIES, help_text=_("What the funder gives at most.")
    )
    per_gift = MoneyField(
        label=_("For one gift"),
        currencies=settings.GIVING_CURRENCIES,
        help_text=_("At most so much for each gift. The total again, if the funder named no such limit."),
    )
    opens_on = forms.DateField(label=_("First day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    closes_on = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("What counts is the day of the gift; it may come into the books later."),
    )

    class Meta:
        model = MatchingPot
        fields = ("campaign", "funder", "shown_as", "agreement", "percent", "opens_on", "closes_on")

    field_order = ("campaign", "funder", "shown_as", "agreement", "percent", "per_gift", "total")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        campaign, total, per_gift = (cleaned.get(name) for name in ("campaign", "total", "per_gift"))
        for name, amount in (("total", total), ("per_gift", per_gift)):
            if campaign and amount and amount.currency != campaign.currency:
                words = {"title": campaign.title, "currency": campaign.currency}
                self.add_error(name, _("“%(title)s” keeps its money in %(currency)s.") % words)
        if total and per_gift and total.currency == per_gift.currency and total < per_gift:
            self.add_error("per_gift", _("This is more than the pot holds in total."))
        first, last = cleaned.get("opens_on"), cleaned.get("closes_on")
        if first and last and last < first:
            self.add_error("closes_on", _("This is before the first day."))
        if total and per_gift:
            self.instance.total_minor, self.instance.per_gift_minor = total.minor, per_gift.minor
        if campaign:
            self.instance.currency = campaign.currency
        return cleaned


class PotStep(Step):
    standing: Standing

    @classmethod
    def open_to(cls, subject: MatchingPot) -> bool:
        return subject.standing == cls.standing


class OpenStep(PotStep):
    title = _("Open")
    meaning = _(
        "You have read the agreement, and it says what stands here. From now on everyone sees the promise, and gifts"
        " of its time are matched in the order of the books. The terms cannot be changed any more."
    )
    permission = "appeal.open_matchingpot"
    standing = Standing.DRAFT

    def take(self, by: User) -> None:
        self.subject.open(by=by)


class DropStep(PotStep):
    title = _("Drop")
    meaning = _("It was prepared wrongly, or is not wanted. It stays on record; another one can be prepared.")
    permission = "appeal.change_matchingpot"
    standing = Standing.DRAFT

    def take(self, by: User) -> None:
        self.subject.drop(by=by)


class CloseStep(PotStep):
    title = _("Close")
    meaning = _(
        "It matches no more gifts, for good, also not those that are paid and not in the books yet. What gifts have"
        " earned stays promised, and goes down only by what goes back to donors."
    )
    permission = "appeal.open_matchingpot"
    standing = Standing.OPEN

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    def take(self, by: User) -> None:
        matching.close(self.subject, by=by, reason=self.cleaned_data["reason"])


POT_STEPS: dict[str, type[Step]] = {"open": OpenStep, "drop": DropStep, "close": CloseStep}


class PaysPotStep(Step):
    title = _("It pays a matching pot")
    meaning = _(
        "This gift is the funder's, and pays what gifts have earned of its pot. It is matched by no pot itself, and"
        " counts for the pot once it is confirmed."
    )
    permission = "donations.add_potpayment"

    pot = forms.ModelChoiceField(label=_("Matching pot"), queryset=MatchingPot.objects.none())

    def __init__(self, data: Any = None, *, subject: OfflineGift) -> None:
        super().__init__(data, subject=subject)
        pots = MatchingPot.objects.filter(campaign=subject.campaign_id, opened_at__isnull=False)
        self.fields["pot"].queryset = pots  # type: ignore[attr-defined]  # of a ModelChoiceField

    @classmethod
    def open_to(cls, subject: OfflineGift) -> bool:
        return subject.stands and not pays(subject) and opened_pots(subject)

    def take(self, by: User) -> None:
        matching.name_payment(self.subject, self.cleaned_data["pot"], by=by)


class PaysNoPotStep(Step):
    title = _("It pays no matching pot")
    meaning = _("It was named wrongly: it is a gift like any other, and is matched if its pot is open and goes so far.")
    permission = "donations.change_potpayment"

    @classmethod
    def open_to(cls, subject: OfflineGift) -> bool:
        return pays(subject)

    def take(self, by: User) -> None:
        matching.drop_payment(self.subject, by=by)


def pays(gift: OfflineGift) -> bool:
    return any(not payment.dropped_at for payment in gift.pot_payments.all())


def opened_pots(gift: OfflineGift) -> bool:
    return any(pot.opened_at for pot in gift.campaign.matching_pots.all())


PAYMENT_STEPS: dict[str, type[Step]] = {"pays-pot": PaysPotStep, "pays-no-pot": PaysNoPotStep}
