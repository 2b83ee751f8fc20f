"""An award letter on paper: the same words as on its page, readable aloud, for the initiative alone."""

import pytest
from django.test import Client

from grants import awarding
from grants.models import Grant
from ledger.money import Money
from receipts import award_letter
from tests.grants import build
from tests.receipts import paper

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = "<img src=x> \u202egnp.exe =cmd(1) " + "W" * 150


def offered() -> Grant:
    [application] = build.decided()
    build.gift(application.call.fund, 1_200_00)
    return awarding.offer(application, Money(1_200_00, "USD"), parts=2, by=build.person(), on=build.DAY)


def flat(text: str) -> str:
    return "".join(text.split())


def test_the_letter_says_what_its_page_says_and_how_it_is_paid() -> None:
    grant = offered()
    words = flat(paper.text(award_letter.to_pdf(grant)))
    for line in awarding.terms(grant, "en").splitlines():
        assert flat(line) in words, line
    for said in (grant.initiative.name, "$1,200.00 USD", "Part 2", "$600.00 USD", grant.reference):
        assert flat(said) in words, said


def test_it_names_no_place() -> None:
    grant = offered()
    grant.initiative.place, grant.initiative.email = "Block 7, behind the mill", "zahra@example.org"
    words = paper.text(award_letter.to_pdf(grant))
    assert "Block 7" not in words
    assert "zahra@" not in words


def test_it_can_be_read_aloud_and_names_its_language() -> None:
    pdf = award_letter.to_pdf(offered())
    assert paper.is_tagged(pdf)
    assert paper.language(pdf) == "en"


def test_a_hostile_name_is_a_name_however_long() -> None:
    grant = offered()
    grant.initiative.name = HOSTILE
    pdf = award_letter.to_pdf(grant)
    assert "<img src=x>" in paper.text(pdf)
    assert "W" * 150 in flat(paper.text(pdf))


def test_whoever_has_the_link_gets_it_and_no_cache_keeps_it() -> None:
    grant = offered()
    answer = Client().get(f"/award/{grant.key}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert Client().get(f"/award/{grant.reference}.pdf").status_code == 404
