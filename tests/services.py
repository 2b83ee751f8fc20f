"""A pytest plugin that starts the embedded services before Django reads its settings."""

import atexit
import contextlib
import os

import pytest

from config import embedded, preflight

running = contextlib.ExitStack()
atexit.register(running.close)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Parallel workers find the variables in their environment, and start nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if lacking := [*preflight.lacks(), *preflight.slowed()]:
        raise pytest.UsageError("\n".join(lacking))
    try:
        running.enter_context(embedded.services(throwaway=True))
    except embedded.NotStarted as error:
        raise pytest.UsageError(str(error)) from None
