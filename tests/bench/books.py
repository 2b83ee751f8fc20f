"""Drain and settle: events from the inbox into balanced entries, by one worker."""

import secrets
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from appeal.models import Campaign
from donations import settlement
from donations.drain import drain
from donations.models import Donation, State, StripeEvent, Sweep
from donations.sandbox.process import Sandbox, running
from tests.bench.limit import pgbench
from tests.donations import objects

GIFTS = 3000
KIND = "checkout.session.completed"
TRANSACTION = """
\\set n :n + 1
\\set event {event} + :n
\\set donation {donation} + :n
BEGIN;
UPDATE donations_stripeevent SET handled_at = now(), outcome = 'applied' WHERE id = :event;
UPDATE donations_donation SET state = 'paid', charged_at = now(), checkout_session = 'cs_' || id,
    payment_intent = 'pi_' || id WHERE id = :donation;
INSERT INTO ledger_entry (kind, source, occurred_on) VALUES ('gift', 'txn_bench' || :donation, current_date)
    RETURNING id AS entry \\gset
INSERT INTO ledger_posting (entry_id, line, account_id, fund_id, currency, amount) VALUES
    (:entry, 1, 'stripe', {fund}, 'USD', 4825), (:entry, 2, 'fees', {fund}, 'USD', 175),
    (:entry, 3, 'gifts', {fund}, 'USD', -5000);
INSERT INTO donations_balancetransaction
    (stripe_id, kind, source, currency, amount, fee, net, created_at, donation_id, problem, entry_id)
    VALUES ('txn_bench' || :donation, 'charge', 'ch_' || :donation, 'USD', 5000, 175, 4825, now(), :donation, '',
            :entry);
UPDATE donations_donation SET state = 'settled', entry_id = :entry WHERE id = :donation;
COMMIT;
"""


def limit(campaign: Campaign) -> float:
    """The same rows, one event a transaction, by one client of pgbench."""
    made = gifts(campaign)
    arrive([objects.session(each) for each in made])
    first = StripeEvent.objects.waiting().order_by("pk")[0]
    script = TRANSACTION.format(event=first.pk - 1, donation=made[0].pk - 1, fund=campaign.card_fund_id)
    rate = pgbench(script, transactions=GIFTS)
    if Donation.objects.exclude(state=State.SETTLED).exists():
        raise RuntimeError("pgbench did not settle every gift")
    return rate


def ours(campaign: Campaign, sandbox: Sandbox) -> float:
    """Our worker, which also asks the sandbox for each hundred balance transactions over HTTP."""
    made = gifts(campaign)
    paid = sandbox.control("gifts", gifts=[{"metadata": {"donation": each.reference}} for each in made])["gifts"]
    arrive(
        objects.session(each, id=at_stripe["checkout_session"], payment_intent=at_stripe["payment_intent"])
        for each, at_stripe in zip(made, paid, strict=True)
    )
    began = time.perf_counter()
    drain(timezone.now())
    settlement.sweep()
    seconds = time.perf_counter() - began
    if Donation.objects.exclude(state=State.SETTLED).exists():
        raise RuntimeError("not every gift was settled")
    return GIFTS / seconds


def gifts(campaign: Campaign) -> list[Donation]:
    """New ones, waiting for Stripe."""
    return Donation.objects.bulk_create(
        Donation(
            campaign=campaign,
            amount_minor=50_00,
            currency="USD",
            livemode=False,
            email="mina@example.org",
            language="en",
            form_token=secrets.token_hex(16),
        )
        for _ in range(GIFTS)
    )


def arrive(sessions: Iterable[dict[str, Any]]) -> None:
    """In the inbox: one event each, that says it is paid."""
    told = [objects.event(KIND, session, id=f"evt_{secrets.token_hex(8)}") for session in sessions]
    StripeEvent.objects.bulk_create(
        StripeEvent(stripe_id=each["id"], kind=KIND, body=objects.body(each)) for each in told
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(rounds: int, campaign: Campaign) -> Iterator[dict[str, float]]:
    for seed in range(rounds):
        Sweep.objects.all().delete()
        port = int(settings.STRIPE_API_BASE.rpartition(":")[2])
        with running(api_key=settings.STRIPE_SECRET_KEY, port=port, seed=f"round {seed}") as sandbox:
            yield {"limit": limit(campaign), "ours": ours(campaign, sandbox)}
