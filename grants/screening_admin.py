"""The staff's page of applications: what was sent, who may have sent it twice, and whether it may be considered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin, signed_in
from grants.conflicts import alike_in
from grants.models import Application, Review, Score
from grants.screening_steps import SCREENING_STEPS
from ledger.read_only import ReadOnly

SEALED = ("name", "contact", "email", "phone", "place", "registration", "host_name", "helper", "witness")
READERS = ("grants.screen_applications", "grants.lead_panel", "grants.add_translation", "grants.view_application")
SHOWN = (
    *("reference", "call", "state", "public_alias", "country", "region", "languages", "amount", "purpose"),
    *("why_unregistered", "mode", "language", "consent", "consented_on", "submitted_at", "withdrawn_at"),
    *("initiative", "rules", "said", "files", "duplicates", "screening", "screened_by", "screened_at"),
)


@admin.register(Application)
class ApplicationAdmin(ReadOnly, StepAdmin):
    """Only who may see contacts is shown who and where a group is, and that they looked is kept in its history."""

    steps = SCREENING_STEPS
    facts = ("reference", "call", "state", "country", "amount", "purpose", "rules", "duplicates", "screening")
    list_display = ("reference", "call", "submitted_at", "state", "country", "amount")
    list_filter = ("state", "call")
    search_fields = ("reference",)
    view_on_site = False  # the group's own page opens with its code

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """Of drafts nobody reads; of what somebody stands aside from they see nothing, also as a superuser."""
        reader = signed_in(request)
        sent = Application.objects.sent().open_to(reader).select_related("call", "screened_by", "initiative")
        return sent.annotate(reader=Value(reader.pk))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_display(request), duplicates_in({})]

    def get_fields(self, request: HttpRequest, obj: Application | None = None) -> tuple[str, ...]:
        leads, sees = request.user.has_perm("grants.lead_panel"), request.user.has_perm("grants.see_contact")
        return SHOWN + ("reviews", "aside") * leads + SEALED * sees

    def get_readonly_fields(self, request: HttpRequest, obj: Application | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return any(request.user.has_perm(permission) for permission in READERS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        application = self.get_object(request, object_id)
        if application and self.has_view_permission(request) and request.user.has_perm("grants.see_contact"):
            self.log_change(request, application, _now("Looked at who and where they are."))
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description=_("rules"))
    def rules(self, application: Application) -> SafeString:
        given = application.eligibility.select_related("rule").order_by("rule__number")
        lines = [(one.rule.question, _("yes") if one.yes else _("no")) for one in given]
        return format_html_join("", "<p><bdi>{}</bdi> <strong>{}</strong></p>", lines)

    @admin.display(description=_("answers"))
    def said(self, application: Application) -> SafeString:
        """As they were given; their own words where a helper wrote."""
        lines = [
            (answer.question.text, words)
            for answer in application.answers.select_related("question")
            for words in (answer.original, answer.text)
            if words
        ]
        return format_html_join("", '<p dir="auto"><strong>{}</strong></p><p dir="auto">{}</p>', lines)

    @admin.display(description=_("files"))
    def files(self, application: Application) -> SafeString:
        kept = application.attachments.all()
        links = ((reverse("admin:grants_attachment_file", args=[each.key]), each.name) for each in kept)
        return format_html_join("", '<p><a href="{}"><bdi>{}</bdi></a></p>', links)

    @admin.display(description=_("reviews"))
    def reviews(self, application: Any) -> SafeString:
        """For the reason that is to be written: blind, as for any reader, before their own is in or the vote opens."""
        others = Review.objects.of_others(application, application.reader)
        scores = Score.objects.filter(review__in=others).select_related("criterion").order_by("review", "criterion")
        lines = [(score.criterion, score.points, score.reason) for score in scores]
        return format_html_join("", '<p dir="auto"><strong>{}: {}</strong> {}</p>', lines)

    @admin.display(description=_("who stands aside, and why"))
    def aside(self, application: Application) -> SafeString:
        recusals = application.recusals.select_related("member__person")
        lines = [(str(each.member), each.because, each.reason) for each in recusals]
        return format_html_join("", "<p><bdi>{}</bdi>: {}. <bdi>{}</bdi></p>", lines)

    @admin.display(description=_("possible duplicates"))
    def duplicates(self, application: Application) -> str:
        return in_words(application, alike_in(application.call)[application.pk])


def duplicates_in(known: dict[int, dict[int, list[Application]]]) -> Any:
    """A column; each call is compared once for the whole list, and kept in `known`."""

    @admin.display(description=_("possible duplicates"))
    def duplicates(application: Application) -> str:
        if application.call_id not in known:
            known[application.call_id] = alike_in(application.call)
        return in_words(application, known[application.call_id][application.pk])

    return duplicates


def in_words(application: Any, others: list[Application]) -> str:
    """The references of those that its reader may know of."""
    open_to = Application.objects.open_to(application.reader).filter(pk__in=[other.pk for other in others])
    return ", ".join(open_to.order_by("reference").values_list("reference", flat=True))
