"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from appeal.joining import asking
from appeal.joining import letters as joining
from appeal.pledge import letters, signing


@shared_task(name="appeal.mail_pledge", ignore_result=True)
def mail_pledge() -> None:
    letters.mail_all(timezone.now())


@shared_task(name="appeal.follow_pledge", ignore_result=True)
def follow_pledge() -> None:
    letters.ask_what_was_done(timezone.now())
    signing.forget(timezone.now())


@shared_task(name="appeal.mail_joining", ignore_result=True)
def mail_joining() -> None:
    joining.mail_all(timezone.now())


@shared_task(name="appeal.forget_joining", ignore_result=True)
def forget_joining() -> None:
    asking.forget(timezone.now())
