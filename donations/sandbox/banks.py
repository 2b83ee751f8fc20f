"""The bank account a donor types, and what Stripe's magic numbers make of a debit to it."""

import hashlib
import re
from dataclasses import dataclass

from donations.sandbox.cards import Decline

KINDS = {"usd": "us_bank_account", "eur": "sepa_debit"}  # by what is debited; other currencies are paid by card
SPACES = re.compile(r"[\s-]")


class BankError(ValueError):
    """What the donor typed is no account: the page says so."""


@dataclass(frozen=True, slots=True)
class Account:
    kind: str
    number: str

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.number.encode()).hexdigest()[:16]


NO_FUNDS = Decline("insufficient_funds", "The customer's account has insufficient funds to cover this payment.")
CLOSED = Decline("account_closed", "The customer's bank account has been closed.")
UNKNOWN = Decline("no_account", "The customer's bank account could not be located.")
NOT_AUTHORIZED = Decline(
    "debit_not_authorized", "The customer has notified their bank that this payment was unauthorized."
)
SUCCEEDS = {"000123456789", "DE89370400440532013000", "DE08370400440532013003"}
NEVER_ENDS = {"000000000009"}
TAKEN_BACK = {"000999999991", "DE35370400440532013002"}
FAILS = {
    "000111111113": CLOSED,
    "000111111116": UNKNOWN,
    "000222222227": NO_FUNDS,
    "000333333335": NOT_AUTHORIZED,
    "DE62370400440532013001": NO_FUNDS,
    "DE78370400440532013004": NO_FUNDS,
}
KNOWN = SUCCEEDS | NEVER_ENDS | TAKEN_BACK | FAILS.keys()


def read(number: str, currency: str) -> Account:
    """The account behind what was typed. In test mode only Stripe's own accounts exist."""
    typed = SPACES.sub("", number).upper()
    kind = KINDS[currency]
    if typed not in KNOWN or typed.isdigit() != (kind == "us_bank_account"):
        raise BankError("Your account number is invalid.")
    return Account(kind, typed)
