"""The staff's pages of mails to groups."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from appeal import mail_admin
from appeal.mail_admin import Undelivered
from appeal.steps import Step
from grants.aside import visible
from grants.models import Message, Notice, PaymentNotice, ReadingNotice, Reminder


class SendAgain(mail_admin.SendAgain):
    permission = "grants.change_initiative"


class MailAdmin(mail_admin.MailAdmin):
    to_application: str | None = None
    steps = {"again": SendAgain}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return visible(rows, self.to_application, request) if self.to_application else rows


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
