"""Mails to groups go out once; what cannot be delivered holds up nothing else, and waits for a person in the end."""

import datetime
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from appeal.mailing import in_words
from appeal.outgoing import MOST_TRIES, RETRY_AFTER
from grants import application_letters, awarding, bookkeeping, notices
from grants.models import (
    Application,
    Initiative,
    Member,
    Message,
    Notice,
    PayeeAccount,
    PaymentNotice,
    Refused,
    Reminder,
    Route,
    State,
    Told,
    Tranche,
)
from grants.models.review import A_WHILE
from ledger.models import Change
from tests.grants import build
from tests.grants.build import sql
from tests.grants.test_two_people import send_by_sql, show_by_sql

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
    page = client.get("/staff/grants/message/?delivery=given_up").content.decode()
    assert "ValueError" in page
    assert "1 mail to an applicant" in page
    assert client.post(f"/staff/grants/message/{Message.objects.get().pk}/step/again/").status_code == 302
    application_letters.mail_all(timezone.now())
    assert [each.to for each in mail.outbox] == [["right@example.org"]]
    assert "0 mails to applicants" in client.get("/staff/grants/message/?delivery=given_up").content.decode()


@pytest.mark.parametrize("kind", [Message, PaymentNotice, Reminder])
def test_the_staffs_pages_of_mails_open_while_there_are_none(kind: type) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    for delivery in ("given_up", "to_mail"):
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


# Groups that are called


def called_group() -> tuple[Tranche, PayeeAccount]:
    """A group with a telephone alone, whose payment goes to a new account that has waited."""
    tranche = build.promised(of=build.grant(to=build.initiative(email="", phone="+62 812 0000 0001")))
    later = build.waited(build.another_account(tranche))
    tranche.redirect_to(later, by=build.person(), at=timezone.now())
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    return tranche, later


def test_a_group_without_mail_is_called_before_a_new_account_is_paid() -> None:
    tranche, later = called_group()
    notices.mail_all(timezone.now())
    assert mail.outbox == []
    notice = Notice.objects.to_call().get(account=later)
    with pytest.raises(Refused, match="Call them first"):
        build.pay(tranche)
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    assert "1 notice" in client.get("/staff/grants/notice/?delivery=to_call").content.decode()
    page = f"/staff/grants/notice/{notice.pk}/step/called/"
    assert client.post(page, {"said": "Yes, that is our new bank."}).status_code == 302
    notice.refresh_from_db()
    assert (notice.called_by and notice.called_by.username, notice.said) == ("lead", "Yes, that is our new bank.")
    assert "Nobody has to be called" in client.post(page, {"said": "Again."}).content.decode()
    build.pay(tranche)
    assert tranche.state == State.SENT


def test_sql_cannot_pay_who_was_not_called_nor_unsay_what_was_said() -> None:
    tranche, later = called_group()
    show_by_sql(tranche)
    with pytest.raises(IntegrityError, match="is called before a new account is paid"):
        send_by_sql(tranche, by=build.person())
    notice = Notice.objects.get(account=later)
    for change in ("address = 'x'", "account_id = NULL"):
        with pytest.raises(IntegrityError):
            sql(f"UPDATE grants_notice SET {change} WHERE id = %s", notice.pk)
    notice.called(by=build.person(), said="Yes.")
    with pytest.raises(IntegrityError, match="stays as it was given"):
        sql("UPDATE grants_notice SET said = 'No.' WHERE id = %s", notice.pk)
    with pytest.raises(IntegrityError, match="stays as it was given"):
        sql("DELETE FROM grants_notice WHERE id = %s", notice.pk)


def test_who_to_call_is_sealed_and_comes_with_the_application() -> None:
    [application] = build.decided()
    initiative = awarding.initiative_of(application)
    assert (initiative.contact, initiative.phone) == ("Zahra Ahmadi", "+62 812 0000 0001")
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact, phone FROM grants_initiative")
        assert "Zahra" not in str(cursor.fetchall())
    kept = Change.objects.filter(place="grants_initiative").values_list("after", flat=True)
    assert not any({"contact", "phone"} & set(after or {}) for after in kept)


# Readers


def test_a_reader_is_told_once_of_all_that_came_in_a_while_and_no_group_is_named() -> None:
    applications = build.in_review(3)
    reader = build.member(applications[0].call, "reader")
    User.objects.update(email="reader@example.org")
    reader = Member.objects.get(pk=reader.pk)
    for application in applications:
        build.assigned(application, reader)
    now = timezone.now()
    assert notices.mail_all(now) == 0
    assert notices.mail_all(now + A_WHILE) == 1
    [told] = mail.outbox
    assert "3 applications to “Winter fund” wait for your reading" in str(told.body)
    assert "Group" not in str(told.body)
    assert "/staff/grants/review/" in str(told.body)
