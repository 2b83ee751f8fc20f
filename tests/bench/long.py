"""An appeal of a million gifts and five thousand grants: its report, and where one of its gifts is."""

import dataclasses
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from io import BytesIO
from typing import Any

from django.db import connection
from pypdf import PdfReader

from appeal.models import Campaign
from donations.models import Donation
from grants.models import Grant
from ledger.models import Entry
from ledger.money import Money
from receipts.reports import writing
from receipts.reports.facts import TransparencyReport
from receipts.reports.gathering import gather
from receipts.statement import Period, Scope
from receipts.whereabouts import whereabouts
from tests.bench.copies import copy, copy_entry, unguarded
from tests.grants.build import DAY
from tests.receipts import build
from tests.receipts.reports_build import granted

GIFTS, GRANTS = 1_000_000, 6_300
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
SHORT, LONG = 50, 500
LINES_A_PAGE = 12.5


def lay_out() -> Campaign:
    campaign = build.campaign()
    entry = build.given(campaign.card_fund, 50_00, fee=1_75)
    gift = build.gift(Money(50_00, "USD"), to=campaign, entry=entry)
    tranche = granted(campaign, 30_00, fund=campaign.card_fund, publication="full")
    with unguarded():
        copy_gift(gift, entry, GIFTS - 1)
        copy_grant(tranche.grant, GRANTS - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return campaign


def copy_gift(gift: Donation, booked: Entry, times: int) -> None:
    entry = copy_entry(booked, times, occurred_on=f"date '{YEAR.since}' + n %% 365")
    copy(
        gift,
        times,
        reference="'g' || lpad(n::text, 12, '0') || one.campaign_id",
        form_token="md5(one.form_token || n)",
        checkout_session="'cs_' || md5(one.form_token || n)",
        payment_intent="'pi_' || md5(one.form_token || n)",
        email="'donor' || n || '@example.org'",
        entry_id=f"{entry} + n",
    )


def copy_grant(grant: Grant, times: int) -> None:
    """Each of one tranche, that is paid."""
    tranche = grant.tranches.get()
    entries = {
        f"{name}_id": f"{copy_entry(getattr(tranche, name), times)} + n" for name in ("promise_entry", "payment_entry")
    }
    first = copy(grant, times, reference="left(md5(one.reference || n), 16)", key="md5(one.key || n)")
    tranches = copy(
        tranche, times, grant_id=f"{first} + n", confirmation_key="md5(one.confirmation_key || n)", **entries
    )
    copy(tranche.evidence, times, tranche_id=f"{tranches} + n")


def report(rounds: int, campaign: Campaign) -> Iterator[dict[str, float]]:
    """Gifts a second that PostgreSQL needs for all that a report asks of the books, beside one look at each row."""
    for _round in range(rounds):
        scanned, gathered = in_sql(scan), in_sql(partial(gather, Scope.of(campaign), YEAR))
        yield {"limit": GIFTS / scanned, "ours": GIFTS / gathered}


def scan() -> None:
    with connection.cursor() as cursor:
        for table in ("ledger_entry", "ledger_posting", "donations_donation"):
            cursor.execute(f"SELECT count(one) FROM {table} AS one")


def where(rounds: int, campaign: Campaign) -> Iterator[dict[str, float]]:
    """Gifts a second of which a donor is told where they are, one by one, beside a sum over all that moved the fund."""
    gifts = campaign.donations.select_related("campaign__card_fund", "campaign__bank_fund").order_by("pk")
    middle = gifts[GIFTS // 2]
    for _round in range(rounds):
        summed, found = in_sql(partial(add_up, campaign)), in_sql(partial(whereabouts, [middle], DAY))
        yield {"limit": 1 / summed, "ours": 1 / found}


def add_up(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM ledger_posting WHERE fund_id = %s", [campaign.card_fund_id])


def layout(rounds: int, campaign: Campaign) -> Iterator[dict[str, float]]:
    """Pages a second of a long report, beside those of a short one; `grown` is what the process grew by, in MiB."""
    whole = gather(Scope.of(campaign), YEAR)
    for _round in range(rounds):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        short, long = (pages_a_second(whole, pages) for pages in (SHORT, LONG))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        yield {"limit": short, "ours": long, "grown": grown}


def pages_a_second(whole: TransparencyReport, pages: int) -> float:
    report = dataclasses.replace(whole, grants=whole.grants[: int(pages * LINES_A_PAGE)])
    began = time.perf_counter()
    made = writing.pdf(report)
    return len(PdfReader(BytesIO(made)).pages) / (time.perf_counter() - began)


def in_sql(work: Callable[[], object]) -> float:
    """Seconds that it waits for PostgreSQL."""
    waited = 0.0

    def timed(execute: Callable[..., Any], *query: Any) -> Any:
        nonlocal waited
        began = time.perf_counter()
        try:
            return execute(*query)
        finally:
            waited += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        work()
    return waited
