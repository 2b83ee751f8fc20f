import unicodedata

from django import template

register = template.Library()


@register.filter
def direction(text: str) -> str:
    """`rtl` or `ltr`, by the first letter that has a direction. Paper has no `dir="auto"`."""
    sides = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((side for side in sides if side in {"L", "R", "AL"}), "L") != "L" else "ltr"
