"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from grants import application_letters, notices, reporting
from grants.models import Application


@shared_task(name="grants.mail_notices", ignore_result=True)
def mail_notices() -> None:
    notices.mail_all(timezone.now())


@shared_task(name="grants.mail_messages", ignore_result=True)
def mail_messages() -> None:
    application_letters.mail_all(timezone.now())


@shared_task(name="grants.forget_drafts", ignore_result=True)
def forget_drafts() -> None:
    Application.objects.forgettable(timezone.now()).forget()


@shared_task(name="grants.remind", ignore_result=True)
def remind() -> None:
    reporting.remind(timezone.now())
