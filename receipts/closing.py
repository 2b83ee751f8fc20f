"""Close an issuer's year: not while a receipt of it is open to void or replace, or a statement is still to write."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from appeal.refusal import Refused
from receipts.models import DonorYear, FiscalYear, HeldGift
from receipts.models.receipt import receipts_to_decide_on

MOST_NAMED = 20


@transaction.atomic
def close(year: FiscalYear, *, by: User, now: datetime) -> None:
    """For good. Refused with the numbers of what is open."""
    held = FiscalYear.objects.select_for_update().select_related("issuer").get(pk=year.pk)
    if open_ones := to_decide_on(held):
        raise Refused(_("These receipts are open to void or replace: %(numbers)s.") % {"numbers": open_ones})
    if left := DonorYear.objects.to_write().filter(year=held).count():
        raise Refused(_("%(count)s annual statements are still to be written.") % {"count": left})
    held.close(by=by, now=now)


def to_decide_on(year: FiscalYear) -> str:
    """The numbers of the first of them."""
    return ", ".join(receipts_to_decide_on(year).order_by("pk").values_list("number", flat=True)[:MOST_NAMED])


def held_gifts(year: FiscalYear) -> str:
    """Gifts of the year whose receipt still waits for their donor: named, and no reason not to close."""
    waiting = HeldGift.objects.waiting().select_related("donation").order_by("pk")
    within = waiting.filter(donation__charged_at__date__range=(year.first_day, year.last_day))
    return ", ".join(held.donation.reference for held in within[:MOST_NAMED])
