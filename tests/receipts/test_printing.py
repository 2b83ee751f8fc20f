"""Paper is made of our own words and files: nothing is fetched, nothing is missing, nothing differs the next time."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from appeal.languages import direction
from receipts import printing
from tests.receipts import paper

STYLE = "receipts/receipt.css"
PAGE = '<!doctype html><html lang="en"><head><title>A page</title>{head}</head><body>{body}</body></html>'
RENDER = """
import django, hashlib, sys
django.setup()
from receipts import printing
print(hashlib.sha256(printing.to_pdf(sys.stdin.read(), "receipts/receipt.css")).hexdigest())
"""


def page(body: str = "<p>Words</p>", head: str = "") -> str:
    return PAGE.format(head=head, body=body)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths that anyone asked it for."""
    paths = list[str]()

    class Remember(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Remember)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


FORBIDDEN = ("file:///etc/passwd", "data:text/css,p%7B%7D", "ftp://127.0.0.1/x", "/etc/passwd", "static:../settings.py")
PAGES = [
    page('<img alt="x" src="ADDRESS">'),
    page('<object data="ADDRESS"></object>'),
    page('<p style="background: url(ADDRESS)">x</p>'),
    page('<p><a rel="attachment" href="ADDRESS">x</a></p>'),
    page('<svg width="9" height="9"><title>x</title><image href="ADDRESS" width="9" height="9"/></svg>'),
    page(head='<link rel="stylesheet" href="ADDRESS">'),
    page(head='<link rel="attachment" href="ADDRESS">'),
    page(head='<style>@import url("ADDRESS");</style>'),
    page(head='<style>@font-face { font-family: x; src: url("ADDRESS") } p { font-family: x }</style>'),
]


@pytest.mark.parametrize("html", PAGES)
@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_page_fetches_a_file_or_anything_else(html: str, address: str) -> None:
    with pytest.raises(printing.Unprintable):
        printing.to_pdf(html.replace("ADDRESS", address), STYLE)


@pytest.mark.parametrize("html", PAGES)
def test_no_page_touches_the_network(html: str, asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    with pytest.raises(printing.Unprintable):
        printing.to_pdf(html.replace("ADDRESS", f"{address}/secret"), STYLE)
    assert paths == []


def test_a_picture_that_is_missing_is_missed_each_time() -> None:
    for _turn in range(2):
        with pytest.raises(printing.Unprintable, match="none of our static files"):
            printing.to_pdf(page('<img alt="x" src="static:appeal/moon.svg">'), STYLE)


def test_our_own_pictures_are_drawn() -> None:
    pdf = printing.to_pdf(page('<img alt="The sun" src="static:appeal/mark.svg">'), STYLE)
    assert len(paper.read(pdf).pages) == 1


def test_a_character_that_no_font_has_is_an_error_that_names_it() -> None:
    with pytest.raises(printing.MissingGlyph, match=r"“\U00012fff” \(U\+12FFF") as refusal:
        printing.to_pdf(page("<p>Mina \U00012fff Rezaei</p>"), STYLE)
    assert refusal.value.character == "\U00012fff"


def test_it_is_an_error_at_any_level_of_logging(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="weasyprint")
    with pytest.raises(printing.MissingGlyph):
        printing.to_pdf(page("<p>\U00012fff</p>"), STYLE)


def test_one_thread_is_not_blamed_for_the_words_of_another() -> None:
    outcomes: dict[str, list[bool]] = {"plain": [], "broken": []}

    def print_often(name: str, words: str) -> None:
        for _turn in range(5):
            try:
                printing.to_pdf(page(f"<p>{words}</p>"), STYLE)
            except printing.MissingGlyph:
                outcomes[name].append(False)
            else:
                outcomes[name].append(True)

    threads = [
        threading.Thread(target=print_often, args=each) for each in (("plain", "Mina"), ("broken", "\U00012fff"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"plain": [True] * 5, "broken": [False] * 5}


def sum_in_a_new_process(html: str, seed: str) -> str:
    surroundings = os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-W", "ignore", "-c", RENDER]
    return subprocess.run(command, input=html, env=surroundings, capture_output=True, text=True, check=True).stdout


def test_the_same_words_give_the_same_bytes_in_any_process() -> None:
    html = page(
        "<table><tr><th>Mina</th><td>مینا رضایی ဒေါ်ခင် 佐藤</td></tr></table><p><a href='https://a.example'>x</a></p>"
    )
    assert sum_in_a_new_process(html, "1") == sum_in_a_new_process(html, "2")


@pytest.mark.parametrize(
    ("words", "side"),
    [("Mina", "ltr"), ("مینا (Mina)", "rtl"), ("(۱) Mina", "ltr"), ("שרה", "rtl"), ("", "ltr"), ("123", "ltr")],
)
def test_text_runs_as_its_first_letter_does(words: str, side: str) -> None:
    assert direction(words) == side


def test_pieces_become_one_tagged_paper_whose_pages_are_numbered_on() -> None:
    def piece(number: int) -> str:
        start = f"<style>@page :first {{ counter-reset: page {number} }}</style>"
        return page(f"<h1 id=h{number}>From {number}</h1><p style='break-before: page'>More</p>", start)

    pdf = printing.joined([piece, piece, lambda number: page(f"<p>Last, {number}</p>")], "receipts/report.css")
    words = [sheet.extract_text().split() for sheet in paper.read(pdf).pages]
    assert [sheet[-1] for sheet in words[:4]] == ["1", "2", "3", "4"]
    assert [sheet[:2] for sheet in words[::2]] == [["From", "1"], ["From", "3"], ["Last,", "5"]]
    assert paper.is_tagged(pdf)


def test_nothing_is_no_paper() -> None:
    with pytest.raises(printing.Unprintable):
        printing.joined([], STYLE)
