"""A file is taken only if it is what its name says, and is kept without what could harm; a refusal says what to do."""

import io
import random
import re
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from appeal.uploads import MOST_BYTES, READERS, Upload, read
from appeal.uploads.fields import AttachmentField
from grants.models import Refused
from tests.grants import files

MAGIC = {"pdf": b"%PDF-1.7\n", "jpg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n", "docx": b"PK\x03\x04",
         "xlsx": b"PK\x03\x04", "odt": b"PK\x03\x04", "jpeg": b"\xff\xd8\xff"}  # fmt: skip


def refused(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        read(name, content)
    return str(refusal.value)


def taken_or_refused(name: str, content: bytes) -> bytes | str:
    """What is kept, or why not; no other error leaves."""
    try:
        return read(name, content).content
    except Refused as refusal:
        return str(refusal)


def picture(upload: Upload) -> Image.Image:
    return Image.open(io.BytesIO(upload.content))


# What is taken


@pytest.mark.parametrize("extension", files.GOOD)
def test_a_file_of_each_kind_is_taken(extension: str) -> None:
    content = files.GOOD[extension]()
    upload = read(f"our plan.{extension.upper()}", content)
    assert (upload.kind, upload.name) == (extension.replace("jpeg", "jpg"), f"our plan.{upload.kind}")
    assert 0 < upload.size <= MOST_BYTES
    assert len(upload.sha256) == 64


@pytest.mark.parametrize("content_of", files.GOOD)
@pytest.mark.parametrize("extension", files.GOOD)
def test_no_kind_is_taken_under_the_name_of_another(extension: str, content_of: str) -> None:
    if {extension, content_of} <= {"jpg", "jpeg"} or extension == content_of:
        assert read(f"a.{extension}", files.GOOD[content_of]())
    else:
        assert refused(f"a.{extension}", files.GOOD[content_of]())


@pytest.mark.parametrize("extension", files.GOOD)
def test_an_empty_file_is_refused(extension: str) -> None:
    assert "empty" in refused(f"a.{extension}", b"")


def test_a_file_of_more_than_five_megabytes_is_refused() -> None:
    assert "5 MB" in refused("a.pdf", files.pdf() + b"\n" * MOST_BYTES)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(MAGIC)),
    st.booleans(),
    st.binary(max_size=400),
    st.text(alphabet=st.characters(exclude_characters="\r"), max_size=300),
)
def test_any_bytes_are_taken_or_refused(extension: str, real: bool, content: bytes, name: str) -> None:
    assert taken_or_refused(f"{name}.{extension}", MAGIC[extension] * real + content)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(files.GOOD)), st.data())
def test_a_good_file_with_a_few_wrong_bytes_is_taken_or_refused(extension: str, data: st.DataObject) -> None:
    content = bytearray(files.GOOD[extension]())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    assert taken_or_refused(f"a.{extension}", bytes(content))


# Names


@pytest.mark.parametrize(
    "name", ["cv.pdf.exe", "cv", "", ".", "a.svg", "a.html", "cv\u202efdp.exe", "a.pdf\x00.exe", "a.gif"]
)
def test_a_file_of_another_kind_is_refused_with_the_kinds_we_take(name: str) -> None:
    assert "PDF, JPG, PNG, DOCX, XLSX, ODT" in refused(name, files.pdf())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("cv\u202efdp.\u2066x\u2069.pdf", "cv fdp. x.pdf"),
        ("a\x00b\r\nSet-Cookie: x\x7f.pdf", "a b Set-Cookie x.pdf"),
        ('<img src=x onerror="a">.pdf', "img src=x onerror= a.pdf"),
        (".pdf", "file.pdf"),
        ("...pdf", "file.pdf"),
        ("\u202e.pdf", "file.pdf"),
        ("می\u200cخواهیم.pdf", "می\u200cخواهیم.pdf"),
        ("မြန်မာ.pdf", "မြန်မာ.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_a_name_is_shown_without_what_hides_or_misleads(name: str, shown: str) -> None:
    assert read(name, files.pdf()).name == shown


# Pictures


def test_a_photo_says_nothing_of_where_and_by_whom_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x9286] = "a telephone of Zahra", "Zahra was here"
    hidden = {"exif": exif, "icc_profile": b"profile of Zahra", "comment": b"comment of Zahra", "xmp": b"<x>Zahra</x>"}
    content = files.jpg(**hidden)
    assert content.count(b"Zahra") >= 4
    upload = read("a.jpg", content)
    assert b"Zahra" not in upload.content
    assert not picture(upload).getexif()


def test_a_picture_says_nothing_beside_itself() -> None:
    said = PngInfo()
    said.add_text("Author", "Zahra")
    said.add_itxt("XML:com.adobe.xmp", "Zahra")
    content = files.png(pnginfo=said, icc_profile=b"Zahra", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0Zahra")
    assert b"Zahra" in content
    assert set(picture(read("a.png", content)).info) == set()


def test_a_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert picture(read("a.jpg", files.jpg(size=(40, 20), exif=exif))).size == (20, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_picture_of_any_colours_is_taken(mode: str) -> None:
    assert picture(read("a.png", files.png(mode=mode))).size == (40, 20)


def test_a_photo_in_the_colours_of_printers_is_taken() -> None:
    assert picture(read("a.jpg", files.jpg(mode="CMYK"))).mode == "RGB"


def test_what_is_clear_stays_clear() -> None:
    assert picture(read("a.png", files.png(mode="RGBA"))).getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_wide_photo_is_made_smaller() -> None:
    assert picture(read("a.jpg", files.jpg(size=(8000, 6000)))).size == (3000, 2250)


def test_a_picture_that_would_become_too_large_is_made_smaller() -> None:
    noise = Image.effect_noise((2000, 2000), 100)
    noise.putpalette(random.Random(1).randbytes(768))
    out = io.BytesIO()
    noise.save(out, "PNG")
    upload = read("a.png", out.getvalue())
    assert picture(upload).size < (2000, 2000)


def test_of_a_moving_picture_the_first_is_kept() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    kept = picture(read("a.png", out.getvalue()))
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize("size", [(5000, 5000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_would_fill_the_memory_is_refused(size: tuple[int, int]) -> None:
    assert "too many pixels" in refused("a.png", files.png_that_says(*size))


def test_a_photo_that_would_fill_the_memory_is_refused() -> None:
    content = bytearray(files.jpg())
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = b"\xff\xdc\xff\xdc"
    assert "too many pixels" in refused("a.jpg", bytes(content))


def test_a_photo_that_is_drawn_over_and_over_is_refused() -> None:
    content = files.jpg(progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    assert "damaged" in refused("a.jpg", content[:-2] + scan * 60 + content[-2:])


@pytest.mark.parametrize("extension", ["jpg", "png"])
def test_half_a_picture_is_refused(extension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint does
    content = files.image("JPEG" if extension == "jpg" else "PNG", size=(400, 400))
    assert "damaged" in refused(f"a.{extension}", content[: len(content) // 2])


def test_a_moving_picture_called_a_photo_is_refused() -> None:
    assert "not a real picture" in refused("a.jpg", files.image("GIF"))


def test_what_is_hidden_behind_a_photo_is_gone() -> None:
    upload = read("a.jpg", files.jpg() + files.packed({"evil.txt": "evil"}))
    assert not zipfile.is_zipfile(io.BytesIO(upload.content))


# PDF


def test_a_pdf_is_kept_as_it_is() -> None:
    assert read("a.pdf", files.pdf(pages=3)).content == files.pdf(pages=3)


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
@pytest.mark.parametrize("password", ["", "secret"])
def test_a_pdf_with_a_password_is_refused(algorithm: str, password: str) -> None:
    writer = files.writer()
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    assert "password" in refused("a.pdf", files.written(writer))


def test_a_pdf_without_pages_is_refused() -> None:
    assert "no pages" in refused("a.pdf", files.pdf(pages=0))


@pytest.mark.parametrize("name", ["/JavaScript", "/Launch", "/ImportData"])
def test_a_pdf_that_runs_something_is_refused(name: str) -> None:
    writer = files.writer()
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject("/S"): NameObject(name)})
    content = files.written(writer)
    assert "run a program" in refused("a.pdf", content)
    disguised = f"/#{ord(name[1]):x}{name[2:]}".encode()
    assert "run a program" in refused("a.pdf", content.replace(name.encode(), disguised))


def test_what_a_pdf_runs_is_found_in_what_is_packed() -> None:
    assert read("a.pdf", files.pdf_in_streams(""))
    content = files.pdf_in_streams("/OpenAction<</S/Launch/F(cmd)>>")
    assert b"Launch" not in content
    assert "run a program" in refused("a.pdf", content)


def test_a_pdf_with_a_program_anywhere_in_a_page_is_refused() -> None:
    writer = files.writer()
    opened = DictionaryObject({NameObject("/JS"): TextStringObject("app.alert(1)")})
    listed = ArrayObject([DictionaryObject({NameObject("/O"): opened})])
    writer.pages[0][NameObject("/AA")] = listed
    assert "run a program" in refused("a.pdf", files.written(writer))


def test_a_pdf_that_holds_another_file_is_refused() -> None:
    writer = files.writer()
    writer.add_attachment("evil.exe", b"MZ")
    assert "another file" in refused("a.pdf", files.written(writer))


@pytest.mark.parametrize("before", [b"junk", b"\n", b"<html><script>alert(1)</script>"])
def test_a_pdf_that_begins_with_something_else_is_refused(before: bytes) -> None:
    assert "not a real PDF" in refused("a.pdf", before + files.pdf())


def test_a_page_of_the_web_called_a_pdf_is_refused() -> None:
    assert "not a real PDF" in refused("a.pdf", b"<!doctype html><script>alert(1)</script>")


def test_a_pdf_that_is_a_page_of_the_web_too_is_refused() -> None:
    assert "hidden" in refused("a.pdf", files.pdf().replace(b"\n", b"\n%<script>alert(1)</script>\n", 1))


def test_a_pdf_that_is_an_archive_too_is_refused() -> None:
    assert "hidden" in refused("a.pdf", files.pdf() + files.packed({"evil.txt": "evil"}))


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_half_a_pdf_is_refused(keep: float) -> None:
    content = files.pdf()
    assert "damaged" in refused("a.pdf", content[: int(len(content) * keep)])


@pytest.mark.parametrize("lost", [0, 200])
def test_a_pdf_of_which_little_is_where_it_says_is_refused(lost: int) -> None:
    """Each place leads to an object, but to another one than it says."""
    content = files.pdf(pages=250)
    place = re.search(rb"(\d{10}) 00000 n", content)
    assert place
    changed = re.sub(rb"\d{10} 00000 n", place[0], content, count=lost) if lost else content
    assert ("damaged" in refused("a.pdf", changed)) if lost else read("a.pdf", changed)


def test_what_a_pdf_runs_is_found_where_no_table_leads_to_it() -> None:
    content = files.pdf()
    end = content[content.rindex(b"startxref") :]
    assert read("a.pdf", content + b"9 0 obj\n<</S/Nothing/F(cmd)>>\nendobj\n" + end)
    assert "run a program" in refused("a.pdf", content + b"9 0 obj\n<</S/Launch/F(cmd)>>\nendobj\n" + end)


# Archives of XML

EXTERNAL = files.relation("attachedTemplate", "https://evil.example/t.dotm", away=True)
OFFICE: dict[str, files.Packed] = {"docx": files.docx, "xlsx": files.xlsx, "odt": files.odt}
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize("kind", OFFICE)
@pytest.mark.parametrize(
    "text", [LAUGHS, OUTSIDE, LAUGHS.encode("utf-16"), "<a>", '<?xml version="1.0" encoding="x"?><a/>']
)
def test_xml_that_grows_or_looks_outside_or_is_none_is_refused(kind: str, text: str | bytes) -> None:
    assert "damaged" in refused(f"a.{kind}", OFFICE[kind](**{"custom.xml": text}))


@pytest.mark.parametrize("kind", OFFICE)
@pytest.mark.parametrize(
    "name", ["word/vbaProject.bin", "xl/VBAPROJECT.bin", "activeX/activeX1.bin", "Basic/m.txt", "a.exe"]
)
def test_a_file_with_macros_is_refused(kind: str, name: str) -> None:
    assert "run a program" in refused(f"a.{kind}", OFFICE[kind](**{name: b"x"}))


@pytest.mark.parametrize("kind", OFFICE)
@pytest.mark.parametrize("name", ["../evil.txt", "/etc/passwd", "a/../../b", "a\\b", "c:/a", "CONTENT.XML/../x"])
def test_names_that_lead_out_of_the_archive_are_refused(kind: str, name: str) -> None:
    assert "damaged" in refused(f"a.{kind}", OFFICE[kind](**{name: b"x"}))


@pytest.mark.parametrize("kind", OFFICE)
@pytest.mark.parametrize("inside", [files.packed({"a": "b"}), b"\xd0\xcf\x11\xe0 old"])
def test_a_file_inside_the_file_is_refused(kind: str, inside: bytes) -> None:
    assert "another file" in refused(f"a.{kind}", OFFICE[kind](**{"embedded.bin": inside}))


@pytest.mark.parametrize("kind", OFFICE)
def test_an_archive_that_grows_too_much_is_refused(kind: str) -> None:
    assert "too much" in refused(f"a.{kind}", OFFICE[kind](**{"a.bin": b"\0" * 5_000_000}))
    assert "too much" in refused(f"a.{kind}", OFFICE[kind](**{f"{number}.bin": b"" for number in range(2001)}))


def test_an_archive_that_hides_how_much_it_grows_is_refused() -> None:
    content = files.docx(**{"a.bin": b"\0" * 1_000_000})
    lying = content.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    assert "damaged" in refused("a.docx", lying)


@pytest.mark.parametrize("kind", OFFICE)
def test_an_archive_with_something_before_or_after_it_is_refused(kind: str) -> None:
    content = OFFICE[kind]()
    assert "not what its name says" in refused(f"a.{kind}", b"<html>" + content)
    assert "damaged" in refused(f"a.{kind}", content + b"<html>")
    assert "damaged" in refused(f"a.{kind}", files.packed({"a": "b"}) + content)


@pytest.mark.parametrize("kind", OFFICE)
def test_half_an_archive_is_refused(kind: str) -> None:
    content = OFFICE[kind]()
    assert "damaged" in refused(f"a.{kind}", content[: len(content) // 2])


def test_a_document_that_fetches_its_template_is_refused() -> None:
    assert "another file or website" in refused("a.docx", files.docx(**{"word/_rels/settings.xml.rels": EXTERNAL}))


def test_a_document_may_have_links_for_people() -> None:
    link = files.relation("hyperlink", "https://example.org", away=True)
    assert read("a.docx", files.docx(**{"word/_rels/document.xml.rels": link}))
    assert read("a.odt", files.odt('<text:a xlink:href="https://example.org">us</text:a>'))


@pytest.mark.parametrize("kind", OFFICE)
def test_an_empty_part_that_office_programs_leave_is_no_damage(kind: str) -> None:
    assert read(f"a.{kind}", OFFICE[kind](**{"Configurations2/accelerator/current.xml": ""}))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("docx", "word/document.xml"),
        ("docx", "[Content_Types].xml"),
        ("xlsx", "xl/workbook.xml"),
        ("odt", "content.xml"),
    ],
)
def test_a_part_that_must_not_be_empty_is_missed(kind: str, part: str) -> None:
    refused(f"a.{kind}", OFFICE[kind](**{part: ""}))


def test_a_text_that_fetches_something_is_refused() -> None:
    assert "another file or website" in refused("a.odt", files.odt('<text:s xlink:href="https://evil.example/a.odt"/>'))


def test_a_sheet_that_calls_a_program_is_refused() -> None:
    assert "run a program" in refused("a.xlsx", files.xlsx(**{"xl/links/1.xml": '<ddeLink ddeService="cmd"/>'}))


def test_a_document_that_could_carry_macros_is_refused() -> None:
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    assert "not what its name says" in refused("a.docx", files.docx(**{"[Content_Types].xml": types}))


def test_a_document_with_a_password_or_of_an_old_kind_is_refused() -> None:
    assert "password" in refused("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    locked = "<m:manifest xmlns:m='urn:m'><m:encryption-data/></m:manifest>"
    assert "password" in refused("a.odt", files.odt(**{"META-INF/manifest.xml": locked}))


def test_an_odt_of_another_kind_is_refused() -> None:
    other = "application/vnd.oasis.opendocument.spreadsheet"
    assert "not what its name says" in refused("a.odt", files.odt(mimetype=other))


# The field


def test_the_field_gives_what_is_kept() -> None:
    upload = AttachmentField().clean(SimpleUploadedFile("a.jpg", files.jpg(comment=b"Zahra")))
    assert isinstance(upload, Upload)
    assert b"Zahra" not in upload.content


def test_the_field_says_why_not() -> None:
    for name, content, why in [("a.exe", b"MZ", "kind of file"), ("a.pdf", b"", "empty"), ("a.pdf", b"x", "real PDF")]:
        with pytest.raises(ValidationError, match=why):
            AttachmentField().clean(SimpleUploadedFile(name, content))
    with pytest.raises(ValidationError, match="Choose a file"):
        AttachmentField().clean(None)
    assert AttachmentField(required=False).clean(None) is None


def test_of_a_large_file_no_more_is_read_than_shows_it() -> None:
    file = SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * (2 * MOST_BYTES))
    with pytest.raises(ValidationError, match="5 MB"):
        AttachmentField().clean(file)
    assert file.tell() == MOST_BYTES + 1


def test_every_kind_has_a_reader() -> None:
    assert {kind.value for kind in READERS} == set(files.GOOD) - {"jpeg"}
