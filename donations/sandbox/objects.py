"""Stripe's objects as they look on their first day, with all the fields Stripe would send.

Source: Stripe's OpenAPI description for 2026-08-26.dahlia and the changes of 2026-10-28.endive.
"""

from decimal import Decimal
from typing import Any

from donations.sandbox import banks
from donations.sandbox.banks import Account
from donations.sandbox.cards import Card
from donations.sandbox.world import Cause, World

Json = dict[str, Any]
API_VERSION = "2026-10-28.endive"
DAY = 24 * 3600
PREFIX = "RR SANDBOX"  # before every statement descriptor: as long as Stripe lets a prefix be, so ours fit any account
NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def product(world: World, given: Json) -> Json:
    return {
        "id": given.get("id") or world.mint("prod_", 14),
        "object": "product",
        "active": given.get("active", True),
        "created": world.today(),
        "default_price": None,
        "description": given.get("description"),
        "images": given.get("images", []),
        "livemode": False,
        "marketing_features": given.get("marketing_features", []),
        "metadata": given.get("metadata", {}),
        "name": given["name"],
        "package_dimensions": None,
        "shippable": given.get("shippable"),
        "statement_descriptor": given.get("statement_descriptor"),
        "tax_code": given.get("tax_code"),
        "unit_label": given.get("unit_label"),
        "updated": world.today(),
        "url": given.get("url"),
    }


def price(world: World, product_id: str, price_data: Json) -> Json:
    """The price that Stripe makes for inline `price_data`: good for one session only, therefore inactive."""
    recurring = price_data.get("recurring")
    return {
        "id": world.mint("price_1"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": world.today(),
        "currency": price_data["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": recurring and {"interval_count": 1, "meter": None, "usage_type": "licensed"} | recurring,
        "tax_behavior": price_data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": price_data["unit_amount"],
        "unit_amount_decimal": str(price_data["unit_amount"]),
    }


def line_item(world: World, of: Json, name: str, quantity: int, metadata: Json) -> Json:
    total = of["unit_amount"] * quantity
    return {
        "id": world.mint("li_1"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": of["currency"],
        "description": name,
        "metadata": metadata,
        "price": of,
        "quantity": quantity,
    }


def checkout_session(world: World, given: Json, items: list[Json]) -> Json:
    name = world.mint("cs_test_a1", 56)
    now = world.today()
    total = sum(item["amount_total"] for item in items)
    email = given.get("customer_email")
    subscribes = given["mode"] == "subscription"
    return {
        "id": name,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": given.get("allow_promotion_codes"),
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": given.get("billing_address_collection"),
        "branding_settings": {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#0074d4",
            "display_name": "Stripe sandbox",
            "font_family": "default",
            "icon": None,
            "logo": None,
        },
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "client_secret": None,
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": items[0]["currency"],
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": _custom_text(given.get("custom_text", {})),
        "customer": None,
        "customer_account": None,
        "customer_creation": "always" if subscribes else given.get("customer_creation", "if_required"),
        "customer_details": customer_details(email, None) if email else None,
        "customer_email": email,
        "discounts": [],
        "expires_at": given.get("expires_at", now + DAY),
        "integration_identifier": given.get("integration_identifier"),
        "invoice": None,
        "invoice_creation": None if subscribes else _no_invoice(),
        "livemode": False,
        "locale": given.get("locale"),
        "metadata": given.get("metadata", {}),
        "mode": given["mode"],
        "origin_context": given.get("origin_context"),
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": given.get("payment_method_collection", "always" if subscribes else "if_required"),
        "payment_method_configuration_details": {"id": "pmc_sandbox", "parent": None},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"] if subscribes else _methods(given, items[0]["currency"]),
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": given.get("submit_type"),
        "subscription": None,
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{world.url}/c/pay/{name}",
        "wallet_options": None,
    }


def _methods(given: Json, currency: str) -> list[str]:
    allowed = given.get("allowed_payment_method_types")
    usable = ["card", *([banks.KINDS[currency]] if currency in banks.KINDS else [])]
    return [kind for kind in usable if not allowed or kind in allowed]


def _custom_text(given: Json) -> Json:
    return {
        place: given.get(place) or None
        for place in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    }


def _no_invoice() -> Json:
    return {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    }


def customer_details(email: str | None, name: str | None) -> Json:
    return {
        "address": None if name is None else NO_ADDRESS,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def payment_intent(world: World, session: Json, given: Json) -> Json:
    """`given` is the session's `payment_intent_data`."""
    name = world.mint("pi_3", 23)
    return {
        "id": name,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{name}_secret_{world.mint('', 25)}",
        "confirmation_method": "automatic",
        "created": world.today(),
        "currency": session["currency"],
        "customer": None,
        "customer_account": None,
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": session.get("payment_method_types", ["card"]),
        "processing": None,
        "receipt_email": given.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": given.get("transfer_group"),
    }


def billing_details(email: str | None, name: str | None) -> Json:
    return {"address": NO_ADDRESS, "email": email, "name": name, "phone": None, "tax_id": None}


def payment_method(world: World, card: Card, billing: Json) -> Json:
    details = {
        "brand": card.brand,
        "checks": _checks(),
        "country": "US",
        "display_brand": card.brand,
        "exp_month": card.month,
        "exp_year": card.year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _payment_method(world, "card", details, billing)


def bank_account(world: World, account: Account, billing: Json) -> Json:
    if account.kind == "us_bank_account":
        details: Json = {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": account.fingerprint,
            "last4": account.last4,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": {},
        }
    else:
        details = {
            "bank_code": account.number[4:12],
            "branch_code": "",
            "country": account.number[:2],
            "fingerprint": account.fingerprint,
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": account.last4,
        }
    return _payment_method(world, account.kind, details, billing)


def _payment_method(world: World, kind: str, details: Json, billing: Json) -> Json:
    return {
        "id": world.mint("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        kind: details,
        "created": world.today(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def charge(world: World, intent: Json, method: Json) -> Json:
    """A charge the bank has agreed to. The intent's metadata is copied now, and never again."""
    suffix = intent["statement_descriptor_suffix"]
    return {
        "id": world.mint("ch_3" if method["type"] == "card" else "py_3", 23),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": f"{PREFIX}* {suffix}".upper() if suffix else PREFIX,
        "captured": True,
        "created": world.today(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {method["type"]: _details(intent, method), "type": method["type"]},
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": suffix,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def declined(charge_: Json, code: str, decline_code: str | None, message: str) -> Json:
    """The same charge after the bank said no."""
    outcome = charge_["outcome"] | {
        "network_decline_code": "05",
        "network_status": "declined_by_network",
        "reason": decline_code or code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }
    return charge_ | {
        "amount_captured": 0,
        "captured": False,
        "failure_code": code,
        "failure_message": message,
        "outcome": outcome,
        "paid": False,
        "status": "failed",
    }


def _details(intent: Json, method: Json) -> Json:
    if method["type"] == "card":
        return _card_details(intent, method)
    kept = {
        "us_bank_account": (
            "account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number",
        ),
        "sepa_debit": ("bank_code", "branch_code", "country", "fingerprint", "last4"),
    }[method["type"]]  # fmt: skip
    return {name: method[method["type"]][name] for name in kept} | {"mandate": f"mandate_{method['id'][3:]}"}


def _card_details(intent: Json, method: Json) -> Json:
    card = method["card"]
    return {
        "amount_authorized": intent["amount"],
        "authorization_code": "123456",
        "brand": card["brand"],
        "checks": _checks(),
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": "104102978678771",
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def _checks() -> Json:
    return {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def balance_transaction(
    world: World,
    *,
    kind: str,
    category: str,
    amount: int,
    fee: int,
    fee_for: str,
    currency: str,
    rate: Decimal | float | None,
    source: str | None,
    description: str | None,
    available_on: int,
) -> Json:
    """Amounts in the settlement currency; the rate turns smallest units into smallest units, as Stripe's does."""
    fee_details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": fee_for,
        "type": "stripe_fee",
    }
    return {
        "id": world.mint("txn_3", 23),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": world.today(),
        "currency": currency,
        "description": description,
        "exchange_rate": None if rate is None else float(rate),
        "fee": fee,
        "fee_details": [fee_details] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending",
        "type": kind,
    }


def event(world: World, kind: str, snapshot: Json, *, cause: Cause, before: Json | None, webhooks: int) -> Json:
    return {
        "id": world.mint("evt_1"),
        "object": "event",
        "api_version": API_VERSION,
        "created": world.today(),
        "data": {"object": snapshot} if before is None else {"object": snapshot, "previous_attributes": before},
        "livemode": False,
        "pending_webhooks": webhooks,
        "request": {"id": cause.request, "idempotency_key": cause.idempotency_key},
        "type": kind,
    }


def webhook_endpoint(world: World, given: Json) -> Json:
    return {
        "id": world.mint("we_1"),
        "object": "webhook_endpoint",
        "api_version": given.get("api_version"),
        "application": None,
        "created": world.today(),
        "description": given.get("description"),
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "status": "enabled",
        "url": given["url"],
    }
