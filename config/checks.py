"""The machine's lacks as Django's system checks, for `manage.py check --deploy` on a server."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from config import catalogues, preflight


@register(Tags.compatibility)
def receipts_are_fast(**about: Any) -> list[CheckMessage]:
    return [checks.Warning(sentence, id="config.W001") for sentence in preflight.slowed()]


@register(Tags.compatibility, deploy=True)
def receipts_can_be_made(**about: Any) -> list[CheckMessage]:
    return [Error(sentence, id="config.E001") for sentence in preflight.lacks()]


@register(Tags.security, deploy=True)
def open_books_are_signed(**about: Any) -> list[CheckMessage]:
    unsigned = "Set CHECKPOINT_KEYS (or CHECKPOINT_KEYS_FILE): nothing is signed without a key. See docs/operators.md."
    return [] if settings.CHECKPOINT_KEYS else [Error(unsigned, id="config.E002")]


@register(Tags.translation, deploy=True)
def languages_are_compiled(**about: Any) -> list[CheckMessage]:
    if silent := sorted({*catalogues.written()} - {*catalogues.offered()}):
        lacking = f"Not offered, for nothing is compiled of them: {', '.join(silent)}. Run python -m config.catalogues."
        return [checks.Warning(lacking, id="config.W002")]
    return []
