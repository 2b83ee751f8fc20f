"""Money on its way to our bank: whose it is, whether it came, and what to do when it comes back."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import stripe
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from stripe.params import BalanceTransactionListParams

from donations import bookkeeping
from donations.many import any_of
from donations.models import BalanceTransaction, Payout
from donations.stripe_api import client, patiently
from ledger import chart
from ledger.models import Fund, Posting
from ledger.money import Money

log = logging.getLogger(__name__)


def hear(thing: dict[str, Any], as_of: datetime) -> bool:
    """Take in a payout of Stripe's; whether it was news."""
    _payout, news = Payout.objects.mirror(
        thing["id"],
        as_of,
        status=thing["status"],
        amount_minor=thing["amount"],
        currency=thing["currency"].upper(),
        automatic=thing["automatic"],
        composed=thing["reconciliation_status"] == "completed",
        arrival_on=datetime.fromtimestamp(thing["arrival_date"], UTC).date(),
        failure_transaction=thing["failure_balance_transaction"] or "",
        created_at=datetime.fromtimestamp(thing["created"], UTC),
    )
    return news


def keep_up(now: datetime | None = None) -> int:
    """Book what has become of payouts since; how many steps that took.

    From the oldest on: what came back of one is in the next, and has to be each fund's own again by then.
    """
    steps, now = 0, now or timezone.now()
    for payout in Payout.objects.to_book(now).order_by("created_at", "pk"):
        if in_the_books(payout) and Payout.objects.to_explain(now).filter(pk=payout.pk).update(asked_at=timezone.now()):
            steps += explained(payout)
        steps += arrive(payout.pk) + take_back(payout.pk)
    return steps


@transaction.atomic
def take_back(pk: int) -> bool:
    payout = Payout.objects.to_take_back().select_for_update(of=("self",)).filter(pk=pk).first()
    if payout:
        bookkeeping.take_back(payout, timezone.now().astimezone(UTC).date())
    return payout is not None


@transaction.atomic
def arrive(pk: int) -> bool:
    payout = Payout.objects.to_arrive().select_for_update(of=("self",)).filter(pk=pk).first()
    if payout:
        bookkeeping.arrive(payout)
    return payout is not None


def in_the_books(payout: Payout) -> bool:
    """That it left, and with that all that it is made of: the sweep goes from the oldest on."""
    return BalanceTransaction.objects.filter(source=payout.stripe_id).exists()


def explained(payout: Payout) -> bool:
    """As explain(). Where Stripe does not say, the others go on."""
    try:
        return explain(payout)
    except stripe.StripeError as error:
        log.warning("stripe did not say what payout %s is made of: %s", payout.stripe_id, type(error).__name__)
        return False


def explain(payout: Payout) -> bool:
    """Tie a payout to the balance transactions it is made of, and each fund's share to the fund."""
    made_of = {row["id"]: row["net"] for row in listed(payout) if row["source"] != payout.stripe_id}
    with transaction.atomic():
        payout = Payout.objects.select_for_update().get(pk=payout.pk)
        ours = BalanceTransaction.objects.filter(stripe_id__in=any_of(made_of))
        held = ours.select_for_update().order_by("pk").values_list("pk", flat=True)  # none leaves suspense meanwhile
        if payout.explained or len(held) < len(made_of):  # the rest is in the books after the next sweep
            return False
        came_back = Payout.objects.to_take_back().filter(failure_transaction__in=any_of(made_of))
        if came_back.exists():  # each fund has its share of that again first
            return False
        shares = shares_of(payout, list(made_of))
        if not sum(made_of.values()) == payout.amount_minor == sum(share.minor for share in shares.values()):
            total = Money(sum(made_of.values()), payout.currency)
            payout.problem = f"Stripe paid out {payout.amount.format()}, and says it is made of {total.format()}."
            payout.save(update_fields=["problem"])
            log.error("payout %s does not add up", payout.stripe_id)
            return False
        bookkeeping.spread(payout, shares)
        ours.update(payout=payout)
    return True


def listed(payout: Payout) -> Iterator[dict[str, Any]]:
    params: BalanceTransactionListParams = {"payout": payout.stripe_id, "limit": 100}
    while True:
        answer = json.loads(str(patiently(lambda: client().v1.balance_transactions.list(params))))
        yield from answer["data"]
        if not answer["has_more"]:
            return
        params["starting_after"] = answer["data"][-1]["id"]


def shares_of(payout: Payout, transactions: list[str]) -> dict[Fund, Money]:
    """What these balance transactions brought each fund at Stripe."""
    held = Posting.objects.filter(
        account=chart.STRIPE, currency=payout.currency, entry__source__in=any_of(transactions)
    )
    sums = held.values_list("fund").annotate(total=Sum("amount")).filter(total__isnull=False)
    funds = Fund.objects.in_bulk([fund for fund, _total in sums])
    return {funds[fund]: Money(total, payout.currency) for fund, total in sums if total}
