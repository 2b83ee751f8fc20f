"""Word, Excel and OpenDocument files are archives of XML. One is taken if it is that, of its kind, and nothing more."""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.translation import gettext as _now

from appeal.refusal import Refused

MOST_MEMBERS = 2000
MOST_UNPACKED = 40 * 1024 * 1024
MOST_TIMES = 150  # larger than its archive
END, LENGTH_OF_END = b"PK\x05\x06", 22
ARCHIVE, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
OPEN = "application/vnd.openxmlformats-officedocument."
DOCX = f"{OPEN}wordprocessingml.document.main+xml"
XLSX = f"{OPEN}spreadsheetml.sheet.main+xml"
ODT = b"application/vnd.oasis.opendocument.text"
PROGRAMS = re.compile(r"vbaproject|vbadata|activex|macrosheets|^basic/|^scripts/|\.(exe|dll|js|vbs|jar|class)$")
CALLS = {"ddelink", "olelink", "oleobject", "dde-source", "dde-connection-decl", "event-listener", "script", "applet"}
AWAY = re.compile(r"^([a-z][a-z0-9+.-]*:|/|\\|\.\./)", re.IGNORECASE)


def read_docx(content: bytes, _most: int) -> bytes:
    return checked_office(content, DOCX, "document")


def read_xlsx(content: bytes, _most: int) -> bytes:
    return checked_office(content, XLSX, "workbook")


def read_odt(content: bytes, _most: int) -> bytes:
    members = unpacked(content)
    roots = {name: checked_xml(text) for name, text in members.items() if is_xml(name) and text}
    if not (next(iter(members)) == "mimetype" and members["mimetype"] == ODT):
        raise another_kind()
    if roots.get("content.xml") != "document-content" or roots.get("META-INF/manifest.xml") != "manifest":
        raise damaged()
    return content


def checked_office(content: bytes, kind: str, root: str) -> bytes:
    """Its list of contents names one main part, of this kind, and that is what it says."""
    members = unpacked(content)
    roots = {name: checked_xml(text) for name, text in members.items() if is_xml(name) and text}
    listed = Contents().read(members.get("[Content_Types].xml", b"")).parts
    mains = [name for name, what in listed if what.endswith(".main+xml")]
    if [what for _name, what in listed if what.endswith(".main+xml")] != [kind]:
        raise another_kind()
    if "_rels/.rels" not in members or roots.get(mains[0].removeprefix("/")) != root:
        raise damaged()
    return content


def unpacked(content: bytes) -> dict[str, bytes]:
    if content.startswith(OLD_OFFICE):
        raise Refused(
            _now("This file is of an old kind, or has a password. Save it as PDF without one, and send that.")
        )
    if not content.startswith(ARCHIVE):
        raise another_kind()
    if not content[-LENGTH_OF_END:].startswith(END):
        raise damaged()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive, len(content))
            return {member.filename: unpacked_member(archive, member) for member in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise damaged() from None


def check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """What it says of itself. It is held to that while it is unpacked."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or total > min(MOST_UNPACKED, size * MOST_TIMES):
        raise Refused(_now("There is too much in this file. Save it as PDF, and send that."))
    if not members or min(member.header_offset for member in members):
        raise damaged()
    if len({member.filename.lower() for member in members}) < len(members):
        raise damaged()
    for member in members:
        check_member(member)


def check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if "\\" in name or "\0" in name or AWAY.match(name) or ".." in name.split("/"):
        raise damaged()
    if member.flag_bits & 1:
        raise protected()
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise damaged()
    if PROGRAMS.search(name.lower()):
        raise active()


def unpacked_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """No more than the archive said of it; if there is more, its checksum is wrong."""
    text = archive.read(member)
    if text.startswith((ARCHIVE, OLD_OFFICE)):
        raise Refused(_now("There is another file inside this file. Save it as PDF, and send that."))
    return text


def is_xml(name: str) -> bool:
    """By its name. Office programs leave some of them empty."""
    return name.lower().endswith((".xml", ".rels", ".rdf", ".vml"))


def checked_xml(text: bytes) -> str:
    """The name of its root. Nothing in it runs, or leads away from the file, but links for people to click on."""
    return Contents().read(text).root


@dataclass
class Contents:
    """What matters of one XML member."""

    root: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)

    def read(self, text: bytes) -> "Contents":
        reader = expat.ParserCreate()
        reader.StartDoctypeDeclHandler = self.refuse_entities
        reader.StartElementHandler = self.take
        try:
            reader.Parse(text, True)
        except (expat.ExpatError, ValueError, LookupError):
            raise damaged() from None
        return self

    def refuse_entities(self, *_said: object) -> None:
        """No document of these kinds needs any, and they are how XML bombs are made."""
        raise damaged()

    def take(self, tag: str, said: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        self.root = self.root or local
        if local.lower() in CALLS:
            raise active()
        if local == "encryption-data":
            raise protected()
        if local == "Override":
            self.parts.append((said.get("PartName", ""), said.get("ContentType", "")))
        if leads_away(local, said):
            raise Refused(_now("This file opens another file or website. Save it as PDF, and send that."))


def leads_away(local: str, said: dict[str, str]) -> bool:
    if local == "Relationship":
        return said.get("TargetMode", "").lower() == "external" and not said.get("Type", "").endswith("/hyperlink")
    return local != "a" and bool(AWAY.match(said.get("xlink:href", "")))


def another_kind() -> Refused:
    return Refused(_now("This file is not what its name says. Open it, save it as PDF, and send that."))


def damaged() -> Refused:
    return Refused(_now("We cannot open this file. It is damaged or not complete. Save it as PDF, and send that."))


def protected() -> Refused:
    return Refused(_now("This file is protected with a password. Save it without the password, and send it again."))


def active() -> Refused:
    return Refused(_now("This file can run a program, so we cannot take it. Save it as PDF, and send that."))
