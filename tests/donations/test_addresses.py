"""Whose gifts they are: letters that only look alike are no key to another donor's page."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from donations import links
from donations.models import Donation, DonorLink, MonthlyGift, State
from ledger.money import Money
from tests.donations import build

pytestmark = pytest.mark.django_db(transaction=True)
LOOKALIKES = ["victim@gma\u0131l.com", "v\u0131ctim@gmail.com", "victim@gmail.com\u200b", "VICTIM@GMA\u0130L.COM"]


@pytest.fixture
def gift() -> Donation:
    donation = build.donation(build.campaign(), Money(50_00, "USD"), email="Victim@gmail.com")
    Donation.objects.filter(pk=donation.pk).update(state=State.PAID, charged_at=timezone.now())
    return donation


def test_capital_letters_make_no_difference(gift: Donation) -> None:
    for written in ("victim@gmail.com", "VICTIM@GMAIL.COM"):
        assert list(Donation.objects.of_donor(written)) == [gift]


@pytest.mark.parametrize("written", LOOKALIKES)
def test_an_address_that_only_looks_alike_is_another_one(gift: Donation, written: str) -> None:
    assert not Donation.objects.of_donor(written).exists()
    assert not MonthlyGift.objects.of_donor(written).exists()
    DonorLink.objects.create(email=written, language="en")
    links.mail_all(timezone.now())
    assert mail.outbox == []


def test_no_address_is_nobodys(gift: Donation) -> None:
    Donation.objects.filter(pk=gift.pk).update(email="")
    assert not Donation.objects.of_donor("").exists()
    answer = Client().get(f"/receipts/of/{gift.reference}/")
    assert (answer.status_code, answer["Location"]) == (302, "/my-gifts/")
