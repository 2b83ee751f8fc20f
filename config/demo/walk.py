"""The whole story once, over HTTP and without a browser: give, book, receipt, grant, pay, account for it."""

import hashlib
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from appeal.models import Campaign
from appeal.refusal import Refused
from config.demo import story, walk_grants, walk_joining, walk_pledge, walk_proof
from config.demo.processes import service
from config.demo.walking import Astray, Walk, expect, hidden_fields, patiently, require
from donations.models import BalanceTransaction, Donation, Payout, RefundRequest, State
from grants import bookkeeping
from grants.models import Grant, Tranche
from ledger import chart
from ledger.models import Fund
from ledger.money import Money
from receipts.models import Receipt

CARD = "4242 4242 4242 4242"
DISPUTED = "4000 0000 0000 0259"


def walk(say: Callable[[str], object]) -> bool:
    """Print each step with its figures; whether the story came to its end."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="refugeesrise-walk-") as folder, service(settings.PUBLIC_URL, log=Path(folder)):
        try:
            tell(Walk(say))
        except (Astray, Refused, CommandError, requests.RequestException) as error:
            say(f"NOT OK: {error}")
            show_logs(say, Path(folder))
            return False
    say(f"OK, in {time.monotonic() - began:.0f} seconds")
    return True


def tell(walk: Walk) -> None:
    story.issuer()
    campaign = story.open_appeal()
    open_the_appeal(walk, campaign)
    forms = [blank_form(walk, campaign) for _ in range(3)]
    to_sign, to_join = walk_pledge.blank_form(walk), walk_joining.blank_form(walk)
    time.sleep(3.1)  # a form that comes back faster was not filled in by a person
    donation = give(walk, campaign, forms[0], "120.50", CARD)
    arrive(walk, donation)
    settle(walk, donation)
    receive(walk, donation)
    grant(walk, campaign)
    monthly = give(walk, campaign, forms[1], "25", CARD, often="month")
    renew(walk, monthly)
    refund(walk, donation)
    disputed = give(walk, campaign, forms[2], "40", DISPUTED)
    dispute(walk, disputed)
    pay_out(walk)
    walk_grants.go(walk, campaign)
    account(walk, campaign)
    walk_proof.go(walk, campaign)
    walk_pledge.go(walk, to_sign)
    walk_joining.go(walk, to_join)


def open_the_appeal(walk: Walk, campaign: Campaign) -> None:
    page = walk.get(campaign.get_absolute_url()).text
    raised, goal = campaign.raised().format(), campaign.goal.format()
    walk.step("The appeal is open", f"{campaign.title}: raised {raised} of {goal}")
    require(reverse("donations:give", args=[campaign.slug]) in page, "the appeal links to its give page")


def blank_form(walk: Walk, campaign: Campaign) -> dict[str, str]:
    return hidden_fields(walk.get(reverse("donations:give", args=[campaign.slug])).text)


def give(
    walk: Walk, campaign: Campaign, form: dict[str, str], amount: str, card: str, *, often: str = "once"
) -> Donation:
    address = settings.PUBLIC_URL + reverse("donations:give", args=[campaign.slug])
    filled = form | {
        "often": often,
        "gift": amount,
        "gift_currency": "USD",
        "email": "mina@example.org",
        "name": "مینا رضایی",
    }
    sent = walk.web.post(address, filled, headers={"Referer": address}, timeout=20, allow_redirects=False)
    checkout = expect(sent, 303).headers["Location"]
    donation = Donation.objects.latest("pk")
    how_often = "once" if often == "once" else f"every {often}"
    given = f"{donation.amount.format()} {how_often}, reference {donation.reference}"
    walk.step("A donor fills in the form", given, checkout)
    back = expect(story.pay(checkout, card), 303).headers["Location"]
    walk.step(f"The donor pays on Stripe's page with {card}", f"and comes back to {back}")
    return donation


def arrive(walk: Walk, donation: Donation) -> None:
    thanks = reverse("donations:thanks", args=[donation.reference])
    for _ in patiently("the webhook to make the gift paid"):
        if "has arrived" in walk.get(thanks).text:
            break
    donation.refresh_from_db()
    walk.step("Stripe's webhook makes the gift paid", f"at {donation.charged_at:%Y-%m-%d %H:%M:%S} UTC")


def settle(walk: Walk, donation: Donation) -> None:
    for _ in patiently("Stripe's balance to settle the gift"):
        if refreshed(donation).state == State.SETTLED:
            break
    moved = donation.balance_transactions.get()
    raised = donation.campaign.raised()
    walk.step(
        "Stripe's balance settles it in the books",
        f"gift {money(moved.amount, moved.currency)}, fee {money(moved.fee, moved.currency)},"
        f" net {money(moved.net, moved.currency)}",
        f"the appeal has raised {raised.format()}, free to grant {donation.campaign.card_fund.free().format()}",
    )
    require(raised == donation.amount, "the appeal's total is the gift")


def receive(walk: Walk, donation: Donation) -> None:
    for _ in patiently("the receipt to be mailed"):
        if Receipt.objects.filter(donation=donation, mailed_at__isnull=False).exists():
            break
    receipt = Receipt.objects.get(donation=donation)
    address = reverse("receipts:pdf", args=[receipt.key])
    pdf, again = walk.get(address).content, walk.get(address).content
    digest = hashlib.sha256(pdf).hexdigest()
    require(pdf.startswith(b"%PDF") and pdf == again, "the receipt is a PDF, and the same one twice")
    require(digest == receipt.document.sha256, "the receipt is the one that was stored")
    verify = walk.get(reverse("receipts:verify", args=[receipt.code])).text
    require(receipt.number in verify and donation.name not in verify, "the verify page knows it and names nobody")
    figures = f"{receipt.number}, {len(pdf):,} bytes", f"SHA-256 {digest}"
    walk.step("The receipt is numbered, printed and mailed", *figures)


def renew(walk: Walk, first: Donation) -> None:
    monthly = first.monthly_gift
    require(monthly, "the gift is a monthly one")
    for _ in patiently("the monthly gift to be settled"):
        if refreshed(first).state == State.SETTLED:
            break
    control("subscriptions/renew")
    gifts = Donation.objects.filter(monthly_gift=monthly)
    for _ in patiently("the renewal to be settled"):
        if gifts.settled().count() == 2:
            break
    walk.step(
        "A month later it renews by itself", f"{gifts.count()} gifts of {first.amount.format()}, both in the books"
    )


def refund(walk: Walk, donation: Donation) -> None:
    """A part goes back: one person asks, another approves, Stripe pays, the receipt follows."""
    treasurer, approver = story.person("treasurer"), story.person("approver")
    part = Money(20_50, "USD")
    asked = RefundRequest.objects.ask(donation, part, reason="The donor gave more than they meant to.", by=treasurer)
    asked.approve(by=approver)
    number = Receipt.objects.valid().get(donation=donation).number
    for _ in patiently("the refund to be booked and the receipt to be replaced"):
        receipt = Receipt.objects.valid().get(donation=donation)
        booked = donation.balance_transactions.filter(kind="refund").exists()
        if booked and receipt.number != number:
            break
    figures = f"{part.format()} back, receipt {number} replaced by {receipt.number} for {receipt.amount.format()}"
    walk.step("Two people pay a part of the first gift back", figures)


def dispute(walk: Walk, donation: Donation) -> None:
    for _ in patiently("the donor's bank to dispute the gift"):
        if donation.disputes.exists():
            break
    disputed = donation.disputes.get()
    control("disputes/close", dispute=disputed.stripe_id, outcome="lost")
    for _ in patiently("the lost dispute to be in the books"):
        disputed.refresh_from_db()
        if disputed.lost_minor:
            break
    general = Fund.objects.general("USD")
    lost, fee = money(disputed.lost_minor, "USD"), general.balance(chart.DISPUTE_FEES).format()
    walk.step("A donor's bank takes a gift back", f"lost {lost}; its fee of {fee} is borne by the general fund")


def pay_out(walk: Walk) -> None:
    control("clock", advance=4 * 24 * 3600)
    told = control("payouts")
    control("payouts/advance", payout=told["id"], to="paid")
    left = BalanceTransaction.objects.filter(source=told["id"])
    arrived = Payout.objects.filter(stripe_id=told["id"], explained=True, arrival__isnull=False)
    for _ in patiently("the payout to leave and to arrive in the books"):
        if left.exists() and arrived.exists():
            break
    payout = arrived.get()
    count = payout.transactions.count()
    walk.step("Stripe pays out to our bank", f"{payout.amount.format()}, made of {count} balance transactions")


def grant(walk: Walk, campaign: Campaign) -> None:
    treasurer, approver, today = story.person("treasurer"), story.person("approver"), timezone.localdate()
    initiative = story.initiatives()[0]
    awarded = Grant.objects.create(
        initiative=initiative,
        campaign=campaign,
        fund=campaign.card_fund,
        purpose="Cooking gas, rice and lentils for the roof kitchen: one week now, the winter when it can be paid.",
        amount_minor=5_080_00,
        currency="USD",
    )
    tranche = Tranche.objects.create(
        grant=awarded,
        number=1,
        fund=awarded.fund,
        amount_minor=80_00,
        currency="USD",
    )
    tranche.plan_to(story.account_of(initiative))
    bookkeeping.promise(tranche, by=treasurer, on=today)
    walk.step(f"A grant of {tranche.amount.format()} is promised", f"left free {campaign.card_fund.free().format()}")
    refuse_too_much(walk, awarded)
    tranche.approve(by=approver, seen=tranche.fingerprint)
    bookkeeping.pay(tranche, by=treasurer, sent_on=today, bank_reference="DEMO-1", wire_fee=Money(2_50, "USD"))
    walk.step("A second person approves it, and the bank sends it", "wire fee $2.50, borne by the general fund")
    link = tranche.get_absolute_url()
    form = hidden_fields(walk.get(link).text)
    headers = {"Referer": settings.PUBLIC_URL + link}
    expect(walk.web.post(settings.PUBLIC_URL + link, form, headers=headers, timeout=20), 200)
    tranche.refresh_from_db()
    require(tranche.state == "confirmed", "the initiative's own link confirms the money")
    walk.step("The initiative confirms by its own link that the money came")


def refuse_too_much(walk: Walk, awarded: Grant) -> None:
    too_much = Tranche.objects.create(
        grant=awarded,
        number=2,
        fund=awarded.fund,
        amount_minor=5_000_00,
        currency="USD",
    )
    too_much.plan_to(story.account_of(awarded.initiative))
    try:
        bookkeeping.promise(too_much, by=story.person("treasurer"), on=timezone.localdate())
    except bookkeeping.NotEnoughFree as refusal:
        walk.step("A promise beyond the free money is refused", str(refusal))
    else:
        raise Astray("a promise beyond the free money was taken")


def account(walk: Walk, campaign: Campaign) -> None:
    address = reverse("receipts:transparency", args=[campaign.slug])
    page = walk.get(address).text
    pdf = walk.get(f"{address.rstrip('/')}.pdf").content
    require(pdf.startswith(b"%PDF"), "the fund statement is a PDF")
    left = (campaign.card_fund.free() + campaign.bank_fund.free()).format()
    require(left in page.replace("\N{NO-BREAK SPACE}", " ") or left in page, f"the fund statement says {left} is left")
    walk.step("The fund statement accounts for it", f"raised {campaign.raised().format()}, left {left}", address)
    ours = sum(fund.balance(chart.STRIPE).minor for fund in Fund.objects.filter(currency="USD"))
    require(ours == stripe_balance(), f"Stripe holds {stripe_balance()} cents for us, the books say {ours}")
    walk.step("The books agree with Stripe's balance", f"{money(ours, 'USD')}, difference $0.00")
    call_command("verify_ledger", stdout=StringIO())
    call_command("reconcile", days=1, stdout=StringIO())
    walk.step("verify_ledger and reconcile find nothing", "ledger = Stripe, difference 0.00")


def control(path: str, **told: Any) -> Any:
    """What happens at Stripe, or the passing of time."""
    answer = requests.post(f"{settings.STRIPE_API_BASE}/sandbox/{path}", json=told, timeout=20)
    return expect(answer, 200).json()


def stripe_balance() -> int:
    url = f"{settings.STRIPE_API_BASE}/v1/balance"
    balance = expect(requests.get(url, auth=(settings.STRIPE_SECRET_KEY, ""), timeout=20), 200).json()
    return sum(part["amount"] for part in balance["available"] + balance["pending"] if part["currency"] == "usd")


def refreshed(donation: Donation) -> Donation:
    donation.refresh_from_db()
    return donation


def money(minor: int, currency: str) -> str:
    return Money(minor, currency).format()


def show_logs(say: Callable[[str], object], folder: Path) -> None:
    for log in sorted(folder.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines()[-8:]:
            say(f"  {log.stem}: {line}")
