"""Pictures are drawn anew: where and by whom they were taken, and what was hidden behind them, is gone."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from PIL import Image, ImageFile, ImageOps

from appeal.refusal import Refused

MOST_SIDE = 3000  # a page of paper can still be read
WEB_SIDE = 800
MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 24_000_000}  # a JPEG is drawn smaller while it is read, a PNG is not
MOST_SCANS = 50  # of a progressive JPEG, each of which draws the whole picture again
MAGIC = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}
SCAN = b"\xff\xda"

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
DAMAGE = (OSError, EOFError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error, zlib.error,
          OverflowError, AttributeError, ZeroDivisionError)  # fmt: skip


def read_jpeg(content: bytes, most: int) -> bytes:
    if content.count(SCAN) > MOST_SCANS:
        raise damaged()
    return redrawn(content, "JPEG", most)


def read_png(content: bytes, most: int) -> bytes:
    return redrawn(content, "PNG", most)


def redrawn(content: bytes, form: str, most: int) -> bytes:
    if not content.startswith(MAGIC[form]):
        raise Refused(_now("This file is not a real picture. Open it, save it as JPG or PNG, and send it again."))
    try:
        return within(most, plain(opened(content, form)), form)
    except BOMBS:
        raise too_wide() from None
    except DAMAGE:
        raise damaged() from None


@dataclass(frozen=True, slots=True)
class Copies:
    """The same small picture for every browser: the lightest that it knows is the one it asks for."""

    jpeg: bytes
    avif: bytes
    webp: bytes
    width: int
    height: int


def for_the_web(content: bytes, side: int = WEB_SIDE) -> Copies:
    """Small copies of a picture that was redrawn before, the longer side of which is `side` at most."""
    image = opened(content, "JPEG" if content.startswith(MAGIC["JPEG"]) else "PNG").convert("RGBA")
    image.thumbnail((side, side))
    on_white = Image.new("RGB", image.size, "white")
    on_white.paste(image, mask=image)
    return Copies(
        jpeg=saved(on_white, "JPEG", quality=75, optimize=True, progressive=True),
        avif=saved(on_white, "AVIF", quality=55),
        webp=saved(on_white, "WEBP", quality=70),
        width=on_white.width,
        height=on_white.height,
    )


def saved(image: Image.Image, form: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def opened(content: bytes, form: str) -> Image.Image:
    """Its size is known before any of it is drawn.

    Half a picture is none, although WeasyPrint, once it is imported, has told Pillow otherwise for the whole process.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    image = Image.open(io.BytesIO(content), formats=[form])
    if image.width * image.height > MOST_PIXELS[form]:
        raise too_wide()
    factor = max(1, max(image.size) // MOST_SIDE)
    image.draft(None, (image.width // factor, image.height // factor))
    return image


def plain(image: Image.Image) -> Image.Image:
    """The first picture of it, upright, in plain colours, with nothing written beside it."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    colours = "RGBA" if upright.has_transparency_data else "L" if upright.mode in {"1", "L"} else "RGB"
    drawn = upright.convert(colours)
    drawn.thumbnail((MOST_SIDE, MOST_SIDE))
    drawn.info.clear()
    return drawn


def within(most: int, image: Image.Image, form: str) -> bytes:
    """Smaller by half until it fits."""
    while len(drawn := encoded(image, form)) > most:
        image = image.reduce(2)
    return drawn


def encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=85) if form == "JPEG" else image.save(out, form)
    return out.getvalue()


def damaged() -> Refused:
    return Refused(_now("We cannot open this picture. It is damaged or not complete. Take or save it again."))


def too_wide() -> Refused:
    return Refused(_now("This picture has too many pixels. Make it smaller, or send a photo of it."))
