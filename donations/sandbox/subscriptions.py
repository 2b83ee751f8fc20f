"""Subscriptions: begun at the payment page, renewed by the clock, tried again, paused, changed and ended."""

import calendar
from datetime import UTC, datetime

from donations.sandbox import billing_objects as objects
from donations.sandbox import checkout, errors, invoices, params, payments
from donations.sandbox.cards import ALWAYS_ASKS, NOT_AUTHENTICATED, Card, Decline
from donations.sandbox.events import tell
from donations.sandbox.objects import price as a_price
from donations.sandbox.world import NOBODY, Cause, Json, World, copied

HOUR, DAY = 3600, 24 * 3600
RETRY_AFTER = (3 * DAY, 5 * DAY, 7 * DAY)  # then Stripe gives up, as the account says
ENDED = {"canceled", "incomplete_expired"}
GIVEN_UP = ("canceled", "unpaid", "past_due")
REFUSED = Decline("card_declined", "Your card was declined.", "generic_decline")

PRICE_DATA = checkout.PRICE_DATA | {"product_data": params.not_simulated}
ITEM = {
    **dict.fromkeys(
        ("billing_thresholds", "clear_usage", "deleted", "discounts", "metadata", "price", "tax_rates"),
        params.not_simulated,
    ),
    "id": params.text(),
    "price_data": params.group(PRICE_DATA, "currency", "product", "recurring"),
    "quantity": params.integer(1),
}
PAUSE = params.group(
    {"behavior": params.choice("keep_as_draft", "mark_uncollectible", "void"), "resumes_at": params.integer(0)},
    "behavior",
)
DETAILS = params.group(
    {
        "comment": params.text(),
        "feedback": params.choice(
            "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
            "too_expensive", "unused",
        ),
    }
)  # fmt: skip
UPDATE: params.Fields = {
    "cancel_at_period_end": params.boolean,
    "cancellation_details": DETAILS,
    "default_payment_method": params.text(),
    "description": params.text(500),
    "items": params.array(params.group(ITEM), 20),
    "metadata": params.metadata,
    "pause_collection": lambda raw, at: None if raw == "" else PAUSE(raw, at),
    "proration_behavior": params.choice("always_invoice", "create_prorations", "none"),
}
CANCEL: params.Fields = {
    "cancellation_details": DETAILS,
    "invoice_now": params.must_be(wanted=False),
    "prorate": params.must_be(wanted=False),
}
RESUME: params.Fields = {
    "billing_cycle_anchor": params.group({"type": params.choice("now", "unchanged")}, "type"),
    "payment_behavior": params.choice("resume_on_payment_attempt", "resume_on_payment_success"),
    "proration_behavior": params.choice("always_invoice", "create_prorations", "none"),
}


def subscribe(world: World, session_id: str) -> None:
    """A donor has paid a session of mode `subscription`: from now on there is a customer, and it goes on by itself."""
    session = world.shelf("checkout_sessions")[session_id]
    intent = payments.intent_of(world, session) or {}
    method = world.shelf("payment_methods")[intent["payment_method"]]
    customer = _customer_of(world, method)
    noted = world.noted(session_id)
    subscription = objects.subscription(world, customer["id"], session["currency"], noted["subscription_data"])
    world.shelf("subscriptions").put(subscription)
    anchor = subscription["billing_cycle_anchor"]
    for line in noted["line_items"]:
        period = (anchor, after(anchor, line["price"]["recurring"], 1))
        item = objects.subscription_item(world, subscription["id"], line["price"], line["quantity"], period)
        subscription["items"]["data"].append(item)
    subscription["default_payment_method"] = method["id"]
    tell(world, "customer.subscription.created", subscription)
    invoice = invoices.draw_up(world, subscription, "subscription_create")
    invoices.finalize(world, invoice)
    payment = invoices.expect(world, invoice, intent=intent)
    payments.charge(world, intent, method, NOBODY)
    invoices.take(world, invoice, payment)
    change(world, subscription, status="active")
    session |= {"customer": customer["id"], "subscription": subscription["id"], "invoice": invoice["id"]}
    _agree_on_next(world, subscription)


def _customer_of(world: World, method: Json) -> Json:
    billing = method["billing_details"]
    customer = objects.customer(world, {"email": billing["email"], "name": billing["name"]})
    world.shelf("customers").put(customer)
    tell(world, "customer.created", customer)
    attach(world, method, customer)
    return customer


def attach(world: World, method: Json, customer: Json) -> None:
    method["customer"] = customer["id"]
    tell(world, "payment_method.attached", method)


def renew(world: World, subscription_id: str) -> None:
    """A period is over: draw up the next invoice, to be collected an hour later. Too early, nothing happens."""
    if invoice := begin_period(world, subscription_id):
        world.later(world.now() + HOUR, "collect", invoice["id"])


def begin_period(world: World, subscription_id: str, amount: int | None = None) -> Json | None:
    """The invoice to be collected for the period that begins now, if there is one."""
    subscription = world.shelf("subscriptions")[subscription_id]
    items = subscription["items"]["data"]
    if subscription["status"] in ENDED or world.today() < items[0]["current_period_end"]:
        return None
    if subscription["cancel_at_period_end"]:
        end(world, subscription, "cancellation_requested")
        return None
    before = {"items": copied(subscription["items"]), "latest_invoice": subscription["latest_invoice"]}
    for item in items:
        begun = item["current_period_end"]
        item |= {"current_period_start": begun, "current_period_end": _next_end(subscription, item, begun)}
    invoice = invoices.draw_up(world, subscription, "subscription_cycle", amount)
    tell(world, "customer.subscription.updated", subscription, before=before)
    _agree_on_next(world, subscription)
    return invoice if _to_collect(world, subscription, invoice) else None


def _to_collect(world: World, subscription: Json, invoice: Json) -> bool:
    """Whether anybody shall be charged for it. While collection is paused, it ends as the pause says."""
    pause = subscription["pause_collection"]
    if subscription["status"] == "unpaid" or (pause and pause["behavior"] == "keep_as_draft"):
        invoice |= {"auto_advance": False, "automatically_finalizes_at": None}
        return False
    if pause:
        invoices.finalize(world, invoice)
        {"void": invoices.void, "mark_uncollectible": invoices.give_up}[pause["behavior"]](world, invoice)
        return False
    return True


def collect(world: World, invoice_id: str) -> None:
    """An hour after it was drawn up, or when it is time to try again."""
    invoice = world.shelf("invoices")[invoice_id]
    subscription = subscription_of(world, invoice)
    if invoice["status"] in {"draft", "open"} and invoice["auto_advance"] and subscription["status"] not in ENDED:
        charge(world, invoice)


def charge(world: World, invoice: Json, *, parts: tuple[int, ...] = ()) -> Decline | None:
    """Make it final, and charge the donor's card in their absence; why that failed, if it did."""
    if invoice["status"] == "draft":
        invoices.finalize(world, invoice)
    if invoice["amount_due"] == 0:
        invoices.settle(world, invoice)
        return None
    subscription = subscription_of(world, invoice)
    method = _method_of(world, subscription)
    refused = _refusal(world, subscription, method)
    invoices.collect(world, invoice, method, refused=refused, cause=NOBODY, parts=parts)
    if refused:
        _failed(world, subscription, invoice, refused)
    elif invoice["id"] == subscription["latest_invoice"] and subscription["status"] not in ENDED:
        change(world, subscription, status="active")
    return refused


def _method_of(world: World, subscription: Json) -> Json:
    customer = world.shelf("customers")[subscription["customer"]]
    name = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    return world.shelf("payment_methods")[name]


def _refusal(world: World, subscription: Json, method: Json) -> Decline | None:
    noted = world.noted(subscription["id"])
    if noted.get("fail", 0) > 0:
        noted["fail"] -= 1
        return REFUSED
    card = Card(*world.noted(method["id"])["card"])
    return NOT_AUTHENTICATED if card.number in ALWAYS_ASKS else card.decline


def _failed(world: World, subscription: Json, invoice: Json, refused: Decline) -> None:
    """Try again in some days; after the last time, end it, or leave it, as the account says."""
    tries = invoice["attempt_count"]
    again = tries <= len(RETRY_AFTER)
    invoice["next_payment_attempt"] = world.today() + RETRY_AFTER[tries - 1] if again else None
    invoices.tell_failure(world, invoice, action_required=refused == NOT_AUTHENTICATED)
    if again:
        world.later(invoice["next_payment_attempt"], "collect", invoice["id"])
        change(world, subscription, status="past_due")
        return
    after_all = world.noted("account").get("given_up", GIVEN_UP[0])
    if after_all == "canceled":
        end(world, subscription, "payment_failed")
    else:
        change(world, subscription, status=after_all)


def pay(world: World, invoice: Json, cause: Cause) -> Json:
    """POST /v1/invoices/{id}/pay: try the card now. Raises StripeError, as the card's refusal too."""
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise errors.invalid(f"Invoice is already {invoice['status']}", code="invoice_not_editable")
    if refused := charge(world, invoice):
        error = errors.refusal(refused.message, kind="card_error", code=refused.code)
        raise errors.StripeError(402, error | ({"decline_code": refused.decline_code} if refused.decline_code else {}))
    return invoice


def update(world: World, subscription: Json, given: Json, cause: Cause) -> Json:
    if subscription["status"] in ENDED:
        raise errors.invalid(
            "A canceled subscription can only update its cancellation_details and metadata.", param="id"
        )
    plain = ("cancel_at_period_end", "description", "metadata")
    fresh: Json = {name: given[name] for name in plain if name in given}
    if "metadata" in fresh:
        fresh["metadata"] = subscription["metadata"] | fresh["metadata"]
    if "pause_collection" in given:
        pause = given["pause_collection"]
        fresh["pause_collection"] = pause and {"resumes_at": None} | pause
        if pause and "resumes_at" in pause:
            world.later(pause["resumes_at"], "resume", subscription["id"])
    if "default_payment_method" in given:
        fresh["default_payment_method"] = _attached(world, subscription, given["default_payment_method"])
    if "cancellation_details" in given:
        fresh["cancellation_details"] = subscription["cancellation_details"] | given["cancellation_details"]
    before = {"items": copied(subscription["items"])} if "items" in given else {}
    for place, wanted in enumerate(given.get("items", [])):
        _reprice(world, subscription, wanted, f"items[{place}]", given.get("proration_behavior"))
    change(world, subscription, cause=cause, before=before, **fresh)
    return subscription


def _attached(world: World, subscription: Json, name: str) -> str:
    method = world.shelf("payment_methods").get(name)
    if method is None or method["customer"] != subscription["customer"]:
        raise errors.invalid(
            f"The customer does not have a payment method with the ID {name}. The payment method must be attached to"
            " the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    return name


def _reprice(world: World, subscription: Json, wanted: Json, at: str, proration: str | None) -> None:
    if proration != "none":
        raise errors.not_simulated("proration", "proration_behavior")
    item = next((each for each in subscription["items"]["data"] if each["id"] == wanted.get("id")), None)
    if item is None:
        raise errors.no_such("subscription item", wanted.get("id", ""), param=f"{at}[id]")
    if "price_data" in wanted:
        data = wanted["price_data"]
        checkout.check_price(world, data, f"{at}[price_data]", "subscription")
        if data["currency"] != subscription["currency"]:
            raise errors.invalid(
                f"The price specified supports currencies of `{data['currency']}`. This doesn't match the expected"
                f" currency: `{subscription['currency']}`.",
                param=f"{at}[price_data]",
            )
        if data["recurring"]["interval"] != item["price"]["recurring"]["interval"]:
            raise errors.not_simulated("another interval", f"{at}[price_data][recurring]")
        item["price"] = a_price(world, data["product"], data)
    item["quantity"] = wanted.get("quantity", item["quantity"])


def cancel(world: World, subscription: Json, given: Json, cause: Cause) -> Json:
    if subscription["status"] in ENDED:
        raise errors.no_such("subscription", subscription["id"], status=404)
    subscription["cancellation_details"] |= given.get("cancellation_details", {})
    end(world, subscription, "cancellation_requested", cause)
    return subscription


def end(world: World, subscription: Json, reason: str, cause: Cause = NOBODY) -> None:
    """It is over, and nothing that is still open is collected by itself."""
    now = world.today()
    subscription |= {"status": "canceled", "canceled_at": now, "ended_at": now}
    subscription["cancellation_details"]["reason"] = reason
    for invoice in world.shelf("invoices"):
        ours = invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]
        if ours and invoice["status"] in {"draft", "open"}:
            invoice |= {"auto_advance": False, "next_payment_attempt": None}
    tell(world, "customer.subscription.deleted", subscription, cause=cause)


def take_up(world: World, subscription: Json, given: Json, cause: Cause) -> Json:
    """POST /v1/subscriptions/{id}/resume: Stripe itself has paused it, and it goes on as before."""
    if subscription["status"] != "paused":
        raise errors.invalid("Only subscriptions with the status `paused` can be resumed.", param="subscription")
    if given.get("billing_cycle_anchor") != {"type": "unchanged"}:
        raise errors.not_simulated("another anchor", "billing_cycle_anchor")
    if given.get("proration_behavior") != "none":
        raise errors.not_simulated("proration", "proration_behavior")
    change(world, subscription, cause=cause, status="active")
    tell(world, "customer.subscription.resumed", subscription, cause=cause)
    return subscription


def resume(world: World, subscription_id: str) -> None:
    """The pause has a day on which it ends."""
    subscription = world.shelf("subscriptions")[subscription_id]
    pause = subscription["pause_collection"]
    if pause and pause["resumes_at"] and pause["resumes_at"] <= world.today():
        change(world, subscription, pause_collection=None)


def change(
    world: World, subscription: Json, *, cause: Cause = NOBODY, before: Json | None = None, **fresh: object
) -> None:
    """Set what is different, and tell of it with what it was."""
    was = (before or {}) | {name: copied({"": subscription[name]})[""] for name, value in fresh.items()
                            if subscription[name] != value}  # fmt: skip
    subscription |= fresh
    if was:
        tell(world, "customer.subscription.updated", subscription, cause=cause, before=was)


def subscription_of(world: World, invoice: Json) -> Json:
    return world.shelf("subscriptions")[invoice["parent"]["subscription_details"]["subscription"]]


def after(anchor: int, recurring: Json, times: int) -> int:
    """The moment so many periods after the anchor; on the month's last day where it has no such day."""
    count: int = recurring["interval_count"] * times
    if recurring["interval"] in {"day", "week"}:
        return anchor + count * DAY * (7 if recurring["interval"] == "week" else 1)
    begun = datetime.fromtimestamp(anchor, UTC)
    months = begun.year * 12 + begun.month - 1 + count * (12 if recurring["interval"] == "year" else 1)
    year, month = divmod(months, 12)
    day = min(begun.day, calendar.monthrange(year, month + 1)[1])
    return calendar.timegm(begun.replace(year=year, month=month + 1, day=day).timetuple())


def _next_end(subscription: Json, item: Json, begun: int) -> int:
    """The first end of a period after `begun`, counted from the anchor: January 31st, February 28th, March 31st."""
    times = 1
    while after(subscription["billing_cycle_anchor"], item["price"]["recurring"], times) <= begun:
        times += 1
    return after(subscription["billing_cycle_anchor"], item["price"]["recurring"], times)


def _agree_on_next(world: World, subscription: Json) -> None:
    world.later(subscription["items"]["data"][0]["current_period_end"], "renew", subscription["id"])
