"""A spreadsheet of one sheet as an OpenDocument file (OASIS, version 1.3). The same cells give the same bytes.

A text stays a text: nothing in the file is a formula. Every empty cell is written out, as simple readers count them.
"""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

type Cell = str | Decimal | int | date

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = {
    "office": f"{OASIS}:office:1.0",
    "table": f"{OASIS}:table:1.0",
    "text": f"{OASIS}:text:1.0",
    "number": f"{OASIS}:datastyle:1.0",
    "style": f"{OASIS}:style:1.0",
    "manifest": f"{OASIS}:manifest:1.0",
}
DAY, MONEY = "day", "money"


def spreadsheet(sheet: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Dates are shown as DD/MM/YY, decimal numbers with two places."""
    content = Element("office:document-content", {**names("office", "table", "text", "number", "style"), **VERSION})
    styles(SubElement(content, "office:automatic-styles"))
    book = SubElement(SubElement(content, "office:body"), "office:spreadsheet")
    table = SubElement(book, "table:table", {"table:name": sheet})
    for row in rows:
        line = SubElement(table, "table:table-row")
        for cell in row:
            write(line, cell)
    return packed(content)


VERSION = {"office:version": "1.3"}


def names(*prefixes: str) -> dict[str, str]:
    return {f"xmlns:{prefix}": SPACES[prefix] for prefix in prefixes}


def styles(parent: Element) -> None:
    day = SubElement(parent, "number:date-style", {"style:name": "as-day"})
    SubElement(day, "number:day", {"number:style": "long"})
    SubElement(day, "number:text").text = "/"
    SubElement(day, "number:month", {"number:style": "long"})
    SubElement(day, "number:text").text = "/"
    SubElement(day, "number:year")
    money = SubElement(parent, "number:number-style", {"style:name": "as-money"})
    SubElement(money, "number:number", {"number:decimal-places": "2", "number:min-integer-digits": "1"})
    for name in (DAY, MONEY):
        cell = {"style:name": name, "style:family": "table-cell", "style:data-style-name": f"as-{name}"}
        SubElement(parent, "style:style", cell)


def write(line: Element, cell: Cell) -> None:
    kind, shown = typed(cell)
    made = SubElement(line, "table:table-cell", kind)
    if shown:
        SubElement(made, "text:p").text = shown


def typed(cell: Cell) -> tuple[dict[str, str], str]:
    match cell:
        case "":
            return {}, ""
        case str():
            return {"office:value-type": "string"}, cell
        case date():
            worth = {"office:value-type": "date", "office:date-value": cell.isoformat(), "table:style-name": DAY}
            return worth, f"{cell:%d/%m/%y}"
        case Decimal():
            shown = f"{cell:.2f}"
            return {"office:value-type": "float", "office:value": shown, "table:style-name": MONEY}, shown
        case _:
            return {"office:value-type": "float", "office:value": str(cell)}, str(cell)


def packed(content: Element) -> bytes:
    """The type comes first and unpacked, so that a reader finds it at a fixed place."""
    manifest = Element("manifest:manifest", {**names("manifest"), "manifest:version": "1.3"})
    for path, media in (("/", MEDIA_TYPE), ("content.xml", "text/xml")):
        entry = {"manifest:full-path": path, "manifest:media-type": media}
        SubElement(manifest, "manifest:file-entry", entry)
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        add(pack, "mimetype", MEDIA_TYPE.encode(), zipfile.ZIP_STORED)
        add(pack, "META-INF/manifest.xml", as_xml(manifest), zipfile.ZIP_DEFLATED)
        add(pack, "content.xml", as_xml(content), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def add(pack: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, FIRST_MOMENT)
    entry.compress_type = how
    pack.writestr(entry, content)


def as_xml(root: Element) -> bytes:
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written
