"""Charges become money on the balance: later, converted, less a fee, and each exactly once."""

import pytest
import stripe

from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build


def transactions(sandbox: Sandbox) -> list[stripe.BalanceTransaction]:
    return build.client(sandbox).v1.balance_transactions.list({"limit": 100}).data


def test_the_money_comes_after_the_success(sandbox: Sandbox) -> None:
    build.paid(sandbox)
    assert (transactions(sandbox), "charge.updated" in build.told(sandbox)) == ([], False)
    build.later(sandbox, 3600)
    charge = build.client(sandbox).v1.charges.list().data[0]
    assert [each.id for each in transactions(sandbox)] == [charge.balance_transaction]
    assert build.told(sandbox)[-1] == "charge.updated"


@pytest.mark.parametrize(
    ("amount", "currency", "gross", "fee", "rate"),
    [
        (100_00, "usd", 100_00, 3_20, None),
        (100_00, "eur", 108_00, 3_43, 1.08),
        (10_000, "jpy", 65_00, 2_19, 0.65),
        (100_000, "kwd", 325_00, 9_73, 0.325),
        (50, "usd", 50, 31, None),
    ],
)
def test_the_fee_and_the_rate_are_fixed(
    sandbox: Sandbox, amount: int, currency: str, gross: int, fee: int, rate: float | None
) -> None:
    build.paid(sandbox, **build.price(unit_amount=amount, currency=currency))
    build.later(sandbox, 3600)
    (moved,) = transactions(sandbox)
    assert (moved.amount, moved.fee, moved.net, moved.currency) == (gross, fee, gross - fee, "usd")
    assert moved.exchange_rate == rate
    assert [(part.amount, part.type) for part in moved.fee_details] == [(fee, "stripe_fee")]
    assert (moved.type, moved.reporting_category, moved.status) == ("charge", "charge", "pending")


def test_money_is_pending_and_then_available(sandbox: Sandbox) -> None:
    build.paid(sandbox)
    build.later(sandbox, 3600)
    api = build.client(sandbox).v1
    assert [part.amount for part in api.balance.retrieve().pending] == [48_25]
    build.later(sandbox, 2 * build.DAY)
    assert transactions(sandbox)[0].status == "available"
    balance = api.balance.retrieve()
    assert ([part.amount for part in balance.available], [part.amount for part in balance.pending]) == ([48_25], [0])


def test_the_balance_is_what_its_transactions_add_up_to(sandbox: Sandbox) -> None:
    for gift in ({"currency": "usd"}, {"currency": "eur"}, {"currency": "jpy", "amount": 20_000}):
        sandbox.control("gifts", count=3, **gift)
    build.paid(sandbox)
    balance = build.client(sandbox).v1.balance.retrieve()
    held = sum(part.amount for part in balance.available) + sum(part.amount for part in balance.pending)
    assert held == sum(each.net for each in transactions(sandbox)) > 0


def test_a_declined_charge_moves_no_money(sandbox: Sandbox) -> None:
    build.pay(build.session(sandbox).url, build.NO_FUNDS)
    build.later(sandbox, build.DAY)
    assert transactions(sandbox) == []


def test_transactions_are_found_by_source_type_and_currency(sandbox: Sandbox) -> None:
    gifts = sandbox.control("gifts", count=2)["gifts"]
    api = build.client(sandbox).v1.balance_transactions
    assert [each.id for each in api.list({"source": gifts[0]["charge"]}).data] == [gifts[0]["balance_transaction"]]
    assert len(api.list({"type": "charge", "currency": "usd"}).data) == 2
    assert api.list({"type": "payout"}).data == api.list({"currency": "eur"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        api.list({"payout": "po_1"})


def test_many_gifts_at_once_are_like_one_by_one(sandbox: Sandbox) -> None:
    wanted = [{"amount": 10_00, "metadata": {"donation": "a"}}, {"amount": 20_00, "metadata": {"donation": "b"}}]
    first, second = sandbox.control("gifts", gifts=wanted, currency="eur")["gifts"]
    api = build.client(sandbox).v1
    charge = api.charges.retrieve(second["charge"], {"expand": ["payment_intent"]})
    assert (charge.amount, charge.currency, charge.metadata["donation"]) == (20_00, "eur", "b")
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert charge.payment_intent.id == second["payment_intent"]
    assert api.checkout.sessions.retrieve(first["checkout_session"]).payment_status == "paid"
    assert [each.id for each in transactions(sandbox)] == [second["balance_transaction"], first["balance_transaction"]]


def test_no_charge_settles_twice(sandbox: Sandbox) -> None:
    sandbox.control("gifts", count=2)
    build.later(sandbox, build.DAY)
    assert len(transactions(sandbox)) == 2


def test_gifts_may_wait_for_their_money(sandbox: Sandbox) -> None:
    (gift,) = sandbox.control("gifts", settled=False)["gifts"]
    assert (gift["balance_transaction"], transactions(sandbox)) == (None, [])
    build.later(sandbox, 3600)
    assert len(transactions(sandbox)) == 1
