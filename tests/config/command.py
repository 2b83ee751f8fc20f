"""The service's commands, run as an operator runs them: another process, with settings of its own."""

import os
import subprocess
import sys

from config.embedded import PROJECT

KEPT = {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR"}
PRODUCTION = {
    "SECRET_KEY": "this-stands-for-a-long-random-text-of-at-least-fifty-characters",
    "FIELD_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtISE=",
    "CHECKPOINT_KEYS": "PRIVATE+KEY+appeal.example/log+0f9a187b+AW9ubHktZm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLTMy",
    "PUBLIC_URL": "https://appeal.example",
    "DATABASE_URL": "postgresql://refugeesrise@db.invalid/refugeesrise",
    "CELERY_BROKER_URL": "redis://broker.invalid/0",
    "STRIPE_SECRET_KEY": "rk_live_example",
    "STRIPE_WEBHOOK_SECRETS": "whsec_example",
    "EMAIL_URL": "smtp+tls://appeal:secret@mail.example:587",
    "BEHIND_PROXY": "true",
}


def production(**changes: str | None) -> dict[str, str]:
    """An environment as a server would have it, with some variables changed, or taken away (None)."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    merged = kept | PRODUCTION | changes
    return {name: value for name, value in merged.items() if value is not None}


def python(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def manage(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return python("manage.py", *arguments, environment=production(**changes))


def setting(name: str, **changes: str | None) -> str:
    """One setting as it is read from that environment, or the sentence that refuses it."""
    done = python("-c", f"from config import settings; print(settings.{name})", environment=production(**changes))
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]
