"""Mails to groups go out once; what cannot be delivered holds up nothing else, and waits for a person in the end."""

import datetime
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import application_letters, bookkeeping, notices
from grants.mailing import in_words
from grants.models import Application, Initiative, Message, PaymentNotice, Reminder, Route, State, Told, Tranche
from grants.models.outgoing import MOST_TRIES, RETRY_AFTER
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)
NO_ADDRESS = "nobody@example.org\nBcc: thief@example.org"
"""What no mail can be written to, so that sending it fails before any server is asked."""


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def undeliverable(count: int) -> None:
    wrong = build.draft(email="wrong@example.org")
    Application.objects.filter(pk=wrong.pk).update(email=NO_ADDRESS)
    Message.objects.bulk_create(Message(application=wrong, what=Told.LINK) for _ in range(count))


def test_no_number_of_wrong_addresses_holds_up_the_others() -> None:
    undeliverable(120)
    right = build.draft(email="right@example.org")
    right.tell(Told.LINK)
    now = timezone.now()
    for _ in range(2):
        application_letters.mail_all(now)
    assert [each.to for each in mail.outbox] == [["right@example.org"]]
    assert Message.objects.filter(tries=1, problem="ValueError").count() == 120


def test_what_fails_waits_longer_each_time_and_then_for_a_person() -> None:
    undeliverable(1)
    now, waits = timezone.now(), []
    while Message.objects.to_mail().exists():
        assert application_letters.mail_all(now) == 1
        waits.append((Message.objects.get().retry_at or now) - now)
        now += waits[-1]
    assert len(waits) == MOST_TRIES
    assert tuple(waits[:5]) == RETRY_AFTER
    assert sum(waits, datetime.timedelta()) > datetime.timedelta(days=14)
    assert Message.objects.given_up().count() == 1
    application_letters.mail_all(now + datetime.timedelta(days=99))
    assert Message.objects.get().tries == MOST_TRIES


def test_staff_find_what_was_given_up_and_send_it_again() -> None:
    undeliverable(1)
    Message.objects.update(tries=MOST_TRIES, problem="ValueError")
    Application.objects.update(email="right@example.org")
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get("/staff/grants/message/?delivery=given-up").content.decode()
    assert "ValueError" in page
    assert "1 mail to an applicant" in page
    assert client.post(f"/staff/grants/message/{Message.objects.get().pk}/step/again/").status_code == 302
    application_letters.mail_all(timezone.now())
    assert [each.to for each in mail.outbox] == [["right@example.org"]]
    assert "0 mails to applicants" in client.get("/staff/grants/message/?delivery=given-up").content.decode()


@pytest.mark.parametrize("kind", [Message, PaymentNotice, Reminder])
def test_the_staffs_pages_of_mails_open_while_there_are_none(kind: type) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    for delivery in ("given-up", "waiting"):
        assert client.get(f"/staff/grants/{kind.__name__.lower()}/", {"delivery": delivery}).status_code == 200


def test_what_a_mail_server_says_is_kept_as_its_kind_alone() -> None:
    assert in_words(SMTPRecipientsRefused({"hope@example.org": (550, b"no such user")})) == "SMTPRecipientsRefused"


# A payment is told of


def test_a_group_is_told_once_that_money_is_on_its_way_and_confirms_by_the_link() -> None:
    tranche = build.sent()
    for _ in range(2):
        notices.mail_all(timezone.now())
    [told] = mail.outbox
    assert (told.to, told.subject) == (["hope@example.org"], "Money is on its way to your group")
    assert tranche.amount.format() in str(told.body)
    assert "Hope School" not in str(told.body)
    Client().post(tranche.get_absolute_url())
    assert tranche.get_absolute_url() in str(told.body)
    tranche.refresh_from_db()
    assert tranche.state == State.CONFIRMED


def test_with_a_host_the_mail_says_what_should_arrive() -> None:
    tranche = build.approved_by_all(build.planned_by(Route.HOST))
    build.pay(tranche)
    notices.mail_all(timezone.now())
    words = str(mail.outbox[0].body)
    for amount in (tranche.amount, tranche.host_fee, tranche.arriving):
        assert amount.format() in words


def test_what_came_back_meanwhile_is_not_told_of() -> None:
    bookkeeping.take_back(build.sent(), on=build.DAY)
    notices.mail_all(timezone.now())
    assert mail.outbox == []


def test_a_group_without_an_address_is_written_no_mail() -> None:
    tranche = build.approved()
    Initiative.objects.update(email="")
    build.pay(Tranche.objects.get(pk=tranche.pk))
    assert not PaymentNotice.objects.exists()
