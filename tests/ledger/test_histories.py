"""Whatever happens to the money, in whatever order, the books add up."""

from collections import defaultdict
from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import audit, journal
from ledger.journal import Draft, NotEnoughFree
from ledger.models import Balance, Fund
from tests.ledger import build

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Step:
    """Something that happens to the first or second fund of a history."""

    what: str
    fund: int
    minor: int

    def draft(self, funds: list[Fund]) -> Draft:
        fund, other = funds[self.fund], funds[1 - self.fund]
        if self.what == "gift":
            return build.gift(fund, self.minor, fee=self.minor // 30)
        if self.what == "transfer":
            return build.transfer(fund, other, self.minor)
        if self.what == "promise":
            return build.promise(fund, self.minor)
        return (build.refund if self.what == "refund" else build.payment)(fund, self.minor)

    def changes(self) -> dict[int, int]:
        """What it does to the free money of each fund, reckoned without the books."""
        if self.what == "gift":
            return {self.fund: self.minor - self.minor // 30}
        if self.what == "transfer":
            return {self.fund: -self.minor, 1 - self.fund: self.minor}
        return {self.fund: 0 if self.what == "payment" else -self.minor}

    def decides_over(self) -> set[int]:
        return {self.fund} if self.what in {"promise", "transfer"} else set()


STEPS = st.builds(
    Step,
    st.sampled_from(["gift", "gift", "refund", "promise", "payment", "transfer"]),
    st.sampled_from([0, 1]),
    st.integers(1, 1_000),
)
HISTORIES = st.lists(st.lists(STEPS, min_size=1, max_size=5), max_size=12)


@settings(deadline=None, max_examples=60)
@given(HISTORIES)
def test_the_books_agree_with_a_reckoning_by_hand(history: list[list[Step]]) -> None:
    funds = [build.fund(), build.fund()]
    free: defaultdict[int, int] = defaultdict(int)
    for batch in history:
        after = free.copy()
        for step in batch:
            for fund, change in step.changes().items():
                after[fund] += change
        decided = set[int]().union(*(step.decides_over() for step in batch))
        drafts = [step.draft(funds) for step in batch]
        try:
            with transaction.atomic():
                journal.record_all(drafts)
            with transaction.atomic():
                journal.record_all(drafts[::-1])
        except NotEnoughFree:
            assert any(after[fund] < 0 for fund in decided)
        else:
            assert all(after[fund] >= 0 for fund in decided)
            free = after
        assert [fund.free().minor for fund in funds] == [free[0], free[1]]
    assert Balance.objects.rebuild() == 0
    assert list(audit.findings()) == []


@settings(deadline=None, max_examples=20)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_reversing_everything_leaves_nothing(steps: list[Step]) -> None:
    funds = [build.fund(holding=10_000), build.fund(holding=10_000)]
    entries = [build.booked(step.draft(funds)) for step in steps]
    with transaction.atomic():
        for entry in reversed(entries):
            journal.reverse(entry, source=f"{entry.pk}", occurred_on=build.TODAY)
    assert [fund.free().minor for fund in funds] == [10_000, 10_000]
    for fund in funds:
        assert sum(abs(balance.amount) for balance in fund.balances.all()) == 20_000
