"""The staff's pages of mails to groups: what was told, and what cannot be delivered and takes a person."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from appeal.outgoing import Outgoing
from appeal.steps import Step, StepAdmin
from appeal.vocabulary import Vocabulary
from grants.aside import visible
from grants.models import Message, Notice, PaymentNotice, ReadingNotice, Reminder

FATE = ("created_at", "mailed_at", "tries", "problem")


class Undelivered(Vocabulary):
    title = _("delivery")
    parameter_name = "delivery"
    words = {"given_up": _("given up"), "to_mail": _("waiting")}


class SendAgain(Step):
    title = _("Send again")
    meaning = _("It is tried again within a minute. Correct the address first, if that was wrong.")
    permission = "grants.change_initiative"

    @classmethod
    def open_to(cls, subject: Outgoing) -> bool:
        return subject.mailed_at is None and subject.tries > 0

    def take(self, by: User) -> None:
        self.subject.begin_again()


class MailAdmin(StepAdmin):
    """What it says is made when it is sent; here is only about whom, when, and whether it went."""

    about: str
    to_application: str | None = None
    steps = {"again": SendAgain}
    list_filter = (Undelivered,)

    list_display: Any = ("__str__", *FATE)

    @property
    def facts(self) -> tuple[str, ...]:  # type: ignore[override]
        return (*self.about.split(), *FATE)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.facts

    get_readonly_fields = get_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return visible(rows, self.to_application, request) if self.to_application else rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(MailAdmin):
    about = "application what"
    to_application = "application"


class CalledStep(Step):
    title = _("We called them")
    meaning = _(
        "This group has no mail. Call the number that it had before the change, from its page, and tell them. Nothing"
        " is paid to a new account before that."
    )
    permission = "grants.see_contact"

    said = forms.CharField(label=_("What they said"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Notice) -> bool:
        return subject.is_to_call

    def take(self, by: User) -> None:
        self.subject.called(by=by, said=self.cleaned_data["said"])


class ToCall(Undelivered):
    words = {**Undelivered.words, "to_call": _("to be called")}


@admin.register(Notice)
class NoticeAdmin(MailAdmin):
    about = "initiative change"
    steps = {"called": CalledStep, **MailAdmin.steps}
    list_filter = (ToCall,)


@admin.register(PaymentNotice)
class PaymentNoticeAdmin(MailAdmin):
    about = "tranche"
    to_application = "tranche__grant__application"


@admin.register(ReadingNotice)
class ReadingNoticeAdmin(MailAdmin):
    about = "member"


@admin.register(Reminder)
class ReminderAdmin(MailAdmin):
    about = "report when"
    to_application = "report__grant__application"
