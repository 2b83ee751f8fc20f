"""What each paper of ours keeps: it can be read aloud, by anybody's name, and holds nothing that is not on it.

A new paper is one line in PAPERS: what makes it, with these words in the place that is somebody else's to fill.
"""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from appeal.spreading import Poster
from grants import bookkeeping
from receipts import award_letter, pledge, posters, rendering
from receipts.reports import writing
from receipts.reports.freezing import thaw
from receipts.statement import Period, statement_of, to_pdf
from tests.appeal import pledge_build
from tests.grants import build as granting
from tests.receipts import build, paper, reports_build
from tests.receipts.test_annual import stated

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.date(2026, 12, 1)
AWARDED = datetime.date(2026, 3, 1)


def receipt() -> Callable[[str], bytes]:
    """The donor's name is the donor's."""
    made = build.receipt()

    def printed(words: str) -> bytes:
        made.donor_name = words
        return rendering.to_pdf(made)

    return printed


def statement() -> Callable[[str], bytes]:
    """With a grant that is shown by its name, purpose and all."""
    campaign = build.campaign()
    build.given(campaign.bank_fund, 5_000_00)
    group = granting.initiative(name="School")
    shown: dict[str, Any] = {"publication": "full", "consent": "Yes, on paper."}
    tranche = granting.planned(granting.grant(of=campaign, to=group, awarded_on=AWARDED, **shown))
    bookkeeping.promise(tranche, by=granting.person(), on=build.DAY)

    def printed(words: str) -> bytes:
        type(group).objects.filter(pk=group.pk).update(name=words)
        return to_pdf(statement_of(campaign, Period.whole(campaign, TODAY)), "en")

    return printed


def letter() -> Callable[[str], bytes]:
    grant = granting.grant()

    def printed(words: str) -> bytes:
        grant.initiative.name = words
        return award_letter.to_pdf(grant)

    return printed


def annual() -> Callable[[str], bytes]:
    made = stated(10_00, 20_00)

    def printed(words: str) -> bytes:
        made.donor_name = words
        return rendering.to_pdf(made)

    return printed


def report() -> Callable[[str], bytes]:
    """Whoever prepares it says what happened; a group is shown by its name."""
    campaign = build.campaign()
    reports_build.granted(campaign, 900_00, publication="full")
    facts = thaw(bytes(reports_build.prepared(campaign).facts))

    def printed(words: str) -> bytes:
        with translation.override("en"):
            return writing.pdf(replace(facts, text=words))

    return printed


def certificate() -> Callable[[str], bytes]:
    """The name is the signer's."""
    signature = pledge_build.accepted()

    def printed(words: str) -> bytes:
        signature.name = words
        return pledge.certificate(signature)

    return printed


def pledge_text() -> Callable[[str], bytes]:
    text = pledge_build.text()

    def printed(words: str) -> bytes:
        text.closing = words
        pledge.printed.cache_clear()
        return pledge.document(text, "en")

    return printed


def poster() -> Callable[[str], bytes]:
    """The appeal's words are its editor's, and so is the bank's address."""
    campaign = build.campaign(bank_details="Example Trust\nBank 00 11 22")

    def printed(words: str) -> bytes:
        campaign.summary = words
        return posters.to_pdf(Poster.of(campaign), "en")

    return printed


PAPERS = {
    "receipt": receipt,
    "fund statement": statement,
    "award letter": letter,
    "annual statement": annual,
    "transparency report": report,
    "certificate of a signature": certificate,
    "text of the pledge": pledge_text,
    "poster": poster,
}
each_paper = pytest.mark.parametrize("kind", PAPERS)

NAMES = {
    "Arabic": "أحمد بن عبد الله",
    "Persian": "مینا رضایی گچ‌پژ",
    "Pashto": "ګلالۍ ښايسته ځلاند څرګنده",
    "Urdu": "حمیدہ خاتون ٹھٹھہ ڈھے",
    "Hazaragi": "زهرا اکبری",
    "Uyghur": "ئايگۈل ھېيتجان",
    "Hebrew": "שרה כהן",
    "Burmese": "ဒေါ်ခင်ခင်ဝင်း",
    "Karen": "နီၢ်လၢၤဖီ",
    "Thai": "สมชาย ใจดี",
    "Lao": "ສົມສັກ ວົງສາ",
    "Khmer": "សុខ ស្រីមុំ",
    "Hindi": "राजेश कुमार",
    "Tamil": "ராஜேஷ் குமார்",
    "Bengali": "মোহাম্মদ রহিম",
    "Sinhala": "නිමල් පෙරේරා",
    "Nepali": "सीता श्रेष्ठ",
    "Tibetan": "བསྟན་འཛིན",
    "Japanese": "佐藤 恵 さくら ジョン",
    "Korean": "김민서",
    "Chinese, simplified": "王小明 刘爱华",
    "Chinese, traditional": "王小明 劉愛華",
    "Vietnamese": "Nguyễn Thị Hồng Ngọc",
    "Amharic": "አበበ በቀለ",
    "Latin, with marks": "Zoë O’Brien-Łukasz Ğül",
}
HOSTILE = (
    '<img src="http://127.0.0.1:9/x.png">'
    '<a rel="attachment" href="file:///etc/passwd">x</a>'
    "<style>@import url(http://127.0.0.1:9/x.css)</style>"
    "{{ 7|add:7 }} {% now 'Y' %} &lt;b&gt; ]]>"
)


@each_paper
def test_it_can_be_read_aloud_under_its_own_title_and_in_its_language(kind: str) -> None:
    pdf = PAPERS[kind]()("Leila Noori")
    assert paper.is_tagged(pdf)
    assert paper.language(pdf) == "en"
    assert paper.title(pdf).strip()
    said = [str(element["/S"]) for element in paper.elements(pdf)]
    assert {"/Document", "/H1", "/P", "/Table", "/TR", "/TH", "/TD"} <= set(said)
    assert said.count("/H1") == 1


@each_paper
def test_each_cell_of_a_table_names_the_headers_that_it_stands_under(kind: str) -> None:
    cells = paper.headers(PAPERS[kind]()("Leila Noori"))
    assert cells
    assert all(cells)


@each_paper
def test_every_picture_says_what_it_shows(kind: str) -> None:
    pictures = [each for each in paper.elements(PAPERS[kind]()("Leila Noori")) if each["/S"] == "/Figure"]
    assert all(str(each.get("/Alt", "")).strip() for each in pictures)


@each_paper
def test_the_same_words_are_the_same_bytes(kind: str) -> None:
    printed = PAPERS[kind]()
    with translation.override("en"):
        first = printed("Leila Noori")
        to_pdf.cache_clear()
        posters.to_pdf.cache_clear()
        assert printed("Leila Noori") == first
        assert printed("Layla Noori") != first


@each_paper
def test_a_name_of_any_of_the_scripts_that_people_here_write_has_no_hole(kind: str) -> None:
    printed = PAPERS[kind]()
    for name in NAMES.values():
        assert printed(name).startswith(b"%PDF")  # a character without a glyph is an error, and names itself


@each_paper
def test_words_of_others_stay_words_fetch_nothing_and_attach_nothing(kind: str) -> None:
    printed = PAPERS[kind]()
    plain, hostile = printed("Leila Noori"), printed(HOSTILE)
    assert flat(HOSTILE) in flat(paper.text(hostile))
    assert paper.attached(hostile) == paper.attached(plain)
    assert [found for found in paper.attached(plain) if not found.startswith("http")] == []


def flat(text: str) -> str:
    return "".join(text.split())
