"""The letter that tells an initiative of its grant, as paper."""

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from grants.award_page import letter
from grants.models import Grant
from receipts import printing


def to_pdf(grant: Grant) -> bytes:
    """The same words as on the initiative's page, in its language. It names the group, and no place."""
    with translation.override(grant.initiative.reads()):
        title = gettext("Grant %(reference)s") % {"reference": grant.reference}
        html = render_to_string("receipts/paper/award_letter.html", letter(grant) | {"title": title})
    return printing.to_pdf(html, "receipts/statement.css")
