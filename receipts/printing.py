"""From our own HTML to a PDF: nothing is fetched, nothing is missing, and the same words give the same bytes.

WeasyPrint is given one fetcher, one font map and each stylesheet once for the life of the process: made anew for every
document, they are the larger part of its time, and the font map leaks.
"""

import gc
import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from weasyprint import CSS, HTML
from weasyprint.document import Document, Page
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

STATIC = "static:"
TYPES = {".css": "text/css", ".svg": "image/svg+xml"}
NOTDEF = ".notdef glyph"
AS_TAGGED = {"pdf_variant": "pdf/ua-1", "pdf_identifier": True}

# Pango's font map is not to be shared by two renderings at once, and the interpreter's lock lets only one run anyway.
one_at_a_time = Lock()


class Unprintable(Exception):
    """WeasyPrint could not do all that the page asks for; str() says what not. There is no PDF then."""


class MissingGlyph(Unprintable):
    """No installed font has this character, so a name would come out with a hole in it."""

    def __init__(self, character: str) -> None:
        self.character = character
        name = unicodedata.name(character, "unnamed")
        super().__init__(f"No installed font has the character “{character}” (U+{ord(character):04X}, {name}).")


class OwnFilesOnly(URLFetcher):  # type: ignore[misc]
    """Gives stylesheets and pictures of our static files, and refuses every other address there is."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if not url.startswith(STATIC):
            return super().fetch(url, headers)
        file = static_file(url.removeprefix(STATIC))
        return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": TYPES[file.suffix]})


def static_file(name: str) -> Path:
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        found = None
    if found is None or Path(found).suffix not in TYPES:
        raise ValueError(f"{name} is none of our static files")
    return Path(found)


class Complaints(logging.Handler):
    """What WeasyPrint says while it works. Its pages are our own, so each word of it is a fault."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[Unprintable] = []

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(NOTDEF) and isinstance(record.args, tuple):
            self.heard.append(MissingGlyph(str(record.args[0])))
        else:
            self.heard.append(Unprintable(record.getMessage()))


fetcher = OwnFilesOnly()
fonts = cache(FontConfiguration)


@cache
def stylesheet(name: str) -> CSS:
    return CSS(url=STATIC + name, url_fetcher=fetcher, font_config=fonts())


def to_pdf(html: str, style: str) -> bytes:
    """The page as a tagged PDF (PDF/UA-1), with one of our stylesheets. Unprintable if anything at all is amiss."""
    return joined([lambda _page: html], style)


def joined(pieces: Iterable[Callable[[int], str]], style: str) -> bytes:
    """Pages laid out piece by piece, as one such PDF: the time of a layout grows faster than its pages.

    Each piece is asked for with the number of its first page. Other renderings get their turn in between.
    """
    whole: Document | None = None
    pages: list[Page] = []
    with set_aside() as done:
        for piece in pieces:
            html = piece(len(pages) + 1)
            with one_at_a_time, undisturbed():
                part = laid_out(html, style)
            pages += part.pages
            whole = whole or part
            done()
        if whole is None:
            raise Unprintable("There is nothing to print.")
        with one_at_a_time, undisturbed():
            pdf: bytes = whole.copy(pages).write_pdf(**AS_TAGGED)
    return pdf


@contextmanager
def set_aside() -> Iterator[Callable[[], None]]:
    """Pages that are laid out stay until the end: the garbage collector need not look through them again and again."""
    try:
        yield gc.freeze
    finally:
        gc.unfreeze()


def laid_out(html: str, style: str) -> Document:
    page = HTML(string=html, base_url=STATIC, url_fetcher=fetcher)
    return page.render(stylesheets=[stylesheet(style)], font_config=fonts(), **AS_TAGGED)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Raise the first complaint, whatever level the project's own logging is set to, and any error as Unprintable.

    A page that breaks WeasyPrint must hold up itself alone, not the queue behind it.
    """
    log, complaints = logging.getLogger("weasyprint"), Complaints()
    level = log.level
    log.setLevel(logging.WARNING)
    log.addHandler(complaints)
    try:
        yield
    except Exception as error:
        raise Unprintable(f"{type(error).__name__}: {error}") from error
    finally:
        log.removeHandler(complaints)
        log.setLevel(level)
    if complaints.heard:
        raise complaints.heard[0]
