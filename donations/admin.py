"""Staff may look at gifts, events and movements. Money is changed by events, never by a form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from donations.models import BalanceTransaction, Donation, StripeEvent


class NeedsAPerson(admin.SimpleListFilter):
    """What is not yet explained: the first thing a treasurer looks at."""

    title = _("needs a person")
    parameter_name = "needs_a_person"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.needing_a_person() if self.value() else queryset


class ReadOnly(admin.ModelAdmin[Any]):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Donation)
class DonationAdmin(ReadOnly):
    list_display = ("reference", "created_at", "campaign", "amount", "state", "review")
    list_filter = (NeedsAPerson, "state", "campaign")
    search_fields = ("reference", "email", "payment_intent", "checkout_session")
    list_select_related = ("campaign",)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("stripe_id", "kind", "received_at", "outcome", "tries", "problem")
    list_filter = (NeedsAPerson, ("handled_at", admin.EmptyFieldListFilter), "outcome")
    search_fields = ("stripe_id",)


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly):
    list_display = ("stripe_id", "kind", "created_at", "currency", "amount", "fee", "net", "problem")
    list_filter = (NeedsAPerson, "kind")
    search_fields = ("stripe_id", "source")
