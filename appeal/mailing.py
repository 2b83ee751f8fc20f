"""Send what is due, each mail once.

The row stays locked while the mail goes out and is stamped in the same transaction, as for receipts.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPResponseException
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction

from appeal.outgoing import Outgoing, OutgoingQuerySet

log = logging.getLogger(__name__)
AT_ONCE = 100


def send[M: Outgoing](rows: OutgoingQuerySet[M], letter: Callable[[M], EmailMessage], now: datetime) -> int:
    """Up to a hundred; how many were tried. One that fails waits, and then waits longer."""
    done = 0
    while done < AT_ONCE and send_next(rows, letter, now):
        done += 1
    return done


@transaction.atomic
def send_next(rows: OutgoingQuerySet[Any], letter: Callable[[Any], EmailMessage], now: datetime) -> bool:
    """Whether there was one, past those that another worker holds."""
    row = rows.due(now).select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    try:
        letter(row).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("%s %s was not mailed: %s", type(row).__name__, row.pk, type(problem).__name__)
        row.put_off(now, in_words(problem))
    else:
        row.mailed(now)
    return True


def in_words(problem: Exception) -> str:
    """Of what kind it is; what a mail server says may name the group."""
    code = f" {problem.smtp_code}" if isinstance(problem, SMTPResponseException) else ""
    return f"{type(problem).__name__}{code}"
