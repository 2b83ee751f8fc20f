"""The pledge as paper: the text that people sign, and the certificate of one who did."""

from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from appeal.countries import names_of
from appeal.pledge.signatures import Signature
from appeal.pledge.texts import PledgeText
from receipts import printing

STYLE = "receipts/pledge.css"


def document(text: PledgeText, language: str) -> bytes:
    """The text in its own language, and what stands around it in this one."""
    with translation.override(language):
        return printed(render_to_string("receipts/paper/pledge.html", of(text)))


@lru_cache(maxsize=32)
def printed(html: str) -> bytes:
    """Made once: a published text does not change."""
    return printing.to_pdf(html, STYLE)


def certificate(signature: Signature) -> bytes:
    """In the language of the signer's mails, as far as we speak it. It holds no address, and no word but the name."""
    speaks = signature.language in dict(settings.LANGUAGES)
    with translation.override(signature.language if speaks else settings.LANGUAGE_CODE):
        page = of(signature.text) | {
            "signature": signature,
            "name": signature.name or gettext("Somebody who is not named"),
            "country": names_of([signature.country]) if signature.country else "",
            "title": gettext("Certificate: %(title)s") % {"title": signature.text.title},
        }
        return printing.to_pdf(render_to_string("receipts/paper/certificate.html", page), STYLE)


def of(text: PledgeText) -> dict[str, object]:
    address = settings.PUBLIC_URL + text.get_absolute_url()
    return {"text": text, "title": text.title, "address": address}
