"""The books in the staff pages: to look at. Only a fund's name can be edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from ledger import journal_file
from ledger.journal_file import Format, Span
from ledger.models import Balance, Change, Entry, Fund, Posting
from ledger.read_only import ReadOnly


class JournalForm(forms.Form):
    """From which day to which, and how."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    form = forms.ChoiceField(label=_("Format"), choices=Format)

    def clean(self) -> None:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day comes before the first."))

    @property
    def span(self) -> Span:
        return Span(self.cleaned_data["first"], self.cleaned_data["last"])

    @property
    def file_name(self) -> str:
        return f"journal-{self.span.first}-{self.span.last}.{self.cleaned_data['form']}"


class PostingInline(ReadOnly, admin.TabularInline[Posting, Entry]):
    model = Posting
    fields = ["line", "account", "fund", "money"]
    readonly_fields = ["money"]
    ordering = ["line"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("fund")


@admin.register(Entry)
class EntryAdmin(ReadOnly, admin.ModelAdmin[Entry]):
    list_display = ["id", "occurred_on", "kind", "source", "discretionary", "posted_at"]
    list_filter = ["kind", "discretionary"]
    search_fields = ["source"]
    ordering = ["-id"]
    inlines = [PostingInline]
    change_list_template = "admin/ledger/entry/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.journal)
        return [path("journal/", view, name="ledger_entry_journal"), *super().get_urls()]

    def journal(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = JournalForm(request.GET if request.GET.get("do") else None)
        if form.is_valid():
            named = content_disposition_header(True, form.file_name) or "attachment"
            headers = {"Content-Disposition": named, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            content = journal_file.written(form.cleaned_data["form"], form.span)
            return StreamingHttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)
        page = {
            "opts": self.opts,
            "title": _("Journal as a file"),
            "explanation": _(
                "Every entry of these days, line by line. It names no donor and no initiative; its sources are numbers"
                " of ours and of our payment company's."
            ),
            "form": form,
        }
        return TemplateResponse(request, "admin/file.html", self.admin_site.each_context(request) | page)


@admin.register(Balance)
class BalanceAdmin(ReadOnly, admin.ModelAdmin[Balance]):
    list_display = ["fund", "account", "money"]
    list_filter = ["account", "currency"]
    list_select_related = ["fund"]
    ordering = ["fund__code", "account"]


@admin.register(Fund)
class FundAdmin(admin.ModelAdmin[Fund]):
    list_display = ["code", "name", "channel", "restricted", "currency"]
    fields = ["code", "name", "channel", "restricted", "currency", "excluded_countries", "free"]
    readonly_fields = ["code", "channel", "restricted", "currency", "excluded_countries", "free"]
    search_fields = ["code", "name"]
    ordering = ["code"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Change)
class ChangeAdmin(ReadOnly, admin.ModelAdmin[Change]):
    """Who changed what: to look at, and to look for."""

    list_display = ["made_at", "person", "deed", "place", "row"]
    list_filter = ["place", "deed"]
    search_fields = ["=row", "=request"]
    readonly_fields = ["made_at", "person", "request", "deed", "place", "row", "before", "after"]
    fields = (*readonly_fields,)
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        names = get_user_model().objects.filter(pk=OuterRef("made_by")).values("username")
        return super().get_queryset(request).annotate(username=Subquery(names))

    @admin.display(description=_("who"))
    def person(self, change: Any) -> str:
        """The name they have now; where nobody was signed in, none."""
        return change.username or (f"#{change.made_by}" if change.made_by else str(_("a program")))
