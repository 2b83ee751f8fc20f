"""Reading a PDF as a person with a screen reader, a phone or a magnifying glass does."""

import io
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

MISSING = "pdftoppm is not installed: apt-get install poppler-utils (Debian, Ubuntu) or brew install poppler (macOS)"


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def language(pdf: bytes) -> str:
    return str(read(pdf).root_object["/Lang"])


def is_tagged(pdf: bytes) -> bool:
    catalog: Any = read(pdf).root_object
    shown = catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    return bool(catalog["/MarkInfo"]["/Marked"] and catalog["/StructTreeRoot"]["/K"] and shown)


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
