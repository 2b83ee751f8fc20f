"""The picture of an appeal where it is passed on: its title in large letters, drawn here with the system's Noto fonts.

A title of several scripts is drawn piece by piece, each in a font that has its letters. Where no font has one of them,
or where Pillow cannot join letters (it needs FriBiDi, which Pango brings), the picture is without words.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont, features

from appeal.languages import direction, is_mark

SIZE = WIDTH, HEIGHT = 1200, 630
INK, PAPER, SUN = "#1e1637", "#fff6e6", "#ffb000"
ARCS = ((360, "#2d2136"), (280, "#392827"), (200, "#523819"))  # the sun's rings on ink, from the outside
MARGIN, TOP, TALLEST = 72, 176, 360
SIZES = (88, 72, 60, 48, 40, 32)
FONTS = (
    "NotoSans-Bold.ttf", "NotoSansArabic-Bold.ttf", "NotoSansMyanmar-Bold.ttf", "NotoSansThai-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf", "NotoSansBengali-Bold.ttf", "NotoSansTamil-Bold.ttf", "NotoSansSinhala-Bold.ttf",
    "NotoSansLao-Bold.ttf", "NotoSansKhmer-Bold.ttf", "NotoSansEthiopic-Bold.ttf", "NotoSansHebrew-Bold.ttf",
    "NotoSansGeorgian-Bold.ttf", "NotoSansArmenian-Bold.ttf", "NotoSansGujarati-Bold.ttf", "NotoSansGurmukhi-Bold.ttf",
    "NotoSansTelugu-Bold.ttf", "NotoSansKannada-Bold.ttf", "NotoSansMalayalam-Bold.ttf", "NotoSansCJK-Bold.ttc",
)  # fmt: skip
UNASSIGNED = "\uffff"
JOINS = "\u200c\u200d\u200e\u200f"

Font = ImageFont.FreeTypeFont


class Undrawable(Exception):
    """No font has all the letters, or they do not fit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of one font, which run one way."""

    text: str
    font: str

    def width(self, size: int) -> float:
        return opened(self.font, size).getlength(self.text, direction=self.side)

    @property
    def side(self) -> str:
        return direction(self.text)


@lru_cache(maxsize=64)
def png(title: str = "") -> bytes:
    """The same title gives the same bytes."""
    image = Image.new("RGB", SIZE, INK)
    draw = ImageDraw.Draw(image)
    sunrise(draw, direction(title))
    try:
        wordmark(draw)
        written(draw, title)
    except (Undrawable, OSError):
        return png() if title else encoded(image)
    return encoded(image)


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def sunrise(draw: ImageDraw.ImageDraw, side: str) -> None:
    """Where reading ends, below the words."""
    at = 210 if side == "rtl" else WIDTH - 210
    for radius, colour in ARCS:
        draw.circle((at, HEIGHT), radius, outline=colour, width=22)
    draw.circle((at, HEIGHT), 126, fill=SUN)
    draw.rectangle((0, HEIGHT - 12, WIDTH, HEIGHT), fill=SUN)


def wordmark(draw: ImageDraw.ImageDraw) -> None:
    font = opened(FONTS[0], 46)
    draw.text((MARGIN, 108), "Refugees", PAPER, font, "ls")
    draw.text((MARGIN + font.getlength("Refugees"), 108), "Rise", SUN, font, "ls")


def written(draw: ImageDraw.ImageDraw, title: str) -> None:
    """As large as fits, from the side that its first letter begins on."""
    if title and not features.check("raqm"):
        raise Undrawable
    size, lines = laid_out(" ".join(title.split()))
    for number, line in enumerate(lines):
        draw_line(draw, line, size, TOP + step(size) * number + size, direction(title))


def draw_line(draw: ImageDraw.ImageDraw, line: str, size: int, base: int, side: str) -> None:
    pieces = list(pieces_of(line))
    whole = sum(piece.width(size) for piece in pieces)
    at = WIDTH - MARGIN - whole if side == "rtl" else MARGIN
    for piece in reversed(pieces) if side == "rtl" else pieces:
        draw.text((at, base), piece.text, PAPER, opened(piece.font, size), "ls", direction=piece.side)
        at += piece.width(size)


def laid_out(title: str) -> tuple[int, list[str]]:
    for size in SIZES:
        lines = list(broken(title, size))
        if len(lines) * step(size) <= TALLEST:
            return size, lines
    raise Undrawable


def step(size: int) -> int:
    """From line to line."""
    return round(size * 1.3)


def broken(title: str, size: int) -> Iterator[str]:
    """Lines, broken between words; a script without spaces between the letters, where the line is full."""
    line = ""
    for word in title.split(" "):
        joined = f"{line} {word}".strip()
        if width_of(joined, size) <= WIDTH - 2 * MARGIN:
            line = joined
            continue
        if line:
            yield line
        *full, line = cut(word, size)
        yield from full
    if line:
        yield line


def cut(word: str, size: int) -> list[str]:
    """In pieces that fit; a mark stays with its letter."""
    parts = [""]
    for letter in word:
        if parts[-1] and not is_mark(letter) and width_of(parts[-1] + letter, size) > WIDTH - 2 * MARGIN:
            parts.append("")
        parts[-1] += letter
    return parts


def width_of(text: str, size: int) -> float:
    return sum(piece.width(size) for piece in pieces_of(text))


def pieces_of(text: str) -> Iterator[Piece]:
    """The text in the order it is read, each letter in the font before it if that has it."""
    font, letters = "", ""
    for letter in text:
        if font and (letter in JOINS or has(font, letter)):
            letters += letter
            continue
        if letters:
            yield Piece(letters, font)
        font, letters = first_with(letter), letter
    if letters:
        yield Piece(letters, font)


def first_with(letter: str) -> str:
    for font in FONTS:
        if has(font, letter):
            return font
    raise Undrawable


@cache
def has(font: str, letter: str) -> bool:
    """Whether the font draws it otherwise than what it lacks. A font that is not installed has no letters."""
    try:
        drawn = opened(font, SIZES[-1])
    except OSError:
        return False
    return letter.isspace() or bytes(drawn.getmask(letter)) != bytes(drawn.getmask(UNASSIGNED))


@cache
def opened(font: str, size: int) -> Font:
    return ImageFont.truetype(font, size)
