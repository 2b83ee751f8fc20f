"""A form's token: signed, good for one gift, and only from a moment after the form was shown until two hours later."""

import secrets
from datetime import datetime, timedelta

from django.core import signing

SALT = "donations.give"
LEAST_AGE = timedelta(seconds=3)  # nobody fills in the form faster, but programs that try out cards do
MOST_AGE = timedelta(hours=2)


class Unfit(Exception):
    """Not a token of ours, or sent at the wrong time. A person just sends the form once more."""


def issue(now: datetime) -> str:
    return signing.dumps([secrets.token_hex(16), now.timestamp()], salt=SALT)


def redeem(token: str, now: datetime) -> str:
    """The one-use name in the token; raises Unfit."""
    try:
        name, shown_at = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise Unfit from error
    age = timedelta(seconds=now.timestamp() - shown_at)
    if not LEAST_AGE <= age <= MOST_AGE:
        raise Unfit
    return str(name)
