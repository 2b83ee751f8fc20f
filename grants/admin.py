"""The staff's pages of money out: what is on record is read-only, what comes next is a step with its own page."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin, signed_in, took
from grants import (
    after_admin,
    by_country,
    call_admin,
    export_admin,
    mail_admin,
    panel_admin,
    reporting,
    screening_admin,
    tie_admin,
)
from grants.aside import AsideAdmin
from grants.bookkeeping import NotEnoughFree
from grants.forms import AccountForm, GrantForm, HostForm, InitiativeForm, PlanForm, PlanFormSet
from grants.models import (
    Approval,
    Evidence,
    FiscalHost,
    Grant,
    Initiative,
    Look,
    Notice,
    Onward,
    PayeeAccount,
    Publication,
    Refused,
    Tranche,
)
from grants.steps import STEPS, Step, open_to
from ledger import chart
from ledger.read_only import ReadOnly

__all__ = [
    "call_admin",
    "export_admin",
    "mail_admin",
    "panel_admin",
    "screening_admin",
    "tie_admin",
]  # their pages register themselves


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


SEALED = ("place", "contact", "email", "phone")


def looked(request: HttpRequest, initiative: Initiative, account: PayeeAccount | None = None) -> None:
    """This person is shown what is sealed: that stays on record."""
    Look.objects.create(seen_by=signed_in(request), initiative=initiative, account=account)


@admin.register(Initiative)
class InitiativeAdmin(admin.ModelAdmin[Initiative]):
    """Only who may see contacts is shown how an initiative is reached and where it is, and that they looked is kept."""

    form = InitiativeForm
    list_display = ("name", "public_alias", "country", "region")
    search_fields = ("name", "public_alias")

    def get_fields(self, request: HttpRequest, obj: Initiative | None = None) -> tuple[str, ...]:
        fields = InitiativeForm.Meta.fields
        if obj is None or request.user.has_perm("grants.see_contact"):
            return fields
        return tuple(name for name in fields if name not in SEALED)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        initiative = self.get_object(request, object_id)
        if initiative and self.has_view_permission(request, initiative) and request.user.has_perm("grants.see_contact"):
            looked(request, initiative)
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: Initiative, form: forms.ModelForm[Initiative], change: bool
    ) -> None:
        if change and {"email", "phone"}.intersection(form.changed_data):
            Notice.objects.tell_of_contact(obj, form.initial["email"])
        super().save_model(request, obj, form, change)


@admin.register(FiscalHost)
class FiscalHostAdmin(admin.ModelAdmin[FiscalHost]):
    form = HostForm
    list_display = ("name", "country", "fee")


@admin.register(PayeeAccount)
class PayeeAccountAdmin(admin.ModelAdmin[PayeeAccount]):
    """Recorded once, and shown only to who may see it; each look is kept."""

    form = AccountForm
    list_display = ("__str__", "initiative", "recorded_by", "recorded_at", "payable_from")
    list_filter = ("route",)
    list_select_related = ("initiative", "recorded_by")

    def get_fields(self, request: HttpRequest, obj: PayeeAccount | None = None) -> tuple[str, ...]:
        facts = ("recorded_by", "recorded_at", "payable_from") if obj else ()
        return (*AccountForm.Meta.fields, *(("details",) if obj and obj.details else ()), *facts)

    def has_change_permission(self, request: HttpRequest, obj: PayeeAccount | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PayeeAccount | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not request.user.has_perm("grants.see_payeeaccount"):
            raise PermissionDenied
        if account := self.get_object(request, object_id):
            looked(request, account.initiative, account)
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: PayeeAccount, form: forms.ModelForm[PayeeAccount], change: bool
    ) -> None:
        given = {name: form.cleaned_data[name] for name in AccountForm.Meta.fields}
        recorded = PayeeAccount.objects.record(**given, by=signed_in(request))
        obj.pk = recorded.pk


@admin.register(Look)
class LookAdmin(ReadOnly, admin.ModelAdmin[Look]):
    list_display = ("seen_at", "seen_by", "initiative", "account")
    list_select_related = ("seen_by", "initiative", "account")


class PlannedInline(admin.TabularInline[Tranche, Grant]):
    model = Tranche
    form = PlanForm
    formset = PlanFormSet
    fields = ("amount",)
    show_change_link = True
    verbose_name_plural = _("planned tranches")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tranche]:
        return super().get_queryset(request).filter(pk__in=Tranche.objects.planned())

    def get_extra(self, request: HttpRequest, obj: Grant | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class PromisedInline(ReadOnlyInline):
    model = Tranche
    fields = ("number", "amount", "state")
    readonly_fields = ("amount",)
    show_change_link = True
    verbose_name_plural = _("tranches promised and paid")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tranche]:
        return super().get_queryset(request).exclude(pk__in=Tranche.objects.planned())


class YearForm(forms.Form):
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=9998)


@admin.register(Grant)
class GrantAdmin(AsideAdmin, StepAdmin):
    to_application = "application"
    change_list_template = "admin/grants/grant/change_list.html"
    form = GrantForm
    steps = after_admin.STEPS
    facts = ("initiative", "campaign", "amount", "state")
    fields = (
        "initiative",
        "campaign",
        "fund",
        "amount",
        "purpose",
        "awarded_on",
        "publication",
        "consent",
        "report_days",
    )
    list_display = ("reference", "initiative", "campaign", "amount", "state", "awarded_on", "publication")
    list_filter = ("state", "campaign", "publication")
    list_select_related = ("initiative", "campaign")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.by_country)
        return [path("by-country/", view, name="grants_grant_by_country"), *super().get_urls()]

    def by_country(self, request: HttpRequest) -> HttpResponse:
        """For those who read the books."""
        if not request.user.has_perm("ledger.view_entry"):
            raise PermissionDenied
        form = YearForm(request.GET or None, initial={"year": timezone.localdate().year})
        if form.is_valid():
            year = form.cleaned_data["year"]
            named = {"Content-Disposition": f'attachment; filename="not-public-grants-by-country-{year}.csv"'}
            content = by_country.as_csv(year)
            return HttpResponse(
                content, content_type="text/csv; charset=utf-8", headers={**named, "Cache-Control": "no-store"}
            )
        page = {
            "opts": self.opts,
            "title": _("Grants by country"),
            "explanation": _(
                "What was paid and came back in a year, by fund and country. It is exact, and for the accountant alone:"
                " a country with one group in it says where that group is."
            ),
            "form": form,
        }
        return TemplateResponse(request, "admin/file.html", self.admin_site.each_context(request) | page)

    def get_inlines(self, request: HttpRequest, obj: Grant | None) -> tuple[type[admin.TabularInline[Any, Any]], ...]:
        return (PlannedInline, PromisedInline) if obj else (PlannedInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return ("initiative", "campaign", "fund", "amount") if obj and obj.tranches.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.tranches.exists()

    def save_model(self, request: HttpRequest, obj: Grant, form: forms.ModelForm[Grant], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.publication == Publication.EMBARGO:
            reporting.hide_stories_of(obj)


class ApprovalInline(ReadOnlyInline):
    model = Approval
    fields = readonly_fields = ("approved_by", "approved_at", "standing")


class EvidenceInline(ReadOnlyInline):
    """Who took the money is shown on no page: it is there to be proved, by who may see accounts."""

    model = Evidence
    fields = readonly_fields = (
        *("route", "fee", "host_fee", "provider", "licence", "why_no_licence", "rate"),
        *("acknowledgement", "why_no_bank"),
    )


class OnwardInline(ReadOnlyInline):
    model = Onward
    fields = readonly_fields = ("paid_on", "amount", "reference", "recorded_by", "recorded_at")


@admin.register(Tranche)
class TrancheAdmin(AsideAdmin):
    """A tranche is planned on its grant's page; from then on it changes by steps only."""

    view_on_site = False
    change_form_template = "admin/grants/tranche/change_form.html"
    change_list_template = "admin/grants/tranche/change_list.html"
    inlines = (ApprovalInline, EvidenceInline, OnwardInline)
    list_display = ("__str__", "initiative", "amount", "state", "next_steps")
    list_filter = ("state", "grant__campaign")
    list_select_related = ("grant__initiative", "fund")
    fields = readonly_fields = (
        *("grant", "number", "amount", "fund", "account", "state", "proposed_by", "proposed_at"),
        *("sent_by", "sent_on", "bank_reference", "confirmation_link", "confirmed_on", "replaces"),
    )

    def get_fields(self, request: HttpRequest, obj: Tranche | None = None) -> tuple[str, ...]:
        """The link is the initiative's own: a treasurer may pass it on, and nobody else reads it."""
        known = request.user.has_perm("grants.see_payeeaccount")
        return tuple(name for name in self.fields if known or name != "confirmation_link")

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
        own = [
            path("<int:pk>/step/<slug:name>/", view, name="grants_tranche_step"),
            path("payment-file/", self.admin_site.admin_view(self.payment_file), name="grants_tranche_payment_file"),
        ]
        return [*own, *super().get_urls()]

    def payment_file(self, request: HttpRequest) -> HttpResponse:
        return export_admin.payment_file(request, self.admin_site)

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        tranche = get_object_or_404(self.get_queryset(request).select_related(*self.list_select_related), pk=pk)
        if not (self.has_change_permission(request, tranche) and request.user.has_perm("grants.see_payeeaccount")):
            raise PermissionDenied
        if tranche.account:
            looked(request, tranche.grant.initiative, tranche.account)
        form = step_called(name)(request.POST or None, tranche=tranche)
        if form.is_valid() and self.taken(request, form):
            return redirect("admin:grants_tranche_change", tranche.pk)
        shown = {"form": form, "tranche": tranche, "title": form.title, "in_bank": tranche.fund.balance(chart.BANK)}
        context = {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        return TemplateResponse(request, "admin/grants/tranche/step.html", context)

    def taken(self, request: HttpRequest, form: Step) -> bool:
        """Take the step and say so, or put the refusal into the form."""
        if not took(form, by=signed_in(request), refusals=(Refused, NotEnoughFree)):
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
