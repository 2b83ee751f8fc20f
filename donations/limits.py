"""The least and the most one gift may be, in minor units.

The least is above Stripe's own minimum: gifts of cents are how stolen cards are tried out, and most of one would be
eaten by its fee. The most is what a card gift may be without a word with the treasurer first.
"""

from django.conf import settings

from ledger.money import Money

LIMITS = {
    "AUD": (3_00, 30_000_00),
    "CAD": (3_00, 30_000_00),
    "CHF": (2_00, 20_000_00),
    "EUR": (2_00, 20_000_00),
    "GBP": (2_00, 20_000_00),
    "HKD": (15_00, 150_000_00),
    "INR": (150_00, 1_500_000_00),
    "JPY": (300, 3_000_000),
    "KRW": (3_000, 30_000_000),
    "MYR": (10_00, 90_000_00),
    "NZD": (3_00, 30_000_00),
    "SGD": (3_00, 30_000_00),
    "THB": (70_00, 700_000_00),
    "USD": (2_00, 20_000_00),
}


def currencies() -> list[str]:
    """Those a donor may choose from, in the order the settings give."""
    return list(settings.GIVING_CURRENCIES)


def least(currency: str) -> Money:
    return Money(LIMITS[currency][0], currency)


def most(currency: str) -> Money:
    return Money(LIMITS[currency][1], currency)
