"""Gifts that go back to their donors: heard of from Stripe, or asked of it once two people have decided so."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.db import transaction
from django.utils import timezone

from donations.models import Donation, Refund, RefundRequest
from donations.stripe_api import client, patiently

log = logging.getLogger(__name__)
METADATA = "refund_request"
KEY_LIVES = timedelta(hours=23)  # Stripe forgets an idempotency key after a day


def hear(thing: dict[str, Any], as_of: datetime) -> bool | None:
    """Take in a refund of Stripe's; whether it was news, None where it is of no gift of ours."""
    found = mirror(thing, as_of)
    return found and found[1]


@transaction.atomic
def mirror(thing: dict[str, Any], as_of: datetime) -> tuple[Refund, bool] | None:
    donation = Donation.objects.behind(thing["charge"] or "", thing["payment_intent"] or "")
    if donation is None:
        return None
    refund, news = Refund.objects.mirror(
        thing["id"],
        as_of,
        donation=donation,
        status=thing["status"] or "",
        amount_minor=thing["amount"],
        currency=thing["currency"].upper(),
        failure_reason=thing.get("failure_reason") or "",
        created_at=datetime.fromtimestamp(thing["created"], UTC),
    )
    asked = (thing.get("metadata") or {}).get(METADATA, "")
    if asked.isdecimal():
        ours = RefundRequest.objects.filter(pk=asked, donation=donation, approved_at__isnull=False, refund=None)
        ours.update(refund=refund, problem="")
    return refund, news


def send_approved() -> int:
    """Ask Stripe for the refunds that two people have agreed on; how many it took."""
    return sum(map(send, RefundRequest.objects.to_send().select_related("donation").order_by("pk")))


def send(request: RefundRequest) -> bool:
    """Ask Stripe for it. Where Stripe says no, the reason is kept for staff; where it says nothing, we ask again."""
    params: stripe.params.RefundCreateParams = {
        "payment_intent": str(request.donation.payment_intent),
        "amount": request.amount_minor,
        "metadata": {METADATA: str(request.pk)},
    }
    asked_at = timezone.now()
    try:
        thing = known(request) or patiently(
            lambda: client().v1.refunds.create(params, {"idempotency_key": request.key})
        )
    except stripe.InvalidRequestError as error:
        RefundRequest.objects.filter(pk=request.pk, refund=None).update(problem=error.user_message or str(error))
        return False
    except stripe.StripeError as error:
        log.warning("refund request %s waits for Stripe: %s", request.pk, type(error).__name__)
        return False
    # An answer that Stripe repeats is as old as the refund.
    return bool(mirror(json.loads(str(thing)), min(asked_at, datetime.fromtimestamp(thing.created, UTC))))


def known(request: RefundRequest) -> stripe.Refund | None:
    """The refund that Stripe has made of it already, where it may have forgotten the key that would tell."""
    if request.approved_at and timezone.now() - request.approved_at < KEY_LIVES:
        return None
    params: stripe.params.RefundListParams = {"payment_intent": str(request.donation.payment_intent), "limit": 100}
    made = patiently(lambda: client().v1.refunds.list(params)).data
    ours = {METADATA: str(request.pk)}
    return next((each for each in made if each.metadata and each.metadata.to_dict() == ours), None)
