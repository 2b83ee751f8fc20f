"""The receipt on paper: whole, readable by eye, by machine and by ear, made once, and the same for ever."""

import hashlib
from functools import partial

import pytest
from django.conf import settings
from django.db import IntegrityError

from ledger.money import Money
from receipts import issuing, rendering
from receipts.models import Donor, Receipt, ReceiptDocument
from tests.receipts import build, paper

pytestmark = pytest.mark.django_db(transaction=True)


def pdf_of(receipt: Receipt) -> bytes:
    return bytes(receipt.document.pdf)


def test_the_page_says_who_gave_what_when_and_to_whom() -> None:
    words = paper.text(pdf_of(build.rendered()))
    for said in (
        "RR-2026-000001",
        "$150.00",
        "USD",
        "Leila Noori",
        "leila@example.org",
        "14 May 2026",
        "Shelter after the flood",
    ):
        assert said in words
    for said in (
        "Asia Pacific Network of Refugees Ltd",
        "ABN 12 345 678 901",
        "A. Noori, treasurer",
        "Nothing was given to you",
    ):
        assert said in words


def test_it_is_one_tagged_a4_page_with_a_title_and_a_language() -> None:
    content = pdf_of(build.rendered())
    pdf = paper.read(content)
    assert len(pdf.pages) == 1
    assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]
    assert paper.language(content) == "en"
    assert paper.is_tagged(content)
    assert pdf.xmp_metadata is not None
    assert "pdfuaid" in pdf.xmp_metadata.rdf_root.toxml()
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Receipt RR-2026-000001"
    assert pdf.metadata.author == "Asia Pacific Network of Refugees Ltd"


def test_the_code_on_the_page_leads_to_the_page_that_checks_it() -> None:
    receipt = build.rendered()
    assert paper.codes(pdf_of(receipt)) == [f"{settings.PUBLIC_URL}/verify/{receipt.code}/"]


NAMES = (
    "مینا رضایی",
    "مینا (Mina) رضایی",
    "حمیدہ خاتون",
    "ဒေါ်ခင်ခင်ဝင်း",
    "佐藤 恵",
    "王小明",
    "김민서",
    "สมชาย ใจดี",
    "Nguyễn Thị Hồng",
    "राजेश कुमार",
    "ராஜேஷ்",
    "মোহাম্মদ রহিম",
    "Zoë O’Brien-Łukasz",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_printed(name: str) -> None:
    receipt = build.rendered(name=name)
    assert len(paper.read(pdf_of(receipt)).pages) == 1


@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        (Money(10_000, "JPY"), "¥10,000"),
        (Money(1_234_567, "KWD"), "1,234.567"),
        (Money(999_999_99, "AFN"), "999,999.99"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: Money, printed: str) -> None:
    words = paper.text(pdf_of(build.rendered(amount=amount)))
    assert printed in words
    assert amount.currency in words


def test_the_longest_names_still_fit_on_one_page() -> None:
    long = {"name": "Maximiliana-Wilhelmina " * 4, "email": f"{'x' * 60}@{'subdomain.' * 12}example.org"}
    appeal = build.campaign(title="Emergency shelter, water and schooling " * 3)
    receipt = build.rendered(to=appeal, amount=Money(99_999_999, "USD"), **long)
    assert len(paper.read(pdf_of(receipt)).pages) == 1


def test_a_donor_without_a_name_is_their_address_and_never_a_blank() -> None:
    words = " ".join(paper.text(pdf_of(build.rendered(name=""))).split())
    assert "Received from leila@example.org Given on" in words


def test_words_of_a_donor_are_words_and_never_markup() -> None:
    receipt = build.rendered(name='<img src="file:///etc/passwd"> & <b>Mina</b>')
    assert '<img src="file:///etc/passwd"> & <b>Mina</b>' in " ".join(paper.text(pdf_of(receipt)).split())


def test_a_name_that_cannot_be_printed_holds_up_itself_alone_and_says_why() -> None:
    stuck, fine = build.receipt(name="Mina \U00012fff"), build.receipt()
    assert rendering.render(build.later()) == 2
    assert list(ReceiptDocument.objects.values_list("receipt", flat=True)) == [fine.pk]
    stuck = Receipt.objects.stuck().get()
    assert "U+12FFF" in stuck.problem
    assert rendering.render(build.later()) == 0
    assert rendering.render(build.later(minutes=2)) == 1
    assert Receipt.objects.stuck().get().tries == 2


def test_a_receipt_is_rendered_once_however_many_try() -> None:
    receipts = [build.receipt() for _turn in range(4)]
    rendered = build.at_once([partial(rendering.render, build.later())] * 4)
    assert sum(map(int, map(str, rendered))) == 4
    assert ReceiptDocument.objects.count() == len(receipts)


def test_a_void_receipt_is_not_rendered() -> None:
    build.receipt().void(by=build.person(), reason="x", now=build.NOW)
    assert rendering.render(build.later()) == 0


def test_the_stored_sum_is_that_of_the_stored_bytes() -> None:
    document = build.rendered().document
    assert document.sha256 == hashlib.sha256(bytes(document.pdf)).hexdigest()


def test_rendering_anew_gives_the_stored_bytes() -> None:
    receipt = build.rendered()
    assert rendering.to_pdf(receipt) == pdf_of(receipt)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipts_receiptdocument SET pdf = 'x'",
        "DELETE FROM receipts_receiptdocument",
        "TRUNCATE receipts_receiptdocument",
    ],
)
def test_stored_bytes_cannot_be_changed_whoever_asks(statement: str) -> None:
    build.rendered()
    with pytest.raises(IntegrityError, match="receipts_receiptdocument is refused"):
        build.sql(statement)


def test_a_replacement_says_on_its_page_what_it_replaces() -> None:
    wrong = build.receipt()
    right = issuing.replace(
        wrong, by=build.person(), reason="Misspelt", donor=Donor("Layla", "leila@example.org"), now=build.NOW
    )
    assert "receipt RR-2026-000001, which is void" in paper.text(rendering.to_pdf(Receipt.objects.get(pk=right.pk)))
