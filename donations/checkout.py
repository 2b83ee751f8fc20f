"""Bring a donor to Stripe's payment page, and let one who changed their mind out again.

The donation is committed before Stripe is called, and the call is named after it: however often it is made, one gift
gets one Checkout Session.
"""

import json
import logging
from typing import Literal

import stripe
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItemPriceData

from appeal.models import Campaign
from donations.lattice import State
from donations.models import Donation, MonthlyGift, Product
from donations.models.monthly_gift import Every
from donations.observation import observe
from donations.stripe_api import page_client, patiently

log = logging.getLogger(__name__)
# Languages of Stripe's payment page; whoever reads another one is told beforehand that it will be in English.
STRIPE_SPEAKS = set(
    "bg cs da de el en es et fi fil fr hi hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv th tr vi zh".split()
)
STRIPE_WRITES = {"hi": "hi-IN", "zh-hant": "zh-TW", "zh-hk": "zh-HK", "pt-br": "pt-BR", "fr-ca": "fr-CA"}


class StripeUnavailable(Exception):
    """Stripe did not answer, or not with a payment page. The gift is kept, and can be tried again."""


class Finished(Exception):
    """This gift waits for no payment any more; its own page says what became of it."""


def payment_page(donation: Donation) -> str:
    """The address of Stripe's page for this gift; the same one for as long as Stripe keeps it open."""
    if donation.state != State.OPEN:
        raise Finished
    if not donation.campaign.takes_gifts(timezone.localdate()):
        let_go(donation)
        raise Finished
    try:
        session = _open(donation)
    except stripe.StripeError as error:
        log.warning("no checkout session for donation %s: %s", donation.pk, type(error).__name__)
        _learn_from(error, donation)
        raise StripeUnavailable from error
    if session.status == "open" and session.url and _remember(donation, session):
        return session.url
    _hear(session)
    raise Finished


def cancel(donation: Donation) -> None:
    """The donor does not want to give after all. If the money has been taken already, that is what counts."""
    if donation.checkout_session:
        try:
            _hear(_expire(donation.checkout_session))
        except stripe.StripeError as error:
            log.warning("the session of donation %s is not expired: %s", donation.pk, type(error).__name__)
            raise StripeUnavailable from error
    Donation.objects.filter(pk=donation.pk).move(State.CANCELLED)


def let_go(donation: Donation) -> None:
    """Its appeal takes no gifts now: nobody can pay on its page any more. If it has been paid, that is what counts."""
    if donation.checkout_session is None:
        Donation.objects.filter(pk=donation.pk, checkout_session=None).move(State.ABANDONED)
        return
    try:
        close(donation)
    except stripe.StripeError as error:
        log.warning("the page of donation %s is not closed: %s", donation.pk, type(error).__name__)
        raise StripeUnavailable from error


def close(donation: Donation) -> None:
    """Let nobody pay on its page any more; raises StripeError. If it has been paid meanwhile, that is what counts."""
    _hear(_expire(str(donation.checkout_session)))


def speaks(language: str) -> bool:
    return language.partition("-")[0] in STRIPE_SPEAKS


def locale_of(language: str) -> str:
    """The language of Stripe's page for whoever reads this one."""
    plain = language.partition("-")[0]
    return STRIPE_WRITES.get(language.lower()) or STRIPE_WRITES.get(plain) or (plain if speaks(language) else "en")


def _open(donation: Donation) -> stripe.checkout.Session:
    api = page_client().v1
    if donation.checkout_session:
        return patiently(lambda: api.checkout.sessions.retrieve(str(donation.checkout_session)))
    params = session_params(donation, product_of(donation.campaign))
    key = f"donation-{donation.reference}-{donation.attempts}"
    return patiently(lambda: api.checkout.sessions.create(params, {"idempotency_key": key}))


def _remember(donation: Donation, session: stripe.checkout.Session) -> bool:
    """Whether this is the gift's one session. It is not if the donor cancelled, or a second try was faster."""
    waiting = Donation.objects.filter(Q(checkout_session=None) | Q(checkout_session=session.id), state=State.OPEN)
    if waiting.filter(pk=donation.pk).update(checkout_session=session.id):
        return True
    _expire(session.id)
    return False


def _expire(session: str) -> stripe.checkout.Session:
    """As it is then: expired, or complete if the donor was faster."""
    api = page_client().v1.checkout.sessions
    try:
        return patiently(lambda: api.expire(session))
    except stripe.InvalidRequestError:
        return patiently(lambda: api.retrieve(session))


def _hear(session: stripe.checkout.Session) -> None:
    if seen := observe(json.loads(str(session))):
        Donation.objects.hear(seen)


def session_params(donation: Donation, product: str) -> SessionCreateParams:
    """What we ask Stripe for: one gift, on its own page, with our reference on everything that comes of it."""
    page = f"{settings.PUBLIC_URL}{donation.get_absolute_url()}"
    price: SessionCreateParamsLineItemPriceData = {
        "currency": donation.currency.lower(),
        "unit_amount": donation.amount_minor,
        "product": product,
    }
    return {
        "client_reference_id": donation.reference,
        "customer_email": donation.email,
        **(
            once(donation, price) if donation.monthly_gift is None else standing(donation, donation.monthly_gift, price)
        ),
        "locale": locale_of(donation.language),
        "adaptive_pricing": {"enabled": False},
        "after_expiration": {"recovery": {"enabled": False}},
        "success_url": f"{page}thanks/",
        "cancel_url": page,
    }


def once(donation: Donation, price: SessionCreateParamsLineItemPriceData) -> SessionCreateParams:
    metadata = {"donation": donation.reference}
    return {
        "mode": "payment",
        "submit_type": "donate",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": donation.campaign.title},
        "line_items": [{"quantity": 1, "price_data": price}],
    }


def standing(donation: Donation, gift: MonthlyGift, price: SessionCreateParamsLineItemPriceData) -> SessionCreateParams:
    """The first payment of a monthly gift. Stripe copies the subscription's metadata to every invoice of it."""
    metadata = {"donation": donation.reference, "monthly_gift": gift.reference}
    return {
        "mode": "subscription",
        "metadata": metadata,
        "subscription_data": {"metadata": metadata, "description": donation.campaign.title},
        "line_items": [{"quantity": 1, "price_data": {**price, "recurring": {"interval": interval(gift)}}}],
    }


def interval(gift: MonthlyGift) -> Literal["month", "year"]:
    return "year" if gift.every == Every.YEAR else "month"


def _learn_from(error: stripe.StripeError, donation: Donation) -> None:
    """Do what makes the next try a better one.

    Stripe keeps a failure of its own under our key and would give it again, so the next try has another key. What it
    will never take, such as an address it finds odd, ends this gift: the donor starts again with another form.
    """
    this = Donation.objects.filter(pk=donation.pk)
    if (error.http_status or 0) >= 500 or isinstance(error, stripe.IdempotencyError):
        this.update(attempts=F("attempts") + 1)
    elif error.code == "resource_missing":  # another account's, or a sandbox's that is gone
        Product.objects.filter(campaign=donation.campaign, livemode=settings.STRIPE_LIVEMODE).delete()
        this.update(attempts=F("attempts") + 1, checkout_session=None)
    elif isinstance(error, stripe.InvalidRequestError):
        this.move(State.FAILED)
        raise Finished from error


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
        patiently(lambda: page_client().v1.products.create({"id": name, "name": title}))
    except stripe.InvalidRequestError as error:
        if error.code != "resource_already_exists":
            raise
