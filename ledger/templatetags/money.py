from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ledger.money import Money

register = template.Library()


@register.filter
def money(value: Money, style: str = "") -> SafeString:
    """The amount in the reader's language, isolated from the direction of the text around it; `money:"brief"`."""
    return format_html("<bdi>{}</bdi>", value.format(get_language() or "en", brief=style == "brief"))
