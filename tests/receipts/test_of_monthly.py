"""Each payment of a monthly gift has its receipt; its mail says how to stop; the donor's list of gifts leads to it."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from donations import links
from donations.models import DonorLink, MonthlyGift
from ledger.money import Money
from receipts import mailing
from receipts.models import Receipt
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def promise() -> MonthlyGift:
    return MonthlyGift.objects.start(
        campaign=build.campaign(), amount=Money(25_00, "USD"), email="leila@example.org", language="en",
        state="active", subscription="sub_1",
    )  # fmt: skip


def visitor(email: str) -> Client:
    """A browser that has opened the link mailed to this address."""
    link = DonorLink.objects.create(email=email, language="en")
    browser = Client()
    assert browser.post(f"/my-gifts/open/{link.mint(timezone.now())}/").status_code == 302
    return browser


def test_every_payment_has_a_receipt_of_its_own_and_each_mail_the_link_to_stop_this_gift() -> None:
    gift = promise()
    for invoice in ("in_1", "in_2"):
        build.rendered(to=gift.campaign, monthly_gift=gift, invoice=invoice)
    assert mailing.mail(build.later()) == 2
    assert Receipt.objects.count() == 2
    for sent in mail.outbox:
        assert links.stop_address(gift) in str(sent.body)
        assert links.my_gifts_address() in str(sent.body)


def test_the_link_in_the_mail_stops_nothing_until_the_button_is_pressed() -> None:
    gift = promise()
    build.rendered(to=gift.campaign, monthly_gift=gift, invoice="in_1")
    mailing.mail(build.later())
    found = re.search(r"https?://[^/]+(/my-gifts/stop/\S+)", str(mail.outbox[0].body))
    assert found
    assert "Stop this gift?" in Client().get(found[1]).content.decode()
    gift.refresh_from_db()
    assert gift.state == "active"


def test_the_mail_of_a_single_gift_speaks_of_nothing_to_stop() -> None:
    build.rendered()
    mailing.mail(build.later())
    assert "stop" not in str(mail.outbox[0].body).lower()


def test_the_list_of_gifts_leads_to_each_receipt() -> None:
    receipt = build.rendered()
    browser = visitor("leila@example.org")
    path = f"/receipts/of/{receipt.gift.reference}/"
    assert path in browser.get("/my-gifts/").content.decode()
    assert browser.get(path).headers["Location"] == receipt.get_absolute_url()


def test_nobody_else_is_led_to_a_receipt() -> None:
    receipt = build.rendered()
    path = f"/receipts/of/{receipt.gift.reference}/"
    assert Client().get(path)["Location"] == "/my-gifts/"
    assert visitor("omid@example.org").get(path).status_code == 404


def test_a_gift_whose_receipt_is_not_written_says_so() -> None:
    gift = build.gift()
    page = visitor("leila@example.org").get(f"/receipts/of/{gift.reference}/").content.decode()
    assert "not written yet" in page
