"""A running Stripe sandbox whose webhooks reach a running server of ours, and our settings pointing at it."""

from collections.abc import Iterator

import pytest
import requests
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from donations.sandbox.process import Sandbox, running
from tests.stripe_contract import breaches, load

CARD = {"expiry": "12 / 40", "cvc": "123", "name": "Mina"}


@pytest.fixture(scope="session")
def sandbox_process(live_server: LiveServer) -> Iterator[Sandbox]:
    webhook = f"{live_server.url}/stripe/webhook/"
    with running(webhook_url=webhook, webhook_secret="whsec_tests", api_key="sk_test_tests", settle_after=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox, live_server: LiveServer, settings: Settings) -> Iterator[Sandbox]:
    """Fresh for every test; afterwards all that was asked and answered is held to Stripe's contract, if it is there."""
    sandbox_process.control("reset")
    settings.STRIPE_API_BASE = sandbox_process.url
    settings.STRIPE_CHECKOUT_ORIGINS = [sandbox_process.url]
    settings.PUBLIC_URL = live_server.url
    yield sandbox_process
    contract = load()
    assert not contract or breaches(contract, sandbox_process) == []


def pay(page: str, number: str = "4242424242424242") -> requests.Response:
    """What a donor's browser sends from Stripe's page."""
    return requests.post(page, CARD | {"number": number}, timeout=20, allow_redirects=False)
