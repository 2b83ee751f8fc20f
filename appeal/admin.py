"""Staff write campaigns here; statuses move by the campaign's own verbs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from appeal import story_admin  # noqa: F401 (its pages are registered by being imported)
from appeal.joining import office as joining_office  # noqa: F401 (its pages are registered by being imported)
from appeal.models import CLOSE, GO_LIVE, LIFT, SUSPEND, Campaign, CampaignQuerySet, SuggestedAmount
from appeal.pledge import office  # noqa: F401
from appeal.steps import Step, StepAdmin
from ledger.forms import MoneyField
from ledger.money import Money

SECOND_GOAL, WHEN_SHOWN = _("Second goal"), _("Shown once the first one is reached. Empty: none.")


class CampaignForm(forms.ModelForm[Campaign]):
    """The goals in human units. Their currency is chosen once: the funds are kept in it."""

    goal = MoneyField(label=_("Goal"), currencies=settings.GIVING_CURRENCIES)
    stretch = MoneyField(label=SECOND_GOAL, help_text=WHEN_SHOWN, currencies=settings.GIVING_CURRENCIES, required=False)

    class Meta:
        model = Campaign
        fields = (
            *("title", "slug", "summary", "story", "goal", "stretch", "stretch_words", "opens_on", "closes_on"),
            *("afterwards", "bank_details"),
        )
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("stretch_words", "afterwards")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            ours = [self.instance.currency]
            self.fields["goal"] = MoneyField(label=_("Goal"), currencies=ours)
            self.fields["stretch"] = MoneyField(
                label=SECOND_GOAL, help_text=WHEN_SHOWN, currencies=ours, required=False
            )
            self.initial.update({"goal": self.instance.goal, "stretch": self.instance.stretch})

    def clean_closes_on(self) -> date | None:
        """Gifts that go on stop when their appeal is over, so no slip of the pen ends one."""
        last: date | None = self.cleaned_data["closes_on"]
        if last and "closes_on" in self.changed_data and last < timezone.localdate():
            raise forms.ValidationError(_("That day is over. To end a live appeal at once, close it."))
        return last

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        goal: Money | None = cleaned.get("goal")
        if goal:
            self.instance.goal_minor, self.instance.currency = goal.minor, goal.currency
            self.clean_second_goal(goal, cleaned.get("stretch"), cleaned.get("stretch_words", ""))
        return cleaned

    def clean_second_goal(self, goal: Money, stretch: Money | None, words: str) -> None:
        self.instance.stretch_minor = stretch.minor if stretch else None
        if bool(stretch) != bool(words):
            self.add_error("stretch_words", _("A second goal and what it is for belong together."))
        elif stretch and stretch.currency != goal.currency:
            self.add_error("stretch", _("Both goals are in one currency."))
        elif stretch and stretch <= goal:
            self.add_error("stretch", _("The second goal is more than the first one."))


class SuggestedAmountForm(forms.ModelForm[SuggestedAmount]):
    amount = MoneyField(label=_("Amount"), currencies=settings.GIVING_CURRENCIES)

    class Meta:
        model = SuggestedAmount
        fields = ("amount",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["amount"] = self.instance.amount

    def has_changed(self) -> bool:
        """A spare row stays spare while it holds no amount, whatever currency it shows."""
        return super().has_changed() and bool(self.instance.pk or self["amount"].data[0])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        amount: Money | None = cleaned.get("amount")
        if amount:
            self.instance.amount_minor, self.instance.currency = amount.minor, amount.currency
        return cleaned


class OfferedOnce(BaseInlineFormSet[SuggestedAmount, Campaign, ModelForm[SuggestedAmount]]):
    def clean(self) -> None:
        super().clean()
        shown = [form.instance for form in self.initial_forms]
        offered = [each.amount for each in self.get_queryset() if each not in shown]
        for form in self.forms:
            amount = form.cleaned_data.get("amount") if form.is_valid() else None
            if amount in offered:
                form.add_error("amount", _("This amount is offered already."))
            if amount and not form.cleaned_data.get("DELETE"):
                offered.append(amount)


class SuggestedAmounts(admin.TabularInline[SuggestedAmount, Campaign]):
    model = SuggestedAmount
    form = SuggestedAmountForm
    formset = OfferedOnce
    extra = 4


class GoLive(Step):
    title = _("Show to everyone")
    meaning = _(
        "The appeal gets its public page, and from its first day on it takes gifts. It cannot become a draft again."
    )
    permission = "appeal.change_campaign"

    @classmethod
    def open_to(cls, subject: Campaign) -> bool:
        return GO_LIVE.leads_on(subject)

    def take(self, by: User) -> None:
        self.subject.go_live()


class Suspend(Step):
    title = _("Pause giving")
    meaning = _(
        "It takes no gifts until one of you lets it: its page says so, with your words. Payment pages that are open are"
        " ended. What was paid before is booked as always. Gifts that go on every month or every year go on; their"
        " donors can pause or stop them."
    )
    permission = "appeal.change_campaign"

    reason = forms.CharField(
        label=_("Why?"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("For the record. Staff alone see this.")
    )
    words = forms.CharField(
        label=_("What the public reads"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One or two sentences: why nobody can give just now, and when you will say more. Name nobody."),
    )

    @classmethod
    def open_to(cls, subject: Campaign) -> bool:
        return SUSPEND.leads_on(subject)

    def take(self, by: User) -> None:
        self.subject.suspend(by=by, why=self.cleaned_data["reason"], words=self.cleaned_data["words"])


class Lift(Step):
    title = _("Take gifts again")
    meaning = _("The appeal is open again, unless its last day is over.")
    permission = "appeal.change_campaign"

    @classmethod
    def open_to(cls, subject: Campaign) -> bool:
        return LIFT.leads_on(subject)

    def take(self, by: User) -> None:
        self.subject.lift()


class Close(Step):
    title = _("Close the appeal")
    meaning = _(
        "It takes no more gifts, for good; its page stays. Payment pages that are open are ended. Gifts that go on"
        " every month or every year are stopped, and their donors are told by mail."
    )
    permission = "appeal.change_campaign"

    @classmethod
    def open_to(cls, subject: Campaign) -> bool:
        return CLOSE.leads_on(subject)

    def take(self, by: User) -> None:
        self.subject.close()


@admin.register(Campaign)
class CampaignAdmin(StepAdmin):
    form = CampaignForm
    steps = {"go-live": GoLive, "suspend": Suspend, "lift": Lift, "close": Close}
    facts = ("title", "status", "suspended_why", "raised_so_far", "goal_in_full", "opens_on", "closes_on")
    inlines = (SuggestedAmounts,)
    list_display = ("title", "status", "raised_so_far", "goal_in_full", "opens_on", "closes_on")
    list_filter = ("status",)
    search_fields = ("title", "slug")

    def get_queryset(self, request: HttpRequest) -> CampaignQuerySet:
        return Campaign.objects.with_raised()

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        kept = ("slug", "status", "card_fund", "bank_fund", "written_transfer_code")
        paused = ("suspended_by", "suspended_at", "suspended_why", "suspended_words")
        return (*kept, *(paused if obj.suspended_at else ())) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Campaign | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("title",)}

    def view_on_site(self, obj: Campaign) -> str:
        """Drafts have no public page yet."""
        return reverse("appeal:preview", args=[obj.slug])

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Campaign, form: ModelForm[Campaign], change: bool) -> None:
        if change:
            obj.save()
        else:
            obj.start()

    @admin.display(description=_("transfer code"))
    def written_transfer_code(self, campaign: Campaign) -> str:
        return campaign.written_transfer_code

    @admin.display(description=_("raised"))
    def raised_so_far(self, campaign: Campaign) -> str:
        return campaign.raised().format(get_language() or "en")

    @admin.display(description=_("goal"))
    def goal_in_full(self, campaign: Campaign) -> str:
        return campaign.goal.format(get_language() or "en")
