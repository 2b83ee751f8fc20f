"""Make the PDF of each receipt that has none, once. It runs in a worker, never in a request."""

import logging
from datetime import datetime

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from appeal import qr
from receipts import printing
from receipts.log import papers
from receipts.models import Receipt, ReceiptDocument, SignedCheckpoint

log = logging.getLogger(__name__)
AT_ONCE = 50


def render(now: datetime) -> int:
    """PDFs for up to fifty receipts, each in a transaction of its own; how many. One that fails is put off."""
    done = 0
    while done < AT_ONCE and render_next(now):
        done += 1
    return done


@transaction.atomic
def render_next(now: datetime) -> bool:
    """Whether there was one to render, past those that another worker holds."""
    receipt = claim(now)
    if receipt is None:
        return False
    try:
        pdf = to_pdf(receipt)
    except printing.Unprintable as problem:
        log.error("receipt %s cannot be printed: %s", receipt.pk, type(problem).__name__)
        receipt.put_off(now, str(problem))
    else:
        ReceiptDocument.objects.create(receipt=receipt, pdf=pdf)
        papers.log_receipt(receipt)
        receipt.begin_again()
    return True


def claim(now: datetime) -> Receipt | None:
    """Locked. The second look leaves out what another worker finished while we came for it; then the next is ours."""
    due = Receipt.objects.to_render(now)
    while held := due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True).first():
        if mine := due.select_related("issuer", "text", "of_year__year").filter(pk=held).first():
            return mine
    return None


def to_pdf(receipt: Receipt) -> bytes:
    return printing.to_pdf(to_html(receipt), "receipts/receipt.css")


def to_html(receipt: Receipt) -> str:
    """The A4 page, in the donor's language; the statement is in the issuer's."""
    with translation.override(receipt.language):
        code = qr.svg(receipt.verify_url, _("QR code that opens the page where this receipt is checked"))
        page = {
            "receipt": receipt,
            "qr": code,
            "title": receipt.title,
            "checkpoint": SignedCheckpoint.objects.current(),
        }
        if receipt.for_a_year:
            lines = receipt.lines.select_related("receipt")
            return render_to_string("receipts/paper/annual.html", page | {"lines": lines})
        return render_to_string("receipts/paper/receipt.html", page)
