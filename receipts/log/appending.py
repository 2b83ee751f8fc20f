"""Write in the open books: each thing once, one after the other, without a gap."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from appeal.refusal import Refused
from receipts.models import LogLeaf
from receipts.verify import PRIVATE, canonical, leaf_of

SALT_BYTES = 32


@transaction.atomic
def append(*, kind: str, key: str, body: Mapping[str, Any]) -> LogLeaf:
    """The leaf of this thing, written now if it is new. What is said of it stays: other words for it are refused.

    Of a receipt, its end and a day of the journal the public sees a salted hash; of all else, the body itself. Until
    the transaction ends, whoever else writes in the log waits.
    """
    lock()
    held = LogLeaf.objects.filter(kind=kind, key=key).first()
    if held is None:
        return written(kind, key, body)
    if held.body != canonical(body):
        raise Refused(_("“%(key)s” is in the open books already, in other words.") % {"key": key})
    return held


def written(kind: str, key: str, body: Mapping[str, Any]) -> LogLeaf:
    salt = secrets.token_bytes(SALT_BYTES) if kind in PRIVATE else None
    return LogLeaf.objects.create(
        index=LogLeaf.objects.size(),
        kind=kind,
        key=key,
        body=canonical(body),
        salt=salt,
        leaf=leaf_of(kind, body, salt),
    )


def lock() -> None:
    """Until the transaction ends, nobody else adds a leaf or a checkpoint."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT receipts_lock_log()")
