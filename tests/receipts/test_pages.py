"""What a donor finds under the address that was mailed, and what anyone finds under the code on the paper."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from receipts import issuing, rendering
from receipts.models import Donor, Receipt
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def pdf_url(receipt: Receipt) -> str:
    return reverse("receipts:pdf", args=[receipt.key])


def verify_url(receipt: Receipt) -> str:
    return reverse("receipts:verify", args=[receipt.code])


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_the_page_says_what_the_paper_says(client: Client) -> None:
    receipt = build.rendered(name="<b>مینا</b>")
    page = text_of(client, receipt.get_absolute_url())
    for said in (
        "RR-2026-000001",
        "$150.00",
        "14 May 2026",
        "leila@example.org",
        "Nothing was given to you",
        pdf_url(receipt),
    ):
        assert said in page
    assert "&lt;b&gt;مینا&lt;/b&gt;" in page
    assert "This receipt is valid." in page


def test_the_pdf_is_the_same_bytes_each_time(client: Client) -> None:
    receipt = build.rendered()
    first, second = client.get(pdf_url(receipt)), client.get(pdf_url(receipt))
    assert first.content == second.content == bytes(receipt.document.pdf)
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["Content-Disposition"] == 'inline; filename="RR-2026-000001.pdf"'
    assert first.headers["ETag"] == f'"{receipt.document.sha256}"'
    assert set(first.headers["Cache-Control"].split(", ")) == {"private", "no-store"}
    assert first.headers["X-Robots-Tag"] == "noindex"


def test_who_has_the_pdf_already_is_told_so(client: Client) -> None:
    receipt = build.rendered()
    held = client.get(pdf_url(receipt), headers={"If-None-Match": f'"{receipt.document.sha256}"'})
    assert (held.status_code, held.content) == (304, b"")


def test_a_pdf_that_is_being_made_is_waited_for_without_javascript(client: Client) -> None:
    receipt = build.receipt()
    page = text_of(client, pdf_url(receipt), 202)
    assert "is being prepared" in page
    assert '<meta http-equiv="refresh" content="5">' in page
    rendering.render(build.later())
    assert client.get(pdf_url(receipt)).status_code == 200


def test_a_void_receipt_that_was_never_made_is_not_waited_for(client: Client) -> None:
    receipt = build.receipt()
    receipt.void(by=build.person(), reason="x", now=build.NOW)
    assert "http-equiv" not in text_of(client, pdf_url(receipt), 202)


@pytest.mark.parametrize("name", ["receipts:receipt", "receipts:pdf", "receipts:verify"])
def test_a_wrong_key_or_code_opens_nothing(client: Client, name: str) -> None:
    receipt = build.rendered()
    for wrong in (receipt.gift.reference, receipt.number, "0" * 26):
        assert client.get(reverse(name, args=[wrong])).status_code == 404
    assert client.get(reverse("receipts:receipt", args=[receipt.code])).status_code == 404
    assert client.get(reverse("receipts:verify", args=[receipt.key])).status_code == 404


def test_an_unknown_code_is_explained_in_words(client: Client) -> None:
    page = text_of(client, "/verify/0000000000000000/", 404)
    assert "We have issued no receipt with this code" in page


def test_anyone_can_check_a_receipt_by_its_code(client: Client) -> None:
    receipt = build.rendered()
    page = text_of(client, verify_url(receipt).upper().replace("VERIFY", "verify"))
    for said in ("This receipt is valid.", "RR-2026-000001", "$150.00", "14 May 2026"):
        assert said in page


def test_checking_never_tells_a_name_whatever_became_of_the_receipt(client: Client) -> None:
    first, by = build.rendered(email="secret@example.org"), build.person("staff-name")
    pages = [text_of(client, verify_url(first))]
    second = issuing.replace(first, by=by, reason="Misspelt", donor=Donor("Layla", "other@example.org"), now=build.NOW)
    pages += [text_of(client, verify_url(first)), text_of(client, verify_url(second))]
    second.void(by=by, reason="Misspelt again", now=build.NOW)
    pages += [text_of(client, verify_url(first)), text_of(client, verify_url(second))]
    secrets = ("Leila", "Noori", "Layla", "example.org", "staff-name", "Misspelt", first.key, second.key)
    assert [secret for page in pages for secret in secrets if secret in page] == []
    assert second.code not in pages[1]


def test_a_void_receipt_says_so_everywhere(client: Client) -> None:
    receipt = build.rendered()
    receipt.void(by=build.person(), reason="The money went back", now=build.NOW + timedelta(days=1))
    for address in (verify_url(receipt), receipt.get_absolute_url()):
        page = text_of(client, address)
        assert "This receipt is void since 15 May 2026." in page
        assert "is valid" not in page.replace("check that the receipt is valid", "")
    assert client.get(pdf_url(receipt)).content == bytes(receipt.document.pdf)


def test_a_replaced_receipt_names_the_number_of_the_new_one(client: Client) -> None:
    receipt = build.rendered()
    issuing.replace(receipt, by=build.person(), reason="x", donor=Donor("", "a@example.org"), now=build.NOW)
    for address in (verify_url(receipt), receipt.get_absolute_url()):
        assert "Receipt RR-2026-000002 stands in its place." in text_of(client, address)


def test_no_page_of_a_receipt_is_kept_by_anybody(client: Client) -> None:
    receipt = build.rendered()
    for address in (verify_url(receipt), receipt.get_absolute_url()):
        assert "no-store" in client.get(address).headers["Cache-Control"]


def test_pages_are_read_only(client: Client) -> None:
    receipt = build.rendered()
    for address in (verify_url(receipt), receipt.get_absolute_url(), pdf_url(receipt)):
        assert client.post(address).status_code == 405
