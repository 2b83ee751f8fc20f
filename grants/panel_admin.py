"""The staff's pages round a panel: who is on it, how far it is, and the doors to the committee's own pages."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin, signed_in
from grants import committee, results
from grants.models import Attachment, Panel, Recusal, Review, Vote
from grants.panel_steps import PANEL_STEPS
from ledger.read_only import ReadOnly


class Door(ReadOnly, admin.ModelAdmin[Any]):
    """In the staff's list of pages, and nothing more: the pages are the committee's own, and no other page exists."""

    permission: str

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Review)
class ReviewAdmin(Door):
    permission = "grants.read_applications"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(committee.my_reading), name="grants_review_changelist"),
            path("<slug:reference>/", wrap(committee.review), name="grants_review_page"),
        ]


@admin.register(Attachment)
class AttachmentAdmin(Door):
    """The files of applications, for whoever may read those; no list of them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("<str:key>/", wrap(committee.file), name="grants_attachment_file")]


@admin.register(Vote)
class VoteAdmin(Door):
    permission = "grants.vote"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(committee.ballots), name="grants_vote_changelist"),
            path("<slug:reference>/", wrap(committee.ballot), name="grants_vote_page"),
        ]


@admin.register(Recusal)
class RecusalAdmin(Door):
    """A member's own page to stand aside; who leads a panel sees how many did."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(committee.stand_aside)
        return [path("<slug:reference>/", view, name="grants_recusal_page")]


@admin.register(Panel)
class PanelAdmin(ReadOnly, StepAdmin):
    """Calls, as those who lead their panels see them; the call itself is written elsewhere."""

    steps = PANEL_STEPS
    facts = ("title", "stage", "closes", "readers", "quorum", "progress", "members_in_words")
    fields = readonly_fields = (*facts, "result")
    list_display = ("title", "stage", "closes", "progress")
    list_filter = ("stage",)

    def has_view_permission(self, request: HttpRequest, obj: Panel | None = None) -> bool:
        return request.user.has_perm("grants.lead_panel") or request.user.has_perm("grants.view_panel")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("how far it is"))
    def progress(self, panel: Panel) -> str:
        """Sums, which name no application."""
        eligible = panel.applications.eligible()
        reviews = Review.objects.that_count().filter(application__in=eligible)
        return _now("%(screen)s to screen, %(eligible)s eligible; %(done)s of %(assigned)s reviews submitted") % {
            "screen": panel.applications.to_screen().count(),
            "eligible": eligible.count(),
            "done": reviews.submitted().count(),
            "assigned": reviews.count(),
        }

    @admin.display(description=_("members"))
    def members_in_words(self, panel: Panel) -> SafeString:
        lines = [(str(member), member.in_words()) for member in panel.members.select_related("person")]
        return format_html_join("", "<p><bdi>{}</bdi>: {}</p>", lines)

    @admin.display(description=_("result"))
    def result(self, panel: Panel) -> SafeString | str:
        if not panel.is_over:
            return "—"
        address = reverse("admin:grants_panel_result", args=[panel.pk])
        return format_html('<a href="{}">{}</a>', address, _now("What was decided"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.result_view)
        return [path("<int:pk>/result/", view, name="grants_panel_result"), *super().get_urls()]

    def result_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For who leads the panel and its members; of what somebody stands aside from they see nothing."""
        person = signed_in(request)
        panel = get_object_or_404(Panel, pk=pk)
        if not (self.has_view_permission(request) or panel.members.filter(person=person).exists()):
            raise PermissionDenied
        if not panel.is_over:
            raise Http404
        all_of_them = results.of_call(panel)
        open_to = set(panel.applications.open_to(person))
        shown = [result for result in all_of_them if result.application in open_to]
        context = {"call": panel, "results": shown, "hidden": len(all_of_them) - len(shown)}
        return render(request, "grants/panel_result.html", context)
