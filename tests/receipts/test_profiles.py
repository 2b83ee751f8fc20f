"""A profile is configured: its scheme, its words by language, its numbers, its currency; and each paper keeps them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client

from ledger.money import Money
from receipts import beginning, issuing, rendering
from receipts.models import Advantage, Donor, IssuerProfile, IssuerText, Kind, Receipt, RequiredField, TextKind
from receipts.schemes import SCHEMES
from tests.receipts import build, paper
from tests.receipts.test_admin import FORM, no_second_factor, signed_in

__all__ = ["no_second_factor"]
pytestmark = pytest.mark.django_db(transaction=True)


def begun(code: str, **fields: Any) -> IssuerProfile:
    """A draft as the form of a new profile would leave it."""
    profile = build.prepared(**beginning.form_of(code) | {"place_of_issue": "Toronto"} | fields)
    beginning.fill(profile)
    return profile


def approved(code: str, **fields: Any) -> IssuerProfile:
    profile = begun(code, **fields)
    profile.approve(by=build.person())
    return profile


def issued(currency: str = "USD", **fields: Any) -> Receipt:
    gift = build.gift(Money(150_00, currency), **fields)
    issuing.issue(build.NOW)
    return Receipt.objects.get(donation=gift)


def words(receipt: Receipt) -> str:
    return " ".join(paper.text(rendering.to_pdf(receipt)).split())


@pytest.mark.parametrize("code", SCHEMES)
def test_a_receipt_of_every_scheme_is_one_tagged_page_without_a_brace(code: str) -> None:
    profile = approved(code)
    for rule in profile.required.all():
        assert rule.field in {"name", "address", "tax_id"}
    build.told("leila@example.org", address="1 Elm Street", tax_id="X-1")
    receipt = issued(SCHEMES[code].currency or "USD")
    content = rendering.to_pdf(receipt)
    assert len(paper.read(content).pages) == 1
    assert paper.is_tagged(content)
    assert not set("{}") & set(paper.text(content))


def test_the_words_say_what_was_given_and_the_receipt_keeps_which_words() -> None:
    approved("nz")
    receipt = issued("NZD")
    assert "This receipt is for a donation of NZ$150.00 NZD by Leila Noori" in words(receipt)
    assert receipt.text is None


def test_a_donor_reads_the_words_of_their_own_language_where_there_are_some() -> None:
    approved("jp")
    build.told("leila@example.org", address="1 Elm Street")
    receipt = issued("JPY", language="en")
    assert receipt.text
    assert (receipt.text.language, receipt.text.version) == ("en", "jp-2026-11-23")
    assert "Certificate of a donation received" in words(receipt)
    other = issued("JPY", language="fa")
    assert (other.text, other.words_language) == (None, "ja")


def test_words_are_words_and_never_markup() -> None:
    build.issuer(statement="<b>{donor_name}</b>")
    assert "<b>Leila Noori</b>" in words(issued())


def test_a_text_with_an_unknown_name_is_refused_by_form_and_database() -> None:
    text = IssuerText(issuer=build.prepared(), kind="receipt", language="fr", version="1", words="{price}")
    with pytest.raises(ValidationError, match="stands for nothing here"):
        text.full_clean()
    with pytest.raises(IntegrityError, match="text_names_what_it_knows"):
        text.save()


@pytest.mark.parametrize("table", ["issuertext", "requiredfield"])
def test_the_parts_of_an_approved_profile_stay_whoever_asks(table: str) -> None:
    profile = approved("ca")
    for statement in (
        "UPDATE receipts_{} SET issuer_id = issuer_id",
        "DELETE FROM receipts_{}",
        "TRUNCATE receipts_{} CASCADE",
    ):
        with pytest.raises(IntegrityError, match="is refused"):
            build.sql(statement.format(table))
    with pytest.raises(IntegrityError, match="its profile is approved"):
        RequiredField.objects.create(issuer=profile, field="country")


def test_a_receipt_in_the_words_of_another_issuer_is_refused_by_the_database() -> None:
    receipt = build.receipt()
    stranger = begun("nz").texts.get(kind=TextKind.STATEMENT)
    receipt.pk, receipt.number, receipt.key, receipt.code, receipt.text = None, "X", "x", "x", stranger
    with pytest.raises(IntegrityError, match="words of its own issuer and kind"):
        receipt.save()


def test_an_advantage_lowers_the_eligible_amount_and_stands_on_the_receipt() -> None:
    approved("ca")
    build.told("leila@example.org", address="1 Elm Street")
    first = issued("CAD")
    assert "Eligible amount of the gift: CA$150.00 CAD. Advantage received by the donor: nothing." in words(first)
    second = issuing.replace(
        first,
        by=build.person(),
        reason="Dinner",
        donor=first.donor,
        now=build.NOW,
        advantage=Advantage(20_00, "dinner"),
    )
    said = words(Receipt.objects.get(pk=second.pk))
    assert "Eligible amount CA$130.00 CAD" in said
    assert "Dinner (CA$20.00 CAD)" in said
    assert f"This receipt cancels and replaces receipt {first.number}." in said
    assert "1 Elm Street" in said
    assert len(paper.read(rendering.to_pdf(Receipt.objects.get(pk=second.pk))).pages) == 1


def test_a_canadian_receipt_says_all_that_its_agency_asks_for() -> None:
    approved("ca")
    build.told("leila@example.org", address="1 Elm Street")
    said = words(issued("CAD"))
    for part in ("Official receipt for income tax purposes", "RR-2026-000001", "Issued on 14 May 2026 · Toronto"):
        assert part in said
    for part in ("Given on 14 May 2026", "Leila Noori", "1 Elm Street", "CA$150.00", "Given in return Nothing"):
        assert part in said
    for part in (
        "Eligible amount CA$150.00",
        "A. Noori, treasurer",
        "Canada Revenue Agency: canada.ca/charities-giving",
    ):
        assert part in said


def test_an_advantage_worth_the_whole_gift_is_refused_by_the_database_too() -> None:
    receipt = build.receipt()
    with pytest.raises(IntegrityError, match="receipt_advantage"):
        issuing.write(
            receipt.issuer,
            [(build.kept(build.gift()), Donor("", "a@example.org"))],
            build.NOW,
            advantage=Advantage(150_00, "dinner"),
        )


def test_a_refund_keeps_what_was_given_in_return() -> None:
    first = build.receipt()
    dinner = Advantage(20_00, "dinner")
    issuing.replace(first, by=build.person(), reason="x", donor=first.donor, now=build.NOW, advantage=dinner)
    build.refund(first.gift, 10_00)
    assert issuing.correct(build.NOW) == 1
    assert Receipt.objects.valid().get().eligible == Money(120_00, "USD")


def test_a_gift_in_another_currency_is_acknowledged_under_numbers_of_its_own() -> None:
    approved("au_dgr")
    receipt = issued("USD")
    assert (receipt.kind, receipt.number) == (Kind.ACKNOWLEDGEMENT, "RR-ACK-2026-000001")
    said = words(receipt)
    assert "This is not a receipt for tax" in said
    assert "deductible" not in said
    assert issued("AUD").number == "RR-2026-000001"


def test_numbers_follow_the_profiles_pattern() -> None:
    build.issuer(number_pattern="{prefix}.{year}-{number}")
    assert issued().number == "RR.2026-000001"


@pytest.mark.parametrize("pattern", ["{number}", "{prefix}{number}{year}", "{prefix}-{year}-{number}-{x}", "RR-1"])
def test_a_pattern_without_its_parts_is_refused(pattern: str) -> None:
    with pytest.raises(IntegrityError, match="issuer_numbers_have_their_parts"):
        build.prepared(number_pattern=pattern)


def test_a_profile_begins_with_its_schemes_words_and_rules() -> None:
    client, _person = signed_in("add_issuerprofile", "change_issuerprofile", "view_issuerprofile")
    assert "Canada: registered charity" in client.get("/staff/receipts/issuerprofile/add/").content.decode()
    form = client.get("/staff/receipts/issuerprofile/add/?scheme=ca").content.decode()
    assert "Have your adviser approve it." in form
    assert "canada.ca/en/revenue-agency" in form
    assert "Official receipt for income tax purposes" in form
    sent = FORM | {"scheme": "ca", "currency": "CAD", "statement": SCHEMES["ca"].statement}
    assert client.post("/staff/receipts/issuerprofile/add/?scheme=ca", sent).status_code == 302
    profile = IssuerProfile.objects.get()
    assert {rule.field for rule in profile.required.all()} == {"name", "address"}
    assert profile.texts.filter(language="fr", kind=TextKind.RECEIPT).exists()
    page = client.get(f"/staff/receipts/issuerprofile/{profile.pk}/change/").content.decode()
    assert "annule et remplace" in page


def test_whoever_approves_reads_every_text_and_rule() -> None:
    client, _person = signed_in("approve_issuerprofile", "view_issuerprofile")
    page = client.get(f"/staff/receipts/issuerprofile/{begun('ca').pk}/step/approve/").content.decode()
    assert "annule et remplace" in page
    assert "postal address: always" in page


def test_the_page_of_a_receipt_says_the_same_as_the_paper() -> None:
    approved("nz")
    page = Client().get(issued("NZD").get_absolute_url()).content.decode()
    assert "This receipt is for a donation of" in page
    assert "{" not in page.split("<main")[1].split("</main>")[0]
