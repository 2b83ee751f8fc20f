"""What donors do with their monthly gifts: another amount, another card, a pause, an end.

Stripe is asked, and our row follows what Stripe answers. To ask twice is to ask once.
"""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import stripe
from django.conf import settings
from django.utils import timezone
from stripe.params import SubscriptionUpdateParams

from donations import monthly
from donations.checkout import STRIPE_SPEAKS, StripeUnavailable, interval, product_of
from donations.models import MonthlyGift
from donations.stripe_api import page_client, patiently
from ledger.money import Money

log = logging.getLogger(__name__)
PURPOSE = {"purpose": "card-of-a-monthly-gift"}


class CardRefused(Exception):
    """The bank does not take what is due from this card. Stripe tries again in some days."""


def change_amount(gift: MonthlyGift, amount: Money) -> None:
    """From the next payment on; the currency stays."""
    if amount.currency != gift.currency:
        raise ValueError(f"a gift in {gift.currency} cannot become one in {amount.currency}")
    product = _asking(gift, lambda: product_of(gift.campaign))
    price: Any = {
        "currency": gift.currency.lower(),
        "unit_amount": amount.minor,
        "product": product,
        "recurring": {"interval": interval(gift)},
    }
    _update(gift, {"items": [{"id": gift.item, "quantity": 1, "price_data": price}], "proration_behavior": "none"})


def pause(gift: MonthlyGift) -> None:
    """Nothing is taken until the donor goes on, and nothing is taken later for the time between."""
    _update(gift, {"pause_collection": {"behavior": "void"}})


def go_on(gift: MonthlyGift) -> None:
    _update(gift, {"pause_collection": ""})


def stop(gift: MonthlyGift) -> None:
    """For good. A gift that has ended already has ended."""
    as_of = timezone.now()
    api = page_client().v1.subscriptions
    name = str(gift.subscription)
    try:
        ended = _asking(gift, lambda: patiently(lambda: api.cancel(name)))
    except stripe.InvalidRequestError:
        ended = _asking(gift, lambda: patiently(lambda: api.retrieve(name)))
    monthly.hear_subscription(json.loads(str(ended)), as_of)


def card_page(gift: MonthlyGift, back: str) -> str:
    """The address of a page of Stripe's to put in another card. It is minted for now, and for nobody else to see."""
    language = gift.language.partition("-")[0]
    params: Any = {
        "customer": gift.customer,
        "configuration": _asking(gift, _configuration),
        "return_url": back,
        "flow_data": {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": back}},
        },
    }
    if language in STRIPE_SPEAKS:
        params["locale"] = language
    return _asking(gift, lambda: patiently(lambda: page_client().v1.billing_portal.sessions.create(params))).url


def take_over_card(gift: MonthlyGift) -> None:
    """Pay with the card the donor put in last, and what is due at once. Raises CardRefused.

    Stripe's page makes it the customer's card; a subscription goes on with its own until it is told.
    """
    api = page_client().v1
    customer = _asking(gift, lambda: patiently(lambda: api.customers.retrieve(gift.customer)))
    chosen = customer.invoice_settings and customer.invoice_settings.default_payment_method
    if chosen:
        _update(gift, {"default_payment_method": chosen if isinstance(chosen, str) else chosen.id})
        _pay_what_is_due(gift)


def _pay_what_is_due(gift: MonthlyGift) -> None:
    api = page_client().v1.invoices
    due = _asking(gift, lambda: patiently(lambda: api.list({"subscription": str(gift.subscription), "status": "open"})))
    try:
        for invoice in due.data:
            _asking(gift, partial(_pay, api, invoice.id))
    except stripe.CardError as error:
        raise CardRefused from error
    finally:
        _hear_again(gift)


def _pay(api: stripe.InvoiceService, name: str) -> None:
    patiently(lambda: api.pay(name))


def _hear_again(gift: MonthlyGift) -> None:
    try:
        monthly.ask(gift)
    except stripe.StripeError as error:  # a webhook, or the next sweep, tells us too
        log.warning("stripe did not say how monthly gift %s stands: %s", gift.pk, type(error).__name__)


def _update(gift: MonthlyGift, params: SubscriptionUpdateParams) -> None:
    as_of = timezone.now()
    api = page_client().v1.subscriptions
    answer = _asking(gift, lambda: patiently(lambda: api.update(str(gift.subscription), params)))
    monthly.hear_subscription(json.loads(str(answer)), as_of)


def _configuration() -> str:
    """The portal that can change a card and nothing else, made when the first donor needs it."""
    api = page_client().v1.billing_portal.configurations
    known = patiently(lambda: api.list({"active": True, "limit": 100})).data
    ours = [each.id for each in known if each.metadata and each.metadata.to_dict() == PURPOSE]
    if ours:
        return ours[0]
    params: Any = {"features": {"payment_method_update": {"enabled": True}}, "metadata": PURPOSE}
    key = f"portal-{settings.PUBLIC_URL}"[:255]
    return patiently(lambda: api.create(params, {"idempotency_key": key})).id


def _asking[Answer](gift: MonthlyGift, call: Callable[[], Answer]) -> Answer:
    """What Stripe answers; where it does not, StripeUnavailable. What it refuses is the caller's affair."""
    try:
        return call()
    except (stripe.InvalidRequestError, stripe.CardError):
        raise
    except stripe.StripeError as error:
        log.warning("stripe did not answer for monthly gift %s: %s", gift.pk, type(error).__name__)
        raise StripeUnavailable from error
