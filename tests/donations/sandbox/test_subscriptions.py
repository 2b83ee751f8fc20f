"""Standing payments: begun at the payment page, renewed, tried again, changed, paused and ended as at Stripe."""

from typing import Any

import pytest
import requests
import stripe
from stripe.params import SubscriptionResumeParams, SubscriptionUpdateParams

from donations.sandbox.process import Sandbox
from donations.sandbox.subscriptions import after
from tests.donations.sandbox import build
from tests.stripe_contract import Contract

MONTH, YEAR = {"interval": "month", "interval_count": 1}, {"interval": "year", "interval_count": 1}
HOUR = 3600
FAILS_LATER = "4000000000000341"
CARD = {"number": "5555555555554444", "expiry": "12 / 41", "cvc": "123"}


def monthly(interval: str = "month", **changes: Any) -> Any:
    prices = build.price(recurring={"interval": interval})
    metadata = {"monthly_gift": "m-1"}
    wanted = {"mode": "subscription", "payment_intent_data": None, "submit_type": None} | prices
    return build.gift(**wanted | {"subscription_data": {"metadata": metadata}} | changes)


def begun(sandbox: Sandbox, **changes: Any) -> stripe.Subscription:
    """A subscription that a donor has begun at the payment page."""
    session = build.client(sandbox).v1.checkout.sessions.create(monthly(**changes))
    assert build.pay(session.url).status_code == 303
    done = build.client(sandbox).v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert isinstance(done.subscription, stripe.Subscription)
    return done.subscription


def now(sandbox: Sandbox, subscription: stripe.Subscription) -> stripe.Subscription:
    return build.client(sandbox).v1.subscriptions.retrieve(subscription.id)


def invoices(sandbox: Sandbox) -> list[stripe.Invoice]:
    """Newest first."""
    return build.client(sandbox).v1.invoices.list({"limit": 100, "expand": ["data.payments"]}).data


def renew(sandbox: Sandbox, **told: Any) -> None:
    sandbox.control("subscriptions/renew", **told)


def change(
    sandbox: Sandbox, subscription: stripe.Subscription, params: SubscriptionUpdateParams
) -> stripe.Subscription:
    return build.client(sandbox).v1.subscriptions.update(subscription.id, params)


def test_a_paid_session_begins_a_subscription_and_names_no_intent(sandbox: Sandbox) -> None:
    session = build.client(sandbox).v1.checkout.sessions.create(monthly())
    page = requests.get(str(session.url), timeout=20).text
    assert (session.subscription, session.customer, session.invoice) == (None, None, None)
    assert "USD 50.00 per month" in page
    assert build.pay(session.url, build.DECLINED).status_code == 402
    assert build.client(sandbox).v1.subscriptions.list().data == []
    build.pay(session.url)
    done = build.client(sandbox).v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "invoice"]})
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "paid", None)
    assert isinstance(done.subscription, stripe.Subscription)
    assert isinstance(done.invoice, stripe.Invoice)
    assert (done.subscription.status, done.subscription.customer) == ("active", done.customer)
    assert (done.invoice.status, done.invoice.billing_reason, done.invoice.amount_paid) == (
        "paid", "subscription_create", 50_00,
    )  # fmt: skip


def test_the_period_stands_on_the_item(sandbox: Sandbox) -> None:
    item = begun(sandbox, interval="year")["items"].data[0]
    assert item.current_period_end == after(item.current_period_start, YEAR, 1)
    assert (item.price.type, item.price.recurring["interval"]) == ("recurring", "year")


def test_an_invoice_knows_its_subscription_and_its_payments_and_a_charge_knows_neither(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    api = build.client(sandbox).v1
    (invoice,) = api.invoices.list({"subscription": subscription.id, "expand": ["data.payments"]}).data
    assert invoice.parent
    assert invoice.parent.subscription_details
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata
    assert invoice.parent.subscription_details.metadata["monthly_gift"] == "m-1"
    (charge,) = api.charges.list().data
    assert (charge.metadata.to_dict(), "invoice" in charge, charge.customer) == ({}, False, subscription.customer)
    of_intent = api.invoice_payments.list(
        {
            "payment": {"type": "payment_intent", "payment_intent": str(charge.payment_intent)},
            "expand": ["data.invoice"],
        }
    )
    (payment,) = of_intent.data
    assert (payment.invoice.id, payment.status, payment.amount_paid) == (invoice.id, "paid", 50_00)  # type: ignore[union-attr]
    assert invoice.payments
    assert [each.id for each in invoice.payments.data] == [payment.id]
    assert api.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": "pi_none"}}).data == []


def test_an_invoice_opens_down_to_the_intents_behind_it_and_stays_closed_on_its_shelf(sandbox: Sandbox) -> None:
    begun(sandbox)
    api = build.client(sandbox).v1
    (closed,) = invoices(sandbox)
    opened = api.invoices.retrieve(closed.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert opened.payments
    intent = opened.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "succeeded"
    assert closed.payments
    assert invoices(sandbox)[0].payments.data[0].payment.payment_intent == intent.id  # type: ignore[union-attr]


def test_it_renews_when_its_period_ends_and_is_charged_an_hour_later(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    before = subscription["items"].data[0]
    build.later(sandbox, before.current_period_end - before.current_period_start)
    assert [invoice.status for invoice in invoices(sandbox)] == ["draft", "paid"]
    build.later(sandbox, HOUR)
    newest = invoices(sandbox)[0]
    assert (newest.status, newest.billing_reason, newest.amount_paid) == ("paid", "subscription_cycle", 50_00)
    item = now(sandbox, subscription)["items"].data[0]
    assert item.current_period_start == before.current_period_end
    assert len(build.client(sandbox).v1.charges.list().data) == 2


def test_a_year_brings_twelve_more(sandbox: Sandbox) -> None:
    begun(sandbox)
    build.later(sandbox, 366 * build.DAY)
    build.later(sandbox, HOUR)
    assert len(invoices(sandbox)) == 13


@pytest.mark.parametrize(
    ("anchor", "recurring", "times", "expected"),
    [
        (1769817600, MONTH, 1, 1772236800),  # January 31st, February 28th
        (1769817600, MONTH, 2, 1774915200),  # March 31st
        (1709164800, YEAR, 1, 1740700800),  # a leap day
        (1709164800, {"interval": "week", "interval_count": 2}, 1, 1710374400),
    ],
)
def test_months_are_counted_from_the_first_day(anchor: int, recurring: Any, times: int, expected: int) -> None:
    assert after(anchor, recurring, times) == expected


def test_a_failed_renewal_is_tried_again_and_can_succeed(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    renew(sandbox, fail=2)
    assert (now(sandbox, subscription).status, invoices(sandbox)[0].status) == ("past_due", "open")
    assert invoices(sandbox)[0].next_payment_attempt
    build.later(sandbox, 3 * build.DAY)
    assert (now(sandbox, subscription).status, invoices(sandbox)[0].attempt_count) == ("past_due", 2)
    build.later(sandbox, 5 * build.DAY)
    newest = invoices(sandbox)[0]
    assert (now(sandbox, subscription).status, newest.status, newest.attempt_count) == ("active", "paid", 3)
    assert build.told(sandbox).count("invoice.payment_failed") == 2
    intents = {charge.payment_intent for charge in build.client(sandbox).v1.charges.list().data[:3]}
    assert len(intents) == 1


@pytest.mark.parametrize("given_up", ["canceled", "unpaid", "past_due"])
def test_when_all_retries_have_failed_it_ends_as_the_account_says(sandbox: Sandbox, given_up: str) -> None:
    sandbox.control("subscriptions/billing", given_up=given_up)
    subscription = begun(sandbox)
    renew(sandbox, fail=99)
    build.later(sandbox, 16 * build.DAY)
    ended = now(sandbox, subscription)
    assert ended.status == given_up
    if given_up == "canceled":
        assert ended.cancellation_details
        assert ended.cancellation_details.reason == "payment_failed"
    build.later(sandbox, 40 * build.DAY)
    charges = build.client(sandbox).v1.charges.list({"limit": 100}).data
    assert len([charge for charge in charges if charge.paid]) == 1


def test_a_bank_that_wants_to_ask_the_donor_cannot_when_nobody_is_there(sandbox: Sandbox) -> None:
    session = build.client(sandbox).v1.checkout.sessions.create(monthly())
    bank = build.pay(session.url, build.ASKS_THE_BANK).headers["Location"]
    requests.post(bank, {"outcome": "complete"}, timeout=20, allow_redirects=False)
    renew(sandbox)
    assert "invoice.payment_action_required" in build.told(sandbox)
    assert build.client(sandbox).v1.subscriptions.list().data[0].status == "past_due"


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_while_it_is_paused_nobody_is_charged(sandbox: Sandbox, behavior: Any, status: str) -> None:
    subscription = begun(sandbox)
    paused = change(sandbox, subscription, {"pause_collection": {"behavior": behavior}})
    assert (paused.status, bool(paused.pause_collection)) == ("active", True)
    build.later(sandbox, 40 * build.DAY)
    assert [invoice.status for invoice in invoices(sandbox)] == [status, "paid"]
    resumed = change(sandbox, subscription, {"pause_collection": ""})
    assert resumed.pause_collection is None
    build.later(sandbox, 30 * build.DAY)
    assert invoices(sandbox)[0].status == "paid"


@pytest.mark.parametrize(("voided", "status"), [(False, "paid"), (True, "void")])
def test_what_was_due_before_a_pause_is_tried_again_unless_it_is_voided(
    sandbox: Sandbox, contract: Contract, voided: bool, status: str
) -> None:
    subscription = begun(sandbox)
    renew(sandbox, fail=1)
    change(sandbox, subscription, {"pause_collection": {"behavior": "void"}})
    api, due = build.client(sandbox).v1.invoices, invoices(sandbox)[0]
    if voided:
        assert api.void_invoice(due.id).status == "void"
        answer = sandbox.look("requests")["requests"][-1]["response"]
        assert contract.response("GET", f"/v1/invoices/{due.id}", 200, answer) == []  # the contract lacks the deed
    build.later(sandbox, 4 * build.DAY)
    assert api.retrieve(due.id).status == status
    assert ("invoice.voided" in build.told(sandbox)) == voided
    with pytest.raises(stripe.InvalidRequestError, match="isn't open"):
        api.void_invoice(due.id)


def test_what_stripe_has_paused_can_be_taken_up_again(sandbox: Sandbox, contract: Contract) -> None:
    subscription = begun(sandbox)
    sandbox.control("subscriptions/status", subscription=subscription.id, status="paused")
    api, as_before = build.client(sandbox).v1.subscriptions, SubscriptionResumeParams(proration_behavior="none")
    as_before["billing_cycle_anchor"] = {"type": "unchanged"}
    resumed = api.resume(subscription.id, as_before)
    assert (resumed.status, resumed.billing_cycle_anchor) == ("active", subscription.billing_cycle_anchor)
    assert build.told(sandbox)[-1] == "customer.subscription.resumed"
    answer = sandbox.look("requests")["requests"][-1]["response"]
    assert contract.response("GET", f"/v1/subscriptions/{subscription.id}", 200, answer) == []
    with pytest.raises(stripe.InvalidRequestError, match="paused"):
        api.resume(subscription.id, as_before)


def test_a_pause_with_an_end_ends_by_itself(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    until = subscription.created + 20 * build.DAY
    change(sandbox, subscription, {"pause_collection": {"behavior": "void", "resumes_at": until}})
    build.later(sandbox, 21 * build.DAY)
    assert now(sandbox, subscription).pause_collection is None


def test_another_amount_counts_from_the_next_renewal(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    item = subscription["items"].data[0]
    price: Any = {"currency": "usd", "product": item.price.product, "unit_amount": 75_00, "recurring": MONTH}
    change(sandbox, subscription, {"items": [{"id": item.id, "price_data": price}], "proration_behavior": "none"})
    assert len(invoices(sandbox)) == 1
    renew(sandbox)
    assert invoices(sandbox)[0].amount_paid == 75_00


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [{"id": "si_none", "quantity": 2}], "proration_behavior": "none"},
        {"items": [{"id": "{item}", "quantity": 2}]},
        {"items": [{"id": "{item}", "price_data": {"currency": "usd"}}], "proration_behavior": "none"},
        {"default_payment_method": "pm_none"},
        {"default_payment_method": ""},
        {"pause_collection": {"behavior": "sleep"}},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_a_change_that_stripe_refuses_is_refused(sandbox: Sandbox, changes: Any) -> None:
    subscription = begun(sandbox)
    for item in changes.get("items", []):
        item["id"] = item["id"].replace("{item}", subscription["items"].data[0].id)
    with pytest.raises(stripe.InvalidRequestError):
        change(sandbox, subscription, changes)
    assert now(sandbox, subscription) == subscription


def test_it_ends_at_once_and_only_once(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    api = build.client(sandbox).v1.subscriptions
    ended = api.cancel(subscription.id)
    assert ended.cancellation_details
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "cancellation_requested")
    with pytest.raises(stripe.InvalidRequestError):
        api.cancel(subscription.id)
    with pytest.raises(stripe.InvalidRequestError):
        change(sandbox, subscription, {"pause_collection": {"behavior": "void"}})
    assert api.list().data == []
    assert len(api.list({"status": "all"}).data) == len(api.list({"status": "ended"}).data) == 1
    build.later(sandbox, 40 * build.DAY)
    assert len(invoices(sandbox)) == 1
    assert build.told(sandbox)[-1] != "invoice.created"


def test_it_can_end_with_its_period(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    assert change(sandbox, subscription, {"cancel_at_period_end": True}).status == "active"
    build.later(sandbox, 32 * build.DAY)
    assert (now(sandbox, subscription).status, len(invoices(sandbox))) == ("canceled", 1)


def test_an_invoice_of_nothing_is_paid_without_a_payment(sandbox: Sandbox) -> None:
    begun(sandbox)
    renew(sandbox, amount=0)
    newest = invoices(sandbox)[0]
    assert newest.payments is not None
    assert (newest.status, newest.amount_due, newest.payments.data) == ("paid", 0, [])


def test_an_invoice_paid_elsewhere_moves_no_money(sandbox: Sandbox) -> None:
    begun(sandbox)
    renew(sandbox, out_of_band=True)
    assert invoices(sandbox)[0].status == "paid"
    assert len(build.client(sandbox).v1.charges.list().data) == 1


def test_an_invoice_can_be_paid_in_several_payments(sandbox: Sandbox) -> None:
    begun(sandbox)
    renew(sandbox, parts=[20_00, 30_00])
    newest = invoices(sandbox)[0]
    assert newest.payments
    assert sorted(payment.amount_paid or 0 for payment in newest.payments.data) == [20_00, 30_00]
    assert (newest.status, newest.amount_paid) == ("paid", 50_00)


def test_every_event_of_a_renewal_is_told(sandbox: Sandbox) -> None:
    begun(sandbox)
    first = build.told(sandbox)
    assert first == [
        "payment_intent.created",
        "customer.created",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "customer.subscription.updated",
        "checkout.session.completed",
    ]
    renew(sandbox)
    assert build.told(sandbox)[len(first) :] == [
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ]


@pytest.mark.parametrize("status", ["unpaid", "paused", "incomplete_expired", "canceled"])
def test_a_status_can_be_called_up(sandbox: Sandbox, status: str) -> None:
    subscription = begun(sandbox)
    sandbox.control("subscriptions/status", subscription=subscription.id, status=status, reason="payment_disputed")
    assert now(sandbox, subscription).status == status


def portal(sandbox: Sandbox, customer: str, **changes: Any) -> stripe.billing_portal.Session:
    api = build.client(sandbox).v1.billing_portal
    configuration = api.configurations.create({"features": {"payment_method_update": {"enabled": True}}})
    back: Any = {"type": "redirect", "redirect": {"return_url": "http://shop.test/mine/?done"}}
    flow: Any = {"type": "payment_method_update", "after_completion": back}
    params: Any = {"customer": customer, "configuration": configuration.id, "flow_data": flow} | changes
    kept: Any = {name: value for name, value in params.items() if value}
    return api.sessions.create(kept)


def test_the_portal_changes_the_customers_card_and_not_the_subscriptions(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    session = portal(sandbox, str(subscription.customer))
    shown = requests.get(session.url, timeout=20).text
    assert "mina@example.org" in shown
    assert "no real money" in shown
    answer = requests.post(session.url, CARD, timeout=20, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://shop.test/mine/?done")
    customer = build.client(sandbox).v1.customers.retrieve(str(subscription.customer))
    chosen = customer.invoice_settings.default_payment_method  # type: ignore[union-attr]
    assert chosen
    assert now(sandbox, subscription).default_payment_method == subscription.default_payment_method != chosen
    assert change(sandbox, subscription, {"default_payment_method": str(chosen)}).default_payment_method == chosen


def test_the_portal_takes_no_card_that_is_none_or_that_the_bank_refuses(sandbox: Sandbox) -> None:
    session = portal(sandbox, str(begun(sandbox).customer))
    assert requests.post(session.url, CARD | {"number": "4242"}, timeout=20).status_code == 400
    assert requests.post(session.url, CARD | {"number": build.DECLINED}, timeout=20).status_code == 402
    assert "customer.updated" not in build.told(sandbox)


def test_a_portals_address_is_good_for_an_hour(sandbox: Sandbox) -> None:
    session = portal(sandbox, str(begun(sandbox).customer))
    build.later(sandbox, HOUR + 60)
    assert "expired" in requests.get(session.url, timeout=20).text
    requests.post(session.url, CARD, timeout=20, allow_redirects=False)
    assert "customer.updated" not in build.told(sandbox)
    assert requests.get(f"{sandbox.url}/p/session/test_none", timeout=20).status_code == 404


@pytest.mark.parametrize("changes", [{"customer": "cus_none"}, {"configuration": "bpc_none"}, {"configuration": None}])
def test_a_portal_for_nobody_or_without_a_configuration_is_refused(sandbox: Sandbox, changes: Any) -> None:
    wanted = {"customer": str(begun(sandbox).customer)} | changes
    with pytest.raises(stripe.InvalidRequestError):
        portal(sandbox, **wanted)


def test_the_open_invoice_is_paid_with_the_new_card(sandbox: Sandbox, contract: Contract) -> None:
    subscription = begun(sandbox)
    session = portal(sandbox, str(subscription.customer))
    requests.post(session.url, CARD, timeout=20, allow_redirects=False)
    renew(sandbox, fail=1)
    api = build.client(sandbox).v1
    (unpaid,) = api.invoices.list({"subscription": subscription.id, "status": "open"}).data
    assert api.invoices.pay(unpaid.id).status == "paid"
    assert now(sandbox, subscription).status == "active"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        api.invoices.pay(unpaid.id)
    answer = next(each for each in sandbox.look("requests")["requests"] if each["path"].endswith("/pay"))["response"]
    assert contract.response("GET", f"/v1/invoices/{unpaid.id}", 200, answer) == []  # the contract lacks the deed


def test_a_card_that_fails_says_so_when_an_invoice_is_paid(sandbox: Sandbox) -> None:
    subscription = begun(sandbox)
    session = portal(sandbox, str(subscription.customer))
    requests.post(session.url, CARD | {"number": FAILS_LATER}, timeout=20, allow_redirects=False)
    api = build.client(sandbox).v1
    customer = api.customers.retrieve(str(subscription.customer))
    chosen = str(customer.invoice_settings.default_payment_method)  # type: ignore[union-attr]
    change(sandbox, subscription, {"default_payment_method": chosen})
    renew(sandbox)
    with pytest.raises(stripe.CardError) as refused:
        api.invoices.pay(invoices(sandbox)[0].id)
    assert (refused.value.http_status, refused.value.code) == (402, "card_declined")


def test_customers_are_kept_and_found(sandbox: Sandbox) -> None:
    api = build.client(sandbox).v1.customers
    made = api.create({"email": "mina@example.org", "metadata": {"a": "1"}})
    api.update(made.id, {"name": "Mina", "metadata": {"b": "2"}})
    (found,) = api.list({"email": "mina@example.org"}).data
    assert found.metadata
    assert (found.id, found.name, found.metadata.to_dict()) == (made.id, "Mina", {"a": "1", "b": "2"})
    with pytest.raises(stripe.InvalidRequestError):
        api.update(made.id, {"invoice_settings": {"default_payment_method": "pm_none"}})
    with pytest.raises(stripe.InvalidRequestError):
        api.retrieve("cus_none")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        (build.price(), "line_items[0][price_data]"),
        ({"subscription_data": {"trial_period_days": 3}}, "subscription_data[trial_period_days]"),
    ],
    ids=["payment_intent_data", "one-time price", "trial"],
)
def test_what_a_subscription_cannot_be_begun_with_is_refused(sandbox: Sandbox, changes: Any, param: str) -> None:
    error = build.refused(sandbox, monthly(**changes))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.param == param


def test_a_single_gift_takes_no_subscription_data(sandbox: Sandbox) -> None:
    error = build.refused(sandbox, build.gift(subscription_data={"metadata": {"a": "b"}}))
    assert isinstance(error, stripe.InvalidRequestError)
    assert error.param == "subscription_data"
