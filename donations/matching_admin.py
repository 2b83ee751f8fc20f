"""The staff's pages of matching pots: prepare, open, close; what each has earned, and what has come of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appeal.matching import MatchingPot, Standing
from appeal.steps import signed_in
from appeal.vocabulary import Vocabulary
from donations.matching import not_in_the_books
from donations.matching_steps import POT_STEPS, PotForm
from donations.models import Match
from donations.offline_admin import OnRecord
from ledger.templatetags.money import money


class PotStanding(Vocabulary):
    title = _("state")
    parameter_name = "standing"
    words = {
        "needing_a_person": _("needs a person"),
        "drafts": Standing.DRAFT.label,
        "open": Standing.OPEN.label,
        "closed": Standing.CLOSED.label,
        "dropped": Standing.DROPPED.label,
    }


@admin.register(MatchingPot)
class MatchingPotAdmin(OnRecord):
    """One person prepares it; from then on it changes by steps only."""

    form = PotForm
    steps = POT_STEPS
    list_display = ("funder", "campaign", "standing", "closes_on", "total", "earned", "came", "to_come")
    list_filter = (PotStanding, "campaign")
    search_fields = ("funder", "shown_as")
    facts = (
        *("campaign", "funder", "shown_as", "agreement", "percent", "per_gift", "total", "opens_on", "closes_on"),
        *("prepared_by", "standing", "earned", "left", "unbooked", "came", "to_come"),
    )

    def get_fields(self, request: HttpRequest, obj: MatchingPot | None = None) -> Any:
        if obj is None:
            return list(PotForm().fields)
        return (
            *(*self.facts, "prepared_at", "opened_by", "opened_at", "dropped_by", "dropped_at"),
            *("closed_by", "closed_at", "closing_reason", "paid_by"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: MatchingPot | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[MatchingPot]:
        return super().get_queryset(request).select_related("campaign", "prepared_by")

    def save_model(self, request: HttpRequest, obj: MatchingPot, form: Any, change: bool) -> None:
        obj.prepare(by=signed_in(request))

    @admin.display(description=_("state"))
    def standing(self, pot: MatchingPot) -> str:
        return str(pot.standing.label)

    @admin.display(description=_("for one gift"))
    def per_gift(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.per_gift)

    @admin.display(description=_("in total"), ordering="total_minor")
    def total(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.total)

    @admin.display(description=_("earned by gifts"), ordering="matched_minor")
    def earned(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.matched)

    @admin.display(description=_("left"))
    def left(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.left)

    @admin.display(description=_("has come"), ordering="received_minor")
    def came(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.received)

    @admin.display(description=_("still to come"))
    def to_come(self, pot: MatchingPot) -> SafeString:
        return money(pot.terms.still_to_come)

    @admin.display(description=_("gifts of its time that are not in the books yet"))
    def unbooked(self, pot: MatchingPot) -> int:
        return not_in_the_books(pot)

    @admin.display(description=_("paid by"))
    def paid_by(self, pot: MatchingPot) -> str:
        payments = pot.payments.standing().select_related("gift", "named_by").order_by("pk")
        return "\n".join(f"{each.gift}: {each.gift.standing.label} ({each.named_by})" for each in payments)


@admin.register(Match)
class MatchAdmin(OnRecord):
    steps = {}
    facts = ()
    list_display = ("donation", "pot", "at_first", "stands", "created_at", "updated_at")
    list_filter = ("pot",)
    list_select_related = ("donation", "pot")
    search_fields = ("donation__reference",)
    fields = readonly_fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("at first"))
    def at_first(self, match: Match) -> SafeString:
        return money(match.first)

    @admin.display(description=_("stands"))
    def stands(self, match: Match) -> SafeString:
        return money(match.amount)
