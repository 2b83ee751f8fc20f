"""The staff's pages of what supporters wrote, to be read before it is shown, and of the cards of tributes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appeal.mail_admin import FATE, MailAdmin, SendAgain
from appeal.steps import Step, StepAdmin
from appeal.vocabulary import Vocabulary
from donations.models import Tribute, WallEntry
from donations.models.wall_entry import Standing
from ledger.read_only import ReadOnly


class OfWords(Step):
    """Of the words as they stand on this page: if their donor changes them meanwhile, it is refused."""

    permission = "donations.moderate_wallentry"
    becomes: Standing

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, subject: WallEntry) -> None:
        super().__init__(data, subject=subject, initial={"seen": subject.turn})

    @classmethod
    def open_to(cls, subject: WallEntry) -> bool:
        return subject.standing != cls.becomes


class Show(OfWords):
    title = _("Show")
    meaning = _(
        "You have read it. It hurts nobody, and names no group or person that could be in danger. Everyone can read it"
        " then, until its donor takes it back or the gift goes back."
    )
    becomes = Standing.SHOWN

    looked = forms.BooleanField(label=_("It holds a web or mail address. I have looked where that leads"))

    def __init__(self, data: Any = None, *, subject: WallEntry) -> None:
        super().__init__(data, subject=subject)
        if not subject.names_an_address:
            del self.fields["looked"]

    def take(self, by: User) -> None:
        self.subject.show(by=by, seen=self.cleaned_data["seen"])


class DoNotShow(OfWords):
    title = _("Refuse or take down")
    meaning = _("It is not shown, or not any more from this moment on. Its donor reads the reason, and may write anew.")
    becomes = Standing.REFUSED

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=300)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"].strip()
        if not reason:
            raise ValidationError(_("Its donor reads this: write a sentence."))
        return reason

    def take(self, by: User) -> None:
        self.subject.refuse(self.cleaned_data["reason"], by=by, seen=self.cleaned_data["seen"])


class ToRead(Vocabulary):
    title = _("needs a person")
    parameter_name = "needs_a_person"
    words = {"waiting": _("Yes")}


@admin.register(WallEntry)
class WallEntryAdmin(ReadOnly, StepAdmin):
    """By whom it was given is not on this page, nor how much."""

    steps = {"show": Show, "refuse": DoNotShow}
    facts = ("campaign", "name", "message", "address", "month", "standing", "reason", "decided_by", "decided_at")
    fields = readonly_fields = facts
    list_display = ("__str__", "campaign", "name", "message", "address", "standing", "updated_at")
    list_filter = (ToRead, "standing", "campaign")
    list_select_related = ("campaign",)
    search_fields = ("name", "message")

    @admin.display(description=_("holds an address"), boolean=True)
    def address(self, entry: WallEntry) -> bool:
        return entry.names_an_address


class MailAgain(SendAgain):
    title = _("Mail again")
    meaning = _("It is tried again within a minute, if its gift is still here and nobody has taken it back.")
    permission = "donations.change_tribute"


@admin.register(Tribute)
class TributeAdmin(MailAdmin):
    """What it says, and to whom, is between its donor and them."""

    about = "kind send_on"
    steps = {"again": MailAgain}
    list_display = ("__str__", "kind", "send_on", *FATE)
