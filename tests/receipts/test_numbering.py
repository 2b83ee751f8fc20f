"""Receipts are numbered 1, 2, 3 … with nothing missing, however many issue at once and however many fail."""

from functools import partial
from random import Random

import pytest
from django.db import IntegrityError, transaction

from receipts.models import NumberSeries
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


class Failed(Exception):
    pass


def take_some(seed: int) -> list[str]:
    """Ten transactions, of which some fail after they took their numbers."""
    chance, kept = Random(seed), list[str]()
    for _turn in range(10):
        taken = list[str]()
        try:
            with transaction.atomic():
                taken = NumberSeries.take("RR", 2026, chance.randint(1, 3))
                if chance.random() < 0.4:
                    raise Failed
        except Failed:
            continue
        kept += taken
    return kept


def test_twenty_at_once_with_failures_leave_no_gap_and_no_repeat() -> None:
    taken = build.at_once([partial(take_some, seed) for seed in range(20)])
    numbers = sorted(number for some in taken if isinstance(some, list) for number in some)
    assert numbers == [f"RR-2026-{number:06d}" for number in range(1, len(numbers) + 1)]
    assert len(numbers) == NumberSeries.objects.get().last > 100


def test_each_year_and_each_prefix_begins_at_one() -> None:
    assert NumberSeries.take("RR", 2026, 2) == ["RR-2026-000001", "RR-2026-000002"]
    assert NumberSeries.take("RR", 2027, 1) == ["RR-2027-000001"]
    assert NumberSeries.take("AU", 2026, 1) == ["AU-2026-000001"]
    assert NumberSeries.take("RR", 2026, 1) == ["RR-2026-000003"]


@pytest.mark.parametrize("change", ["last = 1", "last = last", "year = 2020", "prefix = 'X'"])
def test_a_series_only_counts_up(change: str) -> None:
    NumberSeries.take("RR", 2026, 5)
    with pytest.raises(IntegrityError, match="receipts_numberseries is refused"):
        build.sql(f"UPDATE receipts_numberseries SET {change}")
    with pytest.raises(IntegrityError, match="receipts_numberseries is refused"):
        build.sql("DELETE FROM receipts_numberseries")
