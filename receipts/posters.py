"""A sheet of paper to hang up: the code that phones read, and how to give by bank."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation

from appeal.spreading import Poster
from receipts import printing


@lru_cache(maxsize=32)
def to_pdf(poster: Poster, language: str) -> bytes:
    """The same words as on the page. Kept for the posters asked for last."""
    with translation.override(language):
        html = render_to_string("receipts/paper/poster.html", {"poster": poster, "title": poster.title})
    return printing.to_pdf(html, "receipts/poster.css")
