"""What the beat asks of the workers. Losing every message loses nothing: the next one finds the same rows."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from donations import (
    changes,
    drain,
    followup,
    letters,
    links,
    matching,
    monthly,
    payouts,
    reconcile,
    refunds,
    settlement,
    testers,
    tributes,
)


@shared_task(name="donations.drain", ignore_result=True)
def drain_inbox() -> None:
    drain.drain(timezone.now())


@shared_task(name="donations.settle", ignore_result=True)
def settle() -> None:
    settlement.keep_up()


@shared_task(name="donations.settle_late", ignore_result=True)
def settle_late() -> None:
    settlement.sweep(settlement.LATE)


@shared_task(name="donations.send_refunds", ignore_result=True)
def send_refunds() -> None:
    refunds.send_approved()


@shared_task(name="donations.follow_payouts", ignore_result=True)
def follow_payouts() -> None:
    payouts.keep_up()


@shared_task(name="donations.reconcile_recent", ignore_result=True)
def reconcile_recent() -> None:
    reconcile.watch(timedelta(hours=1))


@shared_task(name="donations.reconcile", ignore_result=True)
def reconcile_all() -> None:
    reconcile.watch(timedelta(days=35))


@shared_task(name="donations.mail_links", ignore_result=True)
def mail_links() -> None:
    links.mail_all(timezone.now())


@shared_task(name="donations.mail_letters", ignore_result=True)
def mail_letters() -> None:
    letters.mail_all(timezone.now())


@shared_task(name="donations.match", ignore_result=True)
def match_gifts() -> None:
    matching.keep_up()


@shared_task(name="donations.follow_monthly", ignore_result=True)
def follow_monthly() -> None:
    monthly.keep_up(timezone.now())
    changes.stop_without_appeal(timezone.now())


@shared_task(name="donations.follow_up", ignore_result=True)
def follow_up() -> None:
    followup.follow_up(timezone.now())


@shared_task(name="donations.end_without_appeal", ignore_result=True)
def end_without_appeal() -> None:
    followup.end_without_appeal(timezone.now())


@shared_task(name="donations.look_after_testers", ignore_result=True)
def look_after_testers() -> None:
    testers.look_after(timezone.now())


@shared_task(name="donations.forget_testers", ignore_result=True)
def forget_testers() -> None:
    testers.forget(timezone.now())


@shared_task(name="donations.mail_tributes", ignore_result=True)
def mail_tributes() -> None:
    tributes.mail_all(timezone.now())


@shared_task(name="donations.forget_addresses", ignore_result=True)
def forget_addresses() -> None:
    tributes.forget_addresses(timezone.now())
