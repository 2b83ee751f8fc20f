"""What Stripe's objects say about a monthly gift, whatever words Stripe has for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donations import subscription
from donations.subscription import PROMISES, Promise


def invoice_payment(**changes: Any) -> dict[str, Any]:
    details = {"subscription": "sub_1", "metadata": {"monthly_gift": "abcd"}}
    invoice = {
        "id": "in_1",
        "billing_reason": "subscription_cycle",
        "customer": {"id": "cus_1"},
        "parent": {"type": "subscription_details", "subscription_details": details},
    }
    return {
        "status": "paid",
        "invoice": invoice,
        "payment": {"type": "payment_intent", "payment_intent": {"id": "pi_1", "latest_charge": "ch_1"}},
        "amount_paid": 25_00,
        "currency": "usd",
        "livemode": False,
        "status_transitions": {"paid_at": 1_790_000_000},
    } | changes


@given(st.text(), st.booleans())
def test_a_word_that_is_new_to_us_never_stops_anything(status: str, paused: bool) -> None:
    assert subscription.promise(status, paused=paused) in Promise
    assert (subscription.promise(status, paused=paused) == Promise.UNKNOWN) == (status not in PROMISES)


@pytest.mark.parametrize("status", sorted(PROMISES))
def test_a_pause_hides_no_end(status: str) -> None:
    paused = subscription.promise(status, paused=True)
    assert paused == (Promise.ENDED if PROMISES[status] == Promise.ENDED else Promise.PAUSED)


def test_a_payment_names_its_gift_its_invoice_its_intent_and_its_charge() -> None:
    paid = subscription.payment(invoice_payment())
    assert paid
    assert (paid.monthly_gift, paid.subscription, paid.customer, paid.invoice) == ("abcd", "sub_1", "cus_1", "in_1")
    assert (paid.payment_intent, paid.charge, paid.amount_minor, paid.currency) == ("pi_1", "ch_1", 25_00, "USD")
    assert not paid.first


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "open", "amount_paid": None},
        {"status": "canceled", "amount_paid": None},
        {"payment": {"type": "payment_record", "payment_record": "pr_1"}},
        {"amount_paid": 0},
        {"invoice": {"parent": None}},
    ],
    ids=["open", "canceled", "elsewhere", "nothing", "no subscription"],
)
def test_where_no_money_of_a_promise_has_moved_there_is_no_payment(changes: dict[str, Any]) -> None:
    assert subscription.payment(invoice_payment(**changes)) is None


@pytest.mark.parametrize("missing", ["status", "payment", "invoice", "currency", "status_transitions"])
def test_an_object_of_another_shape_is_a_value_error(missing: str) -> None:
    thing = invoice_payment()
    del thing[missing]
    with pytest.raises(ValueError, match="cannot be understood"):
        subscription.payment(thing)
