"""Mail those who ask to join. No mail says that somebody is a refugee or a member: it may be read over a shoulder."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from appeal import mailing
from appeal.joining import asking
from appeal.joining.requests import JoinMail, Told

SUBJECTS = {
    Told.CONFIRM: _("Please confirm what you sent us"),
    Told.ALREADY: _("We have heard from you already"),
    Told.RECEIVED: _("We have what you sent us"),
    Told.JOINED: _("Welcome"),
    Told.DECLINED: _("Our answer"),
}


def mail_all(now: datetime) -> int:
    """How many were tried."""
    return mailing.send(JoinMail.objects.all(), lambda mail: letter(mail, now), now)


def letter(mail: JoinMail, now: datetime) -> EmailMessage:
    request = mail.request
    own = settings.PUBLIC_URL + asking.own_path(request, now)
    link = asking.confirm_address(request, now) if mail.what == Told.CONFIRM else own
    speaks = request.language in dict(settings.LANGUAGES)
    with translation.override(request.language if speaks else settings.LANGUAGE_CODE):
        facts = {"mail": mail, "link": link, "days": asking.GOOD_FOR.days}
        body = render_to_string("appeal/joining/mail.txt", facts)
        subject = str(SUBJECTS[Told(mail.what)])
    name = f"<sent.{mail.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[request.email], headers={"Message-ID": name})
