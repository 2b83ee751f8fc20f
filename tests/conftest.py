"""Fixtures of the whole house."""

import os

from tests import standards
from tests.stripe_contract import UNSET

pytest_plugins = ["tests.browser", "tests.stripe_sandbox"]


def pytest_report_header() -> list[str]:
    """What is held to contracts that others have published, and what is not."""
    return [stripes_contract(), standards.held()]


def stripes_contract() -> str:
    """Whether what the tests ask of Stripe's sandbox, and are answered, is held to Stripe's published contract."""
    if folder := os.environ.get("STRIPE_CONTRACT_DIR"):
        return f"Stripe's contract: held after every test with the sandbox, as in {folder}"
    return f"Stripe's contract: NOT held: {UNSET}"
