"""Files as people send them, and as nobody should."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from PIL import Image
from pypdf import PdfWriter

OPEN = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = {
    "docx": ("/word/document.xml", f"{OPEN}wordprocessingml.document.main+xml", "document"),
    "xlsx": ("/xl/workbook.xml", f"{OPEN}spreadsheetml.sheet.main+xml", "workbook"),
}
ODT = "application/vnd.oasis.opendocument.text"


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    return written(writer(pages))


def writer(pages: int = 1) -> PdfWriter:
    made = PdfWriter()
    for _page in range(pages):
        made.add_blank_page(200, 200)
    return made


def image(form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **said: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **said)
    return out.getvalue()


def jpg(**said: Any) -> bytes:
    return image("JPEG", **said)


def png(**said: Any) -> bytes:
    return image("PNG", **said)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_says(width: int, height: int) -> bytes:
    """A small file that asks for a very large picture."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def packed(members: dict[str, str | bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, text in members.items():
            archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else how)
    return out.getvalue()


def relation(what: str, target: str, away: bool = False) -> str:
    mode = ' TargetMode="External"' if away else ""
    return f'<Relationships><Relationship Id="r1" Type="{RELATIONS}/{what}" Target="{target}"{mode}/></Relationships>'


def office(kind: str, body: Any = "", **more: Any) -> bytes:
    return packed(office_members(kind, body) | more)


def office_members(kind: str, body: Any = "") -> dict[str, str | bytes]:
    part, what, root = MAIN[kind]
    return {
        "[Content_Types].xml": f'<Types><Override PartName="{part}" ContentType="{what}"/></Types>',
        "_rels/.rels": relation("officeDocument", part),
        part.removeprefix("/"): f'<?xml version="1.0"?><w:{root} xmlns:w="urn:w">{body}</w:{root}>',
    }


def docx(body: Any = "", **more: Any) -> bytes:
    return office("docx", body, **more)


def xlsx(body: Any = "", **more: Any) -> bytes:
    return office("xlsx", body, **more)


def odt(body: Any = "", mimetype: str = ODT, **more: Any) -> bytes:
    names = 'xmlns:o="urn:o" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:text="urn:t"'
    return packed(
        {
            "mimetype": mimetype,
            "content.xml": f"<o:document-content {names}>{body}</o:document-content>",
            "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:m"/>',
            **more,
        }
    )


class Packed(Protocol):
    def __call__(self, body: Any = "", **more: Any) -> bytes: ...


GOOD: dict[str, Callable[[], bytes]] = {
    "pdf": pdf,
    "jpg": jpg,
    "jpeg": jpg,
    "png": png,
    "docx": docx,
    "xlsx": xlsx,
    "odt": odt,
}


def pdf_in_streams(catalog: str) -> bytes:
    """All but the two streams is packed in one of them, so that no word of it can be read in the file."""
    parts = [f"<</Type/Catalog/Pages 2 0 R {catalog}>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
             "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"]  # fmt: skip
    places = [sum(len(part) + 1 for part in parts[:number]) for number in range(len(parts))]
    head = " ".join(f"{number} {place}" for number, place in enumerate(places, 1)) + " "
    body = zlib.compress((head + " ".join(parts)).encode())
    start = b"%PDF-1.7\n"
    said = f"/Type/ObjStm/N {len(parts)}/First {len(head)}/Filter/FlateDecode"
    held = f"4 0 obj\n<<{said}/Length {len(body)}>>\nstream\n".encode() + body + b"\nendstream\nendobj\n"
    table = start + held
    rows = [(0, 0, 255), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, len(start), 0), (1, len(table), 0)]
    index = b"".join(struct.pack(">BHB", *row) for row in rows)
    said = f"/Type/XRef/Size 6/W[1 2 1]/Root 1 0 R/Length {len(index)}"
    listed = f"5 0 obj\n<<{said}>>\nstream\n".encode() + index + b"\nendstream\nendobj\n"
    return table + listed + f"startxref\n{len(table)}\n%%EOF\n".encode()
