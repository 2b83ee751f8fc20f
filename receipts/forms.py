"""What staff do to a receipt or a profile, each a form that says what it means and does it in one verb."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.steps import Step
from ledger.forms import MoneyField
from ledger.money import Money
from receipts import annual, closing, issuing
from receipts.models import Advantage, Field, FiscalYear, HeldGift, IssuerProfile, Receipt
from receipts.models.gift_aid import known_postcode
from receipts.spelling import western


class ApproveForm(Step):
    title = _("Approve")
    meaning = _("From its first day on, receipts are issued in these words. They cannot be changed any more.")
    permission = "receipts.approve_issuerprofile"

    read_at = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, subject: IssuerProfile) -> None:
        super().__init__(data, subject=subject, initial={"read_at": subject.prepared_at.isoformat()})

    @classmethod
    def open_to(cls, subject: IssuerProfile) -> bool:
        return subject.approved_at is None

    def clean_read_at(self) -> str:
        read: str = self.cleaned_data["read_at"]
        if read != self.subject.prepared_at.isoformat():
            raise forms.ValidationError(_("This profile was changed since you read it. Please read it again."))
        return read

    def take(self, by: User) -> None:
        self.subject.approve(by=by)


class VoidForm(Step):
    title = _("Void")
    meaning = _("The receipt stays on record as void, for good. Its donor gets no other one.")
    permission = "receipts.void_receipt"

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Receipt) -> bool:
        return subject.voided_at is None

    def take(self, by: User) -> None:
        self.subject.void(by=by, reason=self.cleaned_data["reason"], now=timezone.now())


class ReplaceForm(VoidForm):
    title = _("Replace")
    meaning = _(
        "The receipt becomes void. A new one with the next number is issued in its place, and mailed where it can be."
    )

    name = forms.CharField(label=_("Donor's name"), max_length=100, required=False)
    email = forms.EmailField(label=_("Donor's email"))
    address = forms.CharField(
        label=_("Donor's postal address"),
        help_text=_("Empty leaves it as it is."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    advantage = forms.CharField(
        label=_("Given in return"),
        help_text=_("What the donor was given for it, such as a dinner. Mostly nothing."),
        max_length=200,
        required=False,
    )

    def __init__(self, data: Any = None, *, subject: Receipt) -> None:
        first = {"name": subject.donor_name, "email": subject.donor_email, "advantage": subject.advantage}
        super().__init__(data, subject=subject, initial=first)
        self.fields["email"].required = bool(subject.donor_email)
        if subject.for_a_year:
            del self.fields["advantage"]
            return
        self.fields["value"] = MoneyField(
            label=_("Its value"), required=False, currencies=[subject.currency], initial=worth(subject)
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("advantage")) != bool(cleaned.get("value")) and not self.has_error("value"):
            self.add_error("value", _("Say both what was given in return and what it is worth, or neither."))
        return cleaned

    def take(self, by: User) -> None:
        given = self.cleaned_data
        old = self.subject.donor
        donor = replace(old, name=given["name"], email=given["email"], address=given["address"] or old.address)
        reason, now = given["reason"], timezone.now()
        if self.subject.for_a_year:
            annual.replace(self.subject, by=by, reason=reason, donor=donor, now=now)
            return
        returned = Advantage(given["value"].minor, given["advantage"]) if given["advantage"] else Advantage()
        issuing.replace(self.subject, by=by, reason=reason, donor=donor, now=now, advantage=returned)


def worth(receipt: Receipt) -> Money | None:
    return Money(receipt.advantage_minor, receipt.currency) if receipt.advantage_minor else None


class BeginForm(Step):
    title = _("Write the annual statements")
    meaning = _(
        "Each donor gets one statement of the gifts of this year that no receipt says yet, with the next numbers of "
        "the issuer's receipts. Workers write, print and mail them; this list says how far they are."
    )
    permission = "receipts.close_fiscalyear"

    @classmethod
    def open_to(cls, subject: FiscalYear) -> bool:
        return subject.closed_at is None

    def take(self, by: User) -> None:
        annual.begin(self.subject, by=by, now=timezone.now())


class CloseForm(Step):
    title = _("Close the year")
    meaning = _(
        "For good. From then on no receipt of this year is voided or replaced by itself: where money goes back, a "
        "person decides. Held gifts do not stand in the way; look at them first."
    )
    permission = "receipts.close_fiscalyear"

    @classmethod
    def open_to(cls, subject: FiscalYear) -> bool:
        return subject.closed_at is None

    def take(self, by: User) -> None:
        closing.close(self.subject, by=by, now=timezone.now())


class ChoiceForm(forms.Form):
    RECEIPTS, NONE = "receipts", "none"

    papers = forms.ChoiceField(
        label=_("What would you like?"),
        choices=[
            (RECEIPTS, _("Receipts for tax")),
            (NONE, _("No receipts for tax: just a plain acknowledgement of each gift")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )

    @classmethod
    def of(cls, *, tax_receipt: bool) -> str:
        return cls.RECEIPTS if tax_receipt else cls.NONE

    def wants_receipts(self) -> bool:
        return bool(self.cleaned_data["papers"] == self.RECEIPTS)


def readable(text: str) -> None:
    """Refused where the tax office would drop letters of it."""
    if not western(text):
        raise forms.ValidationError(_("Write it in Latin letters: the tax office reads no others."))


class GiftAidForm(forms.Form):
    """What a declaration of Gift Aid has to say."""

    title = forms.CharField(label=_("Title (optional)"), max_length=4, required=False)
    first_name = forms.CharField(
        label=_("First name"),
        max_length=35,
        error_messages={"required": _("Enter your first name.")},
        validators=[readable],
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=35,
        error_messages={"required": _("Enter your last name.")},
        validators=[readable],
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    house = forms.CharField(
        label=_("Name or number of your house"),
        help_text=_("Of the place where you live."),
        max_length=40,
        validators=[readable],
        error_messages={"required": _("Enter the name or number of your house.")},
    )
    postcode = forms.CharField(
        label=_("Postcode"),
        max_length=8,
        error_messages={"required": _("Enter your postcode.")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )
    past = forms.BooleanField(label=_("Also for all that I gave in the past four years"), required=False)
    future = forms.BooleanField(label=_("Also for all that I give from now on"), required=False)
    agreed = forms.BooleanField(
        label=_("I declare this"), error_messages={"required": _("Gift Aid needs your declaration.")}
    )

    def clean_postcode(self) -> str:
        """In capital letters and with its space, as the schedule wants it."""
        typed = "".join(str(self.cleaned_data["postcode"]).split()).upper()
        postcode = f"{typed[:-3]} {typed[-3:]}"
        known_postcode(postcode)
        return postcode

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "agreed"}


class AskAgainForm(Step):
    title = _("Ask again")
    meaning = _("The donor gets another mail with a new link, at the next round. The link mailed before ends.")
    permission = "receipts.ask_heldgift"

    @classmethod
    def open_to(cls, subject: HeldGift) -> bool:
        return subject.handled_at is None and bool(subject.particulars.email)

    def take(self, by: User) -> None:
        self.subject.particulars.ask_again(timezone.now())


class TellForm(Step):
    title = _("Enter what is missing")
    meaning = _("As the donor told you, by telephone or by letter. It is sealed, and printed on their receipts only.")
    permission = "receipts.ask_heldgift"

    def __init__(self, data: Any = None, *, subject: HeldGift) -> None:
        super().__init__(data, subject=subject)
        self.fields |= fields_for(subject.missing)

    @classmethod
    def open_to(cls, subject: HeldGift) -> bool:
        return subject.handled_at is None

    def take(self, by: User) -> None:
        self.subject.particulars.tell(self.cleaned_data, timezone.now())


class ParticularsForm(forms.Form):
    """What is missing, asked of the donor: no more than that."""

    def __init__(self, data: Any = None, *, missing: Sequence[str]) -> None:
        super().__init__(data)
        self.fields |= fields_for(missing)


def fields_for(missing: Sequence[str]) -> dict[str, forms.Field]:
    """A field for each that is missing; for a number for tax also whose it is."""
    asked = {name: FIELDS[name]() for name in Field.values if name in missing}
    if Field.TAX_ID in missing:
        asked["organisation"] = forms.BooleanField(label=_("The gift came from an organisation"), required=False)
    return asked


FIELDS: dict[str, Callable[[], forms.Field]] = {
    Field.NAME: lambda: forms.CharField(
        label=_("Full name"),
        max_length=100,
        error_messages={"required": _("Enter the full name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    ),
    Field.ADDRESS: lambda: forms.CharField(
        label=_("Postal address"),
        max_length=500,
        error_messages={"required": _("Enter the postal address.")},
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
    ),
    Field.COUNTRY: lambda: forms.CharField(
        label=_("Country"),
        help_text=_("As two letters, such as IN."),
        min_length=2,
        max_length=2,
        validators=[RegexValidator(r"^[A-Za-z]{2}$", _("Enter the two letters of the country, such as IN."))],
        error_messages={"required": _("Enter the two letters of the country, such as IN.")},
        widget=forms.TextInput(attrs={"autocomplete": "country"}),
    ),
    Field.TAX_ID: lambda: forms.CharField(
        label=_("Number for tax"),
        help_text=_(
            "The one that the tax office of your country knows you by, such as PAN or the number of your card."
        ),
        max_length=75,
        error_messages={"required": _("Enter the number for tax.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    ),
}
