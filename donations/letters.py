"""Tell donors by mail how their monthly gifts fare: that a payment failed, and that a gift has ended.

The row stays locked while the mail goes out and is stamped in the same transaction, as for receipts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from appeal.models import Phase
from donations import links
from donations.models import MonthlyGift
from donations.models.monthly_gift import MonthlyGiftQuerySet

log = logging.getLogger(__name__)
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """What is told once of each gift that waits for it, and the field that remembers when."""

    waiting: Callable[[], MonthlyGiftQuerySet]
    stamp: str
    subject: Words
    template: str


LATE = Letter(
    MonthlyGift.objects.to_warn,
    "mailed_at",
    _("The payment of your gift did not go through"),
    "donations/late_mail.txt",
)
FAREWELL = Letter(
    MonthlyGift.objects.to_farewell,
    "farewell_at",
    _("Your gift has ended"),
    "donations/farewell_mail.txt",
)


def mail_all(now: datetime) -> int:
    """Up to a hundred of each kind; how many were tried. One that fails is tried again by the next sweep."""
    return sum(mail(kind, pk, now) for kind in (LATE, FAREWELL) for pk in first_waiting(kind))


def first_waiting(kind: Letter) -> list[int]:
    return list(kind.waiting().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def mail(kind: Letter, pk: int, now: datetime) -> bool:
    waiting = kind.waiting().filter(pk=pk).select_related("campaign")
    gift = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if gift is None:
        return False
    try:
        written(kind, gift).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("the donor of monthly gift %s was not mailed: %s", pk, type(problem).__name__)
    else:
        MonthlyGift.objects.filter(pk=pk).update(**{kind.stamp: now})
    return True


def written(kind: Letter, gift: MonthlyGift) -> EmailMessage:
    with translation.override(gift.language):
        page = {
            "gift": gift,
            "amount": gift.amount.format(gift.language),
            "my_gifts": links.my_gifts_address(),
            "stop": links.stop_address(gift),
            "appeal_is_over": gift.campaign.phase(timezone.localdate()) == Phase.CLOSED,
        }
        body, subject = render_to_string(kind.template, page), str(kind.subject)
    host = urlsplit(settings.PUBLIC_URL).hostname
    due = f"{gift.next_on:%Y%m%d}" if gift.next_on else "now"
    names = {"Message-ID": f"<{kind.stamp}.{gift.reference}.{due}@{host}>"}
    return EmailMessage(subject, body, to=[gift.email], headers=names)
