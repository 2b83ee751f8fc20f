"""Tell donors by mail what became of their gifts: a payment that failed, a gift that has ended, money on its way back.

The row stays locked while the mail goes out and is stamped in the same transaction, as for receipts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from appeal.models import Phase
from donations import links
from donations.models import MonthlyGift, Refund
from ledger.money import Money

log = logging.getLogger(__name__)
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """What is told once of each row that waits for it, and the field that remembers when.

    `facts` are for the template, beside `amount` in the donor's language. `gift` must be among them, and tells whose
    it is; `key` is for the Message-ID, the same whenever the letter is written again.
    """

    name: str
    waiting: Callable[[], QuerySet[Any]]
    stamp: str
    subject: Words
    facts: Callable[[Any], dict[str, Any]]

    @property
    def template(self) -> str:
        return f"donations/{self.name}_mail.txt"


def of_monthly_gift(gift: MonthlyGift) -> dict[str, Any]:
    return {
        "gift": gift,
        "key": f"{gift.reference}.{gift.next_on or 'now'}",
        "my_gifts": links.my_gifts_address(),
        "stop": links.stop_address(gift),
        "appeal_is_over": gift.campaign.phase(timezone.localdate()) == Phase.CLOSED,
    }


def of_refund(refund: Refund) -> dict[str, Any]:
    gift = refund.donation
    return {
        "gift": gift,
        "key": refund.stripe_id,
        "page": settings.PUBLIC_URL + gift.get_absolute_url(),
        "whole": gift.refundable() == Money(0, gift.currency),
    }


LETTERS = (
    Letter(
        "late",
        MonthlyGift.objects.to_warn,
        "mailed_at",
        _("The payment of your gift did not go through"),
        of_monthly_gift,
    ),
    Letter("farewell", MonthlyGift.objects.to_farewell, "farewell_at", _("Your gift has ended"), of_monthly_gift),
    Letter("refund", Refund.objects.to_tell, "mailed_at", _("Your gift is paid back"), of_refund),
)


def mail_all(now: datetime) -> int:
    """Up to a hundred of each kind; how many were tried. One that fails is tried again by the next sweep."""
    return sum(mail(letter, pk, now) for letter in LETTERS for pk in first_waiting(letter))


def first_waiting(letter: Letter) -> list[int]:
    return list(letter.waiting().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def mail(letter: Letter, pk: int, now: datetime) -> bool:
    row = letter.waiting().filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    try:
        written(letter, row).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("the letter %s of %s was not mailed: %s", letter.name, pk, type(problem).__name__)
    else:
        type(row).objects.filter(pk=pk).update(**{letter.stamp: now})
    return True


def written(letter: Letter, row: Any) -> EmailMessage:
    facts = letter.facts(row)
    gift = facts["gift"]
    with translation.override(gift.language):
        body = render_to_string(letter.template, {"amount": row.amount.format(gift.language), **facts})
        subject = str(letter.subject)
    names = {"Message-ID": f"<{letter.name}.{facts['key']}@{urlsplit(settings.PUBLIC_URL).hostname}>"}
    return EmailMessage(subject, body, to=[gift.email], headers=names)
