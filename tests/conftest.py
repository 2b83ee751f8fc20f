"""Fixtures of the whole house."""

pytest_plugins = ["tests.browser", "tests.stripe_sandbox"]
