"""One sandbox for all these tests, emptied before each, and held to Stripe's contract after each."""

from collections.abc import Iterator

import pytest

from donations.sandbox.process import Sandbox, running
from tests.donations.sandbox import receiver as receiver_module
from tests.donations.sandbox.build import KEY
from tests.donations.sandbox.receiver import SECRET, Receiver
from tests.stripe_contract import breaches, contract, load

__all__ = ["contract"]


@pytest.fixture(scope="session")
def listening() -> Iterator[Receiver]:
    with receiver_module.listening() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def sandbox_in_its_process(listening: Receiver) -> Iterator[Sandbox]:
    with running(webhook_url=listening.url, webhook_secret=SECRET, api_key=KEY, settle_after=3600, seed="7") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_in_its_process: Sandbox, listening: Receiver) -> Iterator[Sandbox]:
    """Money settles an hour after a charge: when a test moves the clock, and not before."""
    sandbox_in_its_process.control("reset")
    listening.forget()
    yield sandbox_in_its_process
    if oracle := load():
        assert breaches(oracle, sandbox_in_its_process) == []


@pytest.fixture
def receiver(sandbox: Sandbox, listening: Receiver) -> Receiver:
    return listening
