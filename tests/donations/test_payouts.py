"""Money leaves Stripe for our bank: whose it is, that it arrived, and what if it comes back."""

import pytest

from donations import payouts, settlement
from donations.models import BalanceTransaction, Donation, Payout
from donations.sandbox.process import Sandbox
from ledger.models import Fund
from ledger.money import Money
from tests.donations import at_stripe, build
from tests.donations.at_stripe import DAY
from tests.donations.test_refunds import general, holds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gifts(sandbox: Sandbox) -> list[Donation]:
    """100 and 50 USD for two campaigns, settled and available."""
    sandbox.control("deliveries", mode="drop")
    made = [
        build.donation(build.campaign("flood"), Money(100_00, "USD")),
        build.donation(build.campaign("winter"), Money(50_00, "USD")),
    ]
    for gift in made:
        at_stripe.paid(sandbox, gift)
    at_stripe.settle()
    sandbox.control("clock", advance=3 * DAY)
    return made


def funds(gifts: list[Donation]) -> list[Fund]:
    return [gift.campaign.card_fund for gift in gifts]


def test_a_payout_leaves_at_once_and_each_fund_has_its_share_once_stripe_says_so(
    sandbox: Sandbox, gifts: list[Donation]
) -> None:
    flood, winter = funds(gifts)
    out(sandbox)
    assert holds(general(), stripe=-145_05, transit=145_05)
    assert at_stripe.agrees()
    payouts.keep_up()
    assert holds(flood, stripe=0, transit=96_80)
    assert holds(winter, stripe=0, transit=48_25)
    assert holds(general(), stripe=0, transit=0)
    payout = Payout.objects.get()
    assert payout.explained
    assert BalanceTransaction.objects.filter(payout=payout).count() == 2
    assert at_stripe.agrees()


def test_what_arrives_is_in_our_bank_each_fund_with_its_share(sandbox: Sandbox, gifts: list[Donation]) -> None:
    out(sandbox)
    payouts.keep_up()
    forward(sandbox, Payout.objects.get().stripe_id, "paid")
    at_stripe.hear(sandbox)
    payouts.keep_up()
    assert in_the_bank(gifts) == [96_80, 48_25, 0]
    assert holds(general(), transit=0, stripe=0)
    assert at_stripe.agrees()


def test_whose_it_is_may_be_told_after_it_arrived(sandbox: Sandbox, gifts: list[Donation]) -> None:
    out(sandbox, "paid")
    Payout.objects.update(composed=False)
    payouts.keep_up()
    assert in_the_bank(gifts) == [0, 0, 145_05]
    Payout.objects.update(composed=True)
    payouts.keep_up()
    assert in_the_bank(gifts) == [96_80, 48_25, 0]
    assert at_stripe.agrees()


@pytest.mark.parametrize("way", [("paid", "failed"), ("in_transit", "failed"), ("failed",), ("canceled",)])
def test_a_payout_that_comes_back_is_at_stripe_again_and_can_go_once_more(
    sandbox: Sandbox, gifts: list[Donation], way: tuple[str, ...]
) -> None:
    payout = sandbox.control("payouts")["id"]
    for step in way:
        forward(sandbox, payout, step)
        at_stripe.hear(sandbox)
        at_stripe.settle()
    assert in_the_bank(gifts) == [0, 0, 0]
    assert [fund.balance("stripe").minor for fund in funds(gifts)] == [96_80, 48_25]
    assert holds(general(), transit=0, stripe=0)
    assert at_stripe.agrees()

    sandbox.control("clock", advance=3 * DAY)
    again = out(sandbox, "paid")
    at_stripe.hear(sandbox)
    at_stripe.settle()
    assert Payout.objects.get(stripe_id=again).explained
    assert in_the_bank(gifts) == [96_80, 48_25, 0]
    assert at_stripe.agrees()


def test_a_refund_and_a_dispute_before_the_payout_are_in_its_shares(sandbox: Sandbox, gifts: list[Donation]) -> None:
    flood, winter = gifts
    for gift in gifts:
        gift.refresh_from_db()
    sandbox.control("refunds", payment_intent=flood.payment_intent, amount=40_00)
    sandbox.control("disputes", payment_intent=winter.payment_intent)
    at_stripe.settle()
    sandbox.control("clock", advance=3 * DAY)
    extra = build.donation(flood.campaign, Money(200_00, "USD"))
    at_stripe.paid(sandbox, extra)
    sandbox.control("clock", advance=3 * DAY)
    at_stripe.settle()
    out(sandbox, "paid")
    at_stripe.hear(sandbox)
    at_stripe.settle()
    assert Payout.objects.get().explained
    assert holds(funds(gifts)[0], stripe=0, transit=0)
    assert holds(funds(gifts)[1], stripe=0, transit=0, disputed=50_00)
    assert holds(general(), stripe=0, transit=0, dispute_fees=15_00)
    assert at_stripe.agrees()


def test_a_payout_by_hand_stays_with_the_general_fund(sandbox: Sandbox, gifts: list[Donation]) -> None:
    payout = sandbox.control("payouts", automatic=False, amount=20_00)["id"]
    forward(sandbox, payout, "paid")
    at_stripe.hear(sandbox)
    at_stripe.settle()
    assert in_the_bank(gifts) == [0, 0, 20_00]
    assert not Payout.objects.needing_a_person().exists()
    assert at_stripe.agrees()


def test_a_payout_that_does_not_add_up_is_listed_and_moves_no_fund(sandbox: Sandbox, gifts: list[Donation]) -> None:
    out(sandbox)
    at_stripe.hear(sandbox)
    Payout.objects.update(amount_minor=150_00)
    payouts.keep_up()
    payout = Payout.objects.needing_a_person().get()
    paid_out, made_of = Money(150_00, "USD").format(), Money(145_05, "USD").format()
    assert payout.problem == f"Stripe paid out {paid_out}, and says it is made of {made_of}."
    assert not payout.explained


def test_stripes_bills_are_the_general_funds(sandbox: Sandbox, gifts: list[Donation]) -> None:
    sandbox.control("movements", type="stripe_fee", amount=-12_34)
    at_stripe.settle()
    assert holds(general(), fees=12_34, stripe=-12_34, suspense=0)
    assert at_stripe.agrees()


def out(sandbox: Sandbox, *way: str) -> str:
    """A payout of all that is available, gone this way."""
    payout: str = sandbox.control("payouts")["id"]
    for step in way:
        forward(sandbox, payout, step)
    settlement.sweep()
    return payout


def forward(sandbox: Sandbox, payout: str, step: str) -> None:
    sandbox.control("payouts/advance", payout=payout, to=step)


def in_the_bank(gifts: list[Donation]) -> list[int]:
    """Of both campaigns, and of the general fund."""
    return [fund.balance("bank").minor for fund in [*funds(gifts), general()]]
