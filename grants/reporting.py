"""When an initiative reports, and the mails that remind it: each at most once.

The row of a reminder stays locked while the mail goes out and is stamped in the same transaction, as for receipts.
"""

import logging
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from appeal.stories import Story
from grants.models import Grant, Reminder, Report

log = logging.getLogger(__name__)
AT_ONCE = 100


def schedule(grant: Grant, today: date) -> None:
    """As many reports as tranches, evenly over the time until the final one. Twice changes nothing."""
    count = max(1, grant.tranches.count())
    for number in range(1, count + 1):
        due = today + timedelta(days=grant.report_days * number // count)
        Report.objects.get_or_create(grant=grant, number=number, defaults={"due_on": due, "final": number == count})


def hide_stories_of(grant: Grant) -> None:
    """What its initiative told is shown nowhere from now on."""
    for story in Story.objects.filter(pk__in=grant.reports.exclude(story=None).values("story")):
        story.take_down()


def remind(now: datetime) -> int:
    """Ask for what is due, and mail up to a hundred reminders; how many were tried."""
    Reminder.objects.ask_for(now.date())
    waiting = list(Reminder.objects.to_mail().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(mail(pk, now) for pk in waiting)


@transaction.atomic
def mail(pk: int, now: datetime) -> bool:
    reminder = Reminder.objects.to_mail().filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    if reminder is None:
        return False
    try:
        letter(reminder).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("reminder %s was not mailed: %s", pk, type(problem).__name__)
    else:
        Reminder.objects.filter(pk=pk).update(mailed_at=now)
    return True


def letter(reminder: Reminder) -> EmailMessage:
    """In the language that the initiative reads best, as far as we speak it. It names neither group nor place."""
    report = reminder.report
    initiative = report.grant.initiative
    with translation.override(initiative.reads()):
        facts = {"reminder": reminder, "report": report, "link": settings.PUBLIC_URL + report.get_absolute_url()}
        body = render_to_string("grants/reminder_mail.txt", facts)
        subject = _("Please tell us what you did with the grant")
    name = f"<reminder.{reminder.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[initiative.email], headers={"Message-ID": name})
