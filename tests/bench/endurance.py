"""What takes minutes: a storm of webhooks under kills, and reconciling many gifts. Writes docs/endurance.md."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from config import embedded
from config.demo.surroundings import environment

PAGE = embedded.PROJECT / "docs" / "endurance.md"
TEXT = """\
# How much it endures

Written by `make endurance`, on one machine with {cores} cores, which the load, the service and PostgreSQL (durable, as
in production) share.

## A storm of webhooks

{events:,} signed events, each delivered one to five times, shuffled, over 16 connections into the real server, while
every 0.2 seconds a process of web or worker is killed with SIGKILL if one is up, so that it dies at its work, and one
time in a hundred a whole server with all of its processes, the beat too. Beside it the same storm against what most
projects write first: look whether the event is known; if not, remember it, and then do what it says.

| | ours | look first |
|---|---|---|
| delivered | {ours.delivered:,} | {naive.delivered:,} |
| processes killed | {ours.kills:,} | {naive.kills:,} |
| events lost | {ours.lost:,} | {naive.lost:,} |
| effects doubled | {ours.twice:,} | {naive.twice:,} |
| promises of the books broken (`verify_ledger`) | {ours.unbalanced:,} | |
| deliveries answered with 200, a second | {our_rate:,.0f} | {naive_rate:,.0f} |
| answered within, 99 of 100 | {our_slowest:,.0f} ms | {naive_slowest:,.0f} ms |
| until the inbox was empty and the last gift settled in the books, after the storm | {ours.drained:,.0f} s | |

## Reconciling

`manage.py reconcile` over {reconciled.gifts:,} gifts with nothing to repair took {reconciled.seconds:,.0f} seconds,
{reconciled.megabytes:,.0f} MB of memory and {reconciled.calls:,} calls to Stripe, {pace} a second at most.

## Annual statements

{stated.statements:,} annual statements, written and printed by two workers of which one is killed with SIGKILL every
{pause:.0f} seconds and another begins, took {stated.seconds:,.0f} seconds, {stated_rate:.1f} a second, under
{stated.kills} kills. Donors without a printed statement: {stated.missing}; numbers skipped: {stated.skipped}; the most
memory of a worker: {stated.megabytes:,.0f} MB.
"""


def main() -> None:
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        os.environ.update(environment(folder, embedded.free_port()))
        os.environ["DATABASE_URL"] = running.enter_context(embedded.postgres(throwaway=True))
        os.environ["CELERY_BROKER_URL"] = running.enter_context(embedded.valkey())
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        page = measured(folder)
    PAGE.write_text(page)
    sys.stdout.write(page)


def measured(folder: Path) -> str:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from config.demo import story
    from tests.bench import reconciled, statements, storm

    call_command("migrate", verbosity=0)
    campaign = story.open_appeal()
    found = reconciled.measure(campaign)
    ours, naive = storm.ours(campaign, folder), storm.naive(folder)
    stated = statements.endured()
    return TEXT.format(
        cores=os.cpu_count(),
        events=storm.EVENTS,
        ours=ours,
        naive=naive,
        our_rate=ours.delivered / ours.seconds,
        naive_rate=naive.delivered / naive.seconds,
        our_slowest=ours.slowest_percent * 1000,
        naive_slowest=naive.slowest_percent * 1000,
        reconciled=found,
        pace=settings.STRIPE_CALLS_A_SECOND,
        stated=stated,
        stated_rate=stated.statements / stated.seconds,
        pause=statements.KILL_EVERY,
    )


if __name__ == "__main__":
    main()
