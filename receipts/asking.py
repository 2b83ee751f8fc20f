"""Ask donors by mail for what their receipts lack: by a link that is good for 90 days, three times at most."""

import logging
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from donations.models import Donation
from receipts.models import Field, Particulars

log = logging.getLogger(__name__)
AT_ONCE = 100


def ask(now: datetime) -> int:
    """Write to up to a hundred donors; how many. An address that cannot be written to holds up nobody else."""
    waiting = Particulars.objects.to_ask(now).order_by("pk").values_list("pk", flat=True)
    return sum(1 for _asked in islice((pk for pk in waiting if ask_one(pk, now)), AT_ONCE))


@transaction.atomic
def ask_one(pk: int, now: datetime) -> bool:
    """Whether it was ours to do, and went out. What could not be mailed is tried again, and counts as no mail."""
    free = Particulars.objects.to_ask(now).filter(pk=pk)
    particulars = free.select_for_update(skip_locked=True, of=("self",)).first()
    if particulars is None:
        return False
    try:
        with transaction.atomic():
            letter(particulars, particulars.mint(now)).send()
    except (OSError, ValueError) as problem:  # SMTP's errors, and addresses that cannot be written
        log.warning("donor %s was not asked: %s", pk, type(problem).__name__)
        return False
    return True


def letter(particulars: Particulars, token: str) -> EmailMessage:
    address = settings.PUBLIC_URL + reverse("receipts:particulars", args=[token])
    with translation.override(particulars.language):
        lacking = [str(Field(name).label) for name in lacking_of(particulars)]
        gifts = particulars.held_gifts.waiting().select_related("donation__campaign")
        gifts_in_words = [in_words(held.donation, particulars.language) for held in gifts]
        page = {"address": address, "lacking": lacking, "gifts": gifts_in_words}
        body = render_to_string("receipts/ask_mail.txt", page)
        return EmailMessage(_("Your receipt needs something from you"), body, to=[particulars.email])


def in_words(gift: Donation, language: str) -> str:
    day = date_format(gift.charged_at, "DATE_FORMAT") if gift.charged_at else ""
    return f"{day}: {gift.amount.format(language)}, {gift.campaign.title}"


def lacking_of(particulars: Particulars) -> list[str]:
    """What the held gifts of this donor lack, each once."""
    return sorted({name for held in particulars.held_gifts.waiting() for name in held.missing})
