"""Divide a call's money among those that the panel chose: three ways worked out side by side, and one of them taken."""

import datetime
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from appeal.refusal import Refused
from grants import awarding, conflicts
from grants.allocation import Method, divide
from grants.models import Allocation, Application, ApplicationState, Call, Decision, Outcome, Stage, Told
from ledger.money import Money

TOLD = {Outcome.FUNDED: Told.RESERVE, Outcome.RESERVE: Told.RESERVE, Outcome.DECLINED: Told.DECLINED}


@dataclass(frozen=True, slots=True)
class Share:
    application: Application
    rank: int
    asked: Money
    given: Money


@dataclass(frozen=True, slots=True)
class Plan:
    """One of the three ways, worked out."""

    method: Method
    pool: Money
    shares: tuple[Share, ...]

    @property
    def total(self) -> Money:
        return sum((share.given for share in self.shares), start=Money.zero(self.pool.currency))

    @property
    def left(self) -> Money:
        return self.pool - self.total


def pool_of(call: Call) -> Money:
    """What can be divided: the call's ceiling, or what its fund has free if that is less."""
    return max(min(call.ceiling, call.fund.free()), Money.zero(call.currency))


def plan(call: Call, method: Method) -> Plan:
    """Over those that the panel wants to fund, the best first."""
    decisions = Decision.objects.of(call).in_turn().select_related("application__call__fund")
    chosen = [one for one in decisions if one.outcome == Outcome.FUNDED and stands(one)]
    asks, pool = [one.application.amount_minor or 0 for one in chosen], pool_of(call)
    shares = (
        Share(one.application, one.rank, Money(ask, call.currency), Money(given, call.currency))
        for one, ask, given in zip(chosen, asks, divide(method, asks, pool.minor), strict=True)
    )
    return Plan(method, pool, tuple(shares))


def plans(call: Call) -> list[Plan]:
    return [plan(call, method) for method in Method]


def left_out(call: Call) -> QuerySet[Application]:
    """Those that the panel would fund if there were money, the best first."""
    wanted = [Outcome.FUNDED, Outcome.RESERVE]
    turn = ("decision__rank", "amount_minor", "reference")
    return call.applications.eligible().filter(decision__outcome__in=wanted, grant=None).order_by(*turn)


def stands(decision: Decision) -> bool:
    """Not taken back, and the fund may pay it."""
    application = decision.application
    return application.state == ApplicationState.ELIGIBLE and not application.call.fund.excludes(application.country)


@transaction.atomic
def allocate(call: Call, method: Method, *, parts: int, reason: str, by: User, on: datetime.date) -> Allocation:
    """Offer what this way gives, all of it or nothing. NotEnoughFree or Refused says in a sentence why not."""
    call.move(Stage.ALLOCATED)
    chosen = plan(call, method)
    if not chosen.total:
        words = {"pool": chosen.pool.format()}
        raise Refused(
            _(
                "There is nothing to divide: %(pool)s for the applications that the panel chose. Wait until there is"
                " money, or end the call without a grant."
            )
            % words
        )
    allocation = Allocation.objects.create(
        call=call, method=method, pool_minor=chosen.pool.minor, parts=parts, reason=reason, chosen_by=by
    )
    given = {share.application.pk: share.given for share in chosen.shares if share.given}
    for decision in Decision.objects.of(call).in_turn().select_related("application__call"):
        if amount := given.get(decision.application_id):
            awarding.offer(decision.application, amount, parts=parts, by=by, on=on)
        else:
            decision.application.tell(TOLD[Outcome(decision.outcome)])
    return allocation


@transaction.atomic
def end_without(call: Call, *, reason: str, by: User) -> Allocation:
    """Nobody gets a grant: the panel chose nobody, or there is no money. Each group is told what the panel decided."""
    if conflicts.concerns(by, call):
        raise Refused(_("You are tied to a group that applied to this call. Somebody else has to end it."))
    call.move(Stage.ALLOCATED)
    for decision in Decision.objects.of(call).in_turn().select_related("application__call"):
        decision.application.tell(TOLD[Outcome(decision.outcome)])
    return Allocation.objects.create(
        call=call, method="", pool_minor=pool_of(call).minor, parts=0, reason=reason, chosen_by=by
    )
