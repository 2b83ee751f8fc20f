"""The payment page that a donor is sent to: plain HTML, one form, and a page in the middle that plays their bank."""

import re
import time
from urllib.parse import quote

from donations.sandbox import banks, cards, checkout, debits, payments
from donations.sandbox.banks import BankError
from donations.sandbox.cards import Card, CardError
from donations.sandbox.currencies import shown
from donations.sandbox.pages import BANK, DEBIT, ENDED, NOTICE, PAGE, PAY, escaped
from donations.sandbox.params import EMAIL
from donations.sandbox.payments import Payer
from donations.sandbox.wire import Answer, Request, as_page, see_other
from donations.sandbox.world import Cause, Json, World

ADDRESS = re.compile(r"/c/pay/(?P<session>[^/]+)(?P<step>/authenticate|/debit)?")
HINTS = {
    "usd": "Pays in four days: 000123456789. Fails: 000222222227. Is taken back after it was paid: 000999999991.",
    "eur": "Pays in four days: DE89 3704 0044 0532 0130 00. Fails: DE62 3704 0044 0532 0130 01."
    " Is taken back after it was paid: DE35 3704 0044 0532 0130 02.",
}
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
        if address["step"] == "/authenticate":
            return _at_the_bank(world, session, request)
        if address["step"] and debits.offered(session):
            return _debit(world, session, request)
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


def _debit(world: World, session: Json, request: Request) -> Answer:
    if request.method != "POST":
        return debit_page(world, session)
    typed = request.form()
    email = session["customer_email"] or typed.get("email", "").strip()
    name = typed.get("name", "").strip()
    if not EMAIL.fullmatch(email) or not name:
        problem = "Your email address is incomplete." if name else "Your name is incomplete."
        return debit_page(world, session, problem=problem, typed=typed, status=400)
    try:
        account = banks.read(typed.get("account", ""), session["currency"])
    except BankError as error:
        return debit_page(world, session, problem=str(error), typed=typed, status=400)
    debits.pay(world, session, account, Payer(email, name), _cause(world))
    return see_other(_success_url(session))


def debit_page(
    world: World, session: Json, *, problem: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> Answer:
    typed = typed or {}
    fixed = session["customer_email"]
    body = DEBIT.substitute(
        action=escaped(f"{session['url']}/debit"),
        amount=escaped(_amount(session)),
        email=escaped(fixed or typed.get("email", "")),
        fixed="readonly" if fixed else "",
        name=escaped(typed.get("name", "")),
        notice=NOTICE.substitute(problem=escaped(problem)) if problem else "",
        product=escaped(checkout.description(world, session)),
        numbers=escaped(HINTS[session["currency"]]),
        back=link(session["url"], "Pay by card"),
    )
    return page(_amount(session), body, status)


def _at_the_bank(world: World, session: Json, request: Request) -> Answer:
    if payments.waiting_for_donor(world, session) is None:
        return see_other(session["url"])
    if request.method != "POST":
        body = BANK.substitute(action=escaped(f"{session['url']}/authenticate"), amount=escaped(_amount(session)))
        return page("3-D Secure", body, 200)
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
        amount=escaped(_price(world, session)),
        button=BUTTONS.get(session["submit_type"] or "", "Subscribe" if session["mode"] == "subscription" else "Pay"),
        email=escaped(fixed or typed.get("email", "")),
        fixed="readonly" if fixed else "",
        name=escaped(typed.get("name", "")),
        notice=NOTICE.substitute(problem=escaped(problem)) if problem else "",
        product=escaped(checkout.description(world, session)),
        debit=link(f"{session['url']}/debit" if debits.offered(session) else None, "Pay by bank debit"),
        back=link(session["cancel_url"], "Back"),
    )
    return page(_amount(session), body, status)


def ended(title: str, text: str, url: str | None = None, status: int = 200) -> Answer:
    body = ENDED.substitute(title=escaped(title), text=escaped(text), link=link(url, "Back to the appeal"))
    return page(title, body, status)


def page(title: str, body: str, status: int) -> Answer:
    return as_page(PAGE.substitute(title=escaped(title), body=body), status)


def link(url: str | None, text: str) -> str:
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


def _price(world: World, session: Json) -> str:
    """`USD 25.00 per month`."""
    recurring = world.noted(session["id"])["line_items"][0]["price"]["recurring"]
    return f"{_amount(session)} per {recurring['interval']}" if recurring else _amount(session)


def _success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))
