"""Three ways to divide a pool of money among those the panel chose, to the last cent. The panel picks one.

All of them take what each asks for, in the order of the panel's ranking, and give nobody more than that. Amounts are
minor units of one currency.
"""

from collections.abc import Callable, Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.splitting import split


class Method(models.TextChoices):
    BY_RANK = "by_rank", _("in full, by rank")
    SCALED = "scaled", _("the same part for everyone")
    BASE_AND_RANK = "base", _("a base for everyone, the rest by rank")


def by_rank(asks: Sequence[int], pool: int) -> list[int]:
    """In full from the top; the first one that is too much ends it, so that nobody is overtaken."""
    given = [0] * len(asks)
    for place, ask in enumerate(asks):
        if ask > pool:
            break
        given[place], pool = ask, pool - ask
    return given


def scaled(asks: Sequence[int], pool: int) -> list[int]:
    """In full if it is enough; else the whole pool, each in proportion to what they ask."""
    return list(asks) if sum(asks) <= pool else split(pool, asks)


def base_and_rank(asks: Sequence[int], pool: int) -> list[int]:
    """Half of the pool in equal parts, as far as each asks for it; the rest from the top until it is used up."""
    base = pool // 2 // len(asks) if asks else 0
    given = [min(ask, base) for ask in asks]
    left = pool - sum(given)
    for place, ask in enumerate(asks):
        more = min(ask - given[place], left)
        given[place], left = given[place] + more, left - more
    return given


METHODS: dict[Method, Callable[[Sequence[int], int], list[int]]] = {
    Method.BY_RANK: by_rank,
    Method.SCALED: scaled,
    Method.BASE_AND_RANK: base_and_rank,
}


def divide(method: Method, asks: Sequence[int], pool: int) -> list[int]:
    """One amount for each ask, 0 where there is none; together never more than the pool."""
    return METHODS[method](asks, max(pool, 0))
