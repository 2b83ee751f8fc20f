"""Fixtures of the whole house."""

import os

from tests.stripe_contract import UNSET

pytest_plugins = ["tests.browser", "tests.stripe_sandbox"]


def pytest_report_header() -> str:
    """Whether what the tests ask of Stripe's sandbox, and are answered, is held to Stripe's published contract."""
    if folder := os.environ.get("STRIPE_CONTRACT_DIR"):
        return f"Stripe's contract: held after every test with the sandbox, as in {folder}"
    return f"Stripe's contract: NOT held: {UNSET}"
