"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from celery import shared_task
from django.utils import timezone

from donations import drain, followup, payouts, refunds, settlement


@shared_task(name="donations.drain", ignore_result=True)
def drain_inbox() -> None:
    drain.drain(timezone.now())


@shared_task(name="donations.settle", ignore_result=True)
def settle() -> None:
    settlement.sweep()


@shared_task(name="donations.settle_late", ignore_result=True)
def settle_late() -> None:
    settlement.sweep(settlement.LATE)


@shared_task(name="donations.send_refunds", ignore_result=True)
def send_refunds() -> None:
    refunds.send_approved()


@shared_task(name="donations.follow_payouts", ignore_result=True)
def follow_payouts() -> None:
    payouts.keep_up()


@shared_task(name="donations.follow_up", ignore_result=True)
def follow_up() -> None:
    followup.follow_up(timezone.now())
