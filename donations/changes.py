"""What donors do with their monthly gifts: another amount, another card, a pause, an end.

Stripe is asked, and our row follows what Stripe answers. To ask twice is to ask once.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings
from django.utils import timezone
from stripe.params import SubscriptionResumeParams, SubscriptionUpdateParams

from donations import monthly
from donations.checkout import StripeUnavailable, interval, locale_of, product_of, speaks
from donations.models import MonthlyGift
from donations.stripe_api import page_client, patiently
from donations.subscription import Promise
from ledger.money import Money

log = logging.getLogger(__name__)
AT_ONCE = 100
PURPOSE = {"purpose": "card-of-a-monthly-gift"}
InvoiceDeed = Callable[[stripe.InvoiceService, str], stripe.Invoice]


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
    """Nothing is taken until the donor goes on, and nothing is taken later for the time between.

    What is due already Stripe would try to take in the pause as well, so that is let go first: where Stripe falls
    silent between the two, nothing is taken that the donor did not want.
    """
    _with_what_is_due(gift, lambda api, name: api.void_invoice(name))
    _update(gift, {"pause_collection": {"behavior": "void"}})


def go_on(gift: MonthlyGift) -> None:
    """Whether the donor had paused it, or Stripe."""
    _update(gift, {"pause_collection": ""})
    gift.refresh_from_db()
    if gift.status == "paused":
        _resume(gift)


def stop(gift: MonthlyGift) -> None:
    """For good. A gift that has ended already has ended."""
    as_of = timezone.now()
    api = page_client().v1.subscriptions
    name = str(gift.subscription)
    try:
        ended = _asking(gift, lambda: patiently(lambda: api.cancel(name)))
    except stripe.InvalidRequestError:
        ended = _asking(gift, lambda: patiently(lambda: api.retrieve(name)))
    _hear(gift, ended, as_of)


def stop_without_appeal(now: datetime) -> int:
    """Stop up to a hundred gifts whose appeal is over; how many were stopped. The others are tried again."""
    stopped = 0
    for gift in MonthlyGift.objects.without_appeal(timezone.localdate(now)).order_by("seen_at")[:AT_ONCE]:
        try:
            stop(gift)
        except (StripeUnavailable, stripe.InvalidRequestError) as error:
            log.warning("monthly gift %s goes on after its appeal: %s", gift.pk, type(error).__name__)
        else:
            stopped += 1
    return stopped


def card_page(gift: MonthlyGift, back: str, done: str) -> str:
    """The address of a page of Stripe's to put in another card. It is minted for now, and for nobody else to see.

    It leads `back` at any time, and to `done` with another card.
    """
    params: Any = {
        "customer": gift.customer,
        "configuration": _asking(gift, _configuration),
        "return_url": back,
        "flow_data": {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": done}},
        },
    }
    if speaks(gift.language):
        params["locale"] = locale_of(gift.language)
    return _asking(gift, lambda: patiently(lambda: page_client().v1.billing_portal.sessions.create(params))).url


def take_over_card(gift: MonthlyGift) -> bool:
    """Pay with the card the donor put in last, and what is due at once; whether it is another. Raises CardRefused.

    Stripe's page makes it the customer's card; a subscription goes on with its own until it is told.
    """
    api = page_client().v1
    name = str(gift.subscription)
    customer = _asking(gift, lambda: patiently(lambda: api.customers.retrieve(gift.customer)))
    chosen = _id(customer.invoice_settings.default_payment_method if customer.invoice_settings else None)
    used = _id(_asking(gift, lambda: patiently(lambda: api.subscriptions.retrieve(name))).default_payment_method)
    if chosen in {"", used}:
        return False
    _update(gift, {"default_payment_method": chosen})
    gift.refresh_from_db()
    if gift.state != Promise.PAUSED:
        _pay_what_is_due(gift)
    return True


def _id(method: str | stripe.PaymentMethod | None) -> str:
    return method.id if isinstance(method, stripe.PaymentMethod) else method or ""


def _pay_what_is_due(gift: MonthlyGift) -> None:
    try:
        _with_what_is_due(gift, lambda api, name: api.pay(name))
    except stripe.CardError as error:
        raise CardRefused from error
    except StripeUnavailable:
        log.info("monthly gift %s has its new card, and Stripe tries by itself to take what is due", gift.pk)
    finally:
        _hear_again(gift)


def _with_what_is_due(gift: MonthlyGift, deed: InvoiceDeed) -> None:
    """Do this with each of its open invoices."""
    api = page_client().v1.invoices
    due = _asking(gift, lambda: patiently(lambda: api.list({"subscription": str(gift.subscription), "status": "open"})))
    for invoice in due.data:
        _unless_done(gift, invoice.id, deed)


def _unless_done(gift: MonthlyGift, name: str, deed: InvoiceDeed) -> None:
    """What is refused of an invoice that is open no more, somebody was quicker to do."""
    api = page_client().v1.invoices
    try:
        _asking(gift, lambda: patiently(lambda: deed(api, name)))
    except stripe.InvalidRequestError:
        if _asking(gift, lambda: patiently(lambda: api.retrieve(name))).status == "open":
            raise


def _hear_again(gift: MonthlyGift) -> None:
    try:
        monthly.ask(gift)
    except (stripe.StripeError, ValueError) as error:  # a webhook, or the next sweep, tells us too
        log.warning("stripe did not say how monthly gift %s stands: %s", gift.pk, type(error).__name__)


def _update(gift: MonthlyGift, params: SubscriptionUpdateParams) -> None:
    as_of = timezone.now()
    api = page_client().v1.subscriptions
    _hear(gift, _asking(gift, lambda: patiently(lambda: api.update(str(gift.subscription), params))), as_of)


def _resume(gift: MonthlyGift) -> None:
    """Its payment day stays, and nothing is taken for the time between."""
    as_of = timezone.now()
    api = page_client().v1.subscriptions
    params: SubscriptionResumeParams = {"billing_cycle_anchor": {"type": "unchanged"}, "proration_behavior": "none"}
    _hear(gift, _asking(gift, lambda: patiently(lambda: api.resume(str(gift.subscription), params))), as_of)


def _hear(gift: MonthlyGift, answer: stripe.Subscription, as_of: datetime) -> None:
    """Stripe has done it, whether or not we understand how the gift stands now."""
    try:
        monthly.hear_subscription(json.loads(str(answer)), as_of)
    except ValueError as error:
        log.warning("stripe's answer for monthly gift %s cannot be understood: %s", gift.pk, type(error).__name__)


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
