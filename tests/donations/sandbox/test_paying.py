"""The payment page: what a donor sees there, and what each card does."""

import concurrent.futures
import datetime
from typing import Any

import pytest
import requests
import stripe

from donations.sandbox.cards import CardError, read
from donations.sandbox.process import Sandbox
from tests.donations.sandbox import build

SUCCESS = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


def page(url: str | None) -> requests.Response:
    assert url
    return requests.get(url, timeout=20)


def charges(sandbox: Sandbox) -> list[stripe.Charge]:
    return build.client(sandbox).v1.charges.list().data


def intent(sandbox: Sandbox) -> stripe.PaymentIntent:
    return build.client(sandbox).v1.payment_intents.list().data[0]


def test_the_page_shows_what_is_paid_for_and_that_it_is_no_real_money(sandbox: Sandbox) -> None:
    prices = build.price(unit_amount=1_250_50, currency="eur", product_data={"name": "Winter <appeal>"})
    session = build.session(sandbox, **prices)
    shown = page(session.url)
    assert "Donate EUR 1,250.50" in shown.text
    assert "Winter &lt;appeal&gt;" in shown.text
    assert 'value="mina@example.org" readonly' in shown.text
    assert 'href="http://shop.test/back/"' in shown.text
    assert "no real money" in shown.text
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_paying_leads_back_to_the_shop_with_the_session_named(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    answer = build.pay(session.url)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://shop.test/thanks/?session={session.id}"


def test_a_paid_session_has_its_intent_and_its_charge(sandbox: Sandbox) -> None:
    session = build.paid(sandbox)
    paid = session.payment_intent
    assert isinstance(paid, stripe.PaymentIntent)
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (paid.status, paid.amount_received, paid.metadata["donation"]) == ("succeeded", 50_00, "gift-1")
    assert (charge.status, charge.paid, charge.amount_captured, charge.balance_transaction) == (
        "succeeded", True, 50_00, None,
    )  # fmt: skip
    assert charge.metadata["donation"] == "gift-1"
    assert charge.description == "Flood relief"
    assert build.told(sandbox) == SUCCESS


def test_the_donor_is_known_by_what_they_typed(sandbox: Sandbox) -> None:
    session = build.session(sandbox, customer_email=None)
    build.pay(session.url, email="omid@example.org", name="Omid")
    details = build.client(sandbox).v1.checkout.sessions.retrieve(session.id).customer_details
    assert details
    assert (details.email, details.name) == ("omid@example.org", "Omid")


def test_the_email_that_the_shop_named_is_not_changed_by_the_page(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    build.pay(session.url, email="thief@example.org")
    assert charges(sandbox)[0].billing_details.email == "mina@example.org"


def test_without_an_email_nothing_is_paid(sandbox: Sandbox) -> None:
    answer = build.pay(build.session(sandbox, customer_email=None).url, email="omid")
    assert (answer.status_code, "email address is incomplete" in answer.text) == (400, True)
    assert charges(sandbox) == []


@pytest.mark.parametrize(
    ("number", "code", "decline"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_declined_card_is_said_to_be_so_and_another_may_be_tried(
    sandbox: Sandbox, number: str, code: str, decline: str | None
) -> None:
    session = build.session(sandbox)
    answer = build.pay(session.url, number)
    error = intent(sandbox).last_payment_error
    assert error
    assert (answer.status_code, 'role="alert"' in answer.text) == (402, True)
    assert (error.code, error.to_dict().get("decline_code")) == (code, decline)
    assert (intent(sandbox).status, intent(sandbox).payment_method) == ("requires_payment_method", None)
    assert (charges(sandbox)[0].status, charges(sandbox)[0].failure_code) == ("failed", code)
    assert build.told(sandbox) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]

    assert build.pay(session.url).status_code == 303
    assert [charge.status for charge in charges(sandbox)] == ["succeeded", "failed"]
    assert intent(sandbox).last_payment_error is None
    assert build.told(sandbox)[3:] == SUCCESS[1:]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"number": "4242 4242 4242 4241"}, "card number is invalid"),
        ({"number": "4242"}, "card number is invalid"),
        ({"number": "۴۲۴۲۴۲۴۲۴۲۴۲۴۲۴۲"}, "card number is invalid"),
        ({"expiry": "13/40"}, "expiration date is incomplete"),
        ({"expiry": "soon"}, "expiration date is incomplete"),
        ({"expiry": "01/20"}, "expiration year is in the past"),
        ({"cvc": "12"}, "security code is incomplete"),
    ],
)
def test_what_is_no_card_never_reaches_the_bank(sandbox: Sandbox, typed: dict[str, str], problem: str) -> None:
    answer = build.pay(build.session(sandbox).url, **{"number": build.CARD["number"]} | typed)
    assert (answer.status_code, problem in answer.text) == (400, True)
    assert build.told(sandbox) == []


def test_a_card_is_good_until_the_end_of_its_month() -> None:
    assert read("4242424242424242", "11 / 26", "123", year=2026, month=11).last4 == "4242"
    with pytest.raises(CardError):
        read("4242424242424242", "10/2026", "123", year=2026, month=11)
    assert read("378282246310005", "11/26", "1234", year=2026, month=11).brand == "amex"
    with pytest.raises(CardError):
        read("378282246310005", "11/26", "123", year=2026, month=11)


@pytest.mark.parametrize("number", ["4000002760003184", "4000002500003155"])
def test_a_bank_that_asks_the_donor_is_paid_when_they_agree(sandbox: Sandbox, number: str) -> None:
    session = build.session(sandbox)
    answer = build.pay(session.url, number)
    bank = answer.headers["Location"]
    assert (answer.status_code, bank) == (303, f"{session.url}/authenticate")
    assert "Complete" in page(bank).text
    assert (intent(sandbox).status, charges(sandbox)) == ("requires_action", [])

    back = requests.post(bank, {"outcome": "complete"}, timeout=20, allow_redirects=False)
    assert back.headers["Location"] == f"http://shop.test/thanks/?session={session.id}"
    assert intent(sandbox).status == "succeeded"
    assert build.told(sandbox) == ["payment_intent.created", "payment_intent.requires_action", *SUCCESS[1:]]


def test_a_donor_who_fails_at_the_bank_is_not_charged_and_may_try_again(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    bank = build.pay(session.url, build.ASKS_THE_BANK).headers["Location"]
    answer = requests.post(bank, {"outcome": "fail"}, timeout=20, allow_redirects=False)
    assert (answer.status_code, "unable to authenticate" in answer.text) == (402, True)
    error = intent(sandbox).last_payment_error
    assert error
    assert (error.code, charges(sandbox)) == ("payment_intent_authentication_failure", [])
    assert build.told(sandbox)[-1] == "payment_intent.payment_failed"
    assert page(bank).url == session.url  # the bank has nothing more to ask
    assert build.pay(session.url).status_code == 303


def test_a_double_click_pays_once(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    with concurrent.futures.ThreadPoolExecutor(8) as clicks:
        answers = list(clicks.map(lambda _: build.pay(session.url), range(8)))
    assert {answer.headers["Location"] for answer in answers} == {f"http://shop.test/thanks/?session={session.id}"}
    assert len(charges(sandbox)) == 1
    assert build.told(sandbox) == SUCCESS


def test_a_finished_page_says_so(sandbox: Sandbox) -> None:
    paid, left = build.session(sandbox), build.session(sandbox)
    build.pay(paid.url)
    build.later(sandbox, build.DAY)
    assert "This payment is complete" in page(paid.url).text
    assert "This page has expired" in page(left.url).text
    assert "This page has expired" in build.pay(left.url).text
    assert page(f"{sandbox.url}/c/pay/cs_test_none").status_code == 404
    assert len(charges(sandbox)) == 1


def test_going_back_leaves_the_session_open(sandbox: Sandbox) -> None:
    session = build.session(sandbox)
    page(session.url)
    assert build.client(sandbox).v1.checkout.sessions.retrieve(session.id).status == "open"


def test_events_tell_the_state_at_their_moment(sandbox: Sandbox) -> None:
    build.pay(build.session(sandbox).url)
    build.later(sandbox, 3600)
    events: list[dict[str, Any]] = sandbox.look("events")["events"]
    created, succeeded, *_, updated = events
    assert created["data"]["object"]["status"] == "requires_payment_method"
    assert succeeded["data"]["object"]["balance_transaction"] is None
    assert updated["data"]["object"]["balance_transaction"].startswith("txn_")
    assert updated["data"]["previous_attributes"] == {"balance_transaction": None}
    assert {event["api_version"] for event in events} == {"2026-10-28.endive"}
    assert created["request"]["id"].startswith("req_")
    assert created["request"]["idempotency_key"]
    assert updated["request"] == {"id": None, "idempotency_key": None}


def test_the_clock_gives_every_event_its_own_time(sandbox: Sandbox) -> None:
    charged = build.paid(sandbox).created
    build.later(sandbox, 10 * build.DAY)
    updated = sandbox.look("events")["events"][-1]
    assert 3600 <= updated["created"] - charged < 3600 + 60
    now = datetime.datetime.now(datetime.UTC).timestamp()
    assert updated["created"] < now + build.DAY
