"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from grants import notices


@shared_task(name="grants.mail_notices", ignore_result=True)
def mail_notices() -> None:
    notices.mail_all(timezone.now())
