"""`expand[]`: put whole objects where their ids stand."""

from donations.sandbox import refunds
from donations.sandbox.billing_objects import listing
from donations.sandbox.errors import invalid
from donations.sandbox.invoices import payments_of
from donations.sandbox.world import Json, World

DEEPEST = 4
SOURCES = {"ch": "charges", "du": "disputes", "po": "payouts", "py": "charges", "pyr": "refunds", "re": "refunds"}
KINDS_OF_SOURCE = ("charge", "dispute", "payout", "refund")
SHELVES = {  # which field of which object names an object on which shelf; None: always empty in the sandbox
    ("charge", "application"): None,
    ("charge", "application_fee"): None,
    ("charge", "balance_transaction"): "balance_transactions",
    ("charge", "customer"): "customers",
    ("charge", "failure_balance_transaction"): "balance_transactions",
    ("charge", "on_behalf_of"): None,
    ("charge", "payment_intent"): "payment_intents",
    ("charge", "review"): None,
    ("charge", "source_transfer"): None,
    ("checkout.session", "customer"): "customers",
    ("checkout.session", "invoice"): "invoices",
    ("checkout.session", "payment_intent"): "payment_intents",
    ("checkout.session", "payment_link"): None,
    ("checkout.session", "setup_intent"): None,
    ("checkout.session", "subscription"): "subscriptions",
    ("dispute", "charge"): "charges",
    ("dispute", "payment_intent"): "payment_intents",
    ("invoice", "customer"): "customers",
    ("invoice", "default_payment_method"): None,
    ("invoice_payment", "invoice"): "invoices",
    ("payment", "payment_intent"): "payment_intents",
    ("payment_intent", "application"): None,
    ("payment_intent", "customer"): "customers",
    ("payment_intent", "latest_charge"): "charges",
    ("payment_intent", "on_behalf_of"): None,
    ("payment_intent", "payment_method"): "payment_methods",
    ("payment_intent", "review"): None,
    ("payment_method", "customer"): "customers",
    ("payout", "balance_transaction"): "balance_transactions",
    ("payout", "failure_balance_transaction"): "balance_transactions",
    ("payout", "original_payout"): None,
    ("payout", "reversed_by"): None,
    ("price", "product"): "products",
    ("product", "default_price"): None,
    ("product", "tax_code"): None,
    ("radar.early_fraud_warning", "charge"): "charges",
    ("radar.early_fraud_warning", "payment_intent"): "payment_intents",
    ("refund", "balance_transaction"): "balance_transactions",
    ("refund", "charge"): "charges",
    ("refund", "customer"): "customers",
    ("refund", "failure_balance_transaction"): "balance_transactions",
    ("refund", "payment_intent"): "payment_intents",
    ("refund", "payment_method"): "payment_methods",
    ("subscription", "customer"): "customers",
    ("subscription", "default_payment_method"): "payment_methods",
    ("subscription", "latest_invoice"): "invoices",
    ("subscription", "pending_setup_intent"): None,
}


def expanded(world: World, thing: Json, paths: list[str]) -> Json:
    """A copy of the object with every path opened; the object on its shelf stays closed."""
    opened = dict(thing)
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property ({path}).", param="expand")
        _open(world, opened, steps, path)
    return opened


def _open(world: World, thing: Json, steps: list[str], path: str) -> None:
    if not steps:
        return
    name, *rest = steps
    if thing.get("object") == "list" and name == "data":
        thing["data"] = [dict(each) for each in thing["data"]]
        for each in thing["data"]:
            _open(world, each, rest, path)
        return
    inside = _whole(world, thing, name, path)
    if inside is not None:
        thing[name] = inside
        _open(world, inside, rest, path)


def _whole(world: World, thing: Json, name: str, path: str) -> Json | None:
    kind = thing.get("object", "payment")  # what an invoice payment was made by has no name of its own
    if kind == "checkout.session" and name == "line_items":
        return line_items(world, thing)
    if kind == "invoice" and name == "payments":
        return listing(payments_of(world, thing), f"/v1/invoices/{thing['id']}/payments")
    if kind == "charge" and name == "refunds":
        return listing(refunds.of(world, thing), f"/v1/charges/{thing['id']}/refunds")
    if (kind, name) in {("item", "price"), ("invoice_payment", "payment")}:
        return dict(thing[name])
    value = thing.get(name)
    if (kind, name) == ("balance_transaction", "source"):
        shelf = SOURCES[value.partition("_")[0]] if isinstance(value, str) else None
    elif (kind, name) in SHELVES:
        shelf = SHELVES[kind, name]
    elif "source" in path.split(".") and any((other, name) in SHELVES for other in KINDS_OF_SOURCE):
        return None  # a list's sources are of several kinds, and not all of them have this
    else:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    return value if value is None or isinstance(value, dict) else dict(world.shelf(shelf or "")[value])


def line_items(world: World, session: Json) -> Json:
    items = world.noted(session["id"])["line_items"]
    return {
        "object": "list",
        "data": list(items),
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session['id']}/line_items",
    }
