"""The staff's pages of what comes after a payment: reports, changes of plan, money that comes back, the end."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.refusal import Refused
from appeal.steps import Step, StepAdmin, signed_in
from appeal.vocabulary import Vocabulary
from grants import awarding, bookkeeping, closing, conflicts, reporting
from grants.aside import AsideAdmin
from grants.forms import positive_amount
from grants.models import Grant, GrantState, Photo, Report, ReportState, Returned, Variation
from grants.models.returned import Standing
from grants.serving import serve
from grants.steps import day_field
from ledger.money import Money
from ledger.read_only import ReadOnly

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

TWO_WEEKS = datetime.timedelta(days=14)


def coming_day(label: "_StrPromise", ahead: datetime.timedelta) -> forms.DateField:
    """From today on; a while ahead, unless a person says otherwise."""
    return forms.DateField(
        label=label,
        initial=lambda: timezone.localdate() + ahead,
        validators=[not_in_the_past],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def not_in_the_past(day: datetime.date) -> None:
    if day < timezone.localdate():
        raise forms.ValidationError(_("This day is over."))


class AcceptStep(Step):
    title = _("Accept the report")
    meaning = _("You have read it, and it answers what was asked.")
    permission = "grants.change_report"

    @classmethod
    def open_to(cls, subject: Report) -> bool:
        return subject.state == ReportState.RECEIVED

    def take(self, by: User) -> None:
        self.subject.accept(by=by)


class AskAgainStep(Step):
    title = _("Ask again")
    meaning = _("The initiative is told by mail, can change its report and sends it once more. What it wrote stays.")
    permission = "grants.change_report"

    what = forms.CharField(label=_("What we still ask"), widget=forms.Textarea(attrs={"rows": 3}))
    until = coming_day(_("Until when"), TWO_WEEKS)

    @classmethod
    def open_to(cls, subject: Report) -> bool:
        return subject.state == ReportState.RECEIVED

    def take(self, by: User) -> None:
        self.subject.ask_again(self.cleaned_data["what"], until=self.cleaned_data["until"])


class PostponeStep(Step):
    title = _("Postpone")
    meaning = _("The initiative needs more time. It is reminded again before the new day.")
    permission = "grants.change_report"

    until = coming_day(_("Due on"), TWO_WEEKS)

    @classmethod
    def open_to(cls, subject: Report) -> bool:
        return subject.is_due

    def take(self, by: User) -> None:
        self.subject.postpone(self.cleaned_data["until"])


class PublishStoryStep(Step):
    title = _("Publish the story")
    meaning = _("It appears on the appeal's page, without name or place. The initiative can take it down at any time.")
    permission = "grants.publish_report"

    heading = forms.CharField(label=_("Title"), max_length=120)
    language = forms.CharField(
        label=_("Language of this text"), max_length=12, validators=[known_language], help_text=_("Its code.")
    )
    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Shorten it, and take out what could tell who they are. Their own words stay with the report."),
    )

    def __init__(self, data: Any = None, *, subject: Report, initial: dict[str, Any] | None = None) -> None:
        super().__init__(
            data, subject=subject, initial={"text": subject.text, "language": subject.language} | (initial or {})
        )
        for number, photo in enumerate(subject.photos.to_show(), start=1):
            self.fields[photo.key] = forms.CharField(
                label=_("What photo %(number)s shows") % {"number": number},
                max_length=300,
                initial=photo.description,
                required=False,
                help_text=_("For those who cannot see it. Leave it empty, and the photo is not shown."),
            )

    def picture(self) -> str:
        return shown_photos(self.subject, self.subject.photos.to_show())

    @classmethod
    def open_to(cls, subject: Report) -> bool:
        return Report.objects.to_publish().filter(pk=subject.pk).exists()

    def take(self, by: User) -> None:
        told = self.cleaned_data
        photos = {photo.key: told[photo.key] for photo in self.subject.photos.to_show()}
        self.subject.publish(
            title=told["heading"],
            text=told["text"],
            language=told["language"],
            on=timezone.localdate(),
            photos=photos,
        )


def shown_photos(report: Report, photos: Iterable[Photo]) -> SafeString:
    """Small, and as they were sent when one follows them."""
    return format_html_join(
        " ",
        '<a href="{0}"><img src="{0}" alt="{1}" width="200" loading="lazy"></a>',
        ((reverse("admin:grants_report_photo", args=[report.pk, photo.key]), photo.description) for photo in photos),
    )


@admin.register(Report)
class ReportAdmin(ReadOnly, AsideAdmin, StepAdmin):
    """What a group wrote is theirs: it is read here, and answered by steps."""

    list_display = ("__str__", "initiative", "due_on", "state", "final")
    list_filter = ("state", "final")
    list_select_related = ("grant__initiative",)
    facts = ("grant", "initiative", "due_on", "text", "original", "pictures", "in_numbers", "money_spent")
    fields = readonly_fields = (*facts, "state", "submitted_at", "asked", "accepted_by", "consented_on")
    steps = {"accept": AcceptStep, "ask-again": AskAgainStep, "postpone": PostponeStep, "publish": PublishStoryStep}

    @admin.display(description=_("initiative"))
    def initiative(self, report: Report) -> str:
        return report.grant.initiative.name

    @admin.display(description=_("photos"))
    def pictures(self, report: Report) -> SafeString:
        return shown_photos(report, report.photos.all())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.photo_view)
        return [path("<int:pk>/photo/<str:key>/", view, name="grants_report_photo"), *super().get_urls()]

    def photo_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return serve(get_object_or_404(Photo, report__in=self.get_queryset(request), report=pk, key=key))

    @admin.display(description=_("in numbers"))
    def in_numbers(self, report: Report) -> SafeString:
        figures = ((each, _("(estimate)") if each.estimate else "") for each in report.figures.all())
        return format_html_join("; ", "{} {}", figures)

    @admin.display(description=_("spent"))
    def money_spent(self, report: Report) -> str:
        return "" if report.spent is None else report.spent.format()


class DecideStep(Step):
    meaning = _("It stays on record with your name. Whoever wrote it cannot decide on it.")
    permission = "grants.decide_variation"
    agreed: bool

    @classmethod
    def open_to(cls, subject: Variation) -> bool:
        return subject.agreed is None

    def take(self, by: User) -> None:
        self.subject.decide(agreed=self.agreed, by=by)


class AgreeStep(DecideStep):
    title = _("Agree")
    agreed = True


class RefuseStep(DecideStep):
    title = _("Do not agree")
    agreed = False


@admin.register(Variation)
class VariationAdmin(AsideAdmin, StepAdmin):
    """A change of plan is written once, and decided by another person."""

    list_display = ("__str__", "proposed_by", "proposed_at", "agreed", "decided_by")
    list_select_related = ("grant", "proposed_by", "decided_by")
    facts = ("grant", "text", "proposed_by", "proposed_at")
    steps = {"agree": AgreeStep, "refuse": RefuseStep}

    def get_fields(self, request: HttpRequest, obj: Variation | None = None) -> tuple[str, ...]:
        return ("grant", "text") if obj is None else (*self.facts, "agreed", "decided_by", "decided_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Variation | None = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Variation | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Variation, form: Any, change: bool) -> None:
        obj.proposed_by = signed_in(request)
        super().save_model(request, obj, form, change)


class ConfirmReturnedStep(Step):
    title = _("Confirm")
    meaning = _("You have found this money in the bank yourself. It is booked at once, and free for others.")
    permission = "grants.confirm_returned"

    @classmethod
    def open_to(cls, subject: Returned) -> bool:
        return subject.standing == Standing.WAITING

    def take(self, by: User) -> None:
        if conflicts.bars(by, self.subject.grant):
            raise Refused(_("You are tied to this group, so another person has to confirm its money."))
        bookkeeping.take_unspent(self.subject, by=by)


class WithdrawReturnedStep(Step):
    title = _("Withdraw")
    meaning = _("It was recorded wrongly and is not booked. It can be recorded anew.")
    permission = "grants.add_returned"

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Returned) -> bool:
        return subject.standing == Standing.WAITING

    def take(self, by: User) -> None:
        self.subject.withdraw(by=by, reason=self.cleaned_data["reason"])


class ReturnedStanding(Vocabulary):
    title = _("state")
    parameter_name = "standing"
    words = {each.value: each.label for each in Standing} | {"waiting": _("needs a person")}


@admin.register(Returned)
class ReturnedAdmin(ReadOnly, AsideAdmin, StepAdmin):
    """Recorded by a step of the grant; from then on it changes by steps only."""

    steps = {"confirm": ConfirmReturnedStep, "withdraw": WithdrawReturnedStep}
    list_display = ("__str__", "returned_on", "bank_reference", "recorded_by", "state")
    list_filter = (ReturnedStanding,)
    list_select_related = ("grant", "recorded_by")
    facts = ("grant", "money", "returned_on", "bank_reference", "recorded_by", "recorded_at", "state")
    fields = readonly_fields = (
        *facts,
        *("confirmed_by", "confirmed_at", "entry", "withdrawn_by", "withdrawn_at", "withdrawal_reason"),
    )

    @admin.display(description=_("amount"))
    def money(self, returned: Returned) -> str:
        return returned.amount.format()

    @admin.display(description=_("state"))
    def state(self, returned: Returned) -> str:
        return str(returned.standing.label)


class ScheduleStep(Step):
    title = _("Ask for reports")
    meaning = _(
        "The initiative is to report once for each tranche. The days until the last report are counted from today."
    )
    permission = "grants.add_report"

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return subject.state == GrantState.ACCEPTED and not subject.reports.exists()

    def take(self, by: User) -> None:
        reporting.schedule(self.subject, timezone.localdate())


class UnspentStep(Step):
    title = _("Money came back")
    meaning = _(
        "The initiative sent back what it did not need. "
        "Once another person has found it in the bank too, it is booked, and free for others again."
    )
    permission = "grants.add_returned"

    amount = forms.CharField(label=_("Amount"))
    on = day_field(_("Came on"))
    bank_reference = forms.CharField(label=_("Bank reference"), max_length=100)

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return subject.state == GrantState.ACCEPTED and subject.tranches.sent().exists()

    def clean_amount(self) -> Money:
        amount = positive_amount(self.cleaned_data["amount"], self.subject.currency)
        most = closing.still_to_return(self.subject)
        if amount > most:
            words = {"most": most.format()}
            raise forms.ValidationError(_("Only %(most)s of what was sent can still come back.") % words)
        return amount

    def take(self, by: User) -> None:
        Returned.objects.record(self.subject, by=by, **self.cleaned_data)


class CloseStep(Step):
    title = _("Close the grant")
    meaning = _("Nothing more happens with it. It stays on record, and in the reports.")
    permission = "grants.close_grant"

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return subject.state == GrantState.ACCEPTED and subject.tranches.sent().exists()

    def picture(self) -> str:
        lines = (("☑" if item.done else "☐", item.words) for item in closing.checklist(self.subject))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}</li>", lines))

    def take(self, by: User) -> None:
        closing.close(self.subject, by=by)


class CancelStep(Step):
    title = _("Take back or cancel")
    meaning = _("The group gets nothing of this grant, and is told why by mail. What was promised is free again.")
    permission = "grants.cancel_grant"

    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("The group reads this.")
    )

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return subject.state in {GrantState.OFFERED, GrantState.ACCEPTED} and not subject.tranches.sent().exists()

    def take(self, by: User) -> None:
        awarding.cancel(self.subject, reason=self.cleaned_data["reason"], by=by, on=timezone.localdate())


STEPS: dict[str, type[Step]] = {
    "cancel": CancelStep,
    "ask-for-reports": ScheduleStep,
    "unspent": UnspentStep,
    "close": CloseStep,
}
