"""The part of Stripe's API that the sandbox answers: each address, its parameters and its deed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from donations.sandbox import checkout, errors, events, objects, params, payments
from donations.sandbox.paging import CREATED, PAGE, Wanted, page
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
    same = having("payment_intent", "status")(call)

    def wanted(session: Json) -> bool:
        return same(session) and (email is None or (session["customer_details"] or {}).get("email") == email)

    return page(call.world.shelf("checkout_sessions"), call.given, call.path, "checkout.session", wanted)


def list_transactions(call: Call) -> Json:
    if "payout" in call.given:
        raise errors.no_such("payout", call.given["payout"], param="payout")
    return lists("balance_transactions", "balance_transaction", having("currency", "source", "type"))(call)


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
    "customer": params.not_simulated,
    "customer_account": params.not_simulated,
    "customer_details": params.group({"email": params.text()}, "email"),
    "payment_intent": params.text(),
    "payment_link": params.not_simulated,
    "status": params.choice("open", "complete", "expired"),
    "subscription": params.not_simulated,
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
EVENTS: params.Fields = {
    **PAGE,
    **CREATED,
    "delivery_success": params.boolean,
    "type": params.text(),
    "types": params.array(params.text(), 20),
}
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
    _route("GET", "/v1/balance", lambda call: payments.balance(call.world)),
    _route("GET", "/v1/balance_transactions", list_transactions, TRANSACTIONS),
    _route("GET", "/v1/balance_transactions/{name}", retrieve("balance_transactions", "balance_transaction")),
    _route("GET", "/v1/events", list_events, EVENTS),
    _route("GET", "/v1/events/{name}", retrieve("events", "event")),
    _route("POST", "/v1/webhook_endpoints", create_endpoint, ENDPOINT, "enabled_events", "url"),
    _route("GET", "/v1/webhook_endpoints", lists("webhook_endpoints", "webhook_endpoint"), PAGE),
)
