"""Checkout Sessions: what may be asked for, and how one is opened and ends."""

from collections.abc import Iterable
from typing import Any

from donations.sandbox import errors, objects, params, payments
from donations.sandbox.currencies import check_charge
from donations.sandbox.events import tell
from donations.sandbox.world import NOBODY, Cause, Json, World

HALF_AN_HOUR, A_DAY = 30 * 60, 24 * 3600
LOCALES = (
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl",
    "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip
NOT_ON_STATEMENTS = frozenset("<>\\'\"*")
MESSAGE = params.group({"message": params.text(1200)}, "message")


def descriptor(raw: Any, param: str) -> str:
    """What may follow the account's prefix on a bank statement: 22 characters in all, one of them a letter."""
    value = params.text(22)(raw, param)
    if NOT_ON_STATEMENTS & set(value) or not value.isascii():
        raise errors.invalid(f"The statement descriptor contains invalid characters: {value}", param=param)
    if not any(letter.isalpha() for letter in value):
        raise errors.invalid("The statement descriptor must contain at least one letter.", param=param)
    if len(f"{objects.PREFIX}* {value}") > 22:
        room = 22 - len(objects.PREFIX) - 2
        raise errors.invalid(
            f"The statement descriptor suffix is at most {room} characters long after the prefix '{objects.PREFIX}'.",
            param=param,
        )
    return value


def not_for_cards(raw: Any, param: str) -> Any:
    raise errors.invalid(
        "Setting `statement_descriptor` is not allowed for card charges. Use `statement_descriptor_suffix` instead.",
        param=param,
    )


PRODUCT_DATA = {
    "name": params.text(),
    "description": params.text(40_000),
    "images": params.array(params.url, 8),
    "metadata": params.metadata,
    "tax_code": params.text(),
    "unit_label": params.text(12),
}
PRICE_DATA = {
    "currency": params.currency,
    "product": params.text(),
    "product_data": params.group(PRODUCT_DATA, "name"),
    "recurring": params.group(
        {"interval": params.choice("day", "week", "month", "year"), "interval_count": params.integer(1)}, "interval"
    ),
    "tax_behavior": params.choice("exclusive", "inclusive", "unspecified"),
    "unit_amount": params.integer(0),
    "unit_amount_decimal": params.not_simulated,
}
LINE_ITEM = {
    "adjustable_quantity": params.not_simulated,
    "metadata": params.metadata,
    "price": params.text(),
    "price_data": params.group(PRICE_DATA, "currency"),
    "quantity": params.integer(1, 999_999),
    "tax_rates": params.not_simulated,
}
INTENT_DATA = {
    "application_fee_amount": params.not_simulated,
    "capture_method": params.choice("automatic", "automatic_async"),
    "description": params.text(1000),
    "metadata": params.metadata,
    "on_behalf_of": params.not_simulated,
    "receipt_email": params.email,
    "setup_future_usage": params.not_simulated,
    "shipping": params.not_simulated,
    "statement_descriptor": not_for_cards,
    "statement_descriptor_suffix": descriptor,
    "transfer_data": params.not_simulated,
    "transfer_group": params.text(),
}
SUBSCRIPTION_DATA = {
    **dict.fromkeys(
        (
            "application_fee_percent", "billing_cycle_anchor", "billing_cycle_anchor_config", "billing_mode",
            "default_tax_rates", "invoice_settings", "on_behalf_of", "pending_invoice_item_interval", "transfer_data",
            "trial_end", "trial_period_days", "trial_settings",
        ),
        params.not_simulated,
    ),
    "description": params.text(500),
    "metadata": params.metadata,
    "proration_behavior": params.choice("create_prorations", "none"),
}  # fmt: skip
PLACES = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
CREATE: params.Fields = {
    **dict.fromkeys(
        (
            "branding_settings", "consent_collection", "custom_fields", "customer", "customer_account",
            "customer_update", "discounts", "excluded_payment_method_types", "invoice_creation", "name_collection",
            "optional_items", "payment_method_configuration", "payment_method_data", "payment_method_options",
            "permissions", "redirect_on_completion", "return_url", "saved_payment_method_options",
            "setup_intent_data", "shipping_address_collection", "shipping_options", "tax_id_collection",
            "wallet_options",
        ),
        params.not_simulated,
    ),
    "adaptive_pricing": params.group({"enabled": params.must_be(wanted=False)}),
    "after_expiration": params.group({"recovery": params.group({"enabled": params.must_be(wanted=False)}, "enabled")}),
    "allow_promotion_codes": params.must_be(wanted=False),
    "allowed_payment_method_types": params.array(params.choice("card", "sepa_debit", "us_bank_account")),
    "automatic_tax": params.group({"enabled": params.must_be(wanted=False)}, "enabled"),
    "billing_address_collection": params.choice("auto", "required"),
    "cancel_url": params.url,
    "client_reference_id": params.text(200),
    "currency": params.currency,
    "custom_text": params.group(dict.fromkeys(PLACES, lambda raw, at: None if raw == "" else MESSAGE(raw, at))),
    "customer_creation": params.choice("if_required"),
    "customer_email": params.email,
    "expires_at": params.integer(0),
    "integration_identifier": params.text(200),
    "line_items": params.array(params.group(LINE_ITEM)),
    "locale": params.choice(*LOCALES),
    "metadata": params.metadata,
    "mode": params.choice("payment", "setup", "subscription"),
    "origin_context": params.choice("mobile_app", "web"),
    "payment_intent_data": params.group(INTENT_DATA),
    "payment_method_collection": params.choice("always", "if_required"),
    "phone_number_collection": params.group({"enabled": params.must_be(wanted=False)}, "enabled"),
    "submit_type": params.choice("auto", "book", "donate", "pay", "subscribe"),
    "subscription_data": params.group(SUBSCRIPTION_DATA),
    "success_url": params.url,
    "ui_mode": params.choice("hosted_page"),
}  # fmt: skip
PAYMENT_ONLY = ("payment_intent_data", "invoice_creation", "shipping_options", "customer_creation")
SUBSCRIPTION_ONLY = ("subscription_data",)


def create(world: World, given: Json) -> Json:
    """Open a session. The payment intent is made later, when the donor pays."""
    _check_mode(given)
    _check_expiry(world, given)
    if "success_url" not in given:
        raise errors.missing("success_url")
    items = _line_items(world, given)
    session = objects.checkout_session(world, given, items)
    world.shelf("checkout_sessions").put(session)
    world.noted(session["id"]).update(
        payment_intent_data=given.get("payment_intent_data", {}),
        subscription_data=given.get("subscription_data", {}),
        line_items=items,
    )
    world.later(session["expires_at"], "expire", session["id"])
    return session


def expire(world: World, session: Json, cause: Cause) -> Json:
    if session["status"] != "open":
        raise errors.invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired.'
            f" This Checkout Session has a status of `{session['status']}`."
        )
    _end(world, session, cause)
    return session


def run_out(world: World, session_id: str) -> None:
    """The session's time has come; a finished one does not mind."""
    session = world.shelf("checkout_sessions")[session_id]
    if session["status"] == "open":
        _end(world, session, NOBODY)


def description(world: World, session: Json) -> str:
    """`Gift to the clinic`, as the payment page and line items call it."""
    return ", ".join(item["description"] for item in world.noted(session["id"])["line_items"])


def _end(world: World, session: Json, cause: Cause) -> None:
    session |= {"status": "expired", "url": None}
    tell(world, "checkout.session.expired", session, cause=cause)
    payments.cancel(world, session, cause)


def _check_mode(given: Json) -> None:
    mode = given["mode"]
    if mode == "setup" and "submit_type" in given:
        raise errors.invalid("`submit_type` can only be used in `payment` or `subscription` mode.", param="submit_type")
    if mode == "payment" and given.get("submit_type") == "subscribe":
        raise errors.invalid("`submit_type=subscribe` can only be used in `subscription` mode.", param="submit_type")
    for name in SUBSCRIPTION_ONLY if mode == "payment" else PAYMENT_ONLY:
        if name in given:
            raise errors.invalid(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "setup":
        raise errors.not_simulated("mode=setup", "mode")


def _check_expiry(world: World, given: Json) -> None:
    ahead = given.get("expires_at", world.today() + A_DAY) - world.today()
    if ahead < HALF_AN_HOUR:
        raise errors.invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if ahead > A_DAY:
        raise errors.invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )


def _line_items(world: World, given: Json) -> list[Json]:
    wanted = given.get("line_items") or []
    if not wanted:
        raise errors.missing("line_items")
    for place, item in enumerate(wanted):
        _check_item(world, item, f"line_items[{place}]", given["mode"])
    _check_total(wanted, given.get("currency"))
    return [_line_item(world, item) for item in wanted]


def _check_item(world: World, item: Json, at: str, mode: str) -> None:
    if "price" in item and "price_data" in item:
        raise errors.invalid("You may only specify one of these parameters: price, price_data.", param=at)
    if "price" in item:
        raise errors.no_such("price", item["price"], param=f"{at}[price]")
    if "price_data" not in item:
        raise errors.missing(f"{at}[price_data]")
    if "quantity" not in item:
        raise errors.missing(f"{at}[quantity]")
    check_price(world, item["price_data"], f"{at}[price_data]", mode)


def check_price(world: World, price: Json, at: str, mode: str) -> None:
    if mode == "payment" and "recurring" in price:
        raise errors.invalid(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use"
            " only one-time prices.",
            param=at,
        )
    if mode == "subscription" and "recurring" not in price:
        raise errors.invalid(
            "You must provide at least one recurring price in `subscription` mode when using prices.", param=at
        )
    if ("product" in price) == ("product_data" in price):
        raise errors.invalid("You must specify either `product` or `product_data`.", param=at)
    if "product" in price and world.shelf("products").get(price["product"]) is None:
        raise errors.no_such("product", price["product"], param=f"{at}[product]")
    if "unit_amount" not in price:
        raise errors.missing(f"{at}[unit_amount]")


def _check_total(wanted: Iterable[Json], currency: str | None) -> None:
    currencies = {item["price_data"]["currency"] for item in wanted} | ({currency} if currency else set())
    if len(currencies) > 1:
        raise errors.invalid("All prices on a Checkout Session must be in the same currency.", param="line_items")
    total = sum(item["price_data"]["unit_amount"] * item["quantity"] for item in wanted)
    check_charge(total, currencies.pop(), "line_items")


def _line_item(world: World, item: Json) -> Json:
    data = item["price_data"]
    if "product" in data:
        product = world.shelf("products")[data["product"]]
    else:
        product = world.shelf("products").put(objects.product(world, data["product_data"]))
    price = objects.price(world, product["id"], data)
    return objects.line_item(world, price, product["name"], item["quantity"], item.get("metadata", {}))
