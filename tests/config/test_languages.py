"""Languages: a catalogue is whole or is not offered, says what the code says, and nothing public is left out of it."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
import pytest
from babel import Locale, localedata
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf.locale import LANG_INFO
from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.translation import to_locale
from pytest_django import Settings

from config import catalogues
from tests.receipts import reports_build
from tests.world import crawl, doors, published

CATALOGUES = catalogues.written()
DJANGOS = "appeal/words_of_django.py"
HELD = re.compile(r"%\(\w+\)[sd]|%%|</?\w[^>]*>")
"""Placeholders and tags: the same in every language."""
IN_ENGLISH = ("/api/",)
"""For those who write programs, as the API itself is."""
EMPTY = {"meta", "link", "img", "input", "br", "hr", "source", "col", "wbr"}
UNREAD = {"style", "script", "code", "pre", "textarea"}
PSEUDO, PSEUDO_RTL = "eo", "ug"
NAMES = """RefugeesRise Refugees Rise APNOR Stripe PDF CSV JSON XML SVG PNG IATI Giving Creative Commons Gift Aid
           verify python API Atom Python Merkle RFC HMRC ABN beancount"""


@cache
def of_the_code() -> Catalog:
    return catalogues.gather()


def forms(message: Any, which: str) -> list[str]:
    said = getattr(message, which)
    return list(said) if isinstance(said, tuple) else [said]


def words(catalogue: Catalog) -> set[tuple[Any, Any]]:
    return {(message.id, message.context) for message in catalogue if message.id}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_what_the_public_can_meet_and_all_of_it_is_translated(language: str) -> None:
    catalogue = catalogues.read(CATALOGUES[language])
    lacking = words(of_the_code()) - words(catalogue)
    assert not lacking, "run `make languages`, and translate what is new"
    assert not words(catalogue) - words(of_the_code()), "run `make languages`: nobody says this any more"
    assert [message.id for message in catalogues.missing(catalogue)] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_placeholders_and_tags_are_those_of_the_english(language: str) -> None:
    for message in catalogues.read(CATALOGUES[language]):
        english = [sorted(HELD.findall(form)) for form in forms(message, "id")]
        for form in forms(message, "string") if message.id else ():
            held = sorted(HELD.findall(form))
            assert held in english or (len(english) > 1 and {*held} < {*english[1]}), form
            assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", form), "text needs no marks of direction"


@pytest.mark.parametrize("language", CATALOGUES)
def test_gettext_itself_finds_no_fault_in_a_catalogue(language: str, tmp_path: Path) -> None:
    program = shutil.which("msgfmt")
    assert program, "install gettext"
    checked = subprocess.run(
        [program, "--check", "-o", tmp_path / "out.mo", CATALOGUES[language]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("language", CATALOGUES)
def test_whoever_opens_a_catalogue_reads_that_a_machine_made_it_until_a_speaker_has_read_it(language: str) -> None:
    header = catalogues.read(CATALOGUES[language]).header_comment
    assert "Machine-made, to be read by a speaker." in header or "Read by" in header


def test_what_django_says_is_named_as_django_says_it() -> None:
    source = Path(django.__file__).parent / "conf" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    with source.open("rb") as lines:
        known = {message.id for message in read_po(lines)}
    named = {message.id for message in of_the_code() if {file for file, _ in message.locations} == {DJANGOS}}
    assert len(named) > 25
    assert named <= known


def catalogue_at(place: Path, language: str, string: str) -> Path:
    catalogue = Catalog(locale=language)
    catalogue.add("Give", string)
    file = place / language / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as lines:
        write_po(lines, catalogue)
    return file


def test_a_language_is_offered_once_nothing_is_missing_and_no_longer_when_something_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    catalogue_at(tmp_path, "th", "")
    malay = catalogue_at(tmp_path, "ms", "Beri")
    catalogues.compile_whole()
    assert catalogues.offered() == ["en", "ms"]
    shutil.rmtree(malay.parent.parent)
    later = tmp_path / "th" / "LC_MESSAGES" / "django.po"
    later.write_text(later.read_text().replace('"Give"\nmsgstr ""', '"Give"\nmsgstr "ให้"'))
    catalogues.compile_whole()
    assert catalogues.offered() == ["en", "th"]


def test_who_reads_dari_is_offered_the_persian_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    catalogue_at(tmp_path, "fa", "کمک کنید")
    catalogues.compile_whole()
    assert catalogues.offered() == ["en", "fa", "prs"]


# --- choosing


@pytest.fixture
def two(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]


@pytest.mark.usefixtures("two")
@pytest.mark.django_db
def test_who_chooses_a_language_comes_back_to_where_they_were_and_reads_it_from_then_on(client: Client) -> None:
    page = client.get("/language/", headers={"Referer": "http://testserver/pledge/"}).content.decode()
    assert 'value="/pledge/"' in page
    assert re.search(r'<button [^>]*name="language"\s+value="fa"\s+lang="fa"\s+dir="rtl">فارسی</button>', page)
    assert client.cookies == {}
    answer = client.post("/language/", {"language": "fa", "next": "/pledge/"})
    assert answer.url == "/pledge/"  # type: ignore[attr-defined]
    assert '<html lang="fa" dir="rtl">' in client.get("/").content.decode()
    kept = client.cookies["django_language"]
    assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", 365 * 24 * 60 * 60)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("elsewhere", ["https://evil.example/pledge/", "//evil.example", "nonsense"])
@pytest.mark.django_db
def test_nobody_is_led_to_another_site(client: Client, elsewhere: str) -> None:
    assert 'value="/"' in client.get("/language/", headers={"Referer": elsewhere}).content.decode()
    answer = client.post("/language/", {"language": "fa", "next": elsewhere}, headers={"Referer": elsewhere})
    assert "evil" not in answer.url  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_where_there_is_one_language_nobody_is_asked(client: Client) -> None:
    assert reverse("appeal:language") not in client.get("/").content.decode()


@pytest.mark.usefixtures("two")
@pytest.mark.django_db
def test_staff_pages_are_in_english_whatever_the_browser_asks_for(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": "fa"}).content.decode()
    assert '<html lang="en" dir="ltr">' in page


# --- a language that nobody speaks: what is not in it, was not marked to be translated

LETTERS = str.maketrans("aeiounycsAEIOUNYCS", "àéîöûñýçšÀÉÎÖÛÑÝÇŠ")


def disguised(text: str) -> str:
    """The same, in letters that are read as well, a third longer, and between brackets; what is held stays."""
    parts = HELD.split(text)
    kept = [*HELD.findall(text), ""]
    said = "".join(part.translate(LETTERS) + held for part, held in zip(parts, kept, strict=True))
    return f"⟦{said}{'~' * (len(text) // 3)}⟧"


@pytest.fixture
def in_disguise(tmp_path: Path, settings: Settings) -> Callable[[str], Client]:
    def speak(language: str) -> Client:
        catalogue = Catalog(locale=language)
        for message in of_the_code():
            if message.id:
                said = [disguised(form) for form in forms(message, "id")]
                many = (said * catalogue.num_plurals)[-catalogue.num_plurals :]
                catalogue.add(message.id, tuple(many) if message.pluralizable else said[0], context=message.context)
        file = tmp_path / to_locale(language) / "LC_MESSAGES" / "django.mo"
        file.parent.mkdir(parents=True)
        with file.open("wb") as compiled:
            write_mo(compiled, catalogue)
        settings.LOCALE_PATHS = [tmp_path]
        settings.LANGUAGES = [("en", "English"), (language, "Disguise")]
        return Client(headers={"Accept-Language": language})

    return speak


class Shown(HTMLParser):
    """What a page says in its own language, to eyes and to screen readers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said = ""
        self.inside: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag not in EMPTY:
            self.inside.append((tag, tag in UNREAD or (tag != "html" and "lang" in words)))
        for name in ("alt", "aria-label", "placeholder", "title"):
            self.said += f" {words.get(name) or ''} "

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(apart for _tag, apart in self.inside):
            self.said += f" {data} "


def told_by_people() -> Iterator[str]:
    """Every text in the database: names, titles, stories. They are in the language of who wrote them."""
    for model in apps.get_models():
        fields = [
            each.attname
            for each in model._meta.concrete_fields
            if isinstance(each, models.CharField | models.TextField)
        ]
        for row in model._default_manager.values_list(*fields) if fields else ():
            for value in row:
                if isinstance(value, str):
                    yield from (" ".join(line.split()) for line in value.splitlines() if len(line.strip()) > 2)


def untold(page: str, known: list[str]) -> list[str]:
    """The words of a page that are neither of a catalogue nor of somebody."""
    rest, before = " ".join(Shown(page).said.split()), ""
    while rest != before:
        before, rest = rest, re.sub(r"⟦[^⟦⟧]*⟧", " ", rest)
    for each in known:
        rest = rest.replace(each, " ")
    rest = re.sub(r"\S*[@/.:_=]\S*|\b[A-Z]{3}\b|\b[0-9a-f-]{8,}\b", " ", rest)
    return [word for word in re.findall(r"[^\W\d_]{3,}", rest) if word not in NAMES.split()]


@pytest.mark.django_db(transaction=True)
def test_everything_that_the_public_reads_is_marked_to_be_translated(in_disguise: Callable[[str], Client]) -> None:
    published()
    for language in (PSEUDO, PSEUDO_RTL):
        client = in_disguise(language)
        known = sorted({*told_by_people(), *known_to_babel(language)}, key=len, reverse=True)
        pages = {
            address: untold(answer.content.decode(), known)
            for address, answer in crawl(client, ["/", *doors()], files=False)
            if is_page(answer) and not address.startswith(IN_ENGLISH) and of_the_visitor(answer, language)
        }
        assert {address: words for address, words in pages.items() if words} == {}
        assert len(pages) > 40


def of_the_visitor(answer: HttpResponse, language: str) -> bool:
    """What is promised to a group is in the language that it chose, whoever looks at it."""
    return f'<html lang="{language}"' in answer.content.decode()


def is_page(answer: HttpResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


def known_to_babel(code: str) -> Iterator[str]:
    """Names of places, languages and currencies; Babel leaves some languages at their codes."""
    yield from ("prs", "rhg", reports_build.TEXT)
    for locale in {code, "en"} & {*localedata.locale_identifiers()}:
        yield from (name for name in Locale.parse(locale).territories.values() if len(name) > 2)
        yield from (*Locale.parse(locale).languages.values(), *Locale.parse(locale).currencies.values())
    yield from (about["name_local"] for about in LANG_INFO.values() if "name_local" in about)
