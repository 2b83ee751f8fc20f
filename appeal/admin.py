"""Staff write campaigns here; statuses move by the campaign's own verbs."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from appeal.models import Campaign, CampaignQuerySet, MoveRefused, SuggestedAmount
from ledger.forms import MoneyField
from ledger.money import Money


class CampaignForm(forms.ModelForm[Campaign]):
    """The goal in human units. Its currency is chosen once: the funds are kept in it."""

    goal = MoneyField(label=_("Goal"), currencies=settings.GIVING_CURRENCIES)

    class Meta:
        model = Campaign
        fields = ("title", "slug", "summary", "story", "goal", "opens_on", "closes_on", "bank_details")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["goal"] = MoneyField(label=_("Goal"), currencies=[self.instance.currency])
            self.initial["goal"] = self.instance.goal

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        goal: Money | None = cleaned.get("goal")
        if goal:
            self.instance.goal_minor, self.instance.currency = goal.minor, goal.currency
        return cleaned


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


class SuggestedAmounts(admin.TabularInline[SuggestedAmount, Campaign]):
    model = SuggestedAmount
    form = SuggestedAmountForm
    extra = 4


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin[Campaign]):
    form = CampaignForm
    inlines = (SuggestedAmounts,)
    list_display = ("title", "status", "raised_so_far", "goal_in_full", "opens_on", "closes_on")
    list_filter = ("status",)
    search_fields = ("title", "slug")
    actions = ("go_live", "close")

    def get_queryset(self, request: HttpRequest) -> CampaignQuerySet:
        return Campaign.objects.with_raised()

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        return ("slug", "status", "card_fund", "bank_fund", "written_transfer_code") if obj else ()

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

    @admin.action(permissions=["change"], description=_("Show the chosen campaigns to everyone"))
    def go_live(self, request: HttpRequest, campaigns: CampaignQuerySet) -> None:
        self._move_each(request, campaigns, Campaign.go_live)

    @admin.action(permissions=["change"], description=_("Close the chosen campaigns"))
    def close(self, request: HttpRequest, campaigns: CampaignQuerySet) -> None:
        self._move_each(request, campaigns, Campaign.close)

    def _move_each(self, request: HttpRequest, campaigns: CampaignQuerySet, move: Callable[[Campaign], None]) -> None:
        for campaign in campaigns:
            try:
                move(campaign)
                self.log_change(request, campaign, str(campaign.get_status_display()))
            except MoveRefused as refused:
                self.message_user(request, str(refused), messages.ERROR)
