"""A PDF is kept as it is, so it is taken only if it does nothing but show pages."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _now
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from appeal.refusal import Refused

MOST_OBJECTS = 50_000
MOST_MISPLACED = 100  # objects that are not where the file says: each is searched for in all of it
MOST_UNPACKED = 20 * 1024 * 1024  # of the streams that hold objects
OBJECT = re.compile(rb"\s*(\d{1,10})\s+\d+\s+obj")
MARKUP = (b"<html", b"<script", b"<!doctype html", b"<svg", b"<iframe", b"<body")
RUNS = {"/JavaScript", "/JS", "/Launch", "/XFA", "/ImportData", "/RichMedia", "/Movie"}
HOLDS = {"/EmbeddedFile", "/EmbeddedFiles", "/EF", "/FileAttachment", "/GoToE", "/Collection"}
WRITTEN = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z0-9])")


def read_pdf(content: bytes, _most: int) -> bytes:
    check_shell(content)
    try:
        check_inside(PdfReader(io.BytesIO(content), xref_stream_maximum_entries=MOST_OBJECTS), content)
    except Refused:
        raise
    except Exception:  # noqa: BLE001 (pypdf has no one error for the many ways in which a file is broken)
        raise damaged() from None
    return content


def check_shell(content: bytes) -> None:
    """A PDF from its first byte to its last, and nothing else at the same time."""
    if not content.startswith(b"%PDF-"):
        raise Refused(_now("This file is not a real PDF. Open it, save it as PDF, and send it again."))
    head = content[:1024].lower()
    if any(mark in head for mark in MARKUP) or zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused(_now("Another file is hidden in this PDF. Print it to a new PDF, and send that."))
    if not content.rstrip(b"\0\t\r\n ").endswith(b"%%EOF"):
        raise damaged()
    if found := WRITTEN.search(content):
        raise active(f"/{found[1].decode()}")


def check_inside(reader: PdfReader, content: bytes) -> None:
    if reader.is_encrypted:
        raise Refused(_now("This PDF is protected with a password. Save it without the password, and send it again."))
    check_amount(reader, content)
    for each in objects(reader):
        for name in names(each):
            if name in RUNS | HOLDS:
                raise active(name)
    if not len(reader.pages):
        raise Refused(_now("This PDF has no pages. Choose another file."))
    for page in reader.pages:
        page.mediabox  # noqa: B018 (a page that has no size is no page)


def check_amount(reader: PdfReader, content: bytes) -> None:
    """All of it can be read in a moment, known before it is."""
    if sum(map(len, reader.xref.values())) + len(reader.xref_objStm) > MOST_OBJECTS:
        raise too_much()
    if sum(misplaced(reader, content)) > MOST_MISPLACED:
        raise damaged()
    unpacked = 0
    for number in {holder for holder, _place in reader.xref_objStm.values()}:
        holder = reader.get_object(IndirectObject(number, 0, reader))
        unpacked += len(holder.get_data()) if isinstance(holder, StreamObject) else 0
        if unpacked > MOST_UNPACKED:
            raise too_much()


def misplaced(reader: PdfReader, content: bytes) -> Iterator[bool]:
    for generation, places in reader.xref.items():
        free = reader.xref_free_entry.get(generation, {})
        for number, place in places.items():
            found = OBJECT.match(content, place)
            yield not free.get(number) and (found is None or int(found[1]) != number)


def objects(reader: PdfReader) -> Iterator[Any]:
    """Each that the file has, also what no page leads to; another program may find its way there."""
    yield reader.trailer
    for generation, numbers in reader.xref.items():
        yield from (reader.get_object(IndirectObject(number, generation, reader)) for number in numbers)
    yield from (reader.get_object(IndirectObject(number, 0, reader)) for number in reader.xref_objStm)


def names(each: Any) -> Iterator[str]:
    """The names in one object; what it refers to is an object of its own."""
    todo = [each]
    while todo:
        part = todo.pop()
        if isinstance(part, DictionaryObject):
            yield from part
            todo += [part.raw_get(key) for key in part]
        elif isinstance(part, ArrayObject):
            todo += list(part)
        elif isinstance(part, NameObject):
            yield part


def active(name: str) -> Refused:
    if name in HOLDS:
        return Refused(
            _now("There is another file inside this PDF. Print it to a new PDF, and send the other file too.")
        )
    return Refused(_now("This PDF can run a program, so we cannot take it. Print it to a new PDF, and send that."))


def damaged() -> Refused:
    return Refused(_now("We cannot open this PDF. It is damaged or not complete. Save it again, and send that."))


def too_much() -> Refused:
    return Refused(_now("There is too much in this PDF. Send only the pages that we need."))
