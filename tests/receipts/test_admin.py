"""Staff's pages: no receipt is edited, and no profile is approved by the person who wrote it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from receipts.models import IssuerProfile, Receipt, State
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def signed_in(*permissions: str) -> tuple[Client, User]:
    person, client = build.person(), Client()
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="receipts"))
    client.force_login(person)
    return client, person


def step(subject: Receipt | IssuerProfile, name: str) -> str:
    return reverse(f"admin:receipts_{subject._meta.model_name}_step", args=[subject.pk, name])


FORM = {
    "scheme": "plain",
    "place_of_issue": "",
    "year_begins": "01-01",
    "currency": "",
    "number_pattern": "{prefix}-{year}-{number}",
    "legal_name": "A network",
    "address": "A street",
    "jurisdiction": "Australia",
    "registration": "None",
    "signatory": "A. Noori",
    "statement": "We have received your gift.",
    "language": "en",
    "time_zone": "Australia/Sydney",
    "prefix": "RR",
    "valid_from": "2026-01-01",
    "valid_until": "",
}


def test_a_profile_is_prepared_by_one_and_approved_by_another() -> None:
    rights = ("add_issuerprofile", "view_issuerprofile", "approve_issuerprofile")
    (one, author), (other, approver) = signed_in(*rights), signed_in(*rights)
    assert one.post(reverse("admin:receipts_issuerprofile_add"), FORM).status_code == 302
    profile = IssuerProfile.objects.get()
    read = {"read_at": profile.prepared_at.isoformat()}
    assert "another person has to approve it" in one.post(step(profile, "approve"), read).content.decode()
    shown = other.get(step(profile, "approve")).content.decode()
    assert "We have received your gift." in shown
    assert other.post(step(profile, "approve"), read).status_code == 302
    profile.refresh_from_db()
    assert (profile.prepared_by, profile.approved_by) == (author, approver)


def test_an_approval_of_words_that_were_changed_meanwhile_is_refused() -> None:
    client, _person = signed_in("approve_issuerprofile")
    profile = build.prepared()
    page = client.post(step(profile, "approve"), {"read_at": build.NOW.isoformat()}).content.decode()
    assert "was changed since you read it" in page
    profile.refresh_from_db()
    assert profile.approved_by is None


def test_an_approved_profile_has_no_form() -> None:
    client, _person = signed_in("change_issuerprofile", "view_issuerprofile", "delete_issuerprofile")
    address = reverse("admin:receipts_issuerprofile_change", args=[build.issuer().pk])
    assert client.get(address).status_code == 200
    assert client.post(address, FORM | {"legal_name": "Another"}).status_code == 403
    assert (
        client.post(reverse("admin:receipts_issuerprofile_delete", args=[IssuerProfile.objects.get().pk])).status_code
        == 403
    )


def test_receipts_are_read_only() -> None:
    client, _person = signed_in("view_receipt", "change_receipt", "add_receipt", "delete_receipt")
    receipt = build.rendered()
    assert receipt.number in client.get(reverse("admin:receipts_receipt_changelist")).content.decode()
    address = reverse("admin:receipts_receipt_change", args=[receipt.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"donor_name": "x"}).status_code == 403
    assert client.get(reverse("admin:receipts_receipt_add")).status_code == 403


def test_voiding_takes_a_reason_and_the_right_to() -> None:
    receipt = build.receipt()
    client, person = signed_in("view_receipt", "void_receipt")
    assert "This field is required." in client.post(step(receipt, "void"), {"reason": " "}).content.decode()
    assert client.post(step(receipt, "void"), {"reason": "The money went back"}).status_code == 302
    receipt.refresh_from_db()
    assert (receipt.state, receipt.voided_by) == (State.VOID, person)
    assert "void already" in client.post(step(receipt, "void"), {"reason": "Again"}).content.decode()
    without, _person = signed_in("view_receipt", "change_receipt")
    assert without.post(step(receipt, "void"), {"reason": "x"}).status_code == 403


def test_replacing_issues_the_corrected_one() -> None:
    receipt = build.receipt()
    client, _person = signed_in("view_receipt", "void_receipt")
    given = {"reason": "Misspelt", "name": "Layla Noori", "email": "layla@example.org"}
    build.sql("UPDATE receipts_issuerprofile SET valid_until = null")
    assert client.post(step(receipt, "replace"), given).status_code == 302
    replacement = Receipt.objects.valid().get()
    assert (replacement.donor_name, replacement.replaces) == ("Layla Noori", receipt)


def test_there_is_no_other_step() -> None:
    client, _person = signed_in("void_receipt")
    assert client.get(step(build.receipt(), "edit")).status_code == 404
