"""Mail the cards of tributes on their day, each once, never saying how much was given; and forget their addresses."""

from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from appeal import mailing
from donations.models import NeverAgain, Tribute
from donations.models.tribute import CARDS_A_DAY, KEPT_AFTER_MAIL, Kind, digest_of, one_at_a_time, token_of


class EnoughToday(ValueError):
    """This address was sent as many cards as anybody is in a day: it waits."""


class Unwanted(ValueError):
    """Whoever reads at this address wants no card from us."""


def mail_all(now: datetime) -> int:
    """Up to a hundred; how many were tried."""
    return mailing.send(Tribute.objects.all(), partial(card, now=now), now)


def card(tribute: Tribute, *, now: datetime) -> EmailMessage:
    """In the donor's language. Must run inside the transaction that sends it: nobody mails there at the same time."""
    digest = digest_of(tribute.address)
    one_at_a_time(digest)
    if NeverAgain.objects.said_by(digest):
        raise Unwanted
    if Tribute.objects.lately(digest, now) >= CARDS_A_DAY:
        raise EnoughToday
    gift = tribute.donation
    never = settings.PUBLIC_URL + reverse("donations:never-again", args=[token_of(digest)])
    with translation.override(gift.language):
        facts = {
            "tribute": tribute,
            "appeal": gift.campaign,
            "page": settings.PUBLIC_URL + gift.campaign.get_absolute_url(),
            "never": never,
            "days": KEPT_AFTER_MAIL.days,
        }
        body = render_to_string("donations/tribute_mail.txt", facts)
        subject = subject_of(tribute)
    host = urlsplit(settings.PUBLIC_URL).hostname
    headers = {"Message-ID": f"<tribute.{tribute.pk}@{host}>", "List-Unsubscribe": f"<{never}>"}
    return EmailMessage(subject, body, to=[tribute.address], headers=headers)


def subject_of(tribute: Tribute) -> str:
    words = _("A gift in memory of %(name)s") if tribute.kind == Kind.MEMORY else _("A gift in honour of %(name)s")
    return words % {"name": tribute.honoured}


def forget_addresses(now: datetime) -> int:
    """Those of cards that are gone, or will never go; how many."""
    return Tribute.objects.to_forget(now).forget()
