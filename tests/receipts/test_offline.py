"""Receipts for gifts that came by no card."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from ledger.money import Money
from receipts import issuing, mailing, rendering
from receipts.models import Donor, Receipt
from tests.donations import bank
from tests.receipts import build, paper

pytestmark = pytest.mark.django_db(transaction=True)


def issued() -> Receipt:
    build.issuer()
    assert issuing.issue(build.NOW) == 1
    rendering.render(build.later())
    return Receipt.objects.select_related("document").get(replaces=None)


def test_the_receipt_says_what_the_donor_gave_and_is_mailed() -> None:
    bank.confirmed(build.campaign(), Money(100_00, "EUR"), credited=Money(108_00, "USD"))
    receipt = issued()
    assert receipt.amount == Money(100_00, "EUR")
    assert mailing.mail(build.later()) == 1
    assert mail.outbox[0].to == ["leila@example.org"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Bangkok", "UTC"])
def test_its_day_is_the_day_of_the_money_wherever_the_issuer_is(zone: str) -> None:
    build.issuer(time_zone=zone)
    bank.confirmed(build.campaign(), received_on=date(2026, 5, 14))
    issuing.issue(datetime(2026, 5, 15, 12, tzinfo=UTC))
    assert Receipt.objects.get().given_on == date(2026, 5, 14)


def test_without_an_address_nothing_is_mailed_and_staff_can_print_it() -> None:
    bank.confirmed(build.campaign(), email="")
    receipt = issued()
    assert mailing.mail(build.later()) == 0
    assert not mail.outbox
    assert not Receipt.objects.unmailed().exists()
    assert not Receipt.objects.stuck().exists()
    answer = Client().get(reverse("receipts:pdf", args=[receipt.key]))
    assert answer.status_code == 200
    assert "Leila Noori" in paper.text(b"".join(answer))


def test_an_address_that_comes_later_gets_a_new_receipt() -> None:
    bank.confirmed(build.campaign(), email="")
    receipt = issued()
    donor = Donor("Leila Noori", "leila@example.org")
    issuing.replace(receipt, by=build.person(), reason="She wrote to us.", donor=donor, now=build.NOW)
    rendering.render(build.later())
    assert mailing.mail(build.later()) == 1


def test_cash_of_nobody_we_know_gets_no_receipt() -> None:
    build.issuer()
    bank.confirmed(build.campaign(), name="", email="", method="cash", evidence="Counted by two of us.")
    assert issuing.issue(build.NOW) == 0


def test_a_reversal_voids_the_receipt_and_nothing_takes_its_place() -> None:
    gift = bank.confirmed(build.campaign())
    receipt = issued()
    bank.reversed_(gift)
    assert issuing.correct(build.NOW) == 1
    receipt.refresh_from_db()
    assert receipt.voided_at
    assert Receipt.objects.count() == 1
    assert issuing.issue(build.NOW) == 0
    assert issuing.correct(build.NOW) == 0


def test_a_reversed_gift_without_a_receipt_gets_none() -> None:
    build.issuer()
    bank.reversed_(bank.confirmed(build.campaign()))
    assert issuing.issue(build.NOW) == 0
