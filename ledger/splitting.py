"""Splits a whole number over parts, losing nothing."""

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares in proportion to the weights, which always add up to the total.

    Each share is first rounded towards zero; what is left goes, one by one, to the largest remainders, and to the
    earlier of two equal ones.
    """
    if not any(weights) or min(weights) < 0:
        raise ValueError("Weights must not be negative, and not all zero.")
    parts = [divmod(abs(total) * weight, sum(weights)) for weight in weights]
    left = abs(total) - sum(share for share, _remainder in parts)
    favoured = sorted(range(len(parts)), key=lambda index: -parts[index][1])[:left]
    sign = -1 if total < 0 else 1
    return [sign * (share + (index in favoured)) for index, (share, _remainder) in enumerate(parts)]
