"""What may be asked of a Checkout Session, what is refused, and how a session ends."""

import time
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from donations.sandbox.currencies import SUPPORTED, exponent, settled
from donations.sandbox.errors import StripeError
from donations.sandbox.params import metadata
from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build

HALF_AN_HOUR = 30 * 60


def test_a_session_is_open_and_unpaid_and_has_a_page(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (50_00, "usd")
    assert session.id.startswith("cs_test_")
    assert session.url == f"{sandbox.url}/c/pay/{session.id}"
    assert session.expires_at - session.created == build.DAY
    assert (session.client_reference_id, session.submit_type) == ("gift-1", "donate")


def test_a_session_adds_up_its_items(sandbox: Sandbox) -> None:
    items = build.price()["line_items"] * 2
    items[0] = items[0] | {"quantity": 3}
    session = build.session(sandbox, line_items=items, expand=["line_items"])
    assert session.amount_total == 200_00
    assert session.line_items
    assert [item.amount_total for item in session.line_items.data] == [150_00, 50_00]


def test_a_price_may_name_a_product(sandbox: Sandbox) -> None:
    build.client(sandbox).v1.products.create({"id": "campaign-1", "name": "Winter appeal"})
    prices = build.price(product="campaign-1", product_data=None)
    session = build.session(sandbox, **prices, expand=["line_items"])
    assert session.line_items
    assert session.line_items.data[0].description == "Winter appeal"


def test_a_product_that_is_not_there_is_missing(sandbox: Sandbox) -> None:
    error = build.refused(sandbox, build.gift(**build.price(product="campaign-9", product_data=None)))
    assert (error.http_status, error.code) == (400, "resource_missing")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"mode": None}, "parameter_missing", "mode"),
        ({"success_url": None}, "parameter_missing", "success_url"),
        ({"line_items": None}, "parameter_missing", "line_items"),
        (build.price(currency=None), "parameter_missing", "line_items[0][price_data][currency]"),
        (build.price(unit_amount=None), "parameter_missing", "line_items[0][price_data][unit_amount]"),
        ({"line_items": [{"price_data": {"currency": "usd"}}]}, "parameter_missing", "line_items[0][quantity]"),
        (build.price(product_data={}), None, "line_items[0][price_data]"),
        ({"colour": "blue"}, "parameter_unknown", "colour"),
        (build.price(colour="blue"), "parameter_unknown", "line_items[0][price_data][colour]"),
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"success_url": "thanks"}, "url_invalid", "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
        ({"customer_email": "mina"}, "email_invalid", "customer_email"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"client_reference_id": ""}, "parameter_invalid_empty", "client_reference_id"),
        ({"locale": "fa"}, None, "locale"),
        ({"mode": "gift"}, None, "mode"),
        ({"submit_type": "give"}, None, "submit_type"),
        ({"expires_at": "tomorrow"}, "parameter_invalid_integer", "expires_at"),
        (build.price(unit_amount="50.00"), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (build.price(unit_amount=-1), "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        (build.price(currency="irr"), None, "line_items[0][price_data][currency]"),
        (build.price(recurring={"interval": "month"}), None, "line_items[0][price_data]"),
        (build.price(product="p1"), None, "line_items[0][price_data]"),
        ({"line_items": [{"quantity": 1, "price": "price_1"}]}, "resource_missing", "line_items[0][price]"),
        ({"adaptive_pricing": {"enabled": "yes"}}, None, "adaptive_pricing[enabled]"),
        ({"metadata": "gift-1"}, None, "metadata"),
        ({"line_items": "gift"}, None, "line_items"),
        ({"currency": "eur"}, None, "line_items"),
    ],
)
def test_what_stripe_refuses_is_refused(sandbox: Sandbox, changes: Any, code: str | None, param: str) -> None:
    error = build.refused(sandbox, build.gift(**changes))
    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert build.client(sandbox).v1.checkout.sessions.list().data == []


@pytest.mark.parametrize("name", ["shipping_options", "discounts", "customer", "invoice_creation"])
def test_what_only_the_real_stripe_can_do_is_said_to_be_so(sandbox: Sandbox, name: str) -> None:
    error = build.refused(sandbox, build.gift(**{name: "x"}))
    assert f"does not simulate `{name}`" in str(error)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "setup"}, "submit_type"),
        ({"mode": "subscription"}, "payment_intent_data"),
        ({"mode": "subscription", "payment_intent_data": None}, "line_items[0][price_data]"),
        ({"submit_type": "subscribe"}, "submit_type"),
    ],
)
def test_what_belongs_to_another_mode_is_refused(sandbox: Sandbox, changes: Any, param: str) -> None:
    error = build.refused(sandbox, build.gift(**changes))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.param == param


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(49, "usd"), (45, "eur"), (74, "aud"), (76, "jpy"), (61_00, "isk"), (150, "jod"), (0, "usd"), (34_00, "afn")],
)
def test_less_than_half_a_dollar_is_too_little(sandbox: Sandbox, amount: int, currency: str) -> None:
    assert build.refused(sandbox, build.gift(amount, currency)).code == "amount_too_small"


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "usd"),
        (47, "eur"),
        (76, "aud"),
        (77, "jpy"),
        (62_00, "isk"),
        (360, "jod"),
        (36_00, "afn"),
        (99_999_999, "usd"),
    ],
)
def test_half_a_dollar_is_enough(sandbox: Sandbox, amount: int, currency: str) -> None:
    assert build.session(sandbox, **build.price(unit_amount=amount, currency=currency)).amount_total == amount


def test_more_than_eight_digits_is_too_much(sandbox: Sandbox) -> None:
    assert build.refused(sandbox, build.gift(100_000_000)).code == "amount_too_large"


@pytest.mark.parametrize(
    ("amount", "currency"), [(1_001, "kwd"), (10_005, "tnd"), (1_000_50, "isk"), (10_000_01, "ugx")]
)
def test_a_fraction_that_the_currency_does_not_have_is_refused(sandbox: Sandbox, amount: int, currency: str) -> None:
    assert "must be a multiple of" in str(build.refused(sandbox, build.gift(amount, currency)))


@given(st.sampled_from(sorted(SUPPORTED)), st.integers(1, 99_999_999))
def test_every_currency_settles_in_whole_cents_near_its_rate(currency: str, amount: int) -> None:
    cents = settled(amount, currency)
    assert isinstance(cents, int)
    assert 0 <= cents <= amount * 400 * 10 ** max(0, 2 - exponent(currency))


@pytest.mark.parametrize("ahead", [HALF_AN_HOUR + 30, build.DAY - 30])
def test_a_session_lives_from_half_an_hour_to_a_day(sandbox: Sandbox, ahead: int) -> None:
    moment = int(time.time()) + ahead
    assert build.session(sandbox, expires_at=moment).expires_at == moment


@pytest.mark.parametrize("ahead", [-60, HALF_AN_HOUR - 60, build.DAY + 60])
def test_a_shorter_or_longer_life_is_refused(sandbox: Sandbox, ahead: int) -> None:
    error = build.refused(sandbox, build.gift(expires_at=int(time.time()) + ahead))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.param == "expires_at"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_descriptor", "FLOOD RELIEF"),
        ("statement_descriptor_suffix", "12345"),
        ("statement_descriptor_suffix", "A*B"),
        ("statement_descriptor_suffix", "سیل"),
        ("statement_descriptor_suffix", "FLOOD RELIEF"),
        ("statement_descriptor_suffix", "F" * 23),
    ],
)
def test_a_bank_statement_that_banks_do_not_print_is_refused(sandbox: Sandbox, name: str, value: str) -> None:
    error = build.refused(sandbox, build.gift(payment_intent_data={name: value}))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.param == f"payment_intent_data[{name}]"


def test_a_short_suffix_follows_the_prefix_on_the_bank_statement(sandbox: Sandbox) -> None:
    build.paid(sandbox, payment_intent_data={"statement_descriptor_suffix": "Flood 26"})
    charge = build.client(sandbox).v1.charges.list().data[0]
    assert charge.calculated_statement_descriptor == "RR SANDBOX* FLOOD 26"


@pytest.mark.parametrize(
    "notes", [{f"k{n}": "x" for n in range(51)}, {"k" * 41: "x"}, {"k": "x" * 501}], ids=["keys", "key", "value"]
)
def test_metadata_has_its_limits(sandbox: Sandbox, notes: dict[str, str]) -> None:
    assert build.refused(sandbox, build.gift(metadata=notes)).http_status == 400


@given(st.dictionaries(st.text("abc[]", min_size=1, max_size=45), st.text("xyz", max_size=505), max_size=52))
def test_metadata_within_its_limits_is_kept_without_its_empty_values(notes: dict[str, str]) -> None:
    fits = len(notes) <= 50 and all(len(key) <= 40 and len(value) <= 500 for key, value in notes.items())
    try:
        assert metadata(notes, "metadata") == {key: value for key, value in notes.items() if value}
    except StripeError:
        assert not fits
    else:
        assert fits


def test_an_open_session_can_be_expired_and_then_no_more(sandbox: Sandbox) -> None:
    sessions = build.client(sandbox).v1.checkout.sessions
    name = build.session(sandbox).id
    ended = sessions.expire(name)
    assert (ended.status, ended.payment_status, ended.url) == ("expired", "unpaid", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        sessions.expire(name)
    assert build.told(sandbox) == ["checkout.session.expired"]


def test_a_paid_session_cannot_be_expired(sandbox: Sandbox) -> None:
    paid = build.paid(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        build.client(sandbox).v1.checkout.sessions.expire(paid.id)


def test_a_session_runs_out_by_itself(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    build.later(sandbox, build.DAY - 60)
    assert build.told(sandbox) == []
    build.later(sandbox, 120)
    assert build.told(sandbox) == ["checkout.session.expired"]
    assert build.client(sandbox).v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_paid_session_does_not_run_out(sandbox: Sandbox) -> None:
    paid = build.paid(sandbox)
    build.later(sandbox, 2 * build.DAY)
    assert build.client(sandbox).v1.checkout.sessions.retrieve(paid.id).status == "complete"
    assert "checkout.session.expired" not in build.told(sandbox)


def test_a_session_that_ends_takes_its_unpaid_intent_with_it(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    build.pay(session.url, build.DECLINED)
    build.client(sandbox).v1.checkout.sessions.expire(session.id)
    intent = build.client(sandbox).v1.payment_intents.list().data[0]
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")
    assert build.told(sandbox)[-2:] == ["checkout.session.expired", "payment_intent.canceled"]


def test_sessions_are_found_by_intent_status_and_email(sandbox: Sandbox) -> None:
    opened, paid = build.session(sandbox, customer_email="omid@example.org"), build.paid(sandbox)
    sessions = build.client(sandbox).v1.checkout.sessions
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    found = [
        sessions.list({"payment_intent": paid.payment_intent.id}),
        sessions.list({"status": "complete"}),
        sessions.list({"customer_details": {"email": "mina@example.org"}}),
    ]
    assert [[each.id for each in page.data] for page in found] == [[paid.id]] * 3
    assert [each.id for each in sessions.list({"status": "open"}).data] == [opened.id]
