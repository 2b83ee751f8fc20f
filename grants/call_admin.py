"""The staff's pages of calls: written as a draft, published by a person, and from then on changed by steps only."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.forms.utils import from_current_timezone
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_names
from appeal.refusal import Refused
from appeal.steps import Step, StepAdmin, signed_in
from grants import awarding, conflicts, dividing, reviewing
from grants.allocation import Method
from grants.bookkeeping import NotEnoughFree
from grants.forms import FundChoice, LanguagesField, positive_amount
from grants.models import Access, Call, Criterion, Question, Rule, Stage
from grants.models.call import known_zone
from ledger.models import Channel, Fund
from ledger.money import Money

# What DESIGN.md asks of everyone who applies; a draft may say it otherwise.
USUAL_RULES = (
    (
        _("Is your group led by people who had to flee?"),
        True,
        _("This money is for groups led by refugees themselves."),
    ),
    (
        _("Does your group work with people who had to flee?"),
        True,
        _("This money is for work with people who had to flee."),
    ),
    (_("Are you a government body or a company?"), False, _("This money is not for governments or companies.")),
    (
        _("Do you give grants to others yourselves?"),
        False,
        _("This money is for those who do the work, not for other donors."),
    ),
)


class LocalMoment(forms.DateTimeField):
    """A day and an hour in a zone that another field names. Cleans to it without a zone; its form knows the zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> Any:
        with timezone.override(datetime.UTC):
            read = super().to_python(value)
        return read.replace(tzinfo=None) if read else read


def in_zone(moment: datetime.datetime, zone: str) -> datetime.datetime:
    """A ValidationError where that clock never shows this hour, or shows it twice."""
    known_zone(zone)
    with timezone.override(zone):
        return from_current_timezone(moment)


def as_shown_in(zone: str, moment: datetime.datetime) -> datetime.datetime:
    with timezone.override(zone):
        return timezone.make_naive(moment)


class CallForm(forms.ModelForm[Call]):
    fund = FundChoice(label=_("Fund"), queryset=Fund.objects.exclude(channel=Channel.NONE))
    ceiling = forms.CharField(label=_("Ceiling"), help_text=_("For all grants together, in the fund's currency."))
    most = forms.CharField(label=_("The most for one group"))
    languages = LanguagesField(
        label=_("Languages"), help_text=_("That one may write in, codes with commas between: en, prs, my")
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        choices=lambda: list(country_names().items()),
        required=False,
        help_text=_("Where a group has to work. None chosen: anywhere."),
    )
    opens = LocalMoment(label=_("Opens"), help_text=_("In the call's own time zone."))
    closes = LocalMoment(label=_("Closes"))

    class Meta:
        model = Call
        fields = (
            *("title", "slug", "summary", "guidance", "campaign", "fund", "access", "languages", "countries"),
            *("time_zone", "opens", "closes", "grace", "readers", "quorum"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if call := self.instance if self.instance.pk else None:
            shown = {
                "ceiling": call.ceiling.decimal,
                "most": call.most.decimal,
                "opens": as_shown_in(call.time_zone, call.opens),
                "closes": as_shown_in(call.time_zone, call.closes),
            }
            self.initial = {**self.initial, **shown}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self.read_amounts(given)
        self.read_hours(given)
        return given

    def read_amounts(self, given: dict[str, Any]) -> None:
        fund = given.get("fund")
        for name in ("ceiling", "most"):
            if fund and name in given:
                try:
                    setattr(self.instance, f"{name}_minor", positive_amount(given[name], fund.currency).minor)
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if fund:
            self.instance.currency = fund.currency

    def read_hours(self, given: dict[str, Any]) -> None:
        for name in ("opens", "closes"):
            if "time_zone" in given and given.get(name):
                try:
                    given[name] = in_zone(given[name], given["time_zone"])
                except forms.ValidationError as error:
                    self.add_error(name, error)


class PartInline(admin.TabularInline[Any, Call]):
    extra = 1

    def get_max_num(self, request: HttpRequest, obj: Call | None = None, **kwargs: Any) -> int | None:
        return 0 if obj and obj.stage != Stage.DRAFT else super().get_max_num(request, obj, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return is_draft(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return is_draft(obj) and super().has_delete_permission(request, obj)


def is_draft(call: Call | None) -> bool:
    return call is None or call.stage == Stage.DRAFT


class QuestionInline(PartInline):
    model = Question
    max_num = 12


class CriterionInline(PartInline):
    model = Criterion


class RuleInline(PartInline):
    model = Rule


class PublishStep(Step):
    title = _("Publish")
    meaning = _(
        "Everyone can read it. Questions, criteria and rules stay as they are; only its end can move, to later."
    )
    permission = "grants.publish_call"

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.DRAFT

    def take(self, by: User) -> None:
        self.subject.publish(by=by)


class ExtendStep(Step):
    title = _("Close later")
    meaning = _("Whoever is writing has more time. It cannot be taken back.")
    permission = "grants.publish_call"

    closes = LocalMoment(label=_("Closes"), help_text=_("In the call's own time zone."))

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.PUBLISHED

    def clean_closes(self) -> datetime.datetime:
        return in_zone(self.cleaned_data["closes"], self.subject.time_zone)

    def take(self, by: User) -> None:
        self.subject.extend(self.cleaned_data["closes"])


class ReadStep(Step):
    title = _("Begin to read")
    meaning = _("It is over, the minutes of grace too. Screen what came, and give it to its readers.")
    permission = "grants.publish_call"

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.PUBLISHED

    def take(self, by: User) -> None:
        reviewing.begin(self.subject, timezone.now(), by=by)


class MoneyStep(Step):
    """Not for a person who is tied to one of the groups: its page names them all."""

    permission = "grants.divide_call"

    def is_barred(self, by: User) -> bool:
        return conflicts.concerns(by, self.subject)


class DivideStep(MoneyStep):
    """The three ways side by side; the books have the last word on whether the money is there."""

    title = _("Divide the money")
    meaning = _("Each grant is offered, and its money is set aside in the fund at once. Who gets nothing is told so.")

    method = forms.ChoiceField(label=_("Way"), choices=Method, widget=forms.RadioSelect)
    parts = forms.IntegerField(label=_("Tranches of each grant"), min_value=1, max_value=4, initial=2)
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Why the panel picks this way.")
    )

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.DECIDED

    def picture(self) -> str:
        return render_to_string("admin/grants/call/plans.html", {"plans": dividing.plans(self.subject)})

    def take(self, by: User) -> None:
        given = self.cleaned_data
        try:
            dividing.allocate(
                self.subject,
                Method(given["method"]),
                parts=given["parts"],
                reason=given["reason"],
                by=by,
                on=timezone.localdate(),
            )
        except NotEnoughFree as error:
            raise Refused(str(error)) from error


class EndStep(MoneyStep):
    title = _("End without a grant")
    meaning = _("Nobody gets a grant of this call. Each group is told by mail what the panel decided about it.")

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.DECIDED

    def take(self, by: User) -> None:
        dividing.end_without(self.subject, reason=self.cleaned_data["reason"], by=by)


class NextStep(MoneyStep):
    """What was declined, or came in since, goes to somebody who was left out."""

    title = _("Offer one more grant")
    meaning = _("To a group that the panel wanted to fund and that has no grant yet, or to one on the reserve list.")

    amount = forms.CharField(label=_("Amount"))
    parts = forms.IntegerField(label=_("Tranches"), min_value=1, max_value=4, initial=1)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, subject: Call, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, subject=subject, initial=initial)
        left_out = dividing.left_out(subject)
        self.fields["application"] = forms.ModelChoiceField(left_out, label=_("Application"), initial=left_out.first())
        self.order_fields(["application", "amount"])

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == Stage.ALLOCATED

    def clean_amount(self) -> Money:
        return positive_amount(self.cleaned_data["amount"], self.subject.currency)

    def take(self, by: User) -> None:
        given = self.cleaned_data
        if not self.open_to(self.subject):
            raise Refused(_("First divide the money of this call."))
        try:
            awarding.offer(given["application"], given["amount"], parts=given["parts"], by=by, on=timezone.localdate())
        except NotEnoughFree as error:
            raise Refused(str(error)) from error


@admin.register(Call)
class CallAdmin(StepAdmin):
    form = CallForm
    fields = (
        *("title", "slug", "summary", "guidance", "campaign", "fund", "ceiling", "most", "access", "languages"),
        *("countries", "time_zone", "opens", "closes", "grace", "readers", "quorum"),
    )
    list_display = ("title", "stage", "hours", "campaign", "ceiling")
    list_select_related = ("campaign", "fund")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (QuestionInline, CriterionInline, RuleInline)
    steps = {
        "publish": PublishStep,
        "extend": ExtendStep,
        "read": ReadStep,
        "divide": DivideStep,
        "end": EndStep,
        "next": NextStep,
    }
    facts = ("campaign", "fund", "ceiling", "most", "hours", "invitation_link")

    def get_fields(self, request: HttpRequest, obj: Call | None = None) -> tuple[str, ...]:
        return (
            self.fields if is_draft(obj) else (*self.fields[:10], "country_list", *self.fields[11:], "invitation_link")
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> tuple[str, ...]:
        return () if is_draft(obj) else self.get_fields(request, obj)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Call | None = None) -> dict[str, Sequence[str]]:
        return {"slug": ("title",)} if is_draft(obj) else {}

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    @admin.display(description=_("hours"))
    def hours(self, call: Call) -> str:
        opens, closes = (
            date_format(as_shown_in(call.time_zone, moment), "DATETIME_FORMAT") for moment in (call.opens, call.closes)
        )
        return f"{opens} – {closes} ({call.time_zone})"

    @admin.display(description=_("countries"))
    def country_list(self, call: Call) -> str:
        return ", ".join(country_names().get(code, code) for code in call.countries)

    @admin.display(description=_("link"))
    def invitation_link(self, call: Call) -> SafeString | str:
        return format_html('<a href="{}">{}</a>', call.get_absolute_url(), Access(call.access).label)

    def save_model(self, request: HttpRequest, obj: Call, form: Any, change: bool) -> None:
        if not change:
            obj.prepared_by = signed_in(request)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A new call begins with the usual rules, unless somebody wrote others."""
        super().save_related(request, form, formsets, change)
        if not change and not form.instance.rules.exists():
            for number, (question, wanted, reason) in enumerate(USUAL_RULES, start=1):
                Rule.objects.create(
                    call=form.instance, number=number, question=str(question), wanted=wanted, reason=str(reason)
                )
            messages.info(request, _("The usual rules of eligibility were written into it. Change them as you need."))
