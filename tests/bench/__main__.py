"""Measure all, print it, and write docs/benchmarks.md."""

import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from config import embedded
from config.demo.surroundings import environment

ROUNDS = 5
PAGE = embedded.PROJECT / "docs" / "benchmarks.md"
HEAD = """\
# How fast it is

Written by `make bench`; every figure is the median of {rounds} paired runs on one machine with {cores} cores, where the
load, the server and PostgreSQL (durable, as in production) share those cores. A ratio to a limit measured in the same
run says more than a bare figure: it stays true on another machine.

| work | limit beside it | limit | ours | ratio | goal | |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    rows = list(measured())
    page = HEAD.format(rounds=ROUNDS, cores=os.cpu_count()) + "\n".join(rows) + "\n"
    PAGE.write_text(page)
    sys.stdout.write(page)


def measured() -> Iterable[str]:
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        os.environ.update(environment(folder, embedded.free_port()))
        os.environ["DATABASE_URL"] = running.enter_context(embedded.postgres(throwaway=True))
        os.environ["CELERY_BROKER_URL"] = running.enter_context(embedded.valkey())
        yield from figures(folder)


def figures(folder: Path) -> Iterable[str]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from config.demo import story
    from receipts.issuing import issue
    from tests.bench import books, exports, intake, long, papers, statements

    call_command("migrate", verbosity=0)
    events = list(intake.measure(ROUNDS, folder))
    pgbench = "pgbench inserting the same row, 8 clients"
    yield row("webhook intake, events a second", pgbench, events, goal=0.30)
    yield row("the same", "a plain Django view", events, goal=3.0, limit="plain")

    story.issuer()
    settled = list(books.measure(ROUNDS, story.open_appeal()))
    pgbench = "pgbench committing the same rows one by one"
    yield row("drain and settle, gifts a second", pgbench, settled, goal=1.0)

    issue(timezone.now())
    printed = list(papers.measure(ROUNDS))
    yield row("receipts a second, one core", "WeasyPrint, the same page, naively", printed, goal=1.5)

    saved = list(exports.measure(ROUNDS, story.open_appeal().card_fund))
    work = f"journal as a CSV file, lines a second; it grew by {max(each['grown'] for each in saved):.0f} MiB"
    yield row(work, "COPY of a million postings", saved, goal=0.3)

    printed = list(statements.measure(ROUNDS))
    yield row("annual statements a second, two workers", "two processes that only print such", printed, goal=0.9)

    appeal = long.lay_out()
    rows = "one look at each row they are read from"
    reported = list(long.report(ROUNDS, appeal))
    work = f"report over {long.GIFTS:,} gifts and {long.GRANTS:,} grants, gifts a second in SQL"
    yield row(work, rows, reported, goal=0.2)
    found = list(long.where(ROUNDS, appeal))
    yield row(f"where one of {long.GIFTS:,} gifts is, gifts a second", "one sum over its fund", found, goal=0.2)
    laid_out = list(long.layout(1, appeal))
    work = f"pages a second of a report of {long.LONG}; {max(each['grown'] for each in laid_out):.0f} MiB"
    yield row(work, f"of one of {long.SHORT}", laid_out, goal=1 / 1.2)


def row(work: str, beside: str, rounds: list[dict[str, float]], *, goal: float, limit: str = "limit") -> str:
    ratio = statistics.median(each["ours"] / each[limit] for each in rounds)
    limit_figure = statistics.median(each[limit] for each in rounds)
    ours = statistics.median(each["ours"] for each in rounds)
    met = "met" if ratio >= goal else "**missed**"
    return f"| {work} | {beside} | {shown(limit_figure)} | {shown(ours)} | {ratio:.2f} | ≥ {goal:.2f} | {met} |"


def shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 10 else f"{figure:.1f}"


if __name__ == "__main__":
    main()
