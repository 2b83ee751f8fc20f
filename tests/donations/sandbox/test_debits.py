"""Bank debits: done for the donor at once, known to be money only days later, and sometimes not even then."""

from typing import Any

import pytest
import requests
import stripe

from donations.sandbox.process import Sandbox, SandboxError
from tests.donations.sandbox import build

PAYS, NO_FUNDS, TAKEN_BACK, NEVER_ENDS = "000123456789", "000222222227", "000999999991", "000000000009"
DAYS = 4 * build.DAY


def debit(page: str | None, account: str = PAYS, **typed: str) -> requests.Response:
    """What the donor's browser sends."""
    assert page
    body = {"account": account, "name": "Mina Karimi"} | typed
    return requests.post(f"{page}/debit", body, timeout=20, allow_redirects=False)


def debited(sandbox: Sandbox, account: str = PAYS, **changes: Any) -> str:
    """The id of a session that a donor has paid by debit."""
    session = build.session(sandbox, **changes)
    assert debit(session.url, account).status_code == 303
    return session.id


def state(sandbox: Sandbox, session: str) -> list[str]:
    """Of the session, its payment, the intent and the charge."""
    whole = build.client(sandbox).v1.checkout.sessions.retrieve(session, {"expand": ["payment_intent.latest_charge"]})
    assert isinstance(whole.payment_intent, stripe.PaymentIntent)
    assert isinstance(whole.payment_intent.latest_charge, stripe.Charge)
    return [
        str(whole.status), whole.payment_status, whole.payment_intent.status, whole.payment_intent.latest_charge.status,
    ]  # fmt: skip


def charge(sandbox: Sandbox) -> stripe.Charge:
    return build.client(sandbox).v1.charges.list().data[0]


def moved(sandbox: Sandbox) -> list[tuple[str, int, int]]:
    """Type, amount and fee of each movement, oldest first."""
    rows = build.client(sandbox).v1.balance_transactions.list().data
    return [(row.type, row.amount, row.fee) for row in reversed(rows)]


def test_a_debit_is_done_at_once_and_pending_for_days(sandbox: Sandbox) -> None:
    session = debited(sandbox)
    assert state(sandbox, session) == ["complete", "unpaid", "processing", "pending"]
    assert build.told(sandbox) == [
        "payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed",
    ]  # fmt: skip
    build.later(sandbox, 3600)
    assert moved(sandbox) == [("payment", 50_00, 40)]
    assert charge(sandbox).id.startswith("py_")


def test_a_debit_that_succeeds_is_told_days_later(sandbox: Sandbox) -> None:
    session = debited(sandbox)
    build.later(sandbox, DAYS)
    assert state(sandbox, session) == ["complete", "paid", "succeeded", "succeeded"]
    assert build.told(sandbox)[-3:] == [
        "charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded",
    ]  # fmt: skip
    assert moved(sandbox) == [("payment", 50_00, 40)]


def test_a_debit_that_fails_gives_everything_back(sandbox: Sandbox) -> None:
    session = debited(sandbox, NO_FUNDS)
    build.later(sandbox, DAYS)
    assert state(sandbox, session) == ["complete", "unpaid", "requires_payment_method", "failed"]
    assert build.told(sandbox)[-3:] == [
        "charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed",
    ]  # fmt: skip
    assert moved(sandbox) == [("payment", 50_00, 40), ("payment_failure_refund", -50_00, -40)]
    opened = build.client(sandbox).v1.charges.retrieve(charge(sandbox).id, {"expand": ["failure_balance_transaction"]})
    assert isinstance(opened.failure_balance_transaction, stripe.BalanceTransaction)
    assert (opened.failure_code, opened.failure_balance_transaction.source) == ("insufficient_funds", opened.id)


def test_a_debit_that_fails_before_its_money_was_there_moves_none(sandbox: Sandbox) -> None:
    debited(sandbox)
    sandbox.control("debits/advance", charge=charge(sandbox).id, to="failed")
    build.later(sandbox, DAYS)
    assert (moved(sandbox), charge(sandbox).status) == ([], "failed")


def test_a_bank_may_take_a_debit_back(sandbox: Sandbox) -> None:
    session = debited(sandbox, TAKEN_BACK)
    build.later(sandbox, DAYS)
    assert state(sandbox, session)[1] == "paid"
    build.later(sandbox, DAYS)
    (dispute,) = build.client(sandbox).v1.disputes.list().data
    assert (dispute.status, dispute.reason) == ("lost", "debit_not_authorized")
    assert [row.net for row in dispute.balance_transactions] == [-65_00]


@pytest.mark.parametrize(("to", "kind"), [("bounced", "payment_failure_refund"), ("reversed", "payment_reversal")])
def test_a_debit_may_come_back_after_it_succeeded(sandbox: Sandbox, to: str, kind: str) -> None:
    (gift,) = sandbox.control("gifts", account=PAYS)["gifts"]
    with pytest.raises(SandboxError, match="only a debit that had succeeded"):
        sandbox.control("debits/advance", charge=gift["charge"], to=to)
    sandbox.control("debits/advance", payment_intent=gift["payment_intent"], to="succeeded")
    back = sandbox.control("debits/advance", charge=gift["charge"], to=to)
    assert (back["status"], back["failure_code"]) == ("failed", "insufficient_funds")
    assert moved(sandbox) == [("payment", 50_00, 40), (kind, -50_00, 0)]
    assert build.told(sandbox)[-1] == "charge.failed"


def test_some_debits_never_end(sandbox: Sandbox) -> None:
    session = debited(sandbox, NEVER_ENDS)
    build.later(sandbox, 100 * build.DAY)
    assert state(sandbox, session)[2] == "processing"


def test_euros_are_debited_from_an_iban(sandbox: Sandbox) -> None:
    session = debited(sandbox, "DE89 3704 0044 0532 0130 00", **build.price(currency="eur"))
    build.later(sandbox, DAYS)
    assert state(sandbox, session)[1] == "paid"
    assert moved(sandbox) == [("payment", 54_00, 43)]


def test_a_debit_is_refunded_as_a_payment_and_days_later(sandbox: Sandbox) -> None:
    debited(sandbox)
    build.later(sandbox, DAYS)
    api = build.client(sandbox).v1.refunds
    made = api.create({"charge": charge(sandbox).id, "amount": 10_00})
    assert (made.id[:4], made.status) == ("pyr_", "pending")
    assert moved(sandbox)[-1] == ("payment_refund", -10_00, 0)
    build.later(sandbox, 3 * build.DAY)
    assert api.retrieve(made.id, {"expand": ["balance_transaction"]}).status == "succeeded"
    row = build.client(sandbox).v1.balance_transactions.list({"expand": ["data.source"]}).data[0]
    assert isinstance(row.source, stripe.Refund)


def test_a_pending_debit_is_not_refunded(sandbox: Sandbox) -> None:
    debited(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        build.client(sandbox).v1.refunds.create({"charge": charge(sandbox).id})


def test_the_page_offers_a_debit_where_there_is_one(sandbox: Sandbox) -> None:
    offered, elsewhere = build.session(sandbox), build.session(sandbox, **build.price(currency="jpy"))
    only_cards = build.session(sandbox, allowed_payment_method_types=["card"])
    assert offered.payment_method_types == ["card", "us_bank_account"]
    for session, there in ((offered, True), (elsewhere, False), (only_cards, False)):
        assert session.url
        assert ("Pay by bank debit" in requests.get(session.url, timeout=20).text) is there
        assert ("Account number" in requests.get(f"{session.url}/debit", timeout=20).text) is there


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"account": "123"}, "account number is invalid"),
        ({"account": "DE89370400440532013000"}, "account number is invalid"),
        ({"name": " "}, "name is incomplete"),
    ],
)
def test_what_is_no_account_is_refused_on_the_page(sandbox: Sandbox, typed: dict[str, str], said: str) -> None:
    answer = debit(build.session(sandbox).url, **typed)
    assert answer.status_code == 400
    assert said in answer.text
    assert build.told(sandbox) == []


def test_a_second_click_is_no_second_debit(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    assert [debit(session.url).status_code for _ in range(2)] == [303, 303]
    assert len(build.client(sandbox).v1.charges.list().data) == 1
