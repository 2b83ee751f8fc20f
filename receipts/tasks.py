"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from receipts import annual, asking, issuing, mailing, rendering
from receipts.log import keeping
from receipts.reports import publishing


@shared_task(name="receipts.issue", ignore_result=True)
def issue_receipts() -> None:
    issuing.issue(timezone.now())
    issuing.correct(timezone.now())
    annual.correct(timezone.now())


@shared_task(name="receipts.render", ignore_result=True)
def render_receipts() -> None:
    rendering.render(timezone.now())


@shared_task(name="receipts.mail", ignore_result=True)
def mail_receipts() -> None:
    mailing.mail(timezone.now())


@shared_task(name="receipts.reports", ignore_result=True)
def make_reports() -> None:
    publishing.work()


@shared_task(name="receipts.log", ignore_result=True)
def keep_open_books() -> None:
    keeping.keep(timezone.now())


@shared_task(name="receipts.ask", ignore_result=True)
def ask_donors() -> None:
    asking.ask(timezone.now())


@shared_task(name="receipts.state", ignore_result=True)
def write_statements() -> None:
    annual.write(timezone.now())
