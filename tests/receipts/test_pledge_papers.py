"""The pledge as paper: its text for everyone, and a certificate for who signed, as long as that counts."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from receipts import pledge
from tests.appeal import pledge_build as build
from tests.receipts import paper

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_published_text_is_there_as_paper_in_its_own_language() -> None:
    first = build.text()
    build.text(language="fa", title="پیمان", points="\n".join("یک" for _ in first.list_of_points))
    build.draft(version=2)
    for language in ("en", "fa"):
        answer = Client().get(f"/pledge/1/{language}.pdf")
        assert answer["Content-Type"] == "application/pdf"
    assert Client().get("/pledge/2/en.pdf").status_code == 404
    assert first.list_of_points[0].split()[0] in paper.text(pledge.document(first, "en"))


def test_a_certificate_names_its_signer_and_version_and_no_address() -> None:
    signature = build.accepted(
        name="Harbour Foundation", kind="funder", contact="J. Park, director", email="grants@example.org"
    )
    answer = Client().get(build.own(signature) + "certificate.pdf")
    assert "no-store" in answer["Cache-Control"]
    said = " ".join(paper.text(answer.content).split())
    for word in ("Harbour Foundation", "Refugee Participation Pledge", "Funder", "Thailand", "1 · English"):
        assert word in said, word
    for secret in ("grants@", "example.org", "J. Park", "children"):
        assert secret not in said, secret
        assert secret.encode() not in answer.content


def test_who_signed_without_a_name_has_a_certificate_too() -> None:
    assert "not named" in paper.text(pledge.certificate(build.accepted(name="")))


def test_a_certificate_speaks_the_language_of_its_signer_as_far_as_we_do(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]
    signature = build.accepted()
    signature.language = "fa"
    assert paper.language(pledge.certificate(signature)) == "fa"
    signature.language = "my"
    assert paper.language(pledge.certificate(signature)) == "en"


def test_there_is_no_certificate_of_what_does_not_count() -> None:
    signatures = [build.confirmed(), build.accepted(), build.accepted()]
    signatures[1].refuse("No.", by=build.person())
    signatures[2].withdraw(timezone.localdate())
    for signature in signatures:
        assert Client().get(build.own(signature) + "certificate.pdf").status_code == 404
    asked = build.asked()
    assert Client().get(build.own(asked) + "certificate.pdf").status_code == 404
