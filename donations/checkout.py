"""Bring a donor to Stripe's payment page, and let one who changed their mind out again.

The donation is committed before Stripe is called, and the call is named after it: however often it is made, one gift
gets one Checkout Session.
"""

import logging

import stripe
from django.conf import settings
from django.db.models import F
from stripe.params.checkout import SessionCreateParams

from appeal.models import Campaign
from donations.lattice import State
from donations.models import Donation, Product
from donations.stripe_api import client, patiently

log = logging.getLogger(__name__)
# Languages of Stripe's payment page; whoever reads another one is told beforehand that it will be in English.
STRIPE_SPEAKS = set(
    "bg cs da de el en es et fi fil fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh".split()
)


class StripeUnavailable(Exception):
    """Stripe did not answer, or not with a payment page. Nothing was charged, and the gift can be tried again."""


class Finished(Exception):
    """This gift is not waiting for a payment any more."""


def payment_page(donation: Donation) -> str:
    """The address of Stripe's page for this gift; the same one for as long as Stripe keeps it open."""
    if donation.state != State.OPEN:
        raise Finished
    try:
        session = _open(donation)
    except stripe.StripeError as error:
        _learn_from(error, donation)
        log.warning("no checkout session for donation %s: %s", donation.pk, type(error).__name__)
        raise StripeUnavailable from error
    Donation.objects.filter(pk=donation.pk, checkout_session__isnull=True).update(checkout_session=session.id)
    if session.status != "open" or not session.url:
        raise Finished
    return session.url


def cancel(donation: Donation) -> bool:
    """The donor does not want to give after all; whether that came in time. Should they pay still, paid wins."""
    cancelled = Donation.objects.filter(pk=donation.pk).move(State.CANCELLED)
    if cancelled and donation.checkout_session:
        try:
            client().v1.checkout.sessions.expire(donation.checkout_session)
        except stripe.StripeError:  # it is paid by now, or runs out by itself: Stripe will tell
            log.warning("the checkout session of donation %s could not be expired", donation.pk)
    return bool(cancelled)


def speaks(language: str) -> bool:
    return language.partition("-")[0] in STRIPE_SPEAKS


def _open(donation: Donation) -> stripe.checkout.Session:
    if donation.checkout_session:
        return patiently(lambda: client().v1.checkout.sessions.retrieve(str(donation.checkout_session)))
    params = session_params(donation, product_of(donation.campaign))
    key = f"donation-{donation.reference}-{donation.attempts}"
    return patiently(lambda: client().v1.checkout.sessions.create(params, {"idempotency_key": key}))


def session_params(donation: Donation, product: str) -> SessionCreateParams:
    """What we ask Stripe for: one gift, on its own page, with our reference on everything that comes of it."""
    page = f"{settings.PUBLIC_URL}{donation.get_absolute_url()}"
    language = donation.language.partition("-")[0]
    metadata = {"donation": donation.reference}
    return {
        "mode": "payment",
        "submit_type": "donate",
        "client_reference_id": donation.reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": donation.campaign.title},
        "customer_email": donation.email,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": donation.currency.lower(),
                    "unit_amount": donation.amount_minor,
                    "product": product,
                },
            }
        ],
        "locale": language if language in STRIPE_SPEAKS else "en",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": {"recovery": {"enabled": False}},
        "success_url": f"{page}thanks/",
        "cancel_url": page,
    }


def _learn_from(error: stripe.StripeError, donation: Donation) -> None:
    """Stripe keeps a failure of its own under our key and would give it again; so the next try has another key."""
    if (error.http_status or 0) >= 500 or error.code == "resource_missing":
        Donation.objects.filter(pk=donation.pk).update(attempts=F("attempts") + 1)
    if error.code == "resource_missing":
        Product.objects.filter(campaign=donation.campaign, livemode=settings.STRIPE_LIVEMODE).delete()


def product_of(campaign: Campaign) -> str:
    """The campaign's Product at Stripe, made for its first gift under a name that a second try finds again."""
    known = Product.objects.filter(campaign=campaign, livemode=settings.STRIPE_LIVEMODE).first()
    if known is None:
        name = f"campaign-{campaign.pk}-{campaign.slug}"
        _make_product(name, campaign.title)
        known, _made = Product.objects.get_or_create(
            campaign=campaign, livemode=settings.STRIPE_LIVEMODE, defaults={"stripe_id": name}
        )
    return known.stripe_id


def _make_product(name: str, title: str) -> None:
    try:
        patiently(lambda: client().v1.products.create({"id": name, "name": title}))
    except stripe.InvalidRequestError as error:
        if error.code != "resource_already_exists":
            raise
