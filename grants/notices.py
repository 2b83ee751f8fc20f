"""Mail an initiative that money is on its way, and its old contact of a change that could be a thief's."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from grants import mailing
from grants.models import Notice, PaymentNotice


def mail_all(now: datetime) -> int:
    warned = mailing.send(Notice.objects.all(), letter, now)
    return warned + mailing.send(PaymentNotice.objects.all(), of_payment, now)


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
