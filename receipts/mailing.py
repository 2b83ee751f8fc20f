"""Mail each receipt to its donor, once.

The row stays locked while the mail goes out and is stamped in the same transaction, so that no two workers send it. A
worker killed between the two sends it again under the same Message-ID, which mail programs take for the same mail.
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
from receipts.models import Receipt

log = logging.getLogger(__name__)
AT_ONCE = 100


def mail(now: datetime) -> int:
    """Send up to a hundred rendered receipts; how many were tried. One that fails waits, and then waits longer."""
    done = 0
    while done < AT_ONCE and mail_next(now):
        done += 1
    return done


@transaction.atomic
def mail_next(now: datetime) -> bool:
    """Whether there was one to mail, past those that another worker holds."""
    waiting = Receipt.objects.to_mail(now).select_related("document", "issuer", "text", "donation__monthly_gift")
    receipt = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if receipt is None:
        return False
    try:
        letter(receipt).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses or headers that cannot be written
        log.warning("receipt %s was not mailed: %s", receipt.pk, type(problem).__name__)
        receipt.put_off(now, f"{type(problem).__name__}: {problem}")
    else:
        receipt.mailed(now)
    return True


def letter(receipt: Receipt) -> EmailMessage:
    """In the donor's language: a few words, the address of the page, and the PDF."""
    with translation.override(receipt.language):
        subject = _("Your receipt %(number)s: thank you") % {"number": receipt.number}
        amount = receipt.amount.format(receipt.language)
        monthly = receipt.donation.monthly_gift if receipt.donation else None
        page: dict[str, object] = {"receipt": receipt, "amount": amount, "monthly": monthly}
        if monthly:
            page |= {"stop": links.stop_address(monthly), "my_gifts": links.my_gifts_address()}
        body = render_to_string("receipts/mail.txt", page)
    message = EmailMessage(subject, body, to=[receipt.donor_email], headers={"Message-ID": message_id(receipt)})
    message.attach(f"{receipt.number}.pdf", bytes(receipt.document.pdf), "application/pdf")
    return message


def message_id(receipt: Receipt) -> str:
    return f"<receipt.{receipt.number.lower()}@{urlsplit(settings.PUBLIC_URL).hostname}>"
