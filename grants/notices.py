"""Mail an initiative's old contact of a change that could be a thief's.

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

from grants.models import Notice

log = logging.getLogger(__name__)
AT_ONCE = 100


def mail_all(now: datetime) -> int:
    """Up to a hundred; how many were tried. One that fails is tried again by the next sweep."""
    waiting = list(Notice.objects.to_mail().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(mail(pk, now) for pk in waiting)


@transaction.atomic
def mail(pk: int, now: datetime) -> bool:
    notice = Notice.objects.to_mail().filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()
    if notice is None:
        return False
    try:
        letter(notice).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("notice %s was not mailed: %s", pk, type(problem).__name__)
    else:
        Notice.objects.filter(pk=pk).update(mailed_at=now)
    return True


def letter(notice: Notice) -> EmailMessage:
    """In the language that the initiative reads best, as far as we speak it. It names no account."""
    with translation.override(notice.initiative.reads()):
        body = render_to_string("grants/notice_mail.txt", {"notice": notice})
        subject = _("Something about your group was changed: was it you?")
    name = f"<notice.{notice.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>"
    return EmailMessage(subject, body, to=[notice.address], headers={"Message-ID": name})
