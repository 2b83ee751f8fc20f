"""The card a donor types, and what Stripe's magic numbers make of it."""

import hashlib
import re
from dataclasses import dataclass

NON_DIGITS = re.compile(r"[\s-]")
EXPIRY = re.compile(r"(\d{1,2})\s*/\s*(?:20)?(\d{2})")


@dataclass(frozen=True, slots=True)
class Decline:
    code: str
    message: str
    decline_code: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    number: str
    month: int
    year: int

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def brand(self) -> str:
        return {"3": "amex", "5": "mastercard", "6": "discover"}.get(self.number[0], "visa")

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.number.encode()).hexdigest()[:16]

    @property
    def asks_for_authentication(self) -> bool:
        return self.number in AUTHENTICATED

    @property
    def decline(self) -> Decline | None:
        """Why the bank says no; None where it says yes."""
        return None if self.number in ACCEPTED else DECLINES.get(self.number, NOT_A_TEST_CARD)


class CardError(ValueError):
    """What the donor typed is no card: the page says so, and the bank is never asked."""


ALWAYS_ASKS = frozenset({"4000002760003184"})  # also where the donor is not there to be asked
AUTHENTICATED = ALWAYS_ASKS | {"4000002500003155"}
ATTACHES_ONLY = "4000000000000341"  # can be put in, and is declined whenever it is charged
ACCEPTED = AUTHENTICATED | {
    "4000000000000259",  # disputed as fraudulent
    "4000000000002685",  # disputed as not received
    "4000000000001976",  # asked about by the bank
    "4000000000005423",  # warned of by the bank
    "4000000000007726",  # its refunds take days
    "4000000000005126",  # its refunds fail after days
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "5200828282828210",
    "378282246310005",
    "6011111111111117",
}
_DECLINED = "Your card was declined."
DECLINES = {
    "4000000000000002": Decline("card_declined", _DECLINED, "generic_decline"),
    "4000000000009995": Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
    "4000000000009987": Decline("card_declined", _DECLINED, "lost_card"),
    "4000000000009979": Decline("card_declined", _DECLINED, "stolen_card"),
    "4000000000000069": Decline("expired_card", "Your card has expired."),
    "4000000000000127": Decline("incorrect_cvc", "Your card's security code is incorrect."),
    ATTACHES_ONLY: Decline("card_declined", _DECLINED, "generic_decline"),
    "4000000000000119": Decline(
        "processing_error", "An error occurred while processing your card. Try again in a little bit."
    ),
}
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "Your card was declined. Your request was in test mode, but used a non test card.",
    "test_mode_live_card",
)
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)


def read(number: str, expiry: str, cvc: str, *, year: int, month: int) -> Card:
    """The card behind what was typed, on a day in `month` of `year`."""
    digits = NON_DIGITS.sub("", number)
    if not re.fullmatch(r"[0-9]{13,19}", digits) or not _luhn(digits):
        raise CardError("Your card number is invalid.")
    typed = EXPIRY.fullmatch(expiry.strip())
    if not typed or not 1 <= int(typed[1]) <= 12:
        raise CardError("Your card's expiration date is incomplete.")
    card = Card(digits, int(typed[1]), 2000 + int(typed[2]))
    if (card.year, card.month) < (year, month):
        raise CardError("Your card's expiration year is in the past.")
    if not re.fullmatch(r"[0-9]{4}" if card.brand == "amex" else r"[0-9]{3}", cvc.strip()):
        raise CardError("Your card's security code is incomplete.")
    return card


def _luhn(digits: str) -> bool:
    doubled = "0246813579"
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(int(doubled[int(digit)]) for digit in even)) % 10 == 0
