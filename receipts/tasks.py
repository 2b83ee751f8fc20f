"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from receipts import issuing, mailing, rendering
from receipts.log import keeping
from receipts.reports import publishing


@shared_task(name="receipts.issue", ignore_result=True)
def issue_receipts() -> None:
    issuing.issue(timezone.now())
    issuing.correct(timezone.now())


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
