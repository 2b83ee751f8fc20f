"""Staff write and publish the pledge's text here, read what is signed, and show or refuse it.

What lies sealed is shown to those who read signatures before they count, and to nobody else.
"""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from appeal import mail_admin
from appeal.cells import inert
from appeal.mail_admin import MailAdmin
from appeal.pledge.signatures import Kind, PledgeMail, Shown, Signature, SignatureState
from appeal.pledge.suggestion import TEXT
from appeal.pledge.texts import PledgeText
from appeal.steps import Step, StepAdmin, signed_in
from appeal.vocabulary import Vocabulary
from ledger.read_only import ReadOnly

MODERATE = "appeal.moderate_signature"
WRITTEN = (
    *("version", "language", "title", "opening", "points", "closing", "support_question", "together_question"),
)  # fmt: skip


class Publish(Step):
    title = _("Publish")
    meaning = _(
        "From now on everyone reads and signs it, and it cannot be changed any more. You are the second person: read"
        " each word, and beside it the text that it translates."
    )
    permission = "appeal.publish_pledgetext"

    @classmethod
    def open_to(cls, subject: PledgeText) -> bool:
        return not subject.is_published

    def take(self, by: User) -> None:
        self.subject.publish(by=by)


@admin.register(PledgeText)
class PledgeTextAdmin(StepAdmin):
    steps = {"publish": Publish}
    facts = WRITTEN
    fields = (*WRITTEN, "prepared_by", "published_by", "published_at")
    readonly_fields = ("prepared_by", "published_by", "published_at")
    list_display = ("__str__", "title", "prepared_by", "published_by", "published_at")

    def view_on_site(self, obj: PledgeText) -> str | None:
        return obj.get_absolute_url() if obj.is_published else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The first text begins as a suggestion."""
        return {} if PledgeText.objects.exists() else dict(TEXT)

    def has_change_permission(self, request: HttpRequest, obj: PledgeText | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_published)

    def has_delete_permission(self, request: HttpRequest, obj: PledgeText | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PledgeText, form: ModelForm[PledgeText], change: bool) -> None:
        """Who wrote last has written it: another one publishes it."""
        obj.prepared_by = signed_in(request)
        obj.save()


class Accept(Step):
    title = _("Let it count")
    meaning = _(
        "It counts, and is shown as far as its signer wishes, who is told by mail and gets a certificate. See that"
        " whoever signs for others may do so, and that nothing that they wrote endangers or insults anybody."
    )
    permission = MODERATE

    @classmethod
    def open_to(cls, subject: Signature) -> bool:
        return subject.state in {SignatureState.CONFIRMED, SignatureState.REFUSED}

    def take(self, by: User) -> None:
        self.subject.accept(by=by)


class Refuse(Step):
    title = _("Refuse it, or take it down")
    meaning = _("It does not count, and nothing of it is public from now on. Its signer is told by mail.")
    permission = MODERATE

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Its signer reads it."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @classmethod
    def open_to(cls, subject: Signature) -> bool:
        return subject.state in {SignatureState.CONFIRMED, SignatureState.ACCEPTED}

    def take(self, by: User) -> None:
        self.subject.refuse(self.cleaned_data["reason"], by=by)


class ShowDid(Step):
    title = _("Show what they did")
    meaning = _("What its signer says that they did since is shown beside their name, for as long as they wish.")
    permission = MODERATE

    @classmethod
    def open_to(cls, subject: Signature) -> bool:
        shows = subject.counts and subject.shown == Shown.WORDS
        return shows and bool(subject.did) and subject.did_shown_at is None

    def take(self, by: User) -> None:
        self.subject.show_did(by=by)


class Waiting(Vocabulary):
    title = _("waiting for us")
    parameter_name = "waiting"
    words = {"to_read": _("to be read"), "told": _("what they did is to be read"), "accepted": _("counts")}


@admin.register(Signature)
class SignatureAdmin(ReadOnly, StepAdmin):
    steps = {"accept": Accept, "refuse": Refuse, "show-did": ShowDid}
    facts: Any = (
        *("text", "kind", "state", "shown", "name", "contact", "email", "country", "support", "together"),
        *("did", "signed_on", "told_on", "decided_by", "decided_at", "reason"),
    )
    known_to_all = ("text", "kind", "state", "shown", "public_name", "signed_on", "withdrawn_on", "decided_at")
    list_display: Any = ("__str__", "kind", "state", "shown", "public_name", "signed_on")
    list_filter = (Waiting, "kind")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signature]:
        """What nobody has confirmed is nobody's signature yet."""
        return Signature.objects.exclude(state=SignatureState.ASKED).select_related("text")

    def get_fields(self, request: HttpRequest, obj: Signature | None = None) -> tuple[str, ...]:
        return self.facts if request.user.has_perm(MODERATE) else self.known_to_all

    get_readonly_fields = get_fields

    @admin.display(description=_("name, if it is shown"))
    def public_name(self, signature: Signature) -> str:
        return signature.name if signature.is_listed else ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.table_view)
        return [path("table/", view, name="appeal_signature_table"), *super().get_urls()]

    def table_view(self, request: HttpRequest) -> HttpResponseBase:
        """All that counts, as CSV. A file leaves the house, so it names those alone who are shown to everyone."""
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied
        headers = {"Content-Disposition": 'attachment; filename="signatures.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(table(), content_type="text/csv; charset=utf-8", headers=headers)


COLUMNS = ("reference", "kind", "version", "language", "signed_on", "name", "country", "support", "together", "did")


def table() -> Iterator[bytes]:
    yield "\ufeff".encode()
    yield line(COLUMNS)
    for signature in Signature.objects.accepted().select_related("text").order_by("pk").iterator(chunk_size=500):
        text, listed, words = signature.text, signature.is_listed, signature.shown == Shown.WORDS
        yield line((
            *(signature.reference, Kind(signature.kind).value, str(text.version), text.language),
            *(str(signature.signed_on), signature.name if listed else "", signature.country if listed else ""),
            *((signature.support, signature.together) if words else ("", "")),
            signature.did if words and signature.did_shown_at else "",
        ))  # fmt: skip


def line(cells: tuple[str, ...]) -> bytes:
    row = StringIO()
    csv.writer(row).writerow([inert(cell) for cell in cells])
    return row.getvalue().encode()


class SendAgain(mail_admin.SendAgain):
    permission = MODERATE


@admin.register(PledgeMail)
class PledgeMailAdmin(MailAdmin):
    about = "signature what"
    steps = {"again": SendAgain}
