"""Mail a group what became of its application, and the link back to it."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from appeal import mailing
from grants import entrance
from grants.models import Message, Told

SUBJECTS = {
    Told.LINK: _("Your link to go on with your application"),
    Told.SENT: _("We have your application"),
    Told.REFUSED: _("Your application cannot be considered"),
    Told.AGAIN: _("Your application is considered after all"),
    Told.DECLINED: _("The panel has not chosen your application"),
    Told.RESERVE: _("Your application is on the reserve list"),
    Told.AWARDED: _("We want to give your group a grant"),
    Told.CANCELLED: _("The grant to your group is cancelled"),
}


def mail_all(now: datetime) -> int:
    return mailing.send(Message.objects.all(), letter, now)


def link_of(message: Message) -> str:
    if message.what in {Told.AWARDED, Told.CANCELLED}:
        return settings.PUBLIC_URL + message.application.grant.get_absolute_url()
    return entrance.link_to(message.application)


def letter(message: Message) -> EmailMessage:
    """In the language that the group writes in, as far as we speak it. It names neither the group nor its place."""
    application = message.application
    speaks = application.language in dict(settings.LANGUAGES)
    with translation.override(application.language if speaks else settings.LANGUAGE_CODE):
        facts = {"message": message, "application": application, "link": link_of(message)}
        body = render_to_string("grants/message_mail.txt", facts)
        subject = str(SUBJECTS[Told(message.what)])
    name = f"<message.{message.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[application.email], headers={"Message-ID": name})
