"""`expand[]` opens what is asked for, and only that."""

import pytest
import stripe

from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build


@pytest.fixture
def gift(sandbox: Sandbox) -> dict[str, str]:
    made: dict[str, str] = sandbox.control("gifts", metadata={"donation": "a"})["gifts"][0]
    return made


def test_what_is_not_asked_for_stays_an_id(sandbox: Sandbox, gift: dict[str, str]) -> None:
    api = build.client(sandbox).v1
    opened = api.payment_intents.retrieve(gift["payment_intent"], {"expand": ["latest_charge.balance_transaction"]})
    closed = api.payment_intents.retrieve(gift["payment_intent"])
    assert isinstance(opened.latest_charge, stripe.Charge)
    assert isinstance(opened.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert opened.latest_charge.payment_intent == gift["payment_intent"]
    assert closed.latest_charge == gift["charge"]


def test_lists_are_opened_through_their_data(sandbox: Sandbox, gift: dict[str, str]) -> None:
    api = build.client(sandbox).v1.balance_transactions
    (moved,) = api.list({"expand": ["data.source.payment_intent"]}).data
    assert isinstance(moved.source, stripe.Charge)
    assert moved.source.metadata["donation"] == "a"
    assert isinstance(moved.source.payment_intent, stripe.PaymentIntent)
    assert [each.source for each in api.list().data] == [gift["charge"]]


def test_two_paths_may_share_their_way(sandbox: Sandbox, gift: dict[str, str]) -> None:
    paths = ["payment_intent.latest_charge", "payment_intent.payment_method", "line_items"]
    session = build.client(sandbox).v1.checkout.sessions.retrieve(gift["checkout_session"], {"expand": paths})
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert isinstance(session.payment_intent.latest_charge, stripe.Charge)
    assert isinstance(session.payment_intent.payment_method, stripe.PaymentMethod)
    assert session.line_items


def test_a_product_is_opened_inside_a_line_item(sandbox: Sandbox) -> None:
    session = build.session(sandbox, expand=["line_items.data.price.product"])
    assert session.line_items
    price = session.line_items.data[0].price
    assert price
    assert isinstance(price.product, stripe.Product)


def test_what_is_empty_stays_empty(sandbox: Sandbox) -> None:
    assert build.session(sandbox, expand=["payment_intent.latest_charge"]).payment_intent is None


@pytest.mark.parametrize(
    "path", ["colour", "amount", "source", "data.colour", "data.source.colour", "data.source.payment_intent.a.b.c"]
)
def test_what_cannot_be_opened_is_refused(sandbox: Sandbox, gift: dict[str, str], path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot (be expanded|expand more)"):
        build.client(sandbox).v1.balance_transactions.list({"expand": [path]})


def test_what_only_some_sources_have_is_opened_where_it_is(sandbox: Sandbox, gift: dict[str, str]) -> None:
    refund = sandbox.control("refunds", charge=gift["charge"], amount=1_00)
    api = build.client(sandbox).v1.balance_transactions
    back, came = api.list({"expand": ["data.source.charge"]}).data
    assert isinstance(back.source, stripe.Refund)
    assert isinstance(back.source.charge, stripe.Charge)
    assert isinstance(came.source, stripe.Charge)
    assert (back.source.id, back.source.charge.id) == (refund["id"], came.source.id)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        build.client(sandbox).v1.charges.retrieve(gift["charge"], {"expand": ["charge"]})
