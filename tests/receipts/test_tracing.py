"""To the cent, whatever happened: what a gift brought is its fee, what went back, what was granted, and what waits."""

import random
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal.models import Campaign
from donations import bookkeeping as donations
from donations.bookkeeping import Booking, Moved
from donations.models import BalanceTransaction, Donation, State
from donations.models.balance_transaction import WAITING_FOR_ITS_GIFT
from grants import bookkeeping as grants
from grants.models import Returned, Tranche
from ledger import chart
from ledger.journal import NotEnoughFree
from ledger.models import Fund
from ledger.money import Money
from receipts.tracing import Gift, Payment, read_line, trace_all, traces
from tests.donations import bank
from tests.donations import build as giving
from tests.grants import build as granting
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 14, 9, 8, 7, tzinfo=UTC)


# The convention, by values


def gift(entry: int, stayed: int, start: int, *, fee: int = 0, back: int = 0) -> Gift:
    return Gift(entry, stayed + fee + back, back, stayed, start)


def test_what_came_first_is_granted_first() -> None:
    first, second, third = trace_all(
        [gift(1, 100, 0), gift(2, 50, 100), gift(3, 70, 150)], [Payment(4, 7, 120), Payment(5, 8, 10)]
    )
    assert (first.granted, first.waits) == ({7: 100}, 0)
    assert (second.granted, second.waits) == ({7: 20, 8: 10}, 20)
    assert (third.granted, third.waits) == ({}, 70)


def test_a_fee_and_what_went_back_come_off_before() -> None:
    [one] = trace_all([gift(1, 60, 0, fee=3, back=37)], [Payment(2, 7, 50)])
    assert (one.came, one.fee, one.back, one.granted, one.waits) == (100, 3, 37, {7: 50}, 10)


def test_costs_are_paid_in_their_turn() -> None:
    [one] = trace_all([gift(1, 100, 0)], [Payment(2, None, 30), Payment(3, 7, 50)])
    assert (one.costs, one.granted, one.waits) == (30, {7: 50}, 20)


def test_of_more_back_than_came_the_rest_is_borne() -> None:
    [one] = trace_all([Gift(1, 90, 92, -2, 0)], [Payment(1, None, 2)])
    assert (one.fee, one.borne, one.granted, one.costs, one.waits) == (0, 2, {}, 0, 0)


LINES = st.lists(st.integers(-50, 500), max_size=12), st.lists(st.tuples(st.integers(1, 3), st.integers(1, 900)))


@given(stayed=LINES[0], paid=LINES[1])
def test_no_cent_is_granted_twice_or_lost(stayed: list[int], paid: list[tuple[int, int]]) -> None:
    starts = accumulate((max(each, 0) for each in stayed), initial=0)
    gifts = [
        Gift(number, 1000, 1000 - each - 3, each, start)
        for number, (each, start) in enumerate(zip(stayed, starts, strict=False))
    ]
    payments = [Payment(100 + number, grant, amount) for number, (grant, amount) in enumerate(paid)]
    found = trace_all(gifts, payments)
    for each in found:
        assert each.came == each.back + each.fee + sum(each.granted.values()) + each.waits - each.borne
        assert min(each.waits, each.borne, *each.granted.values()) >= 0
    assert [each.granted for each in found] == by_hand([max(each, 0) for each in stayed], paid)


def by_hand(stayed: list[int], paid: list[tuple[int, int]]) -> list[dict[int, int]]:
    """The same, one coin after the other."""
    line = deque((number, amount) for number, amount in enumerate(stayed))
    granted: list[dict[int, int]] = [defaultdict(int) for _ in stayed]
    for grant, amount in paid:
        left = amount
        while left and line:
            number, holds = line.popleft()
            taken = min(left, holds)
            left -= taken
            if taken:
                granted[number][grant] += taken
            if holds > taken:
                line.appendleft((number, holds - taken))
    return [dict(each) for each in granted]


# Histories in the books, by the verbs themselves


@dataclass
class History:
    """What happens to one campaign, and what it comes to, reckoned beside the books."""

    campaign: Campaign
    dice: random.Random
    came: dict[int, int] = field(default_factory=dict)
    back: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    fee: dict[int, int] = field(default_factory=dict)
    gifts: list[Donation] = field(default_factory=list)
    line: list[Donation | int] = field(default_factory=list)
    paid: list[tuple[Tranche, int]] = field(default_factory=list)
    steps: int = 0

    @property
    def fund(self) -> Fund:
        return self.campaign.card_fund

    def moved(self, kind: str, amount: int, fee: int = 0) -> Moved:
        self.steps += 1
        name = f"txn_{self.campaign.slug}_{self.steps}"
        return Moved(name, kind, f"ch_{name}", "USD", amount, fee, amount - fee, None, NOW)

    def give(self) -> None:
        amount = self.dice.randint(1, 300_00)
        fee = self.dice.randint(0, max(1, amount // 20))
        donation = giving.donation(self.campaign, Money(amount, "USD"), state=State.PAID, charged_at=NOW)
        donations.settle([Booking(self.moved("charge", amount, fee), donation, "")])
        donation.refresh_from_db()
        self.gifts.append(donation)
        self.line.append(donation)
        self.came[donation.pk], self.fee[donation.pk] = amount, fee

    def pay_back(self) -> None:
        """Straight away, or once it has been explained; sometimes at a worse rate."""
        if self.gifts:
            donation = self.dice.choice(self.gifts)
            left = self.came[donation.pk] - self.back[donation.pk]
            amount = left + 2 if self.dice.random() < 0.1 else self.dice.randint(0, left)
            covered = self.fee[donation.pk] if amount >= left else 0
            moved = self.moved("refund", -amount)
            if amount and self.dice.random() < 0.5:
                drafted = donations.refund(donation, moved, Money(covered, "USD"))
                donations.move(moved, drafted, donation=donation)
            elif amount:
                donations.move(moved, donations.unexplained(moved), donation=donation, problem=WAITING_FOR_ITS_GIFT)
                row = BalanceTransaction.objects.get(stripe_id=moved.stripe_id)
                donations.clear_as(row, donations.refund(donation, moved, Money(covered, "USD")))
            if amount:
                self.back[donation.pk] += amount
                self.fee[donation.pk] -= covered

    def dispute(self) -> None:
        """Lost, or won, or still open."""
        if self.gifts:
            donation = self.dice.choice(self.gifts)
            amount = self.came[donation.pk] - self.back[donation.pk]
            if amount <= 0:
                return
            moved = self.moved("adjustment", -amount, 15_00)
            donations.move(moved, donations.dispute(donation, moved), donation=donation)
            fight = build.dispute(donation, status="needs_response")
            end = self.dice.choice(["lost", "won", "open", "won after all"])
            if end in {"lost", "won after all"}:
                donations.lose(fight, Money(amount, "USD"), build.DAY)
            if end == "won after all":
                donations.lose(fight, Money(-amount, "USD"), build.DAY)
            if end == "lost":
                self.back[donation.pk] += amount

    def grant(self) -> None:
        """Promised if the money is there; then it is sent, or sent and sent back, and something comes back of it."""
        free = self.fund.free().minor
        if free <= 2:
            return
        parent = granting.grant(self.dice.randint(2, free), of=self.campaign, fund=self.fund)
        for amount in (parent.amount_minor // 2, parent.amount_minor - parent.amount_minor // 2):
            tranche = granting.planned(parent, amount)
            try:
                grants.promise(tranche, by=granting.person(), on=build.DAY)
            except NotEnoughFree:
                return
            tranche.approve(by=granting.person(), seen=tranche.fingerprint)
            if self.dice.random() < 0.8:
                granting.pay(tranche)
                self.paid.append((tranche, amount))
                if self.dice.random() < 0.3:
                    grants.take_back(tranche, on=build.DAY)
                    self.paid.pop()
        mine = [(place, each) for place, each in enumerate(self.paid) if each[0].grant_id == parent.pk]
        if mine and self.dice.random() < 0.5:
            self.give_back(parent.pk, self.dice.randint(1, sum(amount for _place, (_tranche, amount) in mine)))

    def give_back(self, grant: int, unspent: int) -> None:
        held = next(tranche.grant for tranche, _amount in self.paid if tranche.grant_id == grant)
        came = Returned.objects.record(
            held,
            Money(unspent, "USD"),
            on=build.DAY,
            bank_reference=f"B-{len(self.paid)}-{unspent}",
            by=granting.person(),
        )
        grants.take_unspent(came, by=granting.person())
        for place in reversed(range(len(self.paid))):
            tranche, amount = self.paid[place]
            taken = min(unspent, amount) if tranche.grant_id == grant else 0
            self.paid[place] = (tranche, amount - taken)
            unspent -= taken

    def lend(self) -> None:
        """Money of the general fund stands in line as well."""
        general, amount = Fund.objects.general("USD"), self.dice.randint(1, 50_00)
        lines = [(chart.BANK, self.fund, amount), (chart.TRANSFER, self.fund, -amount)]
        self.line.append(amount)
        build.booked("help", *lines, (chart.TRANSFER, general, amount), (chart.BANK, general, -amount))

    def stayed(self, place: Donation | int) -> int:
        if isinstance(place, int):
            return place
        return self.came[place.pk] - self.back[place.pk] - self.fee[place.pk]

    def left_the_fund(self) -> list[tuple[int, int]]:
        """To which grant, or for costs to none (0), in the order of the books."""
        grants = [(tranche.payment_entry_id or 0, tranche.grant_id, amount) for tranche, amount in self.paid]
        costs = [(gift.entry_id or 0, 0, -self.stayed(gift)) for gift in self.gifts]
        return [(grant, amount) for _entry, grant, amount in sorted([*grants, *costs]) if amount > 0]


STEPS = (History.give, History.give, History.give, History.pay_back, History.dispute, History.grant, History.lend)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_gifts_are_where_the_books_say(seed: int) -> None:
    dice = random.Random(seed)
    history = History(build.campaign(), dice)
    for step in (History.give, *dice.choices(STEPS, k=14)):
        step(history)
    entries = [gift.entry_id or 0 for gift in history.gifts]
    found = traces(history.fund, entries)
    out = history.left_the_fund()
    by_coins = by_hand([max(history.stayed(place), 0) for place in history.line], out)
    for place, granted in zip(history.line, by_coins, strict=True):
        if isinstance(place, Donation):
            trace = found[place.entry_id or 0]
            assert dict(trace.granted) | ({0: trace.costs} if trace.costs else {}) == granted
            assert (trace.came, trace.back) == (history.came[place.pk], history.back[place.pk])
            assert trace.came == trace.back + trace.fee + sum(granted.values()) + trace.waits - trace.borne
            assert trace.fee == history.fee[place.pk]
    kept = sum(amount for grant, amount in out if grant)
    assert history.fund.balance(chart.GRANTS, chart.GRANTS_RETURNED) == Money(kept, "USD")
    _gifts, payments = read_line(history.fund, entries)
    assert [(payment.grant or 0, payment.amount) for payment in payments] == out


def test_a_gift_asked_for_alone_is_where_it_is_among_all() -> None:
    history = History(build.campaign(), random.Random(5))
    for step in (*[History.give] * 6, History.grant, History.pay_back, History.give):
        step(history)
    entries = [gift.entry_id or 0 for gift in history.gifts]
    together = traces(history.fund, entries)
    assert [traces(history.fund, [entry])[entry] for entry in entries] == [together[entry] for entry in entries]


def test_a_gift_by_bank_that_is_reversed_leaves_its_place_to_the_next() -> None:
    campaign = build.campaign()
    wrong, right = bank.confirmed(campaign), bank.confirmed(campaign)
    tranche = granting.planned(granting.grant(100_00, of=campaign))
    grants.promise(tranche, by=granting.person(), on=build.DAY)
    tranche.approve(by=granting.person(), seen=tranche.fingerprint)
    granting.pay(tranche)
    entries = [gift.entry_id or 0 for gift in (wrong, right)]
    first, second = (traces(campaign.bank_fund, entries)[entry] for entry in entries)
    assert (first.granted, second.granted) == ({tranche.grant_id: 100_00}, {})
    bank.reversed_(wrong)
    first, second = (traces(campaign.bank_fund, entries)[entry] for entry in entries)
    assert (first.came, first.granted, first.waits) == (0, {}, 0)
    assert (second.granted, second.waits) == ({tranche.grant_id: 100_00}, 150_00)
