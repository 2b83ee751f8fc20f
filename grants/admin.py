"""The staff's pages of money out: what is on record is read-only, what comes next is a step with its own page."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from grants.bookkeeping import NotEnoughFree
from grants.forms import GrantForm, InitiativeForm, PlanForm, PlanFormSet
from grants.models import Approval, Grant, Initiative, Refused, Tranche
from grants.steps import STEPS, Step, open_to
from ledger import chart


class StaffRequest(HttpRequest):
    """What `admin_view` lets through."""

    user: User


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Initiative)
class InitiativeAdmin(admin.ModelAdmin[Initiative]):
    form = InitiativeForm
    list_display = ("name", "public_alias", "country", "region")
    search_fields = ("name", "public_alias")


class PlannedInline(admin.TabularInline[Tranche, Grant]):
    model = Tranche
    form = PlanForm
    formset = PlanFormSet
    fields = ("amount", "payee", "account")
    show_change_link = True
    verbose_name_plural = _("planned tranches")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tranche]:
        return super().get_queryset(request).filter(pk__in=Tranche.objects.planned())

    def get_extra(self, request: HttpRequest, obj: Grant | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class PromisedInline(ReadOnlyInline):
    model = Tranche
    fields = ("number", "amount", "payee", "state")
    readonly_fields = ("amount",)
    show_change_link = True
    verbose_name_plural = _("tranches promised and paid")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tranche]:
        return super().get_queryset(request).exclude(pk__in=Tranche.objects.planned())


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin[Grant]):
    form = GrantForm
    fields = ("initiative", "campaign", "fund", "amount", "purpose", "awarded_on", "publication", "consent")
    list_display = ("reference", "initiative", "campaign", "amount", "awarded_on", "publication")
    list_filter = ("campaign", "publication")
    list_select_related = ("initiative", "campaign")

    def get_inlines(self, request: HttpRequest, obj: Grant | None) -> tuple[type[admin.TabularInline[Any, Any]], ...]:
        return (PlannedInline, PromisedInline) if obj else (PlannedInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return ("initiative", "campaign", "fund", "amount") if obj and obj.tranches.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.tranches.exists()


class ApprovalInline(ReadOnlyInline):
    model = Approval
    fields = readonly_fields = ("approved_by", "approved_at", "standing")


@admin.register(Tranche)
class TrancheAdmin(admin.ModelAdmin[Tranche]):
    """A tranche is planned on its grant's page; from then on it changes by steps only."""

    view_on_site = False
    change_form_template = "admin/grants/tranche/change_form.html"
    inlines = (ApprovalInline,)
    list_display = ("__str__", "initiative", "amount", "state", "next_steps")
    list_filter = ("state", "grant__campaign")
    list_select_related = ("grant__initiative", "fund")
    fields = readonly_fields = (
        *("grant", "number", "amount", "fund", "payee", "account", "state", "proposed_by", "proposed_at"),
        *("sent_by", "sent_on", "bank_reference", "confirmation_link", "confirmed_on"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tranche | None = None) -> bool:
        return False

    @admin.display(description=_("initiative"), ordering="grant__initiative__name")
    def initiative(self, tranche: Tranche) -> str:
        return tranche.grant.initiative.name

    @admin.display(description=_("next steps"))
    def next_steps(self, tranche: Tranche) -> SafeString:
        return format_html_join(" · ", '<a href="{}">{}</a>', links(tranche))

    @admin.display(description=_("link for the initiative to confirm"))
    def confirmation_link(self, tranche: Tranche) -> str:
        return f"{settings.PUBLIC_URL}{tranche.get_absolute_url()}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tranche = self.get_object(request, object_id)
        steps = links(tranche) if tranche and self.has_change_permission(request, tranche) else []
        extra = {"show_save": False, "show_save_and_continue": False, "steps": steps, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.step_view)
        return [path("<int:pk>/step/<slug:name>/", view, name="grants_tranche_step"), *super().get_urls()]

    def step_view(self, request: StaffRequest, pk: int, name: str) -> HttpResponse:
        tranche = get_object_or_404(self.get_queryset(request).select_related(*self.list_select_related), pk=pk)
        if not self.has_change_permission(request, tranche):
            raise PermissionDenied
        form = step_called(name)(request.POST or None, tranche=tranche)
        if form.is_valid() and self.taken(request, form):
            return redirect("admin:grants_tranche_change", tranche.pk)
        shown = {"form": form, "tranche": tranche, "title": form.title, "in_bank": tranche.fund.balance(chart.BANK)}
        context = {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        return TemplateResponse(request, "admin/grants/tranche/step.html", context)

    def taken(self, request: StaffRequest, form: Step) -> bool:
        """Take the step and say so, or put the refusal into the form."""
        try:
            form.take(by=request.user)
        except (Refused, NotEnoughFree) as refusal:
            form.add_error(None, str(refusal))
            return False
        self.log_change(request, form.tranche, str(form.title))
        form.tranche.refresh_from_db()
        words = {"tranche": form.tranche, "state": form.tranche.get_state_display()}
        messages.success(request, _("Tranche %(tranche)s is now: %(state)s.") % words)
        return True


def step_called(name: str) -> type[Step]:
    if name not in STEPS:
        raise Http404
    return STEPS[name]


def links(tranche: Tranche) -> list[tuple[str, str]]:
    """Address and title of each step that may come next."""
    return [
        (reverse("admin:grants_tranche_step", args=[tranche.pk, name]), str(step.title))
        for name, step in open_to(tranche).items()
    ]
