"""The part of Stripe's API that the sandbox answers: each address, its parameters and its deed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from donations.sandbox import (
    billing_objects,
    checkout,
    disputes,
    errors,
    events,
    invoices,
    movements,
    objects,
    params,
    payouts,
    portal,
    refunds,
    subscriptions,
)
from donations.sandbox.paging import CREATED, PAGE, Wanted, page, within
from donations.sandbox.world import Cause, Json, World

EVENTS_KEPT = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    path: str
    name: str
    given: Json
    cause: Cause


Act = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    act: Act
    fields: params.Fields = field(default_factory=dict)
    required: tuple[str, ...] = ()


def find(method: str, path: str) -> tuple[Route, str]:
    """The route, and the id that the address names ("" where it names none)."""
    for route in ROUTES:
        match = route.path.fullmatch(path)
        if match and route.method == method:
            return route, match.groupdict().get("name") or ""
    raise errors.unrecognized(method, path)


def create_product(call: Call) -> Json:
    name = call.given.get("id")
    if name and call.world.shelf("products").get(name):
        raise errors.invalid("Product already exists.", param="id", code="resource_already_exists")
    product = call.world.shelf("products").put(objects.product(call.world, call.given))
    events.tell(call.world, "product.created", product, cause=call.cause)
    return product


def create_session(call: Call) -> Json:
    return checkout.create(call.world, call.given)


def expire_session(call: Call) -> Json:
    return checkout.expire(call.world, retrieve("checkout_sessions", "checkout.session", "session")(call), call.cause)


def create_endpoint(call: Call) -> Json:
    """Stripe shows an endpoint's secret once, in the answer to its creation."""
    endpoint = call.world.shelf("webhook_endpoints").put(objects.webhook_endpoint(call.world, call.given))
    secret = call.world.noted(endpoint["id"])["secret"] = call.world.mint("whsec_", 32)
    return endpoint | {"secret": secret}


def retrieve(shelf: str, noun: str, param: str = "id") -> Act:
    def act(call: Call) -> Json:
        found = call.world.shelf(shelf).get(call.name)
        if found is None:
            raise errors.no_such(noun, call.name, param=param, status=404)
        return found

    return act


def lists(shelf: str, noun: str, wanted: Callable[[Call], Wanted] = lambda call: lambda thing: True) -> Act:
    return lambda call: page(call.world.shelf(shelf), call.given, call.path, noun, wanted(call))


def having(*names: str) -> Callable[[Call], Wanted]:
    """Those that carry what was asked for in each of these fields."""
    return lambda call: lambda thing: all(thing[name] == call.given[name] for name in names if name in call.given)


def list_sessions(call: Call) -> Json:
    email = call.given.get("customer_details", {}).get("email")
    same = having("customer", "payment_intent", "status", "subscription")(call)

    def wanted(session: Json) -> bool:
        return same(session) and (email is None or (session["customer_details"] or {}).get("email") == email)

    return page(call.world.shelf("checkout_sessions"), call.given, call.path, "checkout.session", wanted)


def list_transactions(call: Call) -> Json:
    """By its source no dispute finds its movements, as Stripe has it: they are in the dispute."""
    same = having("currency", "source", "type")(call)
    name = call.given.get("payout")
    payout = call.world.shelf("payouts").get(name or "")
    if name and payout is None:
        raise errors.no_such("payout", name, param="payout")
    held = payouts.contents(call.world, payout) if payout else None

    def wanted(row: Json) -> bool:
        of_a_dispute = "source" in call.given and call.given["source"].startswith("du_")
        return same(row) and not of_a_dispute and (held is None or row["id"] in held)

    return page(call.world.shelf("balance_transactions"), call.given, call.path, "balance_transaction", wanted)


def create_refund(call: Call) -> Json:
    return refunds.create(call.world, call.given, call.cause)


def update_dispute(call: Call) -> Json:
    return disputes.update(call.world, retrieve("disputes", "dispute", "dispute")(call), call.given, call.cause)


def accept_dispute(call: Call) -> Json:
    return disputes.accept(call.world, retrieve("disputes", "dispute", "dispute")(call), call.cause)


def list_payouts(call: Call) -> Json:
    same, arrival = having("destination", "status")(call), call.given.get("arrival_date", {})

    def wanted(payout: Json) -> bool:
        return same(payout) and within(arrival, payout["arrival_date"])

    return page(call.world.shelf("payouts"), call.given, call.path, "payout", wanted)


def list_events(call: Call) -> Json:
    """The last 30 days, as Stripe keeps them."""
    kinds = call.given.get("types") or ([call.given["type"]] if "type" in call.given else [])
    since = call.world.today() - EVENTS_KEPT

    def wanted(event: Json) -> bool:
        delivered = call.given.get("delivery_success", event["pending_webhooks"] == 0)
        return (
            event["created"] >= since
            and (not kinds or event["type"] in kinds)
            and delivered == (event["pending_webhooks"] == 0)
        )

    return page(call.world.shelf("events"), call.given, call.path, "event", wanted)


def create_customer(call: Call) -> Json:
    customer = call.world.shelf("customers").put(billing_objects.customer(call.world, call.given))
    events.tell(call.world, "customer.created", customer, cause=call.cause)
    return customer


def update_customer(call: Call) -> Json:
    customer = retrieve("customers", "customer")(call)
    given = dict(call.given)
    if settings := given.pop("invoice_settings", None):
        method = call.world.shelf("payment_methods").get(settings["default_payment_method"])
        if method is None or method["customer"] != customer["id"]:
            name = settings["default_payment_method"]
            raise errors.no_such("payment method", name, param="invoice_settings[default_payment_method]")
        given["invoice_settings"] = customer["invoice_settings"] | settings
    if "metadata" in given:
        given["metadata"] = customer["metadata"] | given["metadata"]
    before = {name: customer[name] for name, value in given.items() if customer[name] != value}
    customer |= given
    if before:
        events.tell(call.world, "customer.updated", customer, before=before, cause=call.cause)
    return customer


def list_subscriptions(call: Call) -> Json:
    """Without a status: all that are not cancelled."""
    status = call.given.get("status")
    customer = having("customer")(call)

    def wanted(subscription: Json) -> bool:
        fits = {
            None: subscription["status"] != "canceled",
            "all": True,
            "ended": subscription["status"] in subscriptions.ENDED,
        }.get(status, subscription["status"] == status)
        return fits and customer(subscription)

    return page(call.world.shelf("subscriptions"), call.given, call.path, "subscription", wanted)


def update_subscription(call: Call) -> Json:
    return subscriptions.update(call.world, _subscription(call), call.given, call.cause)


def cancel_subscription(call: Call) -> Json:
    return subscriptions.cancel(call.world, _subscription(call), call.given, call.cause)


def resume_subscription(call: Call) -> Json:
    return subscriptions.take_up(call.world, _subscription(call), call.given, call.cause)


def _subscription(call: Call) -> Json:
    return retrieve("subscriptions", "subscription")(call)


def pay_invoice(call: Call) -> Json:
    return subscriptions.pay(call.world, retrieve("invoices", "invoice", "invoice")(call), call.cause)


def void_invoice(call: Call) -> Json:
    return invoices.void_at_will(call.world, retrieve("invoices", "invoice", "invoice")(call), call.cause)


def list_invoices(call: Call) -> Json:
    same, of = having("customer", "status")(call), call.given.get("subscription")

    def wanted(invoice: Json) -> bool:
        return same(invoice) and of in {None, invoice["parent"]["subscription_details"]["subscription"]}

    return page(call.world.shelf("invoices"), call.given, call.path, "invoice", wanted)


def list_invoice_payments(call: Call) -> Json:
    same, by = having("invoice", "status")(call), call.given.get("payment", {}).get("payment_intent")

    def wanted(payment: Json) -> bool:
        return same(payment) and by in {None, payment["payment"].get("payment_intent")}

    return page(call.world.shelf("invoice_payments"), call.given, call.path, "invoice_payment", wanted)


def _route(method: str, template: str, act: Act, fields: params.Fields | None = None, *required: str) -> Route:
    return Route(method, re.compile(template.replace("{name}", "(?P<name>[^/]+)")), act, fields or {}, required)


PRODUCT: params.Fields = {
    "active": params.boolean,
    "default_price_data": params.not_simulated,
    "description": params.text(40_000),
    "id": params.text(),
    "images": params.array(params.url, 8),
    "marketing_features": params.array(params.group({"name": params.text(80)}, "name"), 15),
    "metadata": params.metadata,
    "name": params.text(),
    "package_dimensions": params.not_simulated,
    "shippable": params.boolean,
    "statement_descriptor": checkout.descriptor,
    "tax_code": params.text(),
    "unit_label": params.text(12),
    "url": params.url,
}
ENDPOINT: params.Fields = {
    "api_version": params.choice(objects.API_VERSION),
    "connect": params.must_be(wanted=False),
    "description": params.text(),
    "enabled_events": params.array(params.text(), 500),
    "metadata": params.metadata,
    "url": params.url,
}
SESSIONS: params.Fields = {
    **PAGE,
    **CREATED,
    "customer": params.text(),
    "customer_account": params.not_simulated,
    "customer_details": params.group({"email": params.text()}, "email"),
    "payment_intent": params.text(),
    "payment_link": params.not_simulated,
    "status": params.choice("open", "complete", "expired"),
    "subscription": params.text(),
}
INTENTS: params.Fields = {
    **PAGE,
    **CREATED,
    "customer": params.not_simulated,
    "customer_account": params.not_simulated,
}
CHARGES: params.Fields = {
    **PAGE,
    **CREATED,
    "customer": params.not_simulated,
    "payment_intent": params.text(),
    "transfer_group": params.text(),
}
TRANSACTIONS: params.Fields = {
    **PAGE,
    **CREATED,
    "currency": params.currency,
    "payout": params.text(),
    "source": params.text(),
    "type": params.text(),
}
OF_A_CHARGE: params.Fields = {**PAGE, **CREATED, "charge": params.text(), "payment_intent": params.text()}
PAYOUTS: params.Fields = {
    **PAGE,
    **CREATED,
    "arrival_date": params.time_range,
    "destination": params.text(),
    "status": params.text(),
}
EVENTS: params.Fields = {
    **PAGE,
    **CREATED,
    "delivery_success": params.boolean,
    "type": params.text(),
    "types": params.array(params.text(), 20),
}
CUSTOMER: params.Fields = {
    "description": params.text(),
    "email": params.email,
    "metadata": params.metadata,
    "name": params.text(256),
    "preferred_locales": params.array(params.text(20)),
}
CUSTOMER_UPDATE: params.Fields = {
    **CUSTOMER,
    "invoice_settings": params.group({"default_payment_method": params.text()}, "default_payment_method"),
}
CUSTOMERS: params.Fields = {**PAGE, **CREATED, "email": params.text()}
SUBSCRIPTIONS: params.Fields = {
    **PAGE,
    **CREATED,
    "customer": params.text(),
    "status": params.choice(
        "active", "all", "canceled", "ended", "incomplete", "incomplete_expired", "past_due", "paused", "trialing",
        "unpaid",
    ),
}  # fmt: skip
INVOICES: params.Fields = {
    **PAGE,
    **CREATED,
    "customer": params.text(),
    "status": params.choice("draft", "open", "paid", "uncollectible", "void"),
    "subscription": params.text(),
}
PAY: params.Fields = {
    "forgive": params.must_be(wanted=False),
    "off_session": params.boolean,
    "paid_out_of_band": params.must_be(wanted=False),
    "payment_method": params.not_simulated,
}
INVOICE_PAYMENTS: params.Fields = {
    **PAGE,
    **CREATED,
    "invoice": params.text(),
    "payment": params.group(
        {"type": params.choice("payment_intent"), "payment_intent": params.text()}, "type", "payment_intent"
    ),
    "status": params.choice("canceled", "open", "paid"),
}
CONFIGURATIONS: params.Fields = {**PAGE, "active": params.boolean, "is_default": params.boolean}
ROUTES = (
    _route("POST", "/v1/products", create_product, PRODUCT, "name"),
    _route("POST", "/v1/checkout/sessions", create_session, checkout.CREATE, "mode"),
    _route("GET", "/v1/checkout/sessions", list_sessions, SESSIONS),
    _route("GET", "/v1/checkout/sessions/{name}", retrieve("checkout_sessions", "checkout.session", "session")),
    _route("POST", "/v1/checkout/sessions/{name}/expire", expire_session),
    _route("GET", "/v1/payment_intents", lists("payment_intents", "payment_intent"), INTENTS),
    _route("GET", "/v1/payment_intents/{name}", retrieve("payment_intents", "payment_intent", "intent")),
    _route("GET", "/v1/charges", lists("charges", "charge", having("payment_intent", "transfer_group")), CHARGES),
    _route("GET", "/v1/charges/{name}", retrieve("charges", "charge")),
    _route("POST", "/v1/customers", create_customer, CUSTOMER),
    _route("GET", "/v1/customers", lists("customers", "customer", having("email")), CUSTOMERS),
    _route("GET", "/v1/customers/{name}", retrieve("customers", "customer")),
    _route("POST", "/v1/customers/{name}", update_customer, CUSTOMER_UPDATE),
    _route("GET", "/v1/subscriptions", list_subscriptions, SUBSCRIPTIONS),
    _route("GET", "/v1/subscriptions/{name}", retrieve("subscriptions", "subscription")),
    _route("POST", "/v1/subscriptions/{name}", update_subscription, subscriptions.UPDATE),
    _route("DELETE", "/v1/subscriptions/{name}", cancel_subscription, subscriptions.CANCEL),
    _route("POST", "/v1/subscriptions/{name}/resume", resume_subscription, subscriptions.RESUME),
    _route("GET", "/v1/invoices", list_invoices, INVOICES),
    _route("GET", "/v1/invoices/{name}", retrieve("invoices", "invoice", "invoice")),
    _route("POST", "/v1/invoices/{name}/pay", pay_invoice, PAY),
    _route("POST", "/v1/invoices/{name}/void", void_invoice),
    _route("GET", "/v1/invoice_payments", list_invoice_payments, INVOICE_PAYMENTS),
    _route("GET", "/v1/invoice_payments/{name}", retrieve("invoice_payments", "invoice_payment", "invoice_payment")),
    _route(
        "POST",
        "/v1/billing_portal/configurations",
        lambda call: portal.configure(call.world, call.given, call.cause),
        portal.CONFIGURATION,
        "features",
    ),
    _route(
        "GET",
        "/v1/billing_portal/configurations",
        lists("portal_configurations", "configuration", having("active", "is_default")),
        CONFIGURATIONS,
    ),
    _route(
        "POST",
        "/v1/billing_portal/sessions",
        lambda call: portal.open_session(call.world, call.given, call.cause),
        portal.SESSION,
        "customer",
    ),
    _route("POST", "/v1/refunds", create_refund, refunds.CREATE),
    _route("GET", "/v1/refunds", lists("refunds", "refund", having("charge", "payment_intent")), OF_A_CHARGE),
    _route("GET", "/v1/refunds/{name}", retrieve("refunds", "refund")),
    _route("GET", "/v1/disputes", lists("disputes", "dispute", having("charge", "payment_intent")), OF_A_CHARGE),
    _route("GET", "/v1/disputes/{name}", retrieve("disputes", "dispute", "dispute")),
    _route("POST", "/v1/disputes/{name}", update_dispute, disputes.UPDATE),
    _route("POST", "/v1/disputes/{name}/close", accept_dispute),
    _route(
        "GET",
        "/v1/radar/early_fraud_warnings",
        lists("fraud_warnings", "early_fraud_warning", having("charge", "payment_intent")),
        OF_A_CHARGE,
    ),
    _route("GET", "/v1/radar/early_fraud_warnings/{name}", retrieve("fraud_warnings", "early_fraud_warning")),
    _route("GET", "/v1/payouts", list_payouts, PAYOUTS),
    _route("GET", "/v1/payouts/{name}", retrieve("payouts", "payout", "payout")),
    _route("GET", "/v1/balance", lambda call: movements.balance(call.world)),
    _route("GET", "/v1/balance_transactions", list_transactions, TRANSACTIONS),
    _route("GET", "/v1/balance_transactions/{name}", retrieve("balance_transactions", "balance_transaction")),
    _route("GET", "/v1/events", list_events, EVENTS),
    _route("GET", "/v1/events/{name}", retrieve("events", "event")),
    _route("GET", "/v2/core/events/{name}", retrieve("thin_events", "event")),
    _route("POST", "/v1/webhook_endpoints", create_endpoint, ENDPOINT, "enabled_events", "url"),
    _route("GET", "/v1/webhook_endpoints", lists("webhook_endpoints", "webhook_endpoint"), PAGE),
)
