"""All that can happen to a grant's money: promised, paid, come back, released, unspent. Each is one entry."""

import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from grants.models import Evidence, PaymentNotice, Returned, State, Tranche
from ledger import chart
from ledger.journal import Draft, Line, NotEnoughFree, record
from ledger.models import Fund
from ledger.money import Money

__all__ = ["NotEnoughFree", "pay", "pay_again", "promise", "release", "take_back", "take_unspent"]


@transaction.atomic
def promise(tranche: Tranche, *, by: User, on: datetime.date) -> None:
    """Set the fund's free money aside for this tranche. NotEnoughFree or Refused says why not."""
    _promise(tranche, by=by, on=on, discretionary=True)


@transaction.atomic
def pay_again(tranche: Tranche, *, by: User, on: datetime.date) -> Tranche:
    """The money came back: another tranche is promised instead of this one, which is released in the same breath.

    So its money is never free in between, and what a donor's bank has taken back meanwhile does not stop it: the
    decision was the first promise.
    """
    tranche.hold_for(State.RELEASED)
    tranche.refuse_unless_it_came_back()
    release(tranche, on=on)
    again = tranche.plan_again()
    _promise(again, by=by, on=on, discretionary=False)
    return again


def _promise(tranche: Tranche, *, by: User, on: datetime.date, discretionary: bool) -> None:
    tranche.hold_for(State.PROMISED)
    tranche.refuse_unless_open()
    tranche.refuse_excluded_country()
    entry = record(Draft("tranche_promised", str(tranche), on, _set_aside(tranche), discretionary=discretionary))
    tranche.move(State.PROMISED, promise_entry=entry, proposed_by=by, proposed_at=timezone.now())


@transaction.atomic
def pay(
    tranche: Tranche, *, by: User, sent_on: datetime.date, bank_reference: str, wire_fee: Money, **shown: Any
) -> None:
    """It is sent: the promise becomes a grant paid, and the general fund bears the fee of its way.

    `shown` is the evidence that its way needs. A fiscal host's fee is part of the grant, and stays with the host. The
    decision was the promise, this is a fact: what a donor's bank takes back in between never stops a payment.
    """
    tranche.hold_for(State.SENT)
    tranche.refuse_while_its_account_waits(timezone.now())
    tranche.refuse_unless_accepted()
    tranche.refuse_excluded_country()
    tranche.refuse_while_a_report_is_late(timezone.localdate())
    Evidence.objects.show(tranche, fee=wire_fee, **shown)
    lines = (*_let_go(tranche), *_handed_over(tranche), *_fee(wire_fee))
    entry = record(Draft("tranche_paid", str(tranche), sent_on, lines))
    tranche.move(State.SENT, payment_entry=entry, sent_by=by, sent_on=sent_on, bank_reference=bank_reference)
    if tranche.grant.initiative.email:
        PaymentNotice.objects.create(tranche=tranche)


@transaction.atomic
def take_back(tranche: Tranche, *, on: datetime.date) -> None:
    """The payee's bank sent the whole sum back: it is promised again, not paid. The wire fee stays spent.

    Refused where the group has sent back more than the other payments came to: one of the two is wrong.
    """
    Returned.objects.refuse_more_than_sent(without=tranche)
    tranche.hold_for(State.FAILED)
    lines = (*_set_aside(tranche), *_handed_back(tranche))
    entry = record(Draft("tranche_returned", str(tranche), on, lines))
    tranche.move(State.FAILED, return_entry=entry)


@transaction.atomic
def take_unspent(returned: Returned, *, by: User) -> None:
    """A second person has found it in our bank: it is booked, and free for others."""
    returned.hold_to_confirm(by)
    fund, amount = returned.grant.fund, returned.amount
    lines = (Line(chart.BANK, fund, amount), Line(chart.GRANTS_RETURNED, fund, -amount))
    source = f"{returned.grant.reference}-{returned.pk}"
    returned.confirm(record(Draft("unspent_returned", source, returned.returned_on, lines)), by=by)


@transaction.atomic
def release(tranche: Tranche, *, on: datetime.date) -> None:
    """The tranche will not be paid: its money is free again."""
    tranche.hold_for(State.RELEASED)
    tranche.refuse_part_of_an_offer()
    entry = record(Draft("tranche_released", str(tranche), on, _let_go(tranche), reverses=tranche.promise_entry))
    tranche.move(State.RELEASED, release_entry=entry)


def _set_aside(tranche: Tranche) -> tuple[Line, ...]:
    return (Line(chart.ENCUMBERED, tranche.fund, tranche.amount), Line(chart.CONTRA, tranche.fund, -tranche.amount))


def _let_go(tranche: Tranche) -> tuple[Line, ...]:
    return (Line(chart.CONTRA, tranche.fund, tranche.amount), Line(chart.ENCUMBERED, tranche.fund, -tranche.amount))


def _handed_over(tranche: Tranche) -> tuple[Line, ...]:
    return (Line(chart.GRANTS, tranche.fund, tranche.amount), Line(chart.BANK, tranche.fund, -tranche.amount))


def _handed_back(tranche: Tranche) -> tuple[Line, ...]:
    return (Line(chart.BANK, tranche.fund, tranche.amount), Line(chart.GRANTS, tranche.fund, -tranche.amount))


def _fee(fee: Money) -> tuple[Line, ...]:
    general = Fund.objects.general(fee.currency)
    return (Line(chart.BANK_FEES, general, fee), Line(chart.BANK, general, -fee))
