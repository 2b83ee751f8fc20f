"""Staff may look at gifts, events and movements. Money is changed by events, never by a form."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.steps import StepAdmin
from donations import (
    matching_admin,  # noqa: F401 (its pages are registered by being imported)
    offline_admin,  # noqa: F401 (likewise)
    steps,
    supporters_admin,  # noqa: F401 (these too)
    testers,
)
from donations.models import (
    BalanceTransaction,
    ChallengeMode,
    Dispute,
    Donation,
    Explanation,
    FraudWarning,
    MonthlyGift,
    Payout,
    Refund,
    RefundRequest,
    StripeEvent,
    Tally,
)
from ledger.money import Money
from ledger.read_only import ReadOnly


class NeedsAPerson(admin.SimpleListFilter):
    """What is not yet explained: the first thing a treasurer looks at."""

    title = _("needs a person")
    parameter_name = "needs_a_person"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.needing_a_person() if self.value() else queryset


@admin.register(Donation)
class DonationAdmin(ReadOnly, StepAdmin):
    steps = {"refund": steps.AskForRefund, "resolve": steps.Resolve}
    facts = ("reference", "name", "email", "campaign", "amount", "state", "afterwards", "review")
    list_display = ("reference", "created_at", "campaign", "amount", "state", "afterwards", "review")
    readonly_fields = ("amount", "afterwards")
    list_filter = (NeedsAPerson, "state", "campaign")
    search_fields = ("reference", "email", "payment_intent", "checkout_session")
    list_select_related = ("campaign",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Donation]:
        return super().get_queryset(request).prefetch_related("refunds", "disputes", "fraud_warnings")

    def get_fields(self, request: HttpRequest, obj: Donation | None = None) -> list[Any]:
        return sorted(super().get_fields(request, obj), key=lambda name: name not in self.readonly_fields)

    @admin.display(description=_("afterwards"))
    def afterwards(self, donation: Donation) -> str:
        """What became of it since: refunds, disputes, warnings, each in Stripe's word."""
        refunds = [
            _now("refund of %(amount)s: %(word)s") % {"amount": each.amount, "word": each.status}
            for each in donation.refunds.all()
        ]
        disputes = [_now("disputed: %(word)s") % {"word": each.status} for each in donation.disputes.all()]
        warnings = [_now("fraud warning: %(word)s") % {"word": each.status} for each in donation.fraud_warnings.all()]
        return "; ".join(refunds + disputes + warnings + [_now("came back from the bank")] * donation.bounced)


@admin.register(MonthlyGift)
class MonthlyGiftAdmin(ReadOnly, admin.ModelAdmin[Any]):
    view_on_site = False  # it is the donor's
    list_display = ("reference", "created_at", "campaign", "amount", "every", "state", "status", "next_on")
    list_filter = (NeedsAPerson, "state", "every", "campaign")
    search_fields = ("reference", "email", "subscription", "customer")
    list_select_related = ("campaign",)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, admin.ModelAdmin[Any]):
    list_display = ("stripe_id", "kind", "received_at", "outcome", "tries", "problem")
    list_filter = (NeedsAPerson, ("handled_at", admin.EmptyFieldListFilter), "outcome")
    search_fields = ("stripe_id",)


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnly, StepAdmin):
    steps = {"explain": steps.Explain}
    facts = ("stripe_id", "kind", "source", "created_at", "moved", "kept", "donation", "problem")
    list_display = ("stripe_id", "kind", "created_at", "moved", "kept", "problem")
    list_filter = (NeedsAPerson, "kind")
    search_fields = ("stripe_id", "source")

    @admin.display(description=_("amount"), ordering="amount")
    def moved(self, movement: BalanceTransaction) -> Money:
        return Money(movement.amount, movement.currency)

    @admin.display(description=_("fee"), ordering="fee")
    def kept(self, movement: BalanceTransaction) -> Money:
        return Money(movement.fee, movement.currency)


@admin.register(Explanation)
class ExplanationAdmin(ReadOnly, StepAdmin):
    steps = {"approve": steps.ApproveExplanation, "drop": steps.DropExplanation}
    facts = ("movement", "kind", "moved", "problem", "meaning", "campaign", "reason", "proposed_by", "proposed_at")
    list_display = ("movement", "moved", "meaning", "campaign", "reason", "proposed_by", "approved_by", "dropped_by")
    list_filter = (NeedsAPerson, "meaning")
    list_select_related = ("movement", "campaign", "proposed_by", "approved_by", "dropped_by")
    search_fields = ("movement__stripe_id", "movement__source")

    @admin.display(description=_("Stripe's type"))
    def kind(self, explanation: Explanation) -> str:
        return explanation.movement.kind

    @admin.display(description=_("less its fee"))
    def moved(self, explanation: Explanation) -> Money:
        return Money(explanation.movement.net, explanation.movement.currency)

    @admin.display(description=_("why it waits"))
    def problem(self, explanation: Explanation) -> str:
        return explanation.movement.problem


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnly, StepAdmin):
    steps = {"approve": steps.ApproveRefund, "drop": steps.DropRefund}
    facts = ("donation", "given", "donor", "amount", "reason", "asked_by", "asked_at")
    list_display = ("donation", "donor", "amount", "reason", "asked_by", "approved_by", "standing")
    list_filter = (NeedsAPerson, ("problem", admin.EmptyFieldListFilter))
    list_select_related = ("donation", "asked_by", "approved_by", "refund")
    search_fields = ("donation__reference", "donation__email")
    fields = (
        *("donation", "given", "donor", "amount", "reason", "asked_by", "asked_at", "standing"),
        *("approved_by", "approved_at", "dropped_by", "dropped_at", "refund", "problem"),
    )
    readonly_fields = ("given", "donor", "amount", "standing")

    @admin.display(description=_("the gift"))
    def given(self, request: RefundRequest) -> Money:
        return request.donation.amount

    @admin.display(description=_("donor"))
    def donor(self, request: RefundRequest) -> str:
        return " ".join(filter(None, [request.donation.name, f"<{request.donation.email}>"]))

    @admin.display(description=_("state"))
    def standing(self, request: RefundRequest) -> str:
        if request.refund:
            return _now("at Stripe: %s") % request.refund.status
        if request.problem:
            return _now("Stripe refused: %s A new request can be made.") % request.problem
        if request.dropped_at:
            return _now("dropped")
        return _now("approved, on its way to Stripe") if request.approved_at else _now("waits for a second person")


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin[Any]):
    list_display = ("stripe_id", "created_at", "donation", "amount", "status", "failure_reason")
    list_filter = ("status",)
    list_select_related = ("donation",)
    search_fields = ("stripe_id", "donation__reference")


@admin.register(Dispute)
class DisputeAdmin(ReadOnly, admin.ModelAdmin[Any]):
    list_display = ("stripe_id", "created_at", "donation", "amount", "reason", "status", "answer_by")
    list_filter = (NeedsAPerson, "status", "reason")
    list_select_related = ("donation",)
    search_fields = ("stripe_id", "donation__reference")


@admin.register(FraudWarning)
class FraudWarningAdmin(ReadOnly, StepAdmin):
    steps = {"pay-back": steps.PayBack, "leave": steps.LeaveIt}
    facts = ("stripe_id", "created_at", "donation", "amount", "donor", "status")
    list_display = ("stripe_id", "created_at", "donation", "amount", "status", "actionable", "decided_by", "decision")
    list_filter = (NeedsAPerson, "actionable")
    list_select_related = ("donation", "decided_by")
    search_fields = ("stripe_id", "donation__reference")

    @admin.display(description=_("the gift"))
    def amount(self, warning: FraudWarning) -> Money:
        return warning.donation.amount

    @admin.display(description=_("donor"))
    def donor(self, warning: FraudWarning) -> str:
        return warning.donation.email


@admin.register(Payout)
class PayoutAdmin(ReadOnly, admin.ModelAdmin[Any]):
    list_display = ("stripe_id", "arrival_on", "amount", "status", "automatic", "explained", "problem")
    list_filter = (NeedsAPerson, "status", "automatic")
    search_fields = ("stripe_id",)


@admin.register(Tally)
class CardTestersAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Not a list of rows but one page of sums: nothing in it is about anybody."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Card testers"),
            "figures": testers.figures(now),
            "on": ChallengeMode.objects.on(now),
            "mode": ChallengeMode.objects.first(),
            "full": testers.full(now),
        }
        return TemplateResponse(request, "admin/donations/card_testers.html", context)
