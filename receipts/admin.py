"""Proof for staff: what is issued or approved is read-only, and what may be done to it is a step with its own page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin, signed_in
from receipts import report_admin  # noqa: F401 (its pages are registered by being imported)
from receipts.forms import ApproveForm, ReplaceForm, VoidForm
from receipts.models import IssuerProfile, Receipt, State


@admin.register(IssuerProfile)
class IssuerProfileAdmin(StepAdmin):
    """Whoever saved it last has prepared it; another person approves it, and from then on it is fixed."""

    steps = {"approve": ApproveForm}
    list_display = (
        "legal_name",
        "jurisdiction",
        "valid_from",
        "valid_until",
        "prepared_by",
        "approved_by",
    )
    list_select_related = ("prepared_by", "approved_by")
    facts = (
        *("legal_name", "address", "jurisdiction", "registration", "signatory", "statement", "language"),
        *("time_zone", "prefix", "valid_from", "valid_until"),
    )
    fields = (*facts, "prepared_by", "prepared_at", "approved_by", "approved_at")
    readonly_fields = ("prepared_by", "prepared_at", "approved_by", "approved_at")

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
    list_display = (
        "number",
        "standing",
        "amount",
        "donor_name",
        "given_on",
        "issued_on",
        "mailed_at",
        "problem",
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
