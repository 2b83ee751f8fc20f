"""What goes wrong on the way of money, one failure each, on the sandbox."""

import concurrent.futures
import itertools
import logging
import random
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from donations import changes, checkout
from donations.drain import drain
from donations.models import Donation, Refund, StripeEvent
from donations.sandbox.process import Sandbox
from grants.bookkeeping import NotEnoughFree, promise
from ledger.models import Fund
from ledger.money import Money
from tests.donations import at_stripe, build, objects
from tests.donations.test_giving import send
from tests.donations.test_refunds import general, holds
from tests.grants import build as grants
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)
Event = dict[str, Any]


@pytest.fixture
def deaf(sandbox: Sandbox) -> Sandbox:
    """Events happen and are kept; the test decides when they arrive."""
    sandbox.control("deliveries", mode="drop")
    return sandbox


def told(sandbox: Sandbox) -> list[Event]:
    events: list[Event] = sandbox.look("events")["events"]
    return events


def arrive(*events: Event) -> None:
    at_stripe.store(list(events))
    drain(timezone.now())


def new_gift(minor: int = 100_00) -> Donation:
    return build.donation(build.campaign(f"c{next(objects.serial)}"), Money(minor, "USD"))


def end_of(gift: Donation) -> tuple[Any, ...]:
    gift.refresh_from_db()
    fund = gift.campaign.card_fund
    accounts = ("stripe", "gifts", "refunds", "fees", "transfer", "bank", "disputed", "lost")
    return (
        gift.state,
        gift.review,
        [(refund.status, refund.amount_minor, refund.fee_covered_minor) for refund in gift.refunds.all()],
        [(dispute.status, dispute.lost_minor) for dispute in gift.disputes.all()],
        *(fund.balance(account).minor for account in accounts),
    )


KINDS = (
    "payment_intent.succeeded",
    "charge.succeeded",
    "refund.created",
    "charge.dispute.created",
    "charge.dispute.closed",
)


def test_every_order_of_a_payments_whole_life_ends_in_one_state(deaf: Sandbox) -> None:
    """Succeeded, charged, refunded in part, disputed for the rest and won: 120 orders, each event told twice."""
    orders = list(itertools.permutations(range(len(KINDS))))
    gifts = [new_gift() for _ in orders]
    for gift in gifts:
        charge = at_stripe.paid(deaf, gift)["charge"]
        deaf.control("refunds", charge=charge, amount=30_00)
        dispute = deaf.control("disputes", charge=charge, amount=70_00)
        deaf.control("disputes/close", dispute=dispute["id"], outcome="won")
    by_intent: dict[str, dict[str, Event]] = {}
    references: dict[str, str] = {}
    for event in told(deaf):
        thing = event["data"]["object"]
        if event["type"] in KINDS:
            intent = thing["id"] if thing["object"] == "payment_intent" else thing["payment_intent"]
            by_intent.setdefault(intent, {})[event["type"]] = event
            if thing["object"] == "payment_intent":
                references[thing["metadata"]["donation"]] = intent
    for gift, order in zip(gifts, orders, strict=True):
        events = by_intent[references[gift.reference]]
        for number in order:
            arrive(events[KINDS[number]])
        arrive(*events.values())
    StripeEvent.objects.waiting().update(retry_at=timezone.now())
    drain(timezone.now())
    at_stripe.settle()
    ends = {str(end_of(gift)) for gift in gifts}
    assert len(ends) == 1, ends
    assert holds(gifts[0].campaign.card_fund, refunds=30_00, disputed=0, lost=0, gifts=-100_00)
    assert not StripeEvent.objects.waiting().exists()
    assert at_stripe.agrees()


def test_different_news_of_one_payment_at_once_meet_no_deadlock(deaf: Sandbox) -> None:
    gifts = [new_gift() for _ in range(6)]
    for gift in gifts:
        charge = at_stripe.paid(deaf, gift)["charge"]
        deaf.control("refunds", charge=charge, amount=10_00)
        deaf.control("disputes", charge=charge, amount=50_00)
    events = told(deaf)
    random.Random(7).shuffle(events)
    at_stripe.store(events)

    def work() -> None:
        try:
            drain(timezone.now())
            at_stripe.settle()
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        for done in [workers.submit(work) for _ in range(8)]:
            done.result(timeout=60)
    StripeEvent.objects.waiting().update(retry_at=timezone.now())
    drain(timezone.now())
    at_stripe.settle()
    assert len({str(end_of(gift)) for gift in gifts}) == 1
    assert Refund.objects.count() == 6
    assert not StripeEvent.objects.waiting().exists()
    assert at_stripe.agrees()


def test_news_of_a_refund_waits_until_its_gift_is_known(deaf: Sandbox) -> None:
    """The refund's event comes days before anything of the payment itself."""
    gift = new_gift()
    charge = at_stripe.paid(deaf, gift)["charge"]
    deaf.control("refunds", charge=charge, amount=10_00)
    events = told(deaf)
    arrive(*(event for event in events if event["type"] == "refund.created"))
    assert StripeEvent.objects.waiting().count() == 1
    arrive(*events)
    StripeEvent.objects.waiting().update(retry_at=timezone.now())
    drain(timezone.now())
    assert not StripeEvent.objects.waiting().exists()
    assert gift.refundable() == Money(90_00, "USD")


def test_news_of_another_installation_is_kept_and_moves_nothing(deaf: Sandbox) -> None:
    """Their charge is on the same Stripe account: its money waits under suspense, and what befalls it waits too."""
    theirs = deaf.control("gifts", count=1)["gifts"][0]
    deaf.control("refunds", charge=theirs["charge"], amount=10_00)
    deaf.control("disputes", charge=theirs["charge"], amount=40_00)
    arrive(*told(deaf))
    at_stripe.settle()
    assert not Refund.objects.exists()
    assert holds(general(), refunds=0, disputed=0)
    assert general().balance("suspense").minor == -general().balance("stripe").minor
    assert at_stripe.agrees()


def test_a_poison_event_is_parked_with_its_error_and_replayed_by_a_command(deaf: Sandbox) -> None:
    gift = new_gift()
    at_stripe.paid(deaf, gift)
    events = told(deaf)
    poison = events[0] | {"id": "evt_poison", "type": "charge.succeeded", "data": {"object": {"object": "charge"}}}
    arrive(poison, *events)
    gift.refresh_from_db()
    assert gift.received, "the others pass"
    for _ in range(4):
        StripeEvent.objects.waiting().update(retry_at=timezone.now())
        drain(timezone.now())
    parked = StripeEvent.objects.needing_a_person().get()
    assert (parked.stripe_id, parked.problem) == ("evt_poison", "KeyError: 'status'")
    with pytest.raises(CommandError, match="1 of 1 still cannot be handled"):
        call_command("replay", stdout=StringIO())
    whole = next(event for event in events if event["type"] == "charge.succeeded")
    StripeEvent.objects.filter(pk=parked.pk).update(body=objects.body(whole))
    call_command("replay", "evt_poison", stdout=StringIO())
    assert not StripeEvent.objects.waiting().exists()
    with pytest.raises(CommandError, match="Not waiting in the inbox: evt_poison"):
        call_command("replay", "evt_poison", stdout=StringIO())


def test_a_dispute_after_the_grant_was_paid_leaves_the_grant_and_stops_new_promises(deaf: Sandbox) -> None:
    gift = new_gift()
    charge = at_stripe.paid(deaf, gift)["charge"]
    at_stripe.settle()
    fund = gift.campaign.card_fund
    paid = grants.planned(grants.grant(90_00, of=gift.campaign, fund=fund))
    promise(paid, by=grants.person(), on=grants.DAY)
    paid.approve(by=grants.person(), seen=paid.fingerprint)
    grants.pay(paid, wire_fee=0)
    dispute = deaf.control("disputes", charge=charge)
    deaf.control("disputes/close", dispute=dispute["id"], outcome="lost")
    arrive(*told(deaf))
    at_stripe.settle()
    paid.refresh_from_db()
    assert paid.state == "sent"
    assert holds(fund, grants=90_00, lost=100_00)
    assert fund.free() == Money(-93_20, "USD")
    more = new_gift_to(gift, 93_20)
    at_stripe.paid(deaf, more)
    at_stripe.settle()
    plan = grants.planned(grants.grant(1_00, of=gift.campaign, fund=fund))
    with pytest.raises(NotEnoughFree):
        promise(plan, by=grants.person(), on=grants.DAY)
    assert at_stripe.agrees()


def new_gift_to(other: Donation, minor: int) -> Donation:
    return build.donation(other.campaign, Money(minor, "USD"))


def test_what_stripe_tells_days_late_counts_from_the_day_it_happened(deaf: Sandbox) -> None:
    gift = new_gift()
    at_stripe.paid(deaf, gift)
    paid_on = timezone.now()
    deaf.control("clock", advance=3 * at_stripe.DAY)
    arrive(*told(deaf))
    gift.refresh_from_db()
    assert gift.state == "paid"
    assert gift.charged_at
    assert abs((gift.charged_at - paid_on).total_seconds()) < at_stripe.DAY / 2
    at_stripe.settle()
    assert end_of(gift)[0] == "settled"
    assert at_stripe.agrees()


def test_no_log_has_the_address_of_a_page_for_a_card(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    gift = build.monthly_gift(build.campaign(), Money(25_00, "USD"))
    pay(checkout.payment_page(gift.first_donation()))
    sandbox.control("deliveries/wait")
    drain(timezone.now())
    gift.refresh_from_db()
    as_in_production(caplog)
    page = changes.card_page(gift, "http://127.0.0.1/back/", "http://127.0.0.1/done/")
    changes.take_over_card(gift)
    assert page.startswith(sandbox.url)
    assert [secret for secret in (page, "/p/session", str(gift.customer)) if secret in caplog.text] == []


def as_in_production(caplog: pytest.LogCaptureFixture) -> None:
    """Everything, but for what config.settings keeps quiet."""
    caplog.set_level(logging.DEBUG)
    for name in ("stripe", "weasyprint.progress"):
        caplog.set_level(logging.WARNING, logger=name)


def test_no_log_has_a_payment_page_or_a_secret_in_it(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    as_in_production(caplog)
    answer = send(build.campaign(), gift="50")
    page = answer.headers["Location"]
    pay(page)
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now())
    at_stripe.settle()
    secrets = [page, "/c/pay/", "_secret_", "whsec_", "v1=", "sk_test", "mina@example.org"]
    assert Fund.objects.general("USD")
    assert [secret for secret in secrets if secret in caplog.text] == []
