"""Staff may look at gifts, events and movements. Money is changed by events, never by a form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from donations.models import BalanceTransaction, Donation, StripeEvent


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
    list_filter = ("state", ("review", admin.EmptyFieldListFilter), "campaign")
    search_fields = ("reference", "email", "payment_intent", "checkout_session")
    list_select_related = ("campaign",)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("stripe_id", "kind", "received_at", "outcome", "tries", "problem")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "outcome")
    search_fields = ("stripe_id",)


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly):
    list_display = ("stripe_id", "kind", "created_at", "currency", "amount", "fee", "net", "problem")
    list_filter = (("problem", admin.EmptyFieldListFilter), "kind")
    search_fields = ("stripe_id", "source")
