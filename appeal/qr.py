"""QR codes: as SVG that stands in a page of ours, and as files to take along."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe

INK = "#1e1637"
DOT = 16  # pixels of a module: large enough for a poster


def svg(address: str, title: str) -> SafeString:
    """The address as a QR code without its own size, named by the title for those who cannot see it."""
    made = code(address).svg_inline(omitsize=True, border=0, dark=INK, title=title, lineclass=None, svgclass="qr")
    return mark_safe(made)  # noqa: S308 (segno escapes)


def svg_file(address: str) -> bytes:
    """With its quiet zone, on white."""
    out = io.BytesIO()
    code(address).save(out, kind="svg", dark=INK, light="#fff", omitsize=True, svgclass=None, lineclass=None)
    return out.getvalue()


def png_file(address: str) -> bytes:
    out = io.BytesIO()
    code(address).save(out, kind="png", scale=DOT, dark=INK, light="#fff")
    return out.getvalue()


def code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m")
