"""Links by mail: to one's own gifts, once and for half an hour; to stop one monthly gift, for as long as it goes on.

Whoever types an address learns nothing: a row is written for each, and a worker mails to those that have given.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from donations.models import Donation, DonorLink, MonthlyGift
from donations.models.donor_link import MAILS_AN_HOUR

log = logging.getLogger(__name__)
AT_ONCE = 100
SESSION = "donor"
VISIT = timedelta(minutes=30)
STOP = "donations.stop"


def mail_all(now: datetime) -> int:
    """Answer up to a hundred requests, and forget old ones; how many were tried."""
    DonorLink.objects.forgettable(now).delete()
    waiting = DonorLink.objects.to_mail(now).order_by("pk").values_list("pk", flat=True)
    return sum(mail_one(pk, now) for pk in waiting[:AT_ONCE])


@transaction.atomic
def mail_one(pk: int, now: datetime) -> bool:
    """Whether it was ours to do. Without a gift of this address, or after many mails to it, none is sent."""
    link = DonorLink.objects.to_mail(now).filter(pk=pk).select_for_update(skip_locked=True).first()
    if link is None:
        return False
    if not known(link.email) or DonorLink.objects.mailed_lately(link.email, now) >= MAILS_AN_HOUR:
        link.delete()
        return True
    try:
        with transaction.atomic():
            letter(link, link.mint(now)).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("donor link %s was not mailed: %s", pk, type(problem).__name__)
    return True


def known(email: str) -> bool:
    return Donation.objects.of_donor(email).exists() or MonthlyGift.objects.of_donor(email).exists()


def letter(link: DonorLink, token: str) -> EmailMessage:
    address = settings.PUBLIC_URL + reverse("donations:open-my-gifts", args=[token])
    with translation.override(link.language):
        body = render_to_string("donations/my_gifts_mail.txt", {"address": address})
        return EmailMessage(_("Your link to your gifts"), body, to=[link.email])


def enter(session: SessionBase, email: str, now: datetime) -> None:
    """For half an hour this browser sees the gifts of this address."""
    session.cycle_key()
    session[SESSION] = {"email": email, "until": (now + VISIT).timestamp()}


def leave(session: SessionBase) -> None:
    session.pop(SESSION, None)


def address_in(session: SessionBase, now: datetime) -> str:
    """Whose gifts this browser may see; empty where none."""
    visit: dict[str, Any] = session.get(SESSION) or {}
    return str(visit["email"]) if visit and visit["until"] > now.timestamp() else ""


def my_gifts_address() -> str:
    return settings.PUBLIC_URL + reverse("donations:my-gifts")


def stop_address(gift: MonthlyGift) -> str:
    """The whole address of the page that stops this gift, and can do nothing else. It is mailed."""
    token = signing.dumps(gift.reference, salt=STOP)
    return settings.PUBLIC_URL + reverse("donations:stop-monthly-gift", args=[token])


def gift_to_stop(token: str) -> MonthlyGift | None:
    try:
        reference = signing.loads(token, salt=STOP)
    except signing.BadSignature:
        return None
    return MonthlyGift.objects.started().filter(reference=reference).first()
