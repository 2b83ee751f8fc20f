"""What Stripe will probably keep of a gift, for donors who want to add it. The books use only the real fee.

ESTIMATES are for an account in the United States, at the prices commonly quoted for one in 2026: 2.9 % and 30 US cents,
1.5 % more for a card from abroad, 1 % more where Stripe converts. Most of our donors are abroad, so their case is the
estimate; the 30 cents are rounded up in each currency. FEE_ESTIMATES says what an account elsewhere pays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Self

from django.conf import settings

from ledger.money import Money, exponent, whole_units_only

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share in hundredths of a percent, and minor units beside it."""

    share: int
    fixed: int

    @classmethod
    def read(cls, text: str, currency: str) -> Self:
        """ "3.25+0.25": per cent, and units of the currency. ValueError where it is not that."""
        try:
            per_cent, units = (Decimal(part) for part in text.split("+"))
            share, fixed = per_cent.scaleb(2), units.scaleb(exponent(currency))
            fit = 0 <= share < WHOLE // 2 and fixed >= 0 and share % 1 == fixed % 1 == 0
        except DecimalException:
            fit = False
        if not fit:
            raise ValueError(f"{text} is no fee in {currency}")
        return cls(int(share), int(fixed))


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


def with_these(written: Iterable[str]) -> dict[str, Estimate]:
    """The estimates, some of them as written: "EUR:3.25+0.25". ValueError where one is not that."""
    given = (text.strip().partition(":") for text in written)
    return ESTIMATES | {known(currency): Estimate.read(text, currency) for currency, _, text in given}


def known(currency: str) -> str:
    if currency not in ESTIMATES:
        raise ValueError(f"{currency} is no currency that people give in")
    return currency


def fee(amount: Money) -> Money:
    """The estimate for a charge of this amount, rounded up."""
    estimate: Estimate = settings.FEE_ESTIMATES[amount.currency]
    return Money(_rounded_up(amount.minor * estimate.share, WHOLE) + estimate.fixed, amount.currency)


def covered(meant: Money) -> Money:
    """The smallest charge that leaves what was meant after the estimated fee."""
    estimate: Estimate = settings.FEE_ESTIMATES[meant.currency]
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
