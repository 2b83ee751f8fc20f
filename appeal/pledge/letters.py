"""Mail those who sign. No mail holds a word that was typed into the form, for strangers can have it sent to anybody."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from appeal import mailing
from appeal.pledge import signing
from appeal.pledge.signatures import PledgeMail, Signature, Told

AT_ONCE = 500
SUBJECTS = {
    Told.CONFIRM: _("Please confirm that you sign the pledge"),
    Told.ALREADY: _("The pledge is signed already"),
    Told.ACCEPTED: _("Your signature of the pledge counts"),
    Told.REFUSED: _("Your signature of the pledge does not count"),
    Told.FOLLOW_UP: _("A year ago you signed the pledge. What did you do?"),
}


def mail_all(now: datetime) -> int:
    """How many were tried."""
    return mailing.send(PledgeMail.objects.all(), lambda mail: letter(mail, now), now)


def letter(mail: PledgeMail, now: datetime) -> EmailMessage:
    signature = mail.signature
    speaks = signature.language in dict(settings.LANGUAGES)
    to_confirm = mail.what == Told.CONFIRM
    link = (
        signing.confirm_address(signature, now)
        if to_confirm
        else settings.PUBLIC_URL + signing.own_path(signature, now)
    )
    with translation.override(signature.language if speaks else settings.LANGUAGE_CODE):
        facts = {"mail": mail, "signature": signature, "link": link, "days": signing.GOOD_FOR.days}
        body = render_to_string("appeal/pledge/mail.txt", facts)
        subject = str(SUBJECTS[Told(mail.what)])
    name = f"<pledge.{mail.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[signature.email], headers={"Message-ID": name})


def ask_what_was_done(now: datetime) -> None:
    """Of those who signed a year ago or more, each once."""
    rows = Signature.objects.a_year_on(now.date()).order_by("pk")[:AT_ONCE]
    mails = [PledgeMail(signature=signature, what=Told.FOLLOW_UP) for signature in rows]
    PledgeMail.objects.bulk_create(mails, ignore_conflicts=True)
