"""The staff's pages of mails: what was told, and what cannot be delivered and takes a person."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from appeal.outgoing import Outgoing
from appeal.steps import Step, StepAdmin
from appeal.vocabulary import Vocabulary
from ledger.read_only import ReadOnly

FATE = ("created_at", "mailed_at", "tries", "problem")


class Undelivered(Vocabulary):
    title = _("delivery")
    parameter_name = "delivery"
    words = {"given_up": _("given up"), "to_mail": _("waiting")}


class SendAgain(Step):
    """Each room says which permission it takes."""

    title = _("Send again")
    meaning = _("It is tried again within a minute. Correct the address first, if that was wrong.")

    @classmethod
    def open_to(cls, subject: Outgoing) -> bool:
        return subject.mailed_at is None and subject.tries > 0

    def take(self, by: User) -> None:
        self.subject.begin_again()


class MailAdmin(ReadOnly, StepAdmin):
    """What it says is made when it is sent; here is only about whom, when, and whether it went."""

    about: str
    list_filter = (Undelivered,)
    list_display: Any = ("__str__", *FATE)

    @property
    def facts(self) -> tuple[str, ...]:  # type: ignore[override]
        return (*self.about.split(), *FATE)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.facts

    get_readonly_fields = get_fields
