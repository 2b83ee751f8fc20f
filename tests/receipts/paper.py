"""Reading a PDF as a person with a screen reader, a phone or a magnifying glass does."""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

MISSING = "pdftoppm is not installed: apt-get install poppler-utils (Debian, Ubuntu) or brew install poppler (macOS)"


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def language(pdf: bytes) -> str:
    return str(structure(pdf).Root.Lang)


def is_tagged(pdf: bytes) -> bool:
    """Marked as PDF/UA-1, with a tree of elements, and shown under its own title."""
    read_as = structure(pdf)
    catalog = read_as.Root
    with read_as.open_metadata() as told:
        claims = told.get("pdfuaid:part") == "1"
    return bool(
        claims and catalog.MarkInfo.Marked and catalog.StructTreeRoot.K and catalog.ViewerPreferences.DisplayDocTitle
    )


def title(pdf: bytes) -> str:
    with structure(pdf).open_metadata() as told:
        return str(told.get("dc:title", ""))


@lru_cache(maxsize=4)
def structure(pdf: bytes) -> pikepdf.Pdf:
    """Kept open: what is read out of it is gone with it."""
    return pikepdf.open(io.BytesIO(pdf))


def elements(pdf: bytes) -> Iterator[Any]:
    """What a screen reader goes through: each element of the document, in its order."""
    waiting: list[Any] = [structure(pdf).Root.StructTreeRoot]
    while waiting:
        element = waiting.pop()
        kids = element.get("/K", [])
        whole = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        waiting += [kid for kid in reversed(whole) if isinstance(kid, pikepdf.Dictionary)]
        if "/S" in element:
            yield element


def headers(pdf: bytes) -> list[list[str]]:
    """Of each cell of a table that is no header, the headers that it names and that there are."""
    found = list(elements(pdf))
    known = {str(element.ID) for element in found if element.S == "/TH"}
    cells = [element.get("/A", {}).get("/Headers", []) for element in found if element.S == "/TD"]
    return [[str(name) for name in names if str(name) in known] for names in cells]


def attached(pdf: bytes) -> list[str]:
    """What a PDF carries or leads to besides its own words: files, programs, addresses."""
    catalog, found = read(pdf).root_object, []
    names: Any = catalog.get("/Names", {})
    found += [key for key in ("/AF", "/OpenAction", "/AA", "/AcroForm") if key in catalog]
    found += [key for key in ("/EmbeddedFiles", "/JavaScript") if key in names]
    for page in read(pdf).pages:
        links: Any = [each.get_object() for each in page.get("/Annots", [])]
        led = [link for link in links if "/Dest" not in link]  # the others lead to a page of its own
        found += [str(link.get("/A", {}).get("/URI", link["/Subtype"])) for link in led]
    return found


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def picture(pdf: bytes, *, dpi: int = 110) -> Image.Image:
    """The first page as it is printed."""
    if shutil.which("pdftoppm") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "receipt.pdf"
        file.write_bytes(pdf)
        command = ["pdftoppm", "-r", str(dpi), "-png", "-singlefile", str(file), str(file.with_suffix(""))]
        subprocess.run(command, check=True, timeout=60)
        return Image.open(file.with_suffix(".png")).convert("RGB")


def codes(pdf: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture(pdf))]
