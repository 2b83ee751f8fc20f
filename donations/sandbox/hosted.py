"""The payment page that a donor is sent to: plain HTML, one form, and a page in the middle that plays their bank."""

import re
import time
from urllib.parse import quote

from donations.sandbox import cards, checkout, payments
from donations.sandbox.cards import Card, CardError
from donations.sandbox.currencies import shown
from donations.sandbox.pages import BANK, ENDED, NOTICE, PAGE, PAY, escaped
from donations.sandbox.params import EMAIL
from donations.sandbox.payments import Payer
from donations.sandbox.wire import Answer, Request, as_page, see_other
from donations.sandbox.world import Cause, Json, World

ADDRESS = re.compile(r"/c/pay/(?P<session>[^/]+)(?P<bank>/authenticate)?")
BUTTONS = {"donate": "Donate", "book": "Book"}


def answer(world: World, request: Request) -> Answer:
    address = ADDRESS.fullmatch(request.path)
    with world.changed:
        world.tick()
        session = world.shelf("checkout_sessions").get(address["session"]) if address else None
        if address is None or session is None:
            return ended("Page not found", "There is no such payment page.", status=404)
        if session["status"] != "open":
            return _after_the_end(session, request)
        if address["bank"]:
            return _at_the_bank(world, session, request)
        return _pay(world, session, request) if request.method == "POST" else pay_page(world, session)


def _after_the_end(session: Json, request: Request) -> Answer:
    """Whoever pays a second time, in another tab or by a double click, has paid once."""
    if session["status"] == "expired":
        return ended("This page has expired", "Nothing was charged.", session["cancel_url"])
    if request.method == "POST":
        return see_other(_success_url(session))
    return ended("This payment is complete", "Nothing more will be charged.", _success_url(session))


def _pay(world: World, session: Json, request: Request) -> Answer:
    typed = request.form()
    email = session["customer_email"] or typed.get("email", "").strip()
    if not EMAIL.fullmatch(email):
        return pay_page(world, session, problem="Your email address is incomplete.", typed=typed, status=400)
    try:
        card = _card(world, typed)
    except CardError as error:
        return pay_page(world, session, problem=str(error), typed=typed, status=400)
    why = payments.pay(world, session, card, Payer(email, typed.get("name", "").strip()), _cause(world))
    if why:
        return pay_page(world, session, problem=why.message, typed=typed, status=402)
    if payments.waiting_for_donor(world, session):
        return see_other(f"{session['url']}/authenticate")
    return see_other(_success_url(session))


def _at_the_bank(world: World, session: Json, request: Request) -> Answer:
    if payments.waiting_for_donor(world, session) is None:
        return see_other(session["url"])
    if request.method != "POST":
        body = BANK.substitute(action=escaped(f"{session['url']}/authenticate"), amount=escaped(_amount(session)))
        return _page("3-D Secure", body, 200)
    passed = request.form().get("outcome") == "complete"
    why = payments.authenticate(world, session, passed=passed, cause=_cause(world))
    return pay_page(world, session, problem=why.message, status=402) if why else see_other(_success_url(session))


def pay_page(
    world: World, session: Json, *, problem: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> Answer:
    """The form; after a refusal with what was typed, save for the card."""
    typed = typed or {}
    fixed = session["customer_email"]
    body = PAY.substitute(
        action=escaped(session["url"]),
        amount=escaped(_amount(session)),
        button=BUTTONS.get(session["submit_type"] or "", "Pay"),
        email=escaped(fixed or typed.get("email", "")),
        fixed="readonly" if fixed else "",
        name=escaped(typed.get("name", "")),
        notice=NOTICE.substitute(problem=escaped(problem)) if problem else "",
        product=escaped(checkout.description(world, session)),
        back=_link(session["cancel_url"], "Back"),
    )
    return _page(_amount(session), body, status)


def ended(title: str, text: str, url: str | None = None, status: int = 200) -> Answer:
    body = ENDED.substitute(title=escaped(title), text=escaped(text), link=_link(url, "Back to the appeal"))
    return _page(title, body, status)


def _page(title: str, body: str, status: int) -> Answer:
    return as_page(PAGE.substitute(title=escaped(title), body=body), status)


def _link(url: str | None, text: str) -> str:
    return f'<p><a href="{escaped(url)}">{escaped(text)}</a></p>' if url else ""


def _card(world: World, typed: dict[str, str]) -> Card:
    today = time.gmtime(world.now())
    return cards.read(
        typed.get("number", ""),
        typed.get("expiry", ""),
        typed.get("cvc", ""),
        year=today.tm_year,
        month=today.tm_mon,
    )


def _cause(world: World) -> Cause:
    """The page asks Stripe's API in the donor's name, under a key of its own."""
    return Cause(world.mint("req_", 14), world.mint("checkout-"))


def _amount(session: Json) -> str:
    return shown(session["amount_total"], session["currency"])


def _success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))
