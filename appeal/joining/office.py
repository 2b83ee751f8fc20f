"""The inbox of those who ask to join. What lies sealed is shown to those who answer them, and to nobody else."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal import mail_admin
from appeal.joining.requests import STANDING, JoinMail, JoinRequest, JoinState
from appeal.mail_admin import MailAdmin
from appeal.steps import Step, StepAdmin
from appeal.vocabulary import Vocabulary
from ledger.read_only import ReadOnly

ANSWER = "appeal.answer_joinrequest"


class Talk(Step):
    title = _("I write to them")
    meaning = _("It leaves the list of those who wait. Write to the address from your own mail, in their language.")
    permission = ANSWER

    @classmethod
    def open_to(cls, subject: JoinRequest) -> bool:
        return subject.state in {JoinState.NEW, JoinState.DECLINED}

    def take(self, by: User) -> None:
        self.subject.talk(by=by)


class Welcome(Step):
    title = _("Welcome them")
    meaning = _("They are a member, or a volunteer, from now on, and are told by mail.")
    permission = ANSWER

    @classmethod
    def open_to(cls, subject: JoinRequest) -> bool:
        return subject.state in {JoinState.NEW, JoinState.TALKING}

    def take(self, by: User) -> None:
        self.subject.welcome(by=by)


class Decline(Step):
    title = _("Decline it, or end it")
    meaning = _("They are told by mail, and read the reason on their page. After 90 days all of it is erased.")
    permission = ANSWER

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("They read it."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @classmethod
    def open_to(cls, subject: JoinRequest) -> bool:
        return subject.state in STANDING

    def take(self, by: User) -> None:
        self.subject.decline(self.cleaned_data["reason"], by=by)


class Erase(Step):
    title = _("Erase it")
    meaning = _("When they ask for it. Name, address and words are gone at once, and cannot be brought back.")
    permission = ANSWER

    @classmethod
    def open_to(cls, subject: JoinRequest) -> bool:
        return not subject.is_erased

    def take(self, by: User) -> None:
        self.subject.erase(timezone.localdate())


class Waiting(Vocabulary):
    title = _("waiting for us")
    parameter_name = "waiting"
    words = {"to_answer": _("to be answered"), "talking": _("we are in touch"), "joined": _("joined")}


@admin.register(JoinRequest)
class JoinRequestAdmin(ReadOnly, StepAdmin):
    steps = {"talk": Talk, "welcome": Welcome, "decline": Decline, "erase": Erase}
    facts: Any = (
        *("kind", "state", "name", "contact", "email", "language", "country", "words", "consent"),
        *("confirmed_on", "answered_by", "answered_at", "reason", "erased_on"),
    )
    known_to_all = ("kind", "state", "confirmed_on", "answered_by", "answered_at", "erased_on")
    list_display: Any = ("__str__", "kind", "state", "confirmed_on", "answered_by")
    list_filter = (Waiting, "kind")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JoinRequest]:
        """What nobody has confirmed is perhaps somebody else's address."""
        return JoinRequest.objects.exclude(state=JoinState.ASKED)

    def get_fields(self, request: HttpRequest, obj: JoinRequest | None = None) -> tuple[str, ...]:
        return self.facts if request.user.has_perm(ANSWER) else self.known_to_all

    get_readonly_fields = get_fields


class SendAgain(mail_admin.SendAgain):
    permission = ANSWER


@admin.register(JoinMail)
class JoinMailAdmin(MailAdmin):
    about = "request what"
    steps = {"again": SendAgain}
