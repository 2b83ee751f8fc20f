"""Who reads a language that Stripe's page does not speak is told in it, beforehand, what that page asks."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from stripe.params.checkout import SessionCreateParams

from appeal.models import Campaign
from donations import checkout
from donations.models import Donation, State
from donations.sandbox.process import Sandbox
from tests.donations import build
from tests.donations.test_giving import token
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


@pytest.fixture(autouse=True)
def languages(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی"), ("my", "မြန်မာ"), ("id", "Indonesia")]


def give(campaign: Campaign, language: str, **changes: Any) -> Any:
    filled = {"often": "once", "gift": "50", "gift_currency": "USD", "email": "mina@example.org", "token": token()}
    return Client(headers={"Accept-Language": language}).post(f"/give/{campaign.slug}/", filled | changes)


@pytest.mark.parametrize("language", ["fa", "my"])
def test_a_page_in_the_donors_language_comes_before_the_english_one(
    sandbox: Sandbox, campaign: Campaign, language: str
) -> None:
    answer = give(campaign, language)
    gift = Donation.objects.get()
    assert answer.headers["Location"] == f"/gifts/{gift.reference}/to-payment/"
    assert gift.checkout_session is None
    donor = Client(headers={"Accept-Language": language})
    shown = donor.get(answer.headers["Location"]).content.decode()
    assert f'<html lang="{language}"' in shown
    for label in ("Card number", "MM / YY", "CVC", "Cardholder name", "Country or region", "Donate"):
        assert f'<bdi lang="en" dir="ltr"><strong>{label}</strong></bdi>' in shown
    assert "<script" not in shown
    onward = donor.post(f"/gifts/{gift.reference}/resume/")
    assert onward.headers["Location"].startswith(sandbox.url)
    assert pay(onward.headers["Location"]).status_code == 303


def test_the_button_of_a_gift_that_goes_on_has_another_name(campaign: Campaign) -> None:
    answer = give(campaign, "fa", often="month")
    assert ">Subscribe</strong>" in Client().get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize("language", ["en", "id"])
def test_who_reads_a_language_of_stripes_page_goes_there_at_once(
    sandbox: Sandbox, campaign: Campaign, language: str
) -> None:
    assert give(campaign, language).headers["Location"].startswith(sandbox.url)


def test_the_page_is_for_a_gift_that_waits_and_kept_out_of_caches(campaign: Campaign) -> None:
    gift = build.donation(campaign, language="fa")
    path = f"/gifts/{gift.reference}/to-payment/"
    assert "no-store" in Client().get(path).headers["Cache-Control"]
    Donation.objects.filter(pk=gift.pk).move(State.CANCELLED)
    assert Client().get(path).headers["Location"] == gift.get_absolute_url()
    assert Client().post(path).status_code == 405


def stripe_locales() -> set[str]:
    """As Stripe's own library has them."""
    hint = SessionCreateParams.__annotations__["locale"]
    return {code for code in str(hint).replace('"', "'").split("'") if code[:1].isalpha() and len(code) <= 6}


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        *[("en", "en"), ("fa", "en"), ("ps", "en"), ("ar", "en"), ("ur", "en"), ("my", "en"), ("ta", "en")],
        *[("id", "id"), ("hi", "hi-IN"), ("zh-hant", "zh-TW"), ("zh-hans", "zh"), ("pt-br", "pt-BR"), ("de-at", "de")],
    ],
)
def test_stripes_page_is_asked_for_in_the_nearest_language_it_has(language: str, locale: str) -> None:
    assert checkout.locale_of(language) == locale


def test_the_languages_are_those_that_stripe_names_today() -> None:
    named = stripe_locales()
    assert {"fa", "ps", "ar", "ur", "my"} & named == set()
    ours = {checkout.locale_of(language) for language in checkout.STRIPE_SPEAKS} | set(checkout.STRIPE_WRITES.values())
    assert ours <= named
    assert {code.partition("-")[0] for code in named - {"auto"}} == checkout.STRIPE_SPEAKS
