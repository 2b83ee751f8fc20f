"""The staff's pages of gifts that come by no card: record, confirm, import bank statements, clear the queue."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.steps import Step, StepAdmin, signed_in
from appeal.vocabulary import Vocabulary
from donations.matching_steps import PAYMENT_STEPS
from donations.models import BankAccount, BankStatement, OfflineGift, StatementLine
from donations.models.offline import Standing
from donations.offline_steps import ACCOUNT_STEPS, GIFT_STEPS, LINE_STEPS, ImportStep, RecordForm
from ledger.templatetags.money import money


class OnRecord(StepAdmin):
    """What is there is neither edited nor deleted."""

    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GiftStanding(Vocabulary):
    title = _("state")
    parameter_name = "standing"
    words = {"needing_a_person": _("needs a person")} | {each.value: each.label for each in Standing}


@admin.register(OfflineGift)
class OfflineGiftAdmin(OnRecord):
    """One person adds it; from then on it changes by steps only."""

    form = RecordForm
    steps = GIFT_STEPS | PAYMENT_STEPS
    list_display = ("reference", "received_on", "campaign", "method", "given", "name", "recorded_by", "standing")
    list_filter = (GiftStanding, "method", "campaign")
    search_fields = ("reference", "name", "email")
    facts = (
        *("campaign", "method", "given", "credited", "received_on", "name", "email", "evidence", "bank_line"),
        *("recorded_by", "recorded_at", "standing", "reversal_reason", "pays"),
    )

    def get_fields(self, request: HttpRequest, obj: OfflineGift | None = None) -> Any:
        if obj is None:
            return list(RecordForm().fields)
        return (
            *("reference", *self.facts, "confirmed_by", "confirmed_at", "entry", "donation"),
            *("withdrawn_by", "withdrawn_at", "withdrawal_reason"),
            *("reversal_asked_by", "reversal_asked_at", "reversed_by", "reversed_at", "reversal_entry"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: OfflineGift | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[OfflineGift]:
        gifts = super().get_queryset(request).select_related("campaign", "recorded_by", "line__account")
        return gifts.prefetch_related("pot_payments__pot", "campaign__matching_pots")

    def save_model(self, request: HttpRequest, obj: OfflineGift, form: Any, change: bool) -> None:
        obj.record(by=signed_in(request))

    @admin.display(description=_("given"), ordering="amount_minor")
    def given(self, gift: OfflineGift) -> SafeString:
        return money(gift.amount)

    @admin.display(description=_("credited"))
    def credited(self, gift: OfflineGift) -> SafeString:
        return money(gift.credited)

    @admin.display(description=_("state"))
    def standing(self, gift: OfflineGift) -> str:
        return str(gift.standing.label)

    @admin.display(description=_("pays the matching pot of"))
    def pays(self, gift: OfflineGift) -> str:
        return ", ".join(each.pot.funder for each in gift.pot_payments.all() if not each.dropped_at)

    @admin.display(description=_("line of a bank statement"))
    def bank_line(self, gift: OfflineGift) -> str:
        line = gift.line
        return "\n".join(filter(None, [str(line), line.payer, line.text, line.reference])) if line else ""


class LineStanding(Vocabulary):
    title = _("state")
    parameter_name = "standing"
    words = {"queue": _("in the queue"), "gifts": _("gift"), "not_gifts": _("not a gift")}


@admin.register(StatementLine)
class StatementLineAdmin(OnRecord):
    """Its queue is where staff say what money is for that named no appeal."""

    steps = LINE_STEPS
    list_display = ("booked_on", "credited", "payer", "text", "reference", "standing")
    list_filter = (LineStanding, "account", "aside")
    list_select_related = ("account",)
    search_fields = ("payer", "text", "reference", "bank_id")
    date_hierarchy = "booked_on"
    facts = ("account", "booked_on", "credited", "given", "payer", "text", "reference", "bank_id", "standing")
    fields = readonly_fields = (
        *facts,
        *("recorded_gifts", "statement", "payout", "aside_reason", "set_aside_by", "set_aside_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).prefetch_related("gifts")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("amount"), ordering="amount_minor")
    def credited(self, line: StatementLine) -> SafeString:
        return money(line.amount)

    @admin.display(description=_("given"))
    def given(self, line: StatementLine) -> SafeString:
        return money(line.given)

    @admin.display(description=_("state"))
    def standing(self, line: StatementLine) -> str:
        if line.aside:
            return str(line.get_aside_display())
        return str(_("in the queue") if line.waiting else _("gift"))

    @admin.display(description=_("recorded as"))
    def recorded_gifts(self, line: StatementLine) -> str:
        return "\n".join(f"{gift.reference}: {gift.standing.label}" for gift in line.gifts.all())


@admin.register(BankAccount)
class BankAccountAdmin(StepAdmin):
    """How an account's statements are read stays as it is once one was imported: else the same line looked new."""

    steps = ACCOUNT_STEPS
    facts = ("name", "number", "currency", "format")
    list_display = ("name", "number", "currency", "format", "queue")

    def get_readonly_fields(self, request: HttpRequest, obj: BankAccount | None = None) -> Any:
        fixed = [field.name for field in self.opts.fields if field.name not in {"id", "name"}]
        return fixed if obj and obj.statements.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: BankAccount | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and not obj.statements.exists()

    @admin.display(description=_("in the queue"))
    def queue(self, account: BankAccount) -> SafeString:
        address = reverse("admin:donations_statementline_changelist")
        waiting = account.lines.queue().count()
        return format_html('<a href="{}?standing=queue&account__id__exact={}">{}</a>', address, account.pk, waiting)

    def taken(self, request: HttpRequest, form: Step, subject: Model) -> bool:
        taken = super().taken(request, form, subject)
        if taken and isinstance(form, ImportStep):
            messages.info(request, form.told())
        return taken


@admin.register(BankStatement)
class BankStatementAdmin(OnRecord):
    steps = {}
    facts = ()
    list_display = ("account", "file_name", "listed", "fresh", "imported_by", "imported_at")
    list_filter = ("account",)
    list_select_related = ("account", "imported_by")
    fields = readonly_fields = (*list_display, "sha256")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
