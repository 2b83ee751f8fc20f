"""Proof for staff: what is issued or approved is read-only, and what may be done to it is a step with its own page."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin, signed_in
from ledger.read_only import ReadOnly
from receipts import (
    beginning,
    claiming,
    closing,
    gift_aid,
    ods,
    portal,
    report_admin,  # noqa: F401 (its pages are registered by being imported)
)
from receipts.forms import ApproveForm, AskAgainForm, BeginForm, CloseForm, ReplaceForm, TellForm, VoidForm
from receipts.models import Field, FiscalYear, HeldGift, IssuerProfile, IssuerText, Receipt, RequiredField, State
from receipts.schemes import REVIEWED, SCHEMES

LISTS = {"gift_aid": gift_aid.schedule, "form_10bd": portal.form_10bd}


class PartOfAProfile(admin.TabularInline[Any, IssuerProfile]):
    """Whoever may write the profile may write its parts, until it is approved."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        changes = "receipts.change_issuerprofile" if obj else "receipts.add_issuerprofile"
        return request.user.has_perm(changes) and not (obj and obj.approved_at)

    def has_change_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return request.user.has_perm("receipts.view_issuerprofile")


class TextInline(PartOfAProfile):
    model = IssuerText


class RequiredFieldInline(PartOfAProfile):
    model = RequiredField


@admin.register(IssuerProfile)
class IssuerProfileAdmin(StepAdmin):
    """Begun from a template. Whoever saved it last has prepared it; another approves it, and then it is fixed."""

    steps = {"approve": ApproveForm}
    inlines = [TextInline, RequiredFieldInline]
    add_form_template = "receipts/staff/profile_form.html"
    list_display = (
        "legal_name",
        "jurisdiction",
        "scheme",
        "valid_from",
        "valid_until",
        "prepared_by",
        "approved_by",
    )
    list_select_related = ("prepared_by", "approved_by")
    written = (
        *("scheme", "legal_name", "address", "jurisdiction", "registration", "signatory", "place_of_issue"),
        *("statement", "language", "time_zone", "year_begins", "currency", "yearly"),
        *("prefix", "number_pattern", "valid_from", "valid_until"),
    )
    facts = (*written, "other_texts", "rules")
    fields = (*written, "prepared_by", "prepared_at", "approved_by", "approved_at")
    readonly_fields = ("prepared_by", "prepared_at", "approved_by", "approved_at")

    def save_model(self, request: HttpRequest, obj: IssuerProfile, form: ModelForm[Any], change: bool) -> None:
        obj.prepared_by, obj.prepared_at = signed_in(request), timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            beginning.fill(form.instance)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        scheme = request.GET.get("scheme", "")
        return beginning.form_of(scheme) if scheme in SCHEMES else {}

    def get_inlines(self, request: HttpRequest, obj: IssuerProfile | None) -> list[Any]:
        return [*self.inlines] if obj else []

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A page to choose a template from, and then the form that it fills."""
        chosen = SCHEMES.get(request.GET.get("scheme", ""))
        extra = {"schemes": SCHEMES, "chosen": chosen, "reviewed": REVIEWED}
        return super().add_view(request, form_url, {**(extra_context or {}), **extra})

    @admin.display(description=_("other texts"))
    def other_texts(self, profile: IssuerProfile) -> str:
        return "\n\n".join(f"{text}:\n{text.words}" for text in profile.texts.all())

    @admin.display(description=_("required fields"))
    def rules(self, profile: IssuerProfile) -> str:
        return "\n".join(map(str, profile.required.all()))

    def has_change_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.approved_at)

    def has_delete_permission(self, request: HttpRequest, obj: IssuerProfile | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.approved_at


@admin.register(HeldGift)
class HeldGiftAdmin(ReadOnly, StepAdmin):
    """Gifts whose receipt waits for what its donor has to tell. What they told is sealed, and shown nowhere here."""

    steps = {"ask-again": AskAgainForm, "tell": TellForm}
    list_display = ("donation", "lacks", "donor", "amount", "created_at", "asked_at", "asked_times", "handled_at")
    list_filter = (("handled_at", admin.EmptyFieldListFilter),)
    list_select_related = ("donation", "particulars")
    facts = ("donation", "lacks", "donor", "amount", "created_at", "asked_at")
    fields = readonly_fields = (*facts, "asked_times", "issuer", "handled_at")

    @admin.display(description=_("missing"))
    def lacks(self, held: HeldGift) -> str:
        return ", ".join(str(Field(name).label) for name in held.missing)

    @admin.display(description=_("donor"))
    def donor(self, held: HeldGift) -> str:
        return held.donation.name or held.particulars.donor

    @admin.display(description=_("amount"))
    def amount(self, held: HeldGift) -> str:
        return held.donation.amount.format("en")

    @admin.display(description=_("asked at"))
    def asked_at(self, held: HeldGift) -> Any:
        return held.particulars.asked_at

    @admin.display(description=_("times asked"))
    def asked_times(self, held: HeldGift) -> int:
        return held.particulars.asked_times


def file_of_claim(year: FiscalYear, claim: claiming.Claim, wanted: str) -> HttpResponse:
    """One of its spreadsheets, by its number from 1."""
    files = dict(enumerate(claim.files, 1))
    number = int(wanted[:4]) if wanted.isascii() and wanted.isdigit() else 0
    if number not in files:
        raise Http404
    named = content_disposition_header(True, f"gift_aid-{year.first_day}-{number}.ods") or "attachment"
    headers = {"Content-Disposition": named, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(claiming.written(files[number]), content_type=ods.MEDIA_TYPE, headers=headers)


@admin.register(FiscalYear)
class FiscalYearAdmin(StepAdmin):
    """Entered by a person. What happens in it are steps, and each says how far it is."""

    steps = {"begin": BeginForm, "close": CloseForm}
    list_display = ("__str__", "issuer", "progress", "begun_at", "closed_at")
    list_select_related = ("issuer",)
    facts = (
        "issuer",
        "first_day",
        "last_day",
        "handed_in",
        "progress",
        "to_decide_on",
        "held",
        "begun_at",
        "closed_at",
    )
    fields = ("issuer", "first_day", "last_day")

    def get_fields(self, request: HttpRequest, obj: FiscalYear | None = None) -> Any:
        return (*self.facts, "begun_by", "closed_by") if obj else self.fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.list_view)
        claim = self.admin_site.admin_view(self.claim_view)
        return [
            path("<int:pk>/list/", view, name="receipts_fiscalyear_list"),
            path("<int:pk>/gift-aid/", claim, name="receipts_fiscalyear_gift_aid"),
            *super().get_urls(),
        ]

    def list_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """What the issuer hands in for this year, as CSV: names, addresses and numbers of its donors."""
        if not request.user.has_perm("receipts.close_fiscalyear"):
            raise PermissionDenied
        year, name = self.handing_in(pk)
        named = content_disposition_header(True, f"{name}-{year.first_day}.csv") or "attachment"
        headers = {"Content-Disposition": named, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        content = portal.written(LISTS[name](year))
        return StreamingHttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)

    def claim_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """What is claimed for this year, and its files: names and addresses of the issuer's donors."""
        if not request.user.has_perm("receipts.close_fiscalyear"):
            raise PermissionDenied
        year, name = self.handing_in(pk)
        if name != "gift_aid":
            raise Http404
        claim = claiming.claim_of(year)
        last_day = claiming.last_day_to_claim(year)
        too_old = timezone.localdate() > last_day
        wanted = request.GET.get("file")
        if wanted is not None:
            return file_of_claim(year, claim, "" if too_old else wanted)
        page = {
            **{"opts": self.opts, "title": _("Gift Aid of this year"), "year": year, "claim": claim},
            **{"last_day": last_day, "too_old": too_old},
        }
        answer = TemplateResponse(request, "receipts/staff/claim.html", self.admin_site.each_context(request) | page)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def handing_in(self, pk: int) -> tuple[FiscalYear, str]:
        """The year, and which list its issuer hands in."""
        year = get_object_or_404(FiscalYear.objects.select_related("issuer"), pk=pk)
        name = SCHEMES[year.issuer.scheme].portal
        if not name:
            raise Http404
        return year, name

    @admin.display(description=_("list to hand in"))
    def handed_in(self, year: FiscalYear) -> str:
        name = SCHEMES[year.issuer.scheme].portal
        if not name:
            return ""
        listed = format_html('<a href="{}">CSV</a>', reverse("admin:receipts_fiscalyear_list", args=[year.pk]))
        if name != "gift_aid":
            return listed
        page = reverse("admin:receipts_fiscalyear_gift_aid", args=[year.pk])
        return format_html('<a href="{}">{}</a> · {}', page, _("Spreadsheets for the tax office"), listed)

    @admin.display(description=_("statements written"))
    def progress(self, year: FiscalYear) -> str:
        written, of = year.donors.exclude(handled_at=None).count(), year.donors.count()
        return _("%(written)s of %(of)s") % {"written": written, "of": of} if of else ""

    @admin.display(description=_("open to void or replace"))
    def to_decide_on(self, year: FiscalYear) -> str:
        return closing.to_decide_on(year)

    @admin.display(description=_("held gifts"))
    def held(self, year: FiscalYear) -> str:
        return closing.held_gifts(year)

    def has_change_permission(self, request: HttpRequest, obj: FiscalYear | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FiscalYear | None = None) -> bool:
        return False


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly, StepAdmin):
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
    list_filter = ("issuer", "kind", ("problem", admin.EmptyFieldListFilter), ("voided_at", admin.EmptyFieldListFilter))
    list_select_related = ("replaced_by",)
    search_fields = ("number", "donor_name", "donor_email")
    facts = (
        *("number", "kind", "standing", "amount", "advantage", "donor_name", "donor_email", "purpose"),
        *("given_on", "issued_on"),
    )
    fields = readonly_fields = (
        *facts,
        *(
            "issuer",
            "text",
            "page",
            "mailed_at",
            "problem",
            "tries",
            "replaces",
            "voided_at",
            "voided_by",
            "void_reason",
        ),
    )

    @admin.display(description=_("state"))
    def standing(self, receipt: Receipt) -> str:
        return str(State(receipt.state).label)

    @admin.display(description=_("the donor's page"))
    def page(self, receipt: Receipt) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', receipt.own_url)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        return super().get_queryset(request).select_related("replaced_by", "issuer", "text")
