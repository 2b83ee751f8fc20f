"""Charts as SVG, each beside the words and amounts that it shows: a picture tells nothing that the text does not."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi, gettext

from receipts.reports import periods
from receipts.reports.facts import Count
from receipts.reports.words import Part

register = template.Library()
COLOURS = {"paid": "#0f6140", "promised": "#ffb000", "fees": "#b0122b", "left": "#7b7391"}


@register.filter
def bar(part: float, label: str = "") -> SafeString:
    """One bar, `part` of the full width long, from the side on which reading begins."""
    width = round(100 * part, 2)
    return format_html(
        '<svg class="bar" role="img" viewBox="0 0 100 3" preserveAspectRatio="none" width="100%"'
        ' height="10"><title>{}</title><rect width="100" height="3" fill="#e7dccb"/>'
        '<rect x="{}" width="{}" height="3" fill="#43308f"/>'
        "</svg>",
        label,
        100 - width if get_language_bidi() else 0,
        width,
    )


@register.filter
def stacked(parts: Sequence[Part], label: str = "") -> SafeString:
    """The parts of a whole side by side."""
    starts = [sum(part.share for part in parts[:number]) for number in range(len(parts))]
    rects = (
        (
            round(100 * (1 - start - part.share if get_language_bidi() else start), 2),
            round(100 * part.share, 2),
            shade(part),
        )
        for start, part in zip(starts, parts, strict=True)
    )
    inside = format_html_join("", '<rect x="{}" width="{}" height="8" fill="{}"/>', rects)
    return format_html(
        '<svg class="whole" role="img" viewBox="0 0 100 8" preserveAspectRatio="none" width="100%"'
        ' height="34"><title>{}</title>{}</svg>',
        label,
        inside,
    )


def shade(part: Part) -> str:
    return COLOURS[part.shade]


@register.filter
def swatch(part: Part) -> SafeString:
    """The colour of a part, beside its label."""
    return format_html(
        '<svg class="swatch" role="img" viewBox="0 0 10 10" width="12" height="12"><title>{}</title>'
        '<rect width="10" height="10" rx="2" fill="{}"/></svg>',
        part.label,
        shade(part),
    )


@register.filter
def count(number: Count) -> str:
    """“Fewer than 10” says no more than that."""
    return gettext("fewer than 10") if number is None else f"{number:,}"


@register.filter
def period(written: str) -> str:
    """`2026-q3` in words."""
    return periods.in_words(periods.read(written))
