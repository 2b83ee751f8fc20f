"""Mail groups that money comes, their old contacts what could be a thief's doing, and readers that something waits."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from appeal import mailing
from grants.models import Notice, PaymentNotice, ReadingNotice, Review


def mail_all(now: datetime) -> int:
    warned = mailing.send(Notice.objects.all(), letter, now)
    told = mailing.send(PaymentNotice.objects.all(), of_payment, now)
    return warned + told + mailing.send(ReadingNotice.objects.all(), of_reading, now)


def letter(notice: Notice) -> EmailMessage:
    """In the language that the initiative reads best, as far as we speak it. It names no account."""
    with translation.override(notice.initiative.reads()):
        body = render_to_string("grants/notice_mail.txt", {"notice": notice})
        subject = _("Something about your group was changed: was it you?")
    name = f"<notice.{notice.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[notice.address], headers={"Message-ID": name})


def of_payment(notice: PaymentNotice) -> EmailMessage:
    """In the same language. Whoever has its link may confirm; it names neither group nor account."""
    tranche = notice.tranche
    initiative = tranche.grant.initiative
    with translation.override(initiative.reads()):
        facts = {"tranche": tranche, "link": settings.PUBLIC_URL + tranche.get_absolute_url()}
        body = render_to_string("grants/payment_mail.txt", facts)
        subject = _("Money is on its way to your group")
    name = f"<payment.{notice.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[initiative.email], headers={"Message-ID": name})


def of_reading(notice: ReadingNotice) -> EmailMessage:
    """How many, and where to read them. It names no group."""
    person, call = notice.member.person, notice.member.call
    count = Review.objects.of(person).to_do().filter(application__call=call).count()
    link = settings.PUBLIC_URL + reverse("admin:grants_review_changelist")
    body = render_to_string("grants/reading_mail.txt", {"count": count, "call": call, "link": link})
    name = f"<reading.{notice.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(_("Applications wait for your reading"), body, to=[person.email], headers={"Message-ID": name})
