"""Files that strangers send us: taken only if they are what their name says, and kept without what could harm.

Nothing here waits on a clock: how long a reader may take is bounded by what it is given to read.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.uploads.documents import read_docx, read_odt, read_xlsx
from appeal.uploads.images import read_jpeg, read_png
from appeal.uploads.names import extension_of, shown_name
from appeal.uploads.pdfs import read_pdf

MOST_BYTES = 5 * 1024 * 1024


class Kind(models.TextChoices):
    PDF = "pdf", _("PDF")
    JPG = "jpg", _("photo (JPG)")
    PNG = "png", _("picture (PNG)")
    DOCX = "docx", _("Word document")
    XLSX = "xlsx", _("Excel sheet")
    ODT = "odt", _("OpenDocument text")


PICTURES = (Kind.JPG, Kind.PNG)
MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
}
READERS: dict[Kind, Callable[[bytes, int], bytes]] = {
    Kind.PDF: read_pdf,
    Kind.JPG: read_jpeg,
    Kind.PNG: read_png,
    Kind.DOCX: read_docx,
    Kind.XLSX: read_xlsx,
    Kind.ODT: read_odt,
}


@dataclass(frozen=True)
class Upload:
    """A file as it will be kept. Its name is for people to read, and never a path."""

    kind: Kind
    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.kind]

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def kind_of(name: str, kinds: Collection[Kind]) -> Kind:
    extension = extension_of(name)
    for kind in kinds:
        if kind == ("jpg" if extension == "jpeg" else extension):
            return kind
    words = {"kinds": ", ".join(kind.upper() for kind in kinds)}
    raise Refused(_now("We cannot take this kind of file. Send one of these: %(kinds)s.") % words)


def read(name: str, content: bytes, kinds: Collection[Kind] = tuple(Kind)) -> Upload:
    """What is kept of a file; or Refused, if its name, its first bytes and a reader of its kind do not agree."""
    kind = kind_of(name, kinds)
    if not content:
        raise Refused(_now("This file is empty. Choose the file again."))
    if len(content) > MOST_BYTES:
        raise Refused(
            _now("This file is too large. A file can have 5 MB at most. Make it smaller, or send a part of it.")
        )
    return Upload(kind, shown_name(name, kind.value), READERS[kind](content, MOST_BYTES))
