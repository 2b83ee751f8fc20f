"""The staff's pages of transparency reports: prepare one, look at its files, check it, publish it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign
from appeal.refusal import Refused
from appeal.steps import Step, StepAdmin, signed_in
from ledger.models import Fund
from receipts.models import ReportFile, ReportVersion
from receipts.models.published import PERIOD
from receipts.reports import publishing
from receipts.reports.freezing import thaw
from receipts.reports.pages import as_stored


class PrepareForm(forms.Form):
    campaign = forms.ModelChoiceField(
        Campaign.objects.public(), label=_("Appeal"), required=False, empty_label=_("All funds of a currency")
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False, help_text=_("Only for all funds."))
    period = forms.RegexField(
        PERIOD, label=_("Period"), help_text=_("A year, a quarter or a month: 2026, 2026-q3 or 2026-05.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)
    text = forms.CharField(
        label=_("In plain words"),
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_(
            "For the first page: what happened in this time, what it did and what went wrong. Name no group, person or"
            " place that has not agreed. An empty line starts a new paragraph."
        ),
    )
    changed = forms.CharField(
        label=_("What this version changes"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("If the report was published before. Everyone reads it."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        codes = Fund.objects.order_by("currency").values_list("currency", flat=True).distinct()
        self.fields["currency"].choices = [("", "–"), *((code, code) for code in codes)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("campaign") and not given.get("currency"):
            self.add_error("currency", _("Choose an appeal, or the currency of all funds."))
        return given

    def take(self, by: User) -> ReportVersion:
        return publishing.prepare(**self.cleaned_data, by=by)


class CheckStep(Step):
    title = _("Check")
    meaning = _("You have read its PDF and compared its figures, and it may be published. You did not prepare it.")
    permission = "receipts.check_reportversion"

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, subject: ReportVersion) -> None:
        super().__init__(data, subject=subject, initial={"seen": subject.sha256})

    @classmethod
    def open_to(cls, subject: ReportVersion) -> bool:
        return subject.is_waiting and subject.checked_at is None and subject.withdrawn_at is None

    def take(self, by: User) -> None:
        self.subject.check_it(by=by, seen=self.cleaned_data["seen"])


class PublishStep(Step):
    title = _("Publish")
    meaning = _("Everyone can read it from now on, and it is never changed. A correction is a later version.")
    permission = "receipts.publish_reportversion"

    @classmethod
    def open_to(cls, subject: ReportVersion) -> bool:
        return subject.is_waiting and subject.checked_at is not None and subject.withdrawn_at is None

    def take(self, by: User) -> None:
        self.subject.publish(by=by)


@admin.register(ReportVersion)
class ReportVersionAdmin(StepAdmin):
    """Prepared here, and never edited: another preparation takes the place of one that waits."""

    steps = {"check": CheckStep, "publish": PublishStep}
    list_display = ("__str__", "title", "prepared_by", "checked_by", "published_at", "withdrawn_at")
    list_filter = ("period", ("published_at", admin.EmptyFieldListFilter), ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("campaign", "prepared_by", "checked_by")
    facts = ("title", "period", "version", "text", "changed", "given_out", "sha256", "problem")
    fields = readonly_fields = (
        *facts,
        *("prepared_by", "prepared_at", "checked_by", "checked_at", "published_by", "published_at", "withdrawn_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportVersion]:
        return super().get_queryset(request).select_related("campaign")

    @admin.display(description=_("about"))
    def title(self, version: ReportVersion) -> str:
        return version.campaign.title if version.campaign else version.about

    @admin.display(description=_("in plain words"))
    def text(self, version: ReportVersion) -> str:
        return thaw(bytes(version.facts)).text

    @admin.display(description=_("files"))
    def given_out(self, version: ReportVersion) -> SafeString | str:
        """Also those that the public cannot have, or not any more."""
        address = "admin:receipts_reportversion_file"
        names = version.files.values_list("name", flat=True)
        links = format_html_join(
            " · ", '<a href="{}">{}</a>', ((reverse(address, args=[version.pk, name]), name) for name in names)
        )
        return links or str(_("are being made; look again in a minute"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PrepareForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and (made := self.prepared(request, form)):
            return redirect("admin:receipts_reportversion_change", made.pk)
        shown = {"form": form, "opts": self.opts, "title": _("Prepare a report")}
        return TemplateResponse(
            request, "admin/receipts/prepare.html", {**self.admin_site.each_context(request), **shown}
        )

    def prepared(self, request: HttpRequest, form: PrepareForm) -> ReportVersion | None:
        try:
            made = form.take(by=signed_in(request))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return None
        self.log_addition(request, made, str(_("Prepared")))
        return made

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/<str:name>", view, name="receipts_reportversion_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        response = as_stored(get_object_or_404(ReportFile, report=pk, name=name))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def has_change_permission(self, request: HttpRequest, obj: ReportVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ReportVersion | None = None) -> bool:
        return False
