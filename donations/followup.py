"""Ask Stripe about the gifts it has been silent about, so that a lost webhook leaves nobody in doubt."""

import json
import logging
from datetime import datetime

import stripe
from django.utils import timezone
from stripe.params.checkout import SessionRetrieveParams

from donations import checkout
from donations.lattice import State
from donations.models import Donation
from donations.observation import observe
from donations.stripe_api import client, patiently

log = logging.getLogger(__name__)
AT_ONCE = 100


def follow_up(now: datetime) -> int:
    """Hear what Stripe says of up to a hundred unanswered gifts, and let go of those never sent; how many changed."""
    changed = Donation.objects.never_sent(now).move(State.ABANDONED)
    for donation in Donation.objects.unanswered(now).order_by("asked_at")[:AT_ONCE]:
        try:
            changed += ask(donation, now)
        except stripe.StripeError as error:
            log.warning("stripe did not say what became of donation %s: %s", donation.pk, type(error).__name__)
    return changed


def end_without_appeal(now: datetime) -> int:
    """End up to a hundred payment pages whose appeal is closed or suspended; how many. The others are tried again.

    It runs again and again, so that a page that opens in the moment of the closing is found by the next round.
    """
    ended = 0
    for donation in Donation.objects.without_appeal(timezone.localdate(now)).order_by("asked_at")[:AT_ONCE]:
        Donation.objects.filter(pk=donation.pk).update(asked_at=now)  # the last one of the next round
        try:
            checkout.let_go(donation)
            ended += 1
        except checkout.StripeUnavailable:
            continue
    return ended


def ask(donation: Donation, now: datetime) -> bool:
    """Hear what Stripe says of its session, and of the payment behind it, which alone tells a failed bank debit."""
    Donation.objects.filter(pk=donation.pk).update(asked_at=now)
    params: SessionRetrieveParams = {"expand": ["payment_intent"]}
    session = patiently(lambda: client().v1.checkout.sessions.retrieve(str(donation.checkout_session), params))
    seen = observe(json.loads(str(session)))
    return seen is not None and Donation.objects.filter(pk=donation.pk).hear(seen)
