"""Tell donors by mail that a payment of their monthly gift failed, and again only after it went well in between.

The row stays locked while the mail goes out and is stamped in the same transaction, as for receipts.
"""

import logging
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from donations import links
from donations.models import MonthlyGift

log = logging.getLogger(__name__)
AT_ONCE = 100


def warn_all(now: datetime) -> int:
    """Up to a hundred mails; how many were tried. One that fails is tried again by the next sweep."""
    waiting = MonthlyGift.objects.to_warn().order_by("pk").values_list("pk", flat=True)
    return sum(warn(pk, now) for pk in waiting[:AT_ONCE])


@transaction.atomic
def warn(pk: int, now: datetime) -> bool:
    waiting = MonthlyGift.objects.to_warn().filter(pk=pk).select_related("campaign")
    gift = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if gift is None:
        return False
    try:
        letter(gift).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("the donor of monthly gift %s was not mailed: %s", pk, type(problem).__name__)
    else:
        MonthlyGift.objects.filter(pk=pk).update(mailed_at=now)
    return True


def letter(gift: MonthlyGift) -> EmailMessage:
    with translation.override(gift.language):
        page = {
            "gift": gift,
            "amount": gift.amount.format(gift.language),
            "my_gifts": links.my_gifts_address(),
            "stop": links.stop_address(gift),
        }
        body = render_to_string("donations/late_mail.txt", page)
        subject = _("The payment of your gift did not go through")
    host = urlsplit(settings.PUBLIC_URL).hostname
    due = f"{gift.next_on:%Y%m%d}" if gift.next_on else "now"
    return EmailMessage(subject, body, to=[gift.email], headers={"Message-ID": f"<late.{gift.reference}.{due}@{host}>"})
