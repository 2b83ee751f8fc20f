"""Proof for staff: what is issued or approved is read-only, and what may be done to it is a step with its own page."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from receipts.forms import ApproveForm, ReplaceForm, Step, VoidForm
from receipts.models import IssuerProfile, Receipt, Refused, State


def signed_in(request: HttpRequest) -> User:
    return User.objects.get(username=request.user.get_username())


class StepAdmin(admin.ModelAdmin[Any]):
    """A list whose rows say what may be done next; `facts` are what a person reads before doing it."""

    steps: dict[str, type[Step]]
    step_permission: str
    facts: tuple[str, ...]

    def open_steps(self, subject: Any) -> dict[str, type[Step]]:
        return self.steps

    @admin.display(description=_("next steps"))
    def next_steps(self, subject: Any) -> SafeString:
        links = [(self.step_address(subject, name), step.title) for name, step in self.open_steps(subject).items()]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    def step_address(self, subject: Model, name: str) -> str:
        return reverse(f"admin:receipts_{self.opts.model_name}_step", args=[subject.pk, name])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.step_view)
        return [
            path("<int:pk>/step/<slug:name>/", view, name=f"receipts_{self.opts.model_name}_step"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if name not in self.steps:
            raise Http404
        if not request.user.has_perm(self.step_permission):
            raise PermissionDenied
        subject = get_object_or_404(self.get_queryset(request), pk=pk)
        form = self.steps[name](request.POST or None, subject=subject)
        if form.is_valid() and self.taken(request, form, subject):
            return redirect(f"admin:receipts_{self.opts.model_name}_changelist")
        shown = {"form": form, "subject": subject, "title": form.title, "facts": self.read(subject)}
        context = {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        return TemplateResponse(request, "admin/receipts/step.html", context)

    def taken(self, request: HttpRequest, form: Step, subject: Any) -> bool:
        """Take the step and say so, or put the refusal into the form."""
        try:
            form.take(by=signed_in(request))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return False
        self.log_change(request, subject, str(form.title))
        messages.success(request, _("Done: %(step)s, %(subject)s.") % {"step": form.title, "subject": subject})
        return True

    def read(self, subject: Any) -> list[tuple[Any, Any]]:
        return [(label_for_field(name, self.model, self), self.shown(subject, name)) for name in self.facts]

    def shown(self, subject: Any, name: str) -> Any:
        return lookup_field(name, subject, self)[2]


@admin.register(IssuerProfile)
class IssuerProfileAdmin(StepAdmin):
    """Whoever saved it last has prepared it; another person approves it, and from then on it is fixed."""

    steps = {"approve": ApproveForm}
    step_permission = "receipts.approve_issuerprofile"
    list_display = (
        "legal_name",
        "jurisdiction",
        "valid_from",
        "valid_until",
        "prepared_by",
        "approved_by",
        "next_steps",
    )
    list_select_related = ("prepared_by", "approved_by")
    facts = (
        *("legal_name", "address", "jurisdiction", "registration", "signatory", "statement", "language"),
        *("time_zone", "prefix", "valid_from", "valid_until"),
    )
    fields = (*facts, "prepared_by", "prepared_at", "approved_by", "approved_at")
    readonly_fields = ("prepared_by", "prepared_at", "approved_by", "approved_at")

    def open_steps(self, subject: IssuerProfile) -> dict[str, type[Step]]:
        return {} if subject.approved_at else self.steps

    def save_model(self, request: HttpRequest, obj: IssuerProfile, form: ModelForm[Any], change: bool) -> None:
        obj.prepared_by, obj.prepared_at = signed_in(request), timezone.now()
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.approved_at)

    def has_delete_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.approved_at


@admin.register(Receipt)
class ReceiptAdmin(StepAdmin):
    steps = {"void": VoidForm, "replace": ReplaceForm}
    step_permission = "receipts.void_receipt"
    list_display = (
        "number",
        "standing",
        "amount",
        "donor_name",
        "given_on",
        "issued_on",
        "mailed_at",
        "problem",
        "next_steps",
    )
    list_filter = ("issuer", ("problem", admin.EmptyFieldListFilter), ("voided_at", admin.EmptyFieldListFilter))
    list_select_related = ("replaced_by",)
    search_fields = ("number", "donor_name", "donor_email")
    show_full_result_count = False
    facts = ("number", "standing", "amount", "donor_name", "donor_email", "purpose", "given_on", "issued_on")
    fields = readonly_fields = (
        *facts,
        *("issuer", "page", "mailed_at", "problem", "tries", "replaces", "voided_at", "voided_by", "void_reason"),
    )

    def open_steps(self, subject: Receipt) -> dict[str, type[Step]]:
        return {} if subject.voided_at else self.steps

    @admin.display(description=_("state"))
    def standing(self, receipt: Receipt) -> str:
        return str(State(receipt.state).label)

    @admin.display(description=_("the donor's page"))
    def page(self, receipt: Receipt) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', receipt.own_url)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        return super().get_queryset(request).select_related("replaced_by", "issuer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Receipt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Receipt | None = None) -> bool:
        return False
