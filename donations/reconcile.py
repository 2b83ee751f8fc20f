"""Compare everything with Stripe, object by object, and repair what differs through the same functions as the webhooks.

Nothing to repair is the normal answer. The objects are read in windows of a week, a hundred a call, so that memory does
not grow with the number of gifts, and no faster than Stripe lets anybody ask.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import stripe
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from donations import disputes, monthly, payouts, refunds, settlement
from donations.drain import SPOILS
from donations.lattice import State
from donations.models import BalanceTransaction, Dispute, Donation, Payout, Refund
from donations.models.mirror import Mirror
from donations.observation import Observation, observe
from donations.stripe_api import client, patiently
from ledger import chart
from ledger.models import Balance
from ledger.money import Money

log = logging.getLogger(__name__)
WEEK = timedelta(days=7)
PAGE = 100
Thing = dict[str, Any]
Window = tuple[datetime, datetime | None]
Hear = Callable[[Thing, datetime], bool | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that Stripe and we did not have alike. `repaired`: by now we do."""

    about: str
    text: str
    repaired: bool

    def __str__(self) -> str:
        return f"{self.about}: {self.text}{' (repaired)' if self.repaired else ''}"


def reconcile(since: datetime, until: datetime) -> Iterator[Difference]:
    """What differs among the objects made in this time, those still open from before, and the balance."""
    for window in windows(since, until):
        yield from promises(window)
        yield from sessions(window)
        yield from charges(window)
    yield from movements(until - since)
    for window in windows(since, until):
        yield from others(window)
    yield from unfinished()
    payouts.keep_up()
    monthly.keep_up(until)
    yield from balance()


def watch(back: timedelta) -> None:
    """Reconcile, and log what differed, for whoever watches the logs."""
    now = timezone.now()
    for difference in reconcile(now - back, now):
        log.warning("differs from Stripe: %s", difference)


def windows(since: datetime, until: datetime) -> Iterator[Window]:
    """A week at a time; the last one is open, for what happens meanwhile."""
    while since + WEEK < until:
        yield since, since + WEEK
        since += WEEK
    yield since, None


def sessions(window: Window) -> Iterator[Difference]:
    for page in pages(client().v1.checkout.sessions.list, window):
        yield from gifts(page)


def promises(window: Window) -> Iterator[Difference]:
    """Subscriptions, and what was paid for each of their invoices. A charge does not say that it is of one."""
    api = client().v1
    yield from walked(
        lambda params: api.subscriptions.list(params | {"status": "all"}), monthly.hear_subscription, window
    )
    yield from walked(
        lambda params: api.invoices.list(params | {"expand": ["data.payments"]}), monthly.hear_invoice, window
    )


def charges(window: Window) -> Iterator[Difference]:
    """Stripe's charges against our gifts, and our gifts against Stripe's charges."""
    known: set[str] = set()
    for page in pages(client().v1.charges.list, window):
        known |= {charge["payment_intent"] or "" for charge in page if charge["paid"]}
        yield from gifts([charge for charge in page if charge["paid"]])
    begin, end = window
    ours = Donation.objects.filter(state__in=[State.PAID, State.SETTLED], charged_at__gte=begin)
    ours = ours.filter(charged_at__lt=end) if end else ours
    for donation in ours.exclude(payment_intent=None).only("payment_intent").iterator():
        if donation.payment_intent not in known and not paid_at_stripe(donation):
            yield Difference(f"gift {donation.pk}", "paid for us, and Stripe has no payment for it", repaired=False)


def paid_at_stripe(donation: Donation) -> bool:
    """Asked for this one gift: its charge may be of another day than it is dated."""
    try:
        intent = patiently(lambda: client().v1.payment_intents.retrieve(str(donation.payment_intent)))
    except stripe.InvalidRequestError:
        return False
    return intent.status == "succeeded"


def gifts(things: list[Thing]) -> Iterator[Difference]:
    """What these sessions or charges say of gifts that we had otherwise, or not at all."""
    said = [(thing, seen) for thing in things if (seen := observe(thing))]
    found = list(Donation.objects.named_by([seen for _thing, seen in said]))
    names = {name: each for each in found for name in (each.reference, each.payment_intent) if name}
    for thing, seen in said:
        donation = names.get(seen.reference) or names.get(seen.payment_intent or "")
        if donation is None:
            if seen.towards in {State.PAID, State.PENDING}:
                yield Difference(thing["id"], "paid, and of no gift of ours", repaired=False)
        elif thing["object"] == "charge" and BalanceTransaction.objects.named_since(thing["id"], donation):
            yield Difference(thing["id"], "its money was under suspense without its gift", repaired=True)
        elif donation.hear(seen) and Donation.objects.filter(pk=donation.pk).hear(seen):
            yield heard(donation, seen)


def heard(donation: Donation, seen: Observation) -> Difference:
    about = f"gift {donation.pk} ({seen.payment_intent or seen.checkout_session})"
    said = donation.review or f"Stripe says it is {donation.get_state_display()}"
    return Difference(about, said, repaired=not donation.review)


def movements(back: timedelta) -> Iterator[Difference]:
    try:
        booked = settlement.sweep(back)
    except ExceptionGroup as failed:
        for error in failed.exceptions:
            yield Difference("balance transactions", f"one is not in the books as what it is: {error}", repaired=False)
        return
    if booked:
        yield Difference("balance transactions", f"{booked} were not in the books", repaired=True)


def others(window: Window) -> Iterator[Difference]:
    """Refunds, disputes and payouts."""
    api = client().v1
    listings: tuple[tuple[Callable[[Any], Any], Hear], ...] = (
        (api.refunds.list, refunds.hear),
        (api.disputes.list, disputes.hear),
        (api.payouts.list, payouts.hear),
    )
    for listing, hear in listings:
        yield from walked(listing, hear, window)


def walked(listing: Callable[[Any], Any], hear: Hear, window: Window) -> Iterator[Difference]:
    as_of = timezone.now()
    for page in pages(listing, window):
        yield from taken_in(page, hear, as_of)
        as_of = timezone.now()


def unfinished() -> Iterator[Difference]:
    """Whatever is not over is asked for by name, however old it is."""
    api = client().v1
    open_: tuple[tuple[Iterable[Mirror], Callable[[str], Any], Hear], ...] = (
        (Refund.objects.filter(status__in=["pending", "requires_action"]), api.refunds.retrieve, refunds.hear),
        (Dispute.objects.unfinished(), api.disputes.retrieve, disputes.hear),
        (Payout.objects.unfinished(), api.payouts.retrieve, payouts.hear),
    )
    for rows, retrieve, hear in open_:
        for row in rows:
            as_of = timezone.now()
            try:
                thing = patiently(partial(retrieve, row.stripe_id))
            except stripe.InvalidRequestError as error:
                yield Difference(row.stripe_id, f"Stripe does not give it: {error.user_message}", repaired=False)
            else:
                yield from taken_in([json.loads(str(thing))], hear, as_of)


def taken_in(things: list[Thing], hear: Hear, as_of: datetime) -> Iterator[Difference]:
    for thing in things:
        try:
            with transaction.atomic():
                news = hear(thing, as_of)
        except SPOILS as error:
            log.exception("%s cannot be taken in", thing["id"])
            yield Difference(thing["id"], f"this {thing['object']} cannot be taken in: {error}", repaired=False)
            continue
        if news is None:
            yield Difference(thing["id"], f"a {thing['object']} of no gift of ours", repaired=False)
        elif news:
            yield Difference(thing["id"], f"Stripe says this {thing['object']} is {thing['status']}", repaired=True)


def balance() -> Iterator[Difference]:
    """Stripe's own balance against the books, to the cent. What moved while we read is read once more."""
    if differing():
        with suppress(ExceptionGroup):  # said before
            settlement.sweep()
    for currency, (ours, theirs) in differing().items():
        text = f"Stripe holds {Money(theirs, currency).format()}, the books say {Money(ours, currency).format()}"
        yield Difference(f"balance in {currency}", text, repaired=False)


def differing() -> dict[str, tuple[int, int]]:
    """By currency what the books say and what Stripe says, where that is not the same."""
    held = Balance.objects.filter(account=chart.STRIPE).values_list("currency").annotate(total=Sum("amount"))
    ours = {currency: int(total) for currency, total in held}
    theirs: dict[str, int] = {}
    told = json.loads(str(patiently(client().v1.balance.retrieve)))
    for part in told["available"] + told["pending"]:
        currency = part["currency"].upper()
        theirs[currency] = theirs.get(currency, 0) + part["amount"]
    both = {currency: (ours.get(currency, 0), theirs.get(currency, 0)) for currency in ours.keys() | theirs.keys()}
    return {currency: pair for currency, pair in sorted(both.items()) if pair[0] != pair[1]}


def pages(listing: Callable[[Any], Any], window: Window) -> Iterator[list[Thing]]:
    """All of one kind that Stripe made in this time."""
    begin, end = window
    created = {"gte": int(begin.timestamp())} | ({"lt": int(end.timestamp())} if end else {})
    params: dict[str, Any] = {"limit": PAGE, "created": created}
    while True:
        answer = json.loads(str(patiently(lambda: listing(dict(params)))))
        yield answer["data"]
        if not answer["has_more"]:
            return
        params["starting_after"] = answer["data"][-1]["id"]
