"""What Stripe will probably keep of a gift, for donors who want to add it. The books use only the real fee.

Source: Stripe's published prices for an account in the United States (stripe.com/pricing, read in November 2026): 2.9 %
and 30 US cents, 1.5 % more for a card from abroad, 1 % more where Stripe converts. Most of our donors are abroad, so
their case is the estimate; the 30 cents are rounded up in each currency. An account elsewhere has another table.
"""

from dataclasses import dataclass

from ledger.money import Money, exponent, whole_units_only

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share in hundredths of a percent, and minor units beside it."""

    share: int
    fixed: int


FROM_ABROAD, CONVERTED = 440, 540
ESTIMATES = {
    "AUD": Estimate(CONVERTED, 50),
    "CAD": Estimate(CONVERTED, 45),
    "CHF": Estimate(CONVERTED, 30),
    "EUR": Estimate(CONVERTED, 30),
    "GBP": Estimate(CONVERTED, 25),
    "HKD": Estimate(CONVERTED, 2_50),
    "INR": Estimate(CONVERTED, 28_00),
    "JPY": Estimate(CONVERTED, 50),
    "KRW": Estimate(CONVERTED, 450),
    "MYR": Estimate(CONVERTED, 1_40),
    "NZD": Estimate(CONVERTED, 55),
    "SGD": Estimate(CONVERTED, 45),
    "THB": Estimate(CONVERTED, 11_00),
    "USD": Estimate(FROM_ABROAD, 30),
}


def fee(amount: Money) -> Money:
    """The estimate for a charge of this amount, rounded up."""
    estimate = ESTIMATES[amount.currency]
    return Money(_rounded_up(amount.minor * estimate.share, WHOLE) + estimate.fixed, amount.currency)


def covered(meant: Money) -> Money:
    """The smallest charge that leaves what was meant after the estimated fee."""
    estimate = ESTIMATES[meant.currency]
    total = _rounded_up((meant.minor + estimate.fixed) * WHOLE, WHOLE - estimate.share)
    step = _step(meant.currency)
    total = _rounded_up(total, step) * step
    while total - fee(Money(total, meant.currency)).minor < meant.minor:
        total += step
    return Money(total, meant.currency)


def _step(currency: str) -> int:
    return 10 ** exponent(currency) if whole_units_only(currency) else 1


def _rounded_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
