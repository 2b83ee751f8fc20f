"""Stripe's objects of standing payments as they look on their first day, with all the fields Stripe would send.

Source: Stripe's OpenAPI description for 2026-08-26.dahlia and the changes of 2026-10-28.endive. An invoice no longer
names its payment intent, nor a charge its invoice: `invoice_payment` ties them. A subscription's period stands on its
item.
"""

from collections.abc import Sequence
from typing import Any

from donations.sandbox.world import World

Json = dict[str, Any]
SELF = {"type": "self"}


def listing(data: Sequence[Json], url: str) -> Json:
    return {"object": "list", "data": list(data), "has_more": False, "url": url}


def customer(world: World, given: Json) -> Json:
    return {
        "id": world.mint("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.today(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "discount": None,
        "email": given.get("email"),
        "invoice_prefix": world.mint("", 8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "name": given.get("name"),
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": given.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def subscription(world: World, customer_id: str, currency: str, given: Json) -> Json:
    """`given` is the session's `subscription_data`."""
    now = world.today()
    name = world.mint("sub_1")
    return {
        "id": name,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer_id,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": given.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": SELF,
        },
        "items": listing([], f"/v1/subscription_items?subscription={name}"),
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": given.get("metadata", {}),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "incomplete",
        "status_details": None,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def subscription_item(world: World, of: str, price: Json, quantity: int, period: tuple[int, int]) -> Json:
    return {
        "id": world.mint("si_", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": world.today(),
        "current_period_end": period[1],
        "current_period_start": period[0],
        "current_trial": None,
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": of,
        "tax_rates": [],
    }


def invoice(world: World, of: Json, payer: Json, reason: str, lines: list[Json]) -> Json:
    """A draft. The subscription's metadata is copied now, and never again."""
    now = world.today()
    name = world.mint("in_1")
    total = sum(line["amount"] for line in lines)
    return {
        "id": name,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Stripe sandbox",
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": now + 3600,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": of["currency"],
        "custom_fields": None,
        "customer": payer["id"],
        "customer_account": None,
        "customer_address": None,
        "customer_email": payer["email"],
        "customer_name": payer["name"],
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": of["description"],
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": SELF,
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": listing([line | {"invoice": name} for line in lines], f"/v1/invoices/{name}/lines"),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": dict(of["metadata"]), "subscription": of["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_details": None,
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def invoice_line(world: World, item: Json, amount: int) -> Json:
    price = item["price"]
    return {
        "id": world.mint("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": f"{item['quantity']} × {price['recurring']['interval']}ly gift",
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": item["current_period_end"], "start": item["current_period_start"]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "subtotal": amount,
        "taxes": [],
    }


def invoice_payment(world: World, of: Json, intent: Json, *, is_default: bool) -> Json:
    return {
        "id": world.mint("inpay_1"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": intent["amount"],
        "created": world.today(),
        "currency": of["currency"],
        "invoice": of["id"],
        "is_default": is_default,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def portal_configuration(world: World, given: Json) -> Json:
    """Whatever feature is not asked for is off."""
    asked = given["features"]
    profile = given.get("business_profile", {})
    cancel = {"cancellation_reason": {"enabled": False, "options": []}, "enabled": False}
    update = {"default_allowed_updates": [], "enabled": False, "products": None}
    return {
        "id": world.mint("bpc_1"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            name: profile.get(name) for name in ("headline", "privacy_policy_url", "terms_of_service_url")
        },
        "created": world.today(),
        "default_return_url": given.get("default_return_url"),
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": {"enabled": False} | asked.get("invoice_history", {}),
            "payment_method_update": {"enabled": False} | asked.get("payment_method_update", {}),
            "subscription_cancel": cancel | {"mode": "at_period_end", "proration_behavior": "none"},
            "subscription_update": update
            | {
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "continue_trial",
            },
        },
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": given.get("metadata", {}),
        "name": given.get("name"),
        "updated": world.today(),
    }


def portal_session(world: World, given: Json, configuration: Json) -> Json:
    name = world.mint("bps_1")
    return {
        "id": name,
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": configuration["id"],
        "created": world.today(),
        "customer": given["customer"],
        "customer_account": None,
        "flow": _flow(given.get("flow_data")),
        "livemode": False,
        "locale": given.get("locale"),
        "on_behalf_of": None,
        "return_url": given.get("return_url") or configuration["default_return_url"],
        "url": f"{world.url}/p/session/{world.mint('test_', 40)}",
    }


def _flow(given: Json | None) -> Json | None:
    if given is None:
        return None
    after = given.get("after_completion", {"type": "portal_homepage"})
    return {
        "after_completion": {
            "hosted_confirmation": None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": given["type"],
    }
