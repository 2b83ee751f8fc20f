"""Confirmed by a mailed link: what somebody typed counts once whoever reads the mail of that address agrees.

The link leads to a page with a button. To open the page changes nothing, for programs that look through mail open every
link in it; the button alone does. Nothing of a link is stored: it is signed, for one purpose and until one moment. That
it works once is for the row that it names to say.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

LEAST_AGE = timedelta(seconds=3)  # nobody fills in a form faster, but programs do
MOST_AGE = timedelta(hours=2)


def plain(email: str) -> str:
    """Two that differ in this alone are one address."""
    return email.strip().lower()


class Unfit(Exception):
    """The form is none of ours, or came at the wrong time. A person just sends it once more."""


@dataclass(frozen=True, slots=True)
class MailedLink:
    """Links for one purpose; those without an end open for as long as what they name is there."""

    purpose: str
    good_for: timedelta | None = None

    def token(self, name: str, now: datetime) -> str:
        """To be put into an address, and mailed."""
        ends = (now + self.good_for).timestamp() if self.good_for else None
        return signing.dumps([name, ends], salt=self.purpose)

    def name_in(self, token: str, now: datetime) -> str | None:
        """What was named, as long as the link is good."""
        try:
            name, ends = signing.loads(token, salt=self.purpose)
        except signing.BadSignature:
            return None
        return str(name) if ends is None or now.timestamp() < ends else None


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form carries a token of what it was shown about, and comes back no sooner and no later than a person would."""

    purpose: str

    def token(self, about: str, now: datetime) -> str:
        return signing.dumps([about, now.timestamp()], salt=self.purpose)

    def about(self, token: str, now: datetime) -> str:
        """What the form was about; raises Unfit."""
        try:
            about, shown_at = signing.loads(token, salt=self.purpose)
        except signing.BadSignature as error:
            raise Unfit from error
        if not LEAST_AGE <= timedelta(seconds=now.timestamp() - shown_at) <= MOST_AGE:
            raise Unfit
        return str(about)
