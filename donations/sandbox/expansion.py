"""`expand[]`: put whole objects where their ids stand."""

from donations.sandbox.errors import invalid
from donations.sandbox.world import Json, World

DEEPEST = 4
SHELVES = {  # which field of which object names an object on which shelf; None: always empty in the sandbox
    ("balance_transaction", "source"): "charges",
    ("charge", "application"): None,
    ("charge", "application_fee"): None,
    ("charge", "balance_transaction"): "balance_transactions",
    ("charge", "customer"): None,
    ("charge", "failure_balance_transaction"): None,
    ("charge", "on_behalf_of"): None,
    ("charge", "payment_intent"): "payment_intents",
    ("charge", "review"): None,
    ("charge", "source_transfer"): None,
    ("checkout.session", "customer"): None,
    ("checkout.session", "invoice"): None,
    ("checkout.session", "payment_intent"): "payment_intents",
    ("checkout.session", "payment_link"): None,
    ("checkout.session", "setup_intent"): None,
    ("checkout.session", "subscription"): None,
    ("payment_intent", "application"): None,
    ("payment_intent", "customer"): None,
    ("payment_intent", "latest_charge"): "charges",
    ("payment_intent", "on_behalf_of"): None,
    ("payment_intent", "payment_method"): "payment_methods",
    ("payment_intent", "review"): None,
    ("payment_method", "customer"): None,
    ("price", "product"): "products",
    ("product", "default_price"): None,
    ("product", "tax_code"): None,
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
    if thing["object"] == "list" and name == "data":
        thing["data"] = [dict(each) for each in thing["data"]]
        for each in thing["data"]:
            _open(world, each, rest, path)
        return
    inside = _whole(world, thing, name, path)
    if inside is not None:
        thing[name] = inside
        _open(world, inside, rest, path)


def _whole(world: World, thing: Json, name: str, path: str) -> Json | None:
    if (kind := thing["object"]) == "checkout.session" and name == "line_items":
        return line_items(world, thing)
    if kind == "charge" and name == "refunds":
        return {"object": "list", "data": [], "has_more": False, "url": f"/v1/charges/{thing['id']}/refunds"}
    if kind == "item" and name == "price":
        return dict(thing["price"])
    if (kind, name) not in SHELVES:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = thing[name]
    return value if value is None or isinstance(value, dict) else dict(world.shelf(SHELVES[kind, name] or "")[value])


def line_items(world: World, session: Json) -> Json:
    items = world.noted(session["id"])["line_items"]
    return {
        "object": "list",
        "data": list(items),
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session['id']}/line_items",
    }
