"""What staff do to a receipt or a profile, each a form that says what it means and does it in one verb."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.steps import Step
from receipts import issuing
from receipts.models import Donor, IssuerProfile, Receipt


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

    def __init__(self, data: Any = None, *, subject: Receipt) -> None:
        super().__init__(data, subject=subject, initial={"name": subject.donor_name, "email": subject.donor_email})
        self.fields["email"].required = bool(subject.donor_email)

    def take(self, by: User) -> None:
        given = self.cleaned_data
        donor = Donor(given["name"], given["email"])
        issuing.replace(self.subject, by=by, reason=given["reason"], donor=donor, now=timezone.now())
