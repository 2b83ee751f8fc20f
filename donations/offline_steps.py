"""What staff do with gifts that come by no card, and with the lines of bank statements: each a form and one verb."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from appeal.steps import Step
from donations import bookkeeping, importing
from donations.limits import LIMITS
from donations.models import Aside, BankAccount, Method, OfflineGift, StatementLine
from donations.models.offline import Standing, refuse_odd_amounts, still_to_come
from ledger.forms import MoneyField
from ledger.money import AmountError, Money

CREDITED = _("What the bank credited, in the currency of the appeal. Empty where the donor gave in it.")


def credited_of(text: str, given: Money, campaign: Campaign) -> Money:
    """What was typed, or the gift itself; a ValidationError says what is wrong with it."""
    try:
        credited = Money.parse(text, campaign.currency) if text else given
        refuse_odd_amounts(campaign, given, credited)
    except (AmountError, Refused) as error:
        raise ValidationError({"credited": str(error)}) from error
    return credited


def language_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Language of the receipt"), choices=settings.LANGUAGES)


class RecordForm(forms.ModelForm[OfflineGift]):
    given = MoneyField(label=_("Given"), currencies=sorted(LIMITS))
    credited = forms.CharField(label=_("Credited"), required=False, help_text=CREDITED)
    received_on = forms.DateField(label=_("Received on"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    language = language_field()
    evidence = forms.CharField(
        label=_("Evidence"),
        widget=forms.Textarea({"rows": 3}),
        help_text=_("What the second person can check it by: the bank's reference, the cheque's number, who counted."),
    )

    class Meta:
        model = OfflineGift
        fields = ("campaign", "method", "received_on", "name", "email", "language", "evidence")

    field_order = ("campaign", "method", "given", "credited")

    def clean_received_on(self) -> Any:
        day = self.cleaned_data["received_on"]
        if still_to_come(day):
            raise ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        campaign, given = cleaned.get("campaign"), cleaned.get("given")
        if campaign and given:
            self.instance.amount = given
            self.instance.credited = credited_of(cleaned.get("credited", ""), given, campaign)
        return cleaned


class GiftStep(Step):
    permission = "donations.add_offlinegift"
    standing: Standing

    @classmethod
    def open_to(cls, subject: OfflineGift) -> bool:
        return subject.standing == cls.standing


class ConfirmStep(GiftStep):
    title = _("Confirm")
    meaning = _("You have found this money in the bank, the cash box or the post yourself. It is booked at once.")
    permission = "donations.confirm_offlinegift"
    standing = Standing.WAITING

    def take(self, by: User) -> None:
        bookkeeping.receive(self.subject, by=by)


class Reasoned(GiftStep):
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))


class WithdrawStep(Reasoned):
    title = _("Withdraw")
    meaning = _("It was recorded wrongly and is not booked. Its line of a bank statement, if any, waits again.")
    standing = Standing.WAITING

    def take(self, by: User) -> None:
        self.subject.withdraw(by=by, reason=self.cleaned_data["reason"])


class AskReversalStep(Reasoned):
    title = _("Ask to reverse")
    meaning = _(
        "It should not be in the books. Once another person agrees, they undo it, and its receipt becomes void."
    )
    standing = Standing.CONFIRMED

    def take(self, by: User) -> None:
        self.subject.ask_reversal(by=by, reason=self.cleaned_data["reason"])


class ReverseStep(GiftStep):
    title = _("Reverse")
    meaning = _("You agree that it should not be in the books. A new entry undoes it, and its receipt becomes void.")
    permission = "donations.confirm_offlinegift"
    standing = Standing.TO_REVERSE

    def take(self, by: User) -> None:
        bookkeeping.undo(self.subject, by=by)


class KeepStep(GiftStep):
    title = _("Keep after all")
    meaning = _("It stays in the books as it is.")
    standing = Standing.TO_REVERSE

    def take(self, by: User) -> None:
        self.subject.keep()


GIFT_STEPS: dict[str, type[Step]] = {
    "confirm": ConfirmStep,
    "withdraw": WithdrawStep,
    "ask-reversal": AskReversalStep,
    "reverse": ReverseStep,
    "keep": KeepStep,
}


class AssignStep(Step):
    title = _("It is a gift")
    meaning = _("Say for which appeal. Another person than you has to confirm it before it is booked.")
    permission = "donations.add_offlinegift"

    campaign = forms.ModelChoiceField(label=_("Appeal"), queryset=Campaign.objects.all())
    credited = forms.CharField(
        label=_("Credited"), required=False, help_text=_("In the currency of the appeal, if the line has another one.")
    )
    name = forms.CharField(label=_("Donor's name"), max_length=100, required=False)
    email = forms.EmailField(label=_("Donor's email"), required=False, help_text=_("Where the receipt is mailed."))
    language = language_field()

    def __init__(self, data: Any = None, *, subject: StatementLine) -> None:
        super().__init__(data, subject=subject, initial={"name": subject.payer[:100]})

    @classmethod
    def open_to(cls, subject: StatementLine) -> bool:
        return subject.waiting

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if (campaign := cleaned.get("campaign")) and "credited" in cleaned:
            cleaned["given"], cleaned["credited"] = self.amounts(campaign, cleaned["credited"])
        return cleaned

    def amounts(self, campaign: Campaign, typed: str) -> tuple[Money, Money]:
        """Given and credited. What the bank wrote counts; only another currency than the fund's needs a word more."""
        line: StatementLine = self.subject
        if line.currency != campaign.currency:
            given = line.amount if line.given.currency == campaign.currency else line.given
            return given, credited_of(typed, given, campaign)
        if typed:
            raise ValidationError({"credited": _("The line says what the bank credited: leave this empty.")})
        return line.given, line.amount

    def take(self, by: User) -> None:
        line, cleaned = self.subject, self.cleaned_data
        gift = OfflineGift(
            campaign=cleaned["campaign"],
            method=Method.BANK_TRANSFER,
            received_on=line.booked_on,
            name=cleaned["name"],
            email=cleaned["email"],
            language=cleaned["language"],
            line=line,
        )
        gift.amount, gift.credited = cleaned["given"], cleaned["credited"]
        gift.record(by=by)


class SetAsideStep(Step):
    title = _("Not a gift")
    meaning = _("It stays on record with your reason, and can go back to the queue.")
    permission = "donations.change_statementline"

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: StatementLine) -> bool:
        return subject.waiting

    def take(self, by: User) -> None:
        self.subject.set_aside(by=by, reason=self.cleaned_data["reason"])


class ReconsiderStep(Step):
    title = _("Back to the queue")
    meaning = _("It may be a gift after all, and waits for a person again.")
    permission = "donations.change_statementline"

    @classmethod
    def open_to(cls, subject: StatementLine) -> bool:
        return subject.aside in {Aside.PAYOUT, Aside.DECIDED}

    def take(self, by: User) -> None:
        self.subject.reconsider()


LINE_STEPS: dict[str, type[Step]] = {"assign": AssignStep, "not-a-gift": SetAsideStep, "reconsider": ReconsiderStep}


class ImportStep(Step):
    title = _("Import a statement")
    meaning = _(
        "Choose a file of whole days. Each line is kept once, however many statements list it."
        " Lines with an appeal's transfer code become gifts that another person than you has to confirm."
    )
    permission = "donations.add_bankstatement"

    file = forms.FileField(label=_("File"), allow_empty_file=True)
    outcome: importing.Outcome

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > importing.MOST_BYTES:
            raise ValidationError(_("The file is larger than 10 MB: take a shorter time."))
        return file

    def take(self, by: User) -> None:
        account: BankAccount = self.subject
        file = self.cleaned_data["file"]
        self.outcome = importing.bring_in(account, file.read(), name=file.name, by=by)

    def told(self) -> str:
        outcome = self.outcome
        return _now(
            "%(listed)s lines: %(gifts)s are gifts to confirm, %(waiting)s wait in the queue, %(aside)s are no gifts,"
            " %(known)s were known already."
        ) % {
            "listed": outcome.statement.listed,
            "gifts": outcome.gifts,
            "waiting": outcome.waiting,
            "aside": outcome.aside,
            "known": outcome.known,
        }


ACCOUNT_STEPS: dict[str, type[Step]] = {"import": ImportStep}
