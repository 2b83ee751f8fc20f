"""Each receipt goes to its donor once: not twice when many send, not never when the mail is down."""

import datetime
import smtplib
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from config.embedded import free_port
from donations.models import Donation
from receipts import mailing
from receipts.models import Receipt
from tests.receipts import build, paper

pytestmark = pytest.mark.django_db(transaction=True)


def smtp(port: int) -> dict[str, Any]:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return {"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5}}}


def test_the_mail_brings_the_pdf_and_the_addresses() -> None:
    receipt = build.rendered()
    assert mailing.mail(build.later()) == 1
    (sent,) = mail.outbox
    assert sent.to == ["leila@example.org"]
    assert "RR-2026-000001" in sent.subject
    assert f"{settings.PUBLIC_URL}/receipts/{receipt.key}/" in sent.body
    assert f"{settings.PUBLIC_URL}/verify/{receipt.code}/" in sent.body
    assert "Dear Leila Noori," in sent.body
    assert "$150.00\u00a0USD to “Shelter after the flood” on 14 May 2026" in sent.body
    ((name, content, kind),) = sent.attachments
    assert (name, content, kind) == ("RR-2026-000001.pdf", bytes(receipt.document.pdf), "application/pdf")
    assert isinstance(content, bytes)
    assert "RR-2026-000001" in paper.text(content)


def test_names_are_written_as_they_are() -> None:
    build.rendered(name="Zoë <O’Brien> & Co")
    mailing.mail(build.later())
    assert "Dear Zoë <O’Brien> & Co," in mail.outbox[0].body


def test_a_donor_without_a_name_is_a_friend() -> None:
    build.rendered(name="")
    mailing.mail(build.later())
    assert "Dear friend," in mail.outbox[0].body


def test_mailing_again_mails_nothing() -> None:
    build.rendered()
    assert [mailing.mail(build.later()), mailing.mail(build.later())] == [1, 0]
    assert len(mail.outbox) == 1


def test_eight_workers_at_once_mail_each_receipt_once() -> None:
    appeal = build.campaign()
    receipts = [build.rendered(to=appeal) for _turn in range(6)]
    build.at_once([partial(mailing.mail, build.later())] * 8)
    numbers = sorted(sent.subject.split()[2].rstrip(":") for sent in mail.outbox)
    assert numbers == sorted(receipt.number for receipt in receipts)


def test_a_worker_killed_after_sending_repeats_the_same_mail_recognisably() -> None:
    receipt = build.rendered()
    ids = {mailing.letter(receipt).message()["Message-ID"] for _turn in range(2)}
    assert ids == {"<receipt.rr-2026-000001@testserver>"}


def test_a_receipt_that_is_not_rendered_waits() -> None:
    build.receipt()
    assert mailing.mail(build.later()) == 0


def test_a_void_receipt_is_not_mailed() -> None:
    build.rendered().void(by=build.person(), reason="x", now=build.NOW)
    assert mailing.mail(build.later()) == 0


def test_when_the_mail_is_down_a_receipt_waits_ever_longer_and_is_not_lost(settings: Settings) -> None:
    receipt, working = build.rendered(), settings.MAILERS
    settings.MAILERS = smtp(free_port())
    now = build.later()
    assert [mailing.mail(now), mailing.mail(now)] == [1, 0]
    stuck = Receipt.objects.stuck().get()
    assert (stuck.mailed_at, stuck.tries, stuck.retry_at) == (None, 1, now + datetime.timedelta(minutes=1))
    assert "ConnectionRefusedError" in stuck.problem
    assert mailing.mail(now + datetime.timedelta(minutes=2)) == 1
    assert Receipt.objects.get().retry_at == now + datetime.timedelta(minutes=12)
    settings.MAILERS = working
    assert mailing.mail(now + datetime.timedelta(hours=1)) == 1
    receipt.refresh_from_db()
    assert (receipt.mailed_at, receipt.problem) == (now + datetime.timedelta(hours=1), "")


def test_one_address_that_cannot_be_written_to_holds_up_nobody_else() -> None:
    appeal = build.campaign()
    broken = build.rendered(to=appeal, email="leila@example.org\nBcc: all@example.org")
    build.rendered(to=appeal)
    assert mailing.mail(build.later()) == 2
    assert len(mail.outbox) == 1
    assert Receipt.objects.stuck().get() == broken
    assert issubclass(smtplib.SMTPException, OSError)  # what mailing.py counts on
    assert Donation.objects.count() == 2


def test_the_time_of_mailing_is_stamped_once() -> None:
    build.rendered()
    mailing.mail(build.later())
    with pytest.raises(IntegrityError, match="is refused"):
        build.sql("UPDATE receipts_receipt SET mailed_at = now()")
