"""Staff's steps about money in: each with its own permission, refused in words, and never by one person alone."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from donations import disputes
from donations.models import Donation, FraudWarning, RefundRequest, State
from donations.settlement import book, listed
from ledger.money import Money
from tests.donations import build, objects

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)
LISTS = [
    "donation",
    "refundrequest",
    "refund",
    "dispute",
    "fraudwarning",
    "payout",
    "balancetransaction",
    "explanation",
]


@pytest.fixture(autouse=True)
def no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def gift() -> Donation:
    """100.00 USD, settled."""
    donation = build.donation(build.campaign(), Money(100_00, "USD"), name="Mina Rahimi")
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    return donation


def signed_in(name: str, *permissions: str) -> Client:
    person, client = User.objects.create_user(name, is_staff=True), Client()
    granted = Permission.objects.filter(codename__in=permissions, content_type__app_label="donations")
    assert len(granted) == len(permissions)
    person.user_permissions.set(granted)
    client.force_login(person)
    return client


def step(subject: models.Model, name: str) -> str:
    return reverse(f"admin:donations_{subject._meta.model_name}_step", args=[subject.pk, name])


def words(answer: Any) -> str:
    """What a person reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def warning_of(gift: Donation) -> FraudWarning:
    disputes.hear_warning(
        {
            "id": f"issfr_{gift.pk}",
            "charge": f"ch_{gift.reference}",
            "payment_intent": f"pi_{gift.reference}",
            "fraud_type": "made_with_stolen_card",
            "actionable": True,
            "created": 1_790_000_500,
        },
        NOW,
    )
    return FraudWarning.objects.get()


ASK = {"amount": "40", "amount_currency": "USD", "reason": "Gave twice by mistake."}


def test_one_person_asks_for_a_refund_and_another_approves_it(gift: Donation) -> None:
    treasurer = signed_in("treasurer", "view_donation", "add_refundrequest", "approve_refundrequest")
    approver = signed_in("approver", "view_refundrequest", "approve_refundrequest")
    assert 'value="100.00"' in treasurer.get(step(gift, "refund")).content.decode()
    assert treasurer.post(step(gift, "refund"), ASK).status_code == 302
    request = RefundRequest.objects.needing_a_person().get()
    assert (request.amount, request.asked_by.username) == (Money(40_00, "USD"), "treasurer")

    assert "Another person has to approve it." in words(treasurer.post(step(request, "approve")))
    read = words(approver.get(step(request, "approve")))
    assert "Mina Rahimi" in read
    assert "$40.00 USD" in read
    assert "Gave twice by mistake." in read
    assert "treasurer" in read
    assert approver.post(step(request, "approve")).status_code == 302
    request.refresh_from_db()
    assert request.approved_by is not None
    assert request.approved_by.username == "approver"
    assert "decided already" in words(approver.post(step(request, "approve")))


def test_what_is_asked_for_twice_is_refused_in_words(gift: Donation) -> None:
    treasurer = signed_in("treasurer", "view_donation", "add_refundrequest")
    treasurer.post(step(gift, "refund"), ASK)
    assert 'value="60.00"' in treasurer.get(step(gift, "refund")).content.decode()
    assert "Only $60.00 USD of this gift can still be paid back." in words(
        treasurer.post(step(gift, "refund"), ASK | {"amount": "60.01"})
    )
    assert "more than zero" in words(treasurer.post(step(gift, "refund"), ASK | {"amount": "0"}))
    assert "This field is required." in words(treasurer.post(step(gift, "refund"), ASK | {"reason": " "}))
    assert RefundRequest.objects.count() == 1


def test_a_request_can_be_dropped(gift: Donation) -> None:
    clerk = signed_in("clerk", "add_refundrequest", "change_refundrequest", "view_donation", "view_refundrequest")
    clerk.post(step(gift, "refund"), ASK)
    request = RefundRequest.objects.get()
    assert clerk.post(step(request, "drop")).status_code == 302
    assert not RefundRequest.objects.needing_a_person().exists()
    assert "dropped" in words(clerk.get(reverse("admin:donations_refundrequest_changelist")))


def test_where_stripe_refused_the_reason_is_shown_and_a_new_request_can_be_made(gift: Donation) -> None:
    clerk = signed_in("clerk", "add_refundrequest", "view_donation", "view_refundrequest")
    clerk.post(step(gift, "refund"), ASK | {"amount": "100"})
    approver = User.objects.create_user("approver")
    request = RefundRequest.objects.get()
    request.approve(by=approver)
    RefundRequest.objects.filter(pk=request.pk).update(problem="This charge is too old.")
    assert "Stripe refused: This charge is too old." in words(
        clerk.get(reverse("admin:donations_refundrequest_changelist"))
    )
    assert clerk.post(step(gift, "refund"), ASK | {"amount": "100"}).status_code == 302
    assert RefundRequest.objects.needing_a_person().count() == 1


STEPS = [
    ("refund", "add_refundrequest"),
    ("approve", "approve_refundrequest"),
    ("drop", "change_refundrequest"),
    ("pay-back", "add_refundrequest"),
    ("leave", "change_fraudwarning"),
]


@pytest.mark.parametrize(("name", "permission"), STEPS)
def test_a_step_without_its_permission_is_neither_shown_nor_taken(gift: Donation, name: str, permission: str) -> None:
    warning = warning_of(gift)
    asker = User.objects.create_user("asker")
    request = RefundRequest.objects.ask(gift, Money(1_00, "USD"), reason="Please.", by=asker)
    subject = {"refund": gift, "approve": request, "drop": request}.get(name, warning)
    look = f"view_{subject._meta.model_name}"
    rest = {each for _step, each in STEPS} - {permission}
    without, with_it = signed_in("without", look, *rest), signed_in("with", look, permission)
    pages = [
        reverse(f"admin:donations_{subject._meta.model_name}_changelist"),
        reverse(f"admin:donations_{subject._meta.model_name}_change", args=[subject.pk]),
    ]
    for page in pages:
        assert step(subject, name) not in without.get(page).content.decode()
        assert step(subject, name) in with_it.get(page).content.decode()
    assert without.get(step(subject, name)).status_code == 403
    assert without.post(step(subject, name), ASK).status_code == 403
    assert with_it.get(step(subject, name)).status_code == 200


def test_a_warning_that_is_paid_back_asks_for_all_that_is_left(gift: Donation) -> None:
    clerk = signed_in("clerk", "view_fraudwarning", "add_refundrequest")
    RefundRequest.objects.ask(gift, Money(30_00, "USD"), reason="A part.", by=User.objects.create_user("another"))
    warning = warning_of(gift)
    assert clerk.post(step(warning, "pay-back")).status_code == 302
    warning.refresh_from_db()
    request = RefundRequest.objects.needing_a_person().latest("pk")
    assert (request.amount, warning.decided_by) == (Money(70_00, "USD"), request.asked_by)
    assert warning.decision == "Pay it back."
    assert "nothing to decide" in words(clerk.post(step(warning, "pay-back")))
    assert not FraudWarning.objects.needing_a_person().exists()


def test_a_warning_of_a_gift_with_nothing_left_says_so_and_stays(gift: Donation) -> None:
    clerk = signed_in("clerk", "view_fraudwarning", "add_refundrequest")
    RefundRequest.objects.ask(gift, gift.amount, reason="All.", by=User.objects.create_user("another"))
    warning = warning_of(gift)
    assert "on its way back already" in words(clerk.post(step(warning, "pay-back")))
    assert FraudWarning.objects.needing_a_person().exists()


def test_a_warning_is_left_with_a_reason_and_by_whom(gift: Donation) -> None:
    clerk = signed_in("clerk", "view_fraudwarning", "change_fraudwarning")
    warning = warning_of(gift)
    assert "This field is required." in words(clerk.post(step(warning, "leave"), {"reason": ""}))
    assert clerk.post(step(warning, "leave"), {"reason": "We know the donor."}).status_code == 302
    warning.refresh_from_db()
    assert (warning.decision, warning.decided_by) == ("We know the donor.", User.objects.get(username="clerk"))
    assert "nothing to decide" in words(clerk.post(step(warning, "leave"), {"reason": "Again."}))
    assert LogEntry.objects.get().change_message == "Leave it: We know the donor."


def test_a_disputed_gift_says_so_and_the_dispute_until_when_it_is_answered(gift: Donation) -> None:
    clerk = signed_in("clerk", "view_donation", "view_dispute", "add_refundrequest")
    disputes.hear(objects.dispute(gift), NOW)
    assert "disputed: needs_response" in words(clerk.get(reverse("admin:donations_donation_changelist")))
    shown = words(clerk.get(reverse("admin:donations_dispute_changelist") + "?needs_a_person=yes"))
    assert "3 October 2026" in shown  # due by 1_791_000_000
    assert "disputes this gift" in words(clerk.post(step(gift, "refund"), ASK))


@pytest.mark.parametrize("name", LISTS)
def test_each_list_opens_and_takes_no_change(gift: Donation, name: str) -> None:
    disputes.hear(objects.dispute(gift), NOW)
    warning_of(gift)
    clerk = signed_in("clerk", *(f"{verb}_{name}" for verb in ("view", "add", "change", "delete")))
    address = reverse(f"admin:donations_{name}_changelist")
    assert clerk.get(address).status_code == 200
    assert clerk.get(reverse(f"admin:donations_{name}_add")).status_code == 403
    if name != "refund":
        assert clerk.get(f"{address}?needs_a_person=yes").status_code == 200


def test_a_list_of_many_gifts_asks_the_database_no_more_often(gift: Donation) -> None:
    clerk = signed_in("clerk", "view_donation", "add_refundrequest", "change_donation")
    counts = set()
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            clerk.get(reverse("admin:donations_donation_changelist"))
        counts.add(len(asked))
        build.donation(gift.campaign, state=State.PENDING)
        build.donation(gift.campaign, state=State.FAILED)
    assert len(counts) == 1
