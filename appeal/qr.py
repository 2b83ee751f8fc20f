"""QR codes as SVG, to stand in a page of ours."""

import segno
from django.utils.safestring import SafeString, mark_safe

INK = "#1e1637"


def svg(address: str, title: str) -> SafeString:
    """The address as a QR code without its own size, named by the title for those who cannot see it."""
    code = segno.make_qr(address, error="m")
    return mark_safe(code.svg_inline(omitsize=True, border=0, dark=INK, title=title, lineclass=None, svgclass="qr"))  # noqa: S308 (segno escapes)
