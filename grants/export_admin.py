"""The staff's page that makes a payment file, and the pages of our own accounts and of the files that were made."""

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.refusal import Refused
from appeal.steps import Step, StepAdmin, signed_in
from appeal.vocabulary import Vocabulary
from grants.account_numbers import Unfit, account_number, bic_code, currency_code, is_iban
from grants.aside import visible
from grants.exporting import Form, export, judge
from grants.models import FileLine, OurAccount, PaymentFile, Tranche

NOT_TWICE = _("The bank does not have the files that these were in before. I have made sure of it.")


def not_in_the_past(day: datetime.date) -> None:
    if day < timezone.localdate():
        raise ValidationError(_("This day is over."))


class FileForm(forms.Form):
    account = forms.ModelChoiceField(label=_("From"), queryset=OurAccount.objects.approved())
    form = forms.ChoiceField(label=_("Kind of file"), choices=Form)
    execute_on = forms.DateField(
        label=_("To be paid on"),
        initial=timezone.localdate,
        validators=[not_in_the_past],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    tranches = forms.ModelMultipleChoiceField(label=_("Payments"), queryset=Tranche.objects.approved())
    again = forms.BooleanField(label=NOT_TWICE, required=False)

    def written(self, request: HttpRequest) -> tuple[PaymentFile, bytes]:
        given = self.cleaned_data
        return export(
            given["account"],
            list(given["tranches"]),
            form=Form(given["form"]),
            execute_on=given["execute_on"],
            again=given["again"],
            by=signed_in(request),
            now=timezone.now(),
        )


def payment_file(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """A GET lists what is approved; a POST is answered with the file."""
    if not (request.user.has_perm("grants.see_payeeaccount") and request.user.has_perm("grants.change_tranche")):
        raise PermissionDenied
    ours = OurAccount.objects.approved().first()
    form = FileForm(request.POST if request.method == "POST" else None, initial={"account": ours})
    if form.is_valid():
        try:
            file, content = form.written(request)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return download(file, content, form.cleaned_data["form"])
    chosen_account = form.cleaned_data.get("account") or ours if form.is_bound else ours
    judged = judge(chosen_account, timezone.now(), by=signed_in(request)) if chosen_account else []
    chosen = set(request.POST.getlist("tranches"))
    shown = {"form": form, "ours": ours, "judged": judged, "chosen": chosen, "title": _("Payment file")}
    context = {**site.each_context(request), "opts": Tranche._meta, **shown}  # noqa: SLF001
    return TemplateResponse(request, "admin/grants/tranche/payment_file.html", context)


def download(file: PaymentFile, content: bytes, kind: str) -> HttpResponse:
    types = {"xml": "application/xml", "csv": "text/csv; charset=utf-8"}
    named = {"Content-Disposition": f'attachment; filename="payments-{file.reference}.{kind}"'}
    return HttpResponse(content, content_type=types[kind], headers={**named, "Cache-Control": "no-store"})


class OurAccountForm(forms.ModelForm[OurAccount]):
    country = forms.ChoiceField(label=_("Country of the bank"), choices=lambda: [("", "—"), *country_names().items()])

    class Meta:
        model = OurAccount
        fields = ("name", "country", "number", "bic", "currency")
        widgets = {"number": forms.TextInput(attrs={"size": 40})}

    def clean_number(self) -> str:
        return fit(lambda: account_number("", self.cleaned_data["number"], self.cleaned_data.get("country", "")))

    def clean_bic(self) -> str:
        bic, number = fit(lambda: bic_code("", self.cleaned_data["bic"])), self.cleaned_data.get("number")
        if number and not (bic or is_iban(number)):
            raise ValidationError(_("The account number is not an IBAN, so its bank’s BIC is needed."))
        return bic

    def clean_currency(self) -> str:
        return fit(lambda: currency_code("", self.cleaned_data["currency"].strip().upper()))


def fit(checked: Callable[[], str]) -> str:
    try:
        return checked()
    except Unfit as trouble:
        raise ValidationError(str(trouble)) from trouble


class OnRecord(admin.ModelAdmin[Any]):
    """Looked at, and neither edited nor deleted."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ApproveAccountStep(Step):
    title = _("Approve")
    meaning = _("You have compared it with a paper of our bank yourself. From now on our payments may leave it.")
    permission = "grants.approve_ouraccount"

    @classmethod
    def open_to(cls, subject: OurAccount) -> bool:
        return subject.approved_at is None

    def take(self, by: User) -> None:
        self.subject.approve(by=by)


class AccountStanding(Vocabulary):
    title = _("state")
    parameter_name = "standing"
    words = {"waiting": _("needs a person"), "approved": _("approved")}


@admin.register(OurAccount)
class OurAccountAdmin(OnRecord, StepAdmin):
    """One person adds it, another approves it."""

    form = OurAccountForm
    steps = {"approve": ApproveAccountStep}
    list_display = ("__str__", "recorded_by", "recorded_at", "approved_by")
    list_filter = (AccountStanding,)
    list_select_related = ("recorded_by", "approved_by")
    facts = ("name", "number", "bic", "country", "currency", "recorded_by", "recorded_at")

    def get_fields(self, request: HttpRequest, obj: OurAccount | None = None) -> Any:
        return OurAccountForm.Meta.fields if obj is None else (*self.facts, "approved_by", "approved_at")

    def get_readonly_fields(self, request: HttpRequest, obj: OurAccount | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: OurAccount, form: Any, change: bool) -> None:
        obj.recorded_by = signed_in(request)
        super().save_model(request, obj, form, change)


class FileLineInline(admin.TabularInline[Any, Any]):
    model = FileLine
    fields = readonly_fields = ("tranche",)
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FileLine]:
        return visible(super().get_queryset(request), "tranche__grant__application", request)


@admin.register(PaymentFile)
class PaymentFileAdmin(OnRecord):
    list_display = ("reference", "account", "made_by", "made_at")
    list_select_related = ("account", "made_by")
    inlines = (FileLineInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
