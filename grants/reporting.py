"""When an initiative reports, and the mails that remind it: each at most once."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from appeal import mailing
from appeal.stories import Story
from grants.models import Grant, Reminder, Report


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
    """Ask for what is due, and mail what is to be mailed; how many were tried."""
    Reminder.objects.ask_for(now.date())
    return mailing.send(Reminder.objects.all(), letter, now)


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
