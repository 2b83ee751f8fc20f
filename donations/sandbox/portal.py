"""The billing portal: a page behind an address that is good for an hour, where a donor puts in another card."""

import re
import time

from donations.sandbox import billing_objects as objects
from donations.sandbox import cards, errors, hosted, params, payments, subscriptions
from donations.sandbox.cards import CardError
from donations.sandbox.checkout import LOCALES
from donations.sandbox.events import tell
from donations.sandbox.pages import NOTICE, PORTAL, escaped
from donations.sandbox.payments import Payer
from donations.sandbox.wire import Answer, Request, see_other
from donations.sandbox.world import Cause, Json, World

GOOD_FOR = 3600
ADDRESS = re.compile(r"/p/session/[^/]+")
SWITCH = params.group({"enabled": params.boolean}, "enabled")
FEATURES = {
    "customer_update": params.not_simulated,
    "invoice_history": SWITCH,
    "payment_method_update": SWITCH,
    "subscription_cancel": params.not_simulated,
    "subscription_update": params.not_simulated,
}
CONFIGURATION: params.Fields = {
    "business_profile": params.group(
        {"headline": params.text(60), "privacy_policy_url": params.url, "terms_of_service_url": params.url}
    ),
    "default_return_url": params.url,
    "features": params.group(FEATURES),
    "login_page": params.group({"enabled": params.must_be(wanted=False)}, "enabled"),
    "metadata": params.metadata,
    "name": params.text(),
}
REDIRECT = params.group({"return_url": params.url}, "return_url")
AFTER = params.group({"type": params.choice("portal_homepage", "redirect"), "redirect": REDIRECT}, "type")
FLOW = params.group({"type": params.choice("payment_method_update"), "after_completion": AFTER}, "type")
SESSION: params.Fields = {
    "configuration": params.text(),
    "customer": params.text(),
    "customer_account": params.not_simulated,
    "flow_data": FLOW,
    "locale": params.choice(*LOCALES, "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-SG"),
    "on_behalf_of": params.not_simulated,
    "return_url": params.url,
}


def configure(world: World, given: Json, cause: Cause) -> Json:
    configuration = world.shelf("portal_configurations").put(objects.portal_configuration(world, given))
    tell(world, "billing_portal.configuration.created", configuration, cause=cause)
    return configuration


def open_session(world: World, given: Json, cause: Cause) -> Json:
    if world.shelf("customers").get(given["customer"]) is None:
        raise errors.no_such("customer", given["customer"], param="customer")
    configuration = world.shelf("portal_configurations").get(given.get("configuration", ""))
    if configuration is None and "configuration" in given:
        raise errors.no_such("configuration", given["configuration"], param="configuration")
    if configuration is None:
        raise errors.invalid(
            "No configuration provided and your test mode default configuration has not been created. Provide a"
            " configuration or create your default by saving your customer portal settings in test mode."
        )
    if not configuration["features"]["payment_method_update"]["enabled"]:
        raise errors.invalid(
            "The portal configuration does not let customers update payment methods.", param="flow_data"
        )
    session = world.shelf("portal_sessions").put(objects.portal_session(world, given, configuration))
    tell(world, "billing_portal.session.created", session, cause=cause)
    return session


def answer(world: World, request: Request) -> Answer:
    with world.changed:
        world.tick()
        session = next((each for each in world.shelf("portal_sessions") if each["url"].endswith(request.path)), None)
        if session is None or not ADDRESS.fullmatch(request.path):
            return hosted.ended("Page not found", "There is no such page.", status=404)
        if world.today() - session["created"] > GOOD_FOR:
            return hosted.ended("This page has expired", "Ask for a new one.", session["return_url"])
        return _save(world, session, request) if request.method == "POST" else _page(world, session)


def _save(world: World, session: Json, request: Request) -> Answer:
    """Keep the card, and make it what the customer pays with. What their subscriptions name stays as it is."""
    typed, today = request.form(), time.gmtime(world.now())
    try:
        card = cards.read(*(typed.get(name, "") for name in ("number", "expiry", "cvc")), year=today.tm_year,
                          month=today.tm_mon)  # fmt: skip
    except CardError as error:
        return _page(world, session, str(error), 400)
    if card.decline and card.number != cards.ATTACHES_ONLY:
        return _page(world, session, card.decline.message, 402)
    customer = world.shelf("customers")[session["customer"]]
    method = payments.keep(world, card, Payer(customer["email"], customer["name"]))
    subscriptions.attach(world, method, customer)
    before = {"invoice_settings": dict(customer["invoice_settings"])}
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    tell(world, "customer.updated", customer, before=before)
    return see_other(_back(session))


def _back(session: Json) -> str:
    redirect = ((session["flow"] or {}).get("after_completion") or {}).get("redirect")
    url: str = redirect["return_url"] if redirect else session["return_url"] or session["url"]
    return url


def _page(world: World, session: Json, problem: str = "", status: int = 200) -> Answer:
    customer = world.shelf("customers")[session["customer"]]
    body = PORTAL.substitute(
        action=escaped(session["url"]),
        email=escaped(customer["email"] or ""),
        notice=NOTICE.substitute(problem=escaped(problem)) if problem else "",
        back=hosted.link(session["return_url"], "Back"),
    )
    return hosted.page("Your card", body, status)
