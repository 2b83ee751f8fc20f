"""A model that checks itself: whatever happens to gifts, and however it is told, the books are those of a few sums.

Hypothesis makes up histories of gifts, monthly and offline ones too, of refunds, disputes and payouts on the sandbox,
and loses, doubles and mixes up what Stripe tells of them. The book beside it is plain Python: it knows nothing of ours
but the prices of Stripe.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from appeal.models import Campaign
from donations import bookkeeping, checkout, settlement
from donations.drain import drain
from donations.models import OfflineGift
from donations.reconcile import differing, reconcile
from donations.sandbox.process import Sandbox
from donations.stripe_api import client
from ledger.models import Fund
from ledger.money import Money
from tests.donations import at_stripe, bank, build
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)
DISPUTE_FEE = 15_00


def stripes_fee(amount: int) -> int:
    return (amount * 29 * 2 + 1000) // 2000 + 30


@dataclass
class Gift:
    """What happened to one gift at Stripe, in cents."""

    charge: str
    campaign: int
    amount: int
    refunds: dict[str, int] = field(default_factory=dict)
    dispute: str = ""
    disputed: int = 0
    dispute_is: str = ""

    @property
    def back(self) -> int:
        return sum(self.refunds.values())

    @property
    def left(self) -> int:
        return self.amount - self.back

    @property
    def refundable(self) -> bool:
        return self.left > 0 and self.dispute_is in {"", "won"}

    @property
    def covered(self) -> int:
        """Of Stripe's fee, the general fund's part."""
        return (2 * stripes_fee(self.amount) * self.back + self.amount) // (2 * self.amount)


@dataclass
class Monthly:
    """A promise at Stripe, and what each payment of it must be."""

    subscription: str
    campaign: int
    amount: int
    goes_on: bool = True


@dataclass
class Offline:
    row: OfflineGift
    campaign: int
    amount: int
    counts: bool = False


@dataclass
class Book:
    gifts: list[Gift] = field(default_factory=list)
    monthly: dict[str, Monthly] = field(default_factory=dict)
    offline: list[Offline] = field(default_factory=list)
    payouts: dict[str, tuple[int, str]] = field(default_factory=dict)

    def of(self, campaign: int) -> dict[str, int]:
        """What the accounts of a campaign's card fund should hold, those that payouts do not touch."""
        should: Counter[str] = Counter()
        for gift in self.gifts:
            if gift.campaign == campaign:
                held = gift.disputed if gift.dispute_is in {"open", "lost"} else 0
                should["gifts"] -= gift.amount
                should["fees"] += stripes_fee(gift.amount)
                should["refunds"] += gift.back
                should["transfer"] -= gift.covered
                should["lost" if gift.dispute_is == "lost" else "disputed"] += held
        return should

    def given_offline(self, campaign: int) -> int:
        return sum(gift.amount for gift in self.offline if gift.campaign == campaign and gift.counts)

    @property
    def dispute_fees(self) -> int:
        return sum(DISPUTE_FEE for gift in self.gifts if gift.dispute)

    @property
    def paid_out(self) -> int:
        return sum(amount for amount, standing in self.payouts.values() if standing == "paid")

    @property
    def at_stripe(self) -> int:
        """What Stripe's balance should be."""
        held = sum(gift.disputed for gift in self.gifts if gift.dispute_is in {"open", "lost"})
        taken_in = sum(gift.amount - stripes_fee(gift.amount) - gift.back for gift in self.gifts)
        out = sum(amount for amount, standing in self.payouts.values() if standing != "failed")
        return taken_in - held - self.dispute_fees - out


CHECKED = ("gifts", "fees", "refunds", "transfer", "lost", "disputed")


class MoneyIn(RuleBasedStateMachine):
    sandbox: Sandbox

    @initialize()
    def begin(self) -> None:
        call_command("flush", verbosity=0, interactive=False)
        self.sandbox.control("reset")
        self.sandbox.control("deliveries", mode="drop")
        self.campaigns: list[Campaign] = [build.campaign("flood"), build.campaign("winter")]
        self.book = Book()
        self.told: set[str] = set()

    @rule(campaign=st.integers(0, 1), amount=st.integers(2_00, 900_00))
    def give(self, campaign: int, amount: int) -> None:
        donation = build.donation(self.campaigns[campaign], Money(amount, "USD"))
        ids = at_stripe.paid(self.sandbox, donation)
        self.book.gifts.append(Gift(ids["charge"], campaign, amount))

    @rule(campaign=st.integers(0, 1), amount=st.integers(2_00, 900_00))
    def promise(self, campaign: int, amount: int) -> None:
        """A monthly gift, paid for the first time on Stripe's page."""
        to, given = self.campaigns[campaign], Money(amount, "USD")
        gift = build.monthly_gift(to, given)
        assert pay(checkout.payment_page(gift.first_donation())).status_code == 303
        (begun,) = client().v1.subscriptions.list({"limit": 1}).data
        self.book.monthly[str(begun.customer)] = Monthly(begun.id, campaign, amount)
        self.notice_payments()

    @precondition(lambda self: any(promise.goes_on for promise in self.book.monthly.values()))
    @rule(data=st.data(), fails=st.integers(0, 1))
    def renew(self, data: st.DataObject, fails: int) -> None:
        """Where the bank says no at first, Stripe tries again by its clock."""
        going_on = [promise.subscription for promise in self.book.monthly.values() if promise.goes_on]
        self.sandbox.control("subscriptions/renew", subscription=data.draw(st.sampled_from(going_on)), fail=fails)
        self.notice_payments()

    @precondition(lambda self: any(promise.goes_on for promise in self.book.monthly.values()))
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        promise = data.draw(st.sampled_from([each for each in self.book.monthly.values() if each.goes_on]))
        client().v1.subscriptions.cancel(promise.subscription)
        promise.goes_on = False

    def notice_payments(self) -> None:
        """The clock alone renews promises too. That a payment came is all we take from Stripe, not its amount."""
        known = {gift.charge for gift in self.book.gifts}
        for charge in client().v1.charges.list({"limit": 100}).auto_paging_iter():
            if charge.id not in known and charge.paid:
                promise = self.book.monthly[str(charge.customer)]
                self.book.gifts.append(Gift(charge.id, promise.campaign, promise.amount))

    @rule(campaign=st.integers(0, 1), amount=st.integers(1, 900_00), confirmed=st.booleans())
    def give_offline(self, campaign: int, amount: int, *, confirmed: bool) -> None:
        """Recorded by one person and confirmed by another; before that it counts nowhere."""
        gift = bank.recorded(self.campaigns[campaign], Money(amount, "USD"))
        if confirmed:
            bookkeeping.receive(gift, by=bank.person())
        self.book.offline.append(Offline(gift, campaign, amount, confirmed))

    @precondition(lambda self: any(gift.counts for gift in self.book.offline))
    @rule(data=st.data())
    def reverse_offline(self, data: st.DataObject) -> None:
        gift = data.draw(st.sampled_from([gift for gift in self.book.offline if gift.counts]))
        bank.reversed_(gift.row)
        gift.counts = False

    @precondition(lambda self: any(gift.refundable for gift in self.book.gifts))
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        """In part or in full, from Stripe's dashboard."""
        gift = data.draw(st.sampled_from([gift for gift in self.book.gifts if gift.refundable]))
        amount = data.draw(st.integers(1, gift.left) | st.just(gift.left))
        told = self.sandbox.control("refunds", charge=gift.charge, amount=amount)
        gift.refunds[told["id"]] = amount

    @precondition(lambda self: any(gift.refunds for gift in self.book.gifts))
    @rule(data=st.data())
    def fail_a_refund(self, data: st.DataObject) -> None:
        gift = data.draw(st.sampled_from([gift for gift in self.book.gifts if gift.refunds]))
        refund = data.draw(st.sampled_from(sorted(gift.refunds)))
        self.sandbox.control("refunds/advance", refund=refund, to="failed")
        del gift.refunds[refund]

    @precondition(lambda self: any(gift.left > 0 and not gift.dispute for gift in self.book.gifts))
    @rule(data=st.data())
    def dispute(self, data: st.DataObject) -> None:
        gift = data.draw(st.sampled_from([gift for gift in self.book.gifts if gift.left > 0 and not gift.dispute]))
        gift.disputed = data.draw(st.integers(1, gift.left) | st.just(gift.left))
        told = self.sandbox.control("disputes", charge=gift.charge, amount=gift.disputed)
        gift.dispute, gift.dispute_is = told["id"], "open"

    @precondition(lambda self: any(gift.dispute_is == "open" for gift in self.book.gifts))
    @rule(data=st.data(), outcome=st.sampled_from(["won", "lost"]))
    def close_a_dispute(self, data: st.DataObject, outcome: str) -> None:
        gift = data.draw(st.sampled_from([gift for gift in self.book.gifts if gift.dispute_is == "open"]))
        self.sandbox.control("disputes/close", dispute=gift.dispute, outcome=outcome)
        gift.dispute_is = outcome

    @precondition(lambda self: self.book.at_stripe > 0)
    @rule()
    def pay_out(self) -> None:
        self.sandbox.control("clock", advance=4 * at_stripe.DAY)
        for name, (amount, standing) in self.book.payouts.items():
            self.book.payouts[name] = amount, "paid" if standing == "pending" else standing
        self.notice_payments()
        told = self.sandbox.control("payouts")
        self.book.payouts[told["id"]] = told["amount"], "pending"

    @precondition(lambda self: any(standing != "failed" for _amount, standing in self.book.payouts.values()))
    @rule(data=st.data())
    def fail_a_payout(self, data: st.DataObject) -> None:
        standing = sorted(name for name, (_amount, standing) in self.book.payouts.items() if standing != "failed")
        name = data.draw(st.sampled_from(standing))
        self.sandbox.control("payouts/advance", payout=name, to="failed")
        self.book.payouts[name] = self.book.payouts[name][0], "failed"

    @rule(seed=st.integers(0, 2**16), lost=st.floats(0, 0.8))
    def tell(self, seed: int, lost: float) -> None:
        """Some of what is new arrives, mixed up and twice; what is lost is lost for ever."""
        fresh = [event for event in self.sandbox.look("events")["events"] if event["id"] not in self.told]
        self.told |= {event["id"] for event in fresh}
        luck = random.Random(seed)
        arriving = [event for event in fresh if luck.random() >= lost] * 2
        luck.shuffle(arriving)
        while arriving:
            at_stripe.store([arriving.pop() for _ in range(min(len(arriving), luck.randint(1, 5)))])
            drain(timezone.now())

    @rule()
    def settle(self) -> None:
        at_stripe.settle()

    @rule()
    def sweep(self) -> None:
        """Afterwards all is known: the books are the book, and Stripe's balance is ours to the cent."""
        settlement.sweep()
        now = timezone.now()
        for _ in range(2):
            left_over = [str(each) for each in reconcile(now - timedelta(days=1), now)]
        assert left_over == []
        assert differing() == {}
        for number, campaign in enumerate(self.campaigns):
            should = self.book.of(number)
            assert {name: campaign.card_fund.balance(name).minor for name in CHECKED} == {
                name: should[name] for name in CHECKED
            }
            offline = self.book.given_offline(number)
            assert campaign.bank_fund.balance("gifts").minor == -offline
            assert campaign.bank_fund.balance("bank").minor == offline
        general = Fund.objects.general("USD")
        funds = [general, *(campaign.card_fund for campaign in self.campaigns)]
        assert general.balance("dispute_fees").minor == self.book.dispute_fees
        assert general.balance("suspense").minor == 0
        assert sum(fund.balance("stripe").minor for fund in funds) == self.book.at_stripe
        assert sum(fund.balance("bank").minor for fund in funds) == self.book.paid_out

    @invariant()
    def books_hold(self) -> None:
        call_command("verify_ledger", stdout=StringIO())

    def teardown(self) -> None:
        if hasattr(self, "book"):
            self.sweep()


def test_every_history_ends_in_the_books_of_the_model(sandbox: Sandbox) -> None:
    MoneyIn.sandbox = sandbox
    run_state_machine_as_test(
        MoneyIn,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
