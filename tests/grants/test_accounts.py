"""Where the money goes is sealed, stays as it was recorded, waits when it is new, and is shown to few."""

from functools import partial
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from appeal.sealed import mark
from grants import bookkeeping, notices
from grants.models import Initiative, Look, Notice, PayeeAccount, Refused, State, Tranche
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def in_the_database(table: str) -> str:
    """Everything that somebody reads who has a copy of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())


# Sealed


def test_who_reads_the_database_learns_neither_contact_nor_place_nor_account() -> None:
    account = build.account()
    build.another_account(build.planned(build.grant(to=account.initiative)))
    initiative = account.initiative
    assert initiative.email
    stored = "".join(in_the_database(f"grants_{table}") for table in ("initiative", "payeeaccount", "notice"))
    for secret in (initiative.email, initiative.place, "Zahra", "123456789", "Bogor", "Somebody Else", "987650042"):
        assert secret not in stored
    read = Initiative.objects.get()
    assert (read.email, read.place) == (initiative.email, initiative.place)


def test_the_same_text_is_sealed_differently_each_time_and_marked_the_same() -> None:
    first, second = build.account(), build.account()
    assert first.mark == second.mark
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT number) FROM grants_payeeaccount")
        assert cursor.fetchone() == (2,)


def test_what_is_sealed_cannot_be_searched() -> None:
    with pytest.raises(FieldError, match="is sealed"):
        Initiative.objects.filter(email="hope@example.org").exists()


def test_an_empty_text_stays_empty() -> None:
    build.initiative(place="")
    assert Initiative.objects.get().place == ""
    assert "gAAAA" in in_the_database("grants_initiative")


def test_a_key_is_replaced_without_losing_a_word(settings: Settings) -> None:
    account, old = build.account(), settings.FIELD_KEYS
    build.another_account(build.planned(build.grant(to=account.initiative)))
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("reseal", stdout=StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert PayeeAccount.objects.get(pk=account.pk).payee == "Zahra Ahmadi"
    assert account.initiative.email in {notice.address for notice in Notice.objects.all()}
    settings.FIELD_KEYS = old
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS lacks the key"):
        Initiative.objects.get()


@pytest.mark.parametrize(
    ("details", "end"),
    [
        ("BCA 123 456 789\nSWIFT CENAIDJA", "6789"),
        ("Example Bank\n000-0-12-3", "0123"),
        ("bKash ۰۱۷۱ ۲۳۴۵", "۲۳۴۵"),
        ("Asia", "Asia"),
    ],
)
def test_people_tell_accounts_apart_by_the_end_of_their_number(details: str, end: str) -> None:
    assert build.account(details=details).end == end


# Recorded once


@pytest.mark.parametrize(
    "change",
    [
        "payee = 'x'",
        "details = 'x'",
        "number = 'x'",
        "bic = ''",
        "town = 'x'",
        "number_mark = ''",
        "mark = repeat('0', 64)",
        "payable_from = now()",
    ],
)
def test_sql_cannot_change_an_account(change: str) -> None:
    account = build.account()
    with pytest.raises(IntegrityError, match="stays as it was recorded"):
        sql(f"UPDATE grants_payeeaccount SET {change} WHERE id = %s", account.pk)


def test_sql_cannot_delete_an_account_or_a_look() -> None:
    account = build.account()
    with pytest.raises(IntegrityError, match="stays as it was recorded"):
        sql("DELETE FROM grants_payeeaccount WHERE id = %s", account.pk)
    look = Look.objects.create(seen_by=build.person(), initiative=account.initiative)
    with pytest.raises(IntegrityError, match="stays on record"):
        sql("DELETE FROM grants_look WHERE id = %s", look.pk)


def test_a_tranche_is_paid_to_an_account_of_its_own_initiative() -> None:
    tranche, other = build.planned(), build.account()
    with pytest.raises(Refused, match="another initiative's"):
        tranche.plan_to(other)
    with pytest.raises(IntegrityError, match="an account of its own initiative"):
        sql(
            "UPDATE grants_tranche SET account_id = %s, account_mark = %s WHERE id = %s",
            other.pk,
            other.mark,
            tranche.pk,
        )


def test_sql_cannot_mark_a_tranche_with_what_is_not_its_accounts() -> None:
    with pytest.raises(IntegrityError, match="tranche_mark_is_its_accounts"):
        sql("UPDATE grants_tranche SET account_mark = repeat('0', 64) WHERE id = %s", build.planned().pk)


def to_nobody_yet() -> Tranche:
    """Promised, as at the moment of an award."""
    tranche = build.planned()
    sql("UPDATE grants_tranche SET account_id = NULL, account_mark = '' WHERE id = %s", tranche.pk)
    tranche.refresh_from_db()
    build.gift(tranche.fund, tranche.amount_minor)
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    return tranche


def test_money_is_promised_before_an_account_is_known_and_approved_only_to_one() -> None:
    tranche = to_nobody_yet()
    with pytest.raises(Refused, match="Choose the account"):
        tranche.approve(by=build.person(), seen=tranche.fingerprint)
    tranche.redirect_to(build.account(tranche.grant.initiative), by=build.person(), at=build.NOW)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)


def test_sql_cannot_approve_a_payment_to_nobody() -> None:
    with pytest.raises(IntegrityError, match="tranche_approved_means_to_an_account"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", to_nobody_yet().pk)


# The wait


def redirected() -> Tranche:
    """Approved, to an account that is new."""
    tranche = build.promised()
    tranche.redirect_to(build.another_account(tranche), by=build.person(), at=build.NOW)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    return tranche


def test_a_first_account_is_paid_at_once_and_a_later_one_after_two_days() -> None:
    tranche = redirected()
    with pytest.raises(Refused, match="This account is new"):
        build.pay(tranche)
    assert tranche.account
    build.waited(tranche.account)
    build.pay(Tranche.objects.get())
    assert Tranche.objects.get().state == State.SENT


def test_sql_cannot_pay_a_new_account() -> None:
    tranche = redirected()
    with pytest.raises(IntegrityError, match="waits before it is paid"):
        sql("UPDATE grants_tranche SET state = 'sent' WHERE id = %s", tranche.pk)


def test_sql_cannot_record_an_account_that_waited_before_it_was_there() -> None:
    account = build.account()
    columns = "initiative_id, route, payee, number, number_mark, bank_name, bank_country, country, mark, recorded_by_id"
    with pytest.raises(IntegrityError, match="the old contact is told"):
        sql(
            f"INSERT INTO grants_payeeaccount ({columns}, recorded_at, payable_from)"
            f" SELECT {columns}, '2020-01-01', '2020-01-01' FROM grants_payeeaccount WHERE id = %s",
            account.pk,
        )


def test_of_eight_first_accounts_at_once_seven_wait() -> None:
    initiative = build.initiative()
    build.at_once([partial(build.account, initiative, details=f"Account {number}") for number in range(8)])
    waiting = [account for account in PayeeAccount.objects.all() if account.payable_from > account.recorded_at]
    assert len(waiting) == 7


# The old contact


def test_the_old_contact_is_told_once_and_no_account_is_named() -> None:
    account = build.account()
    assert notices.mail_all(build.NOW) == 0
    build.another_account(build.planned(build.grant(to=account.initiative)))
    assert [notices.mail_all(build.NOW) for _ in range(2)] == [1, 0]
    (sent,) = mail.outbox
    assert sent.to == ["hope@example.org"]
    assert "Nothing is paid to it before" in sent.body
    assert "Another bank" not in sent.body
    assert "Hope School" not in f"{sent.subject} {sent.body}"


def test_a_thief_who_changes_the_contact_first_is_noticed_all_the_same() -> None:
    account = build.account()
    client = signed_in(*EVERYTHING)
    page = reverse("admin:grants_initiative_change", args=[account.initiative_id])
    form = {"name": "X", "country": "ID", "region": "elsewhere", "languages": "en", "why_unregistered": "x"}
    assert client.post(page, form | {"email": "thief@example.org"}).status_code == 302
    build.another_account(build.planned(build.grant(to=Initiative.objects.get())))
    notices.mail_all(build.NOW)
    told = {(sent.to[0], "a new account" in sent.body) for sent in mail.outbox}
    assert told == {("hope@example.org", False), ("hope@example.org", True), ("thief@example.org", True)}


# Who is shown what


EVERYTHING = ("view_initiative", "change_initiative", "see_contact", "view_payeeaccount", "see_payeeaccount")


def signed_in(*permissions: str) -> Client:
    user = User.objects.create_user(f"looker-{next(build.numbers)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_a_contact_is_shown_to_who_may_see_it_and_the_look_is_kept() -> None:
    initiative = build.initiative()
    page = reverse("admin:grants_initiative_change", args=[initiative.pk])
    shown = signed_in("view_initiative", "change_initiative").get(page).content.decode()
    assert "hope@example.org" not in shown
    assert "Jalan Raya" not in shown
    assert not Look.objects.exists()
    shown = signed_in(*EVERYTHING).get(page).content.decode()
    assert "hope@example.org" in shown
    assert Look.objects.get().initiative == initiative


def test_who_may_not_see_a_contact_cannot_change_it() -> None:
    initiative = build.initiative()
    page = reverse("admin:grants_initiative_change", args=[initiative.pk])
    form = {"name": "New", "country": "ID", "region": "elsewhere", "languages": "en", "why_unregistered": "x"}
    signed_in("view_initiative", "change_initiative").post(page, form | {"email": "thief@example.org", "place": "x"})
    initiative.refresh_from_db()
    assert (initiative.name, initiative.email, initiative.place) == ("New", "hope@example.org", "Jalan Raya 7, Cisarua")


def test_an_account_is_shown_to_who_may_see_it_and_the_look_is_kept() -> None:
    account = build.account()
    page = reverse("admin:grants_payeeaccount_change", args=[account.pk])
    blind = signed_in("view_payeeaccount")
    assert blind.get(page).status_code == 403
    listed = blind.get(reverse("admin:grants_payeeaccount_changelist")).content.decode()
    assert "bank transfer, of" in listed
    assert "6789" not in listed
    assert "Zahra" not in listed
    assert not Look.objects.exists()
    assert "123456789" in signed_in(*EVERYTHING).get(page).content.decode()
    assert Look.objects.get().account == account


def test_the_pages_of_a_tranches_steps_are_for_who_may_see_accounts_and_each_look_is_kept() -> None:
    tranche = build.promised()
    page = reverse("admin:grants_tranche_step", args=[tranche.pk, "approve"])
    assert signed_in("view_tranche", "change_tranche").get(page).status_code == 403
    assert "Zahra" in signed_in("change_tranche", "see_payeeaccount").get(page).content.decode()
    assert Look.objects.get().account == tranche.account


def test_an_account_is_recorded_on_its_page_by_whoever_is_signed_in() -> None:
    initiative = build.initiative()
    client = signed_in("add_payeeaccount", "view_payeeaccount")
    page = reverse("admin:grants_payeeaccount_add")
    given = {
        "initiative": str(initiative.pk),
        "route": "bank",
        "payee": " Zahra   Ahmadi ",
        "number": "de89 3704 0044 0532 0130 00",
        "bank_name": "Commerzbank",
        "bank_country": "DE",
        "country": "ID",
    }
    assert client.post(page, given).status_code == 302
    account = PayeeAccount.objects.get()
    assert (account.payee, account.number) == ("Zahra Ahmadi", "DE89370400440532013000")
    assert account.recorded_by.username.startswith("looker")
    refused = client.post(page, given | {"route": "host"})
    assert "Choose the fiscal host" in refused.content.decode()
    assert PayeeAccount.objects.count() == 1


# What each way needs


def account_page(**given: str) -> str:
    """What the staff's form answers; nothing, if it took the account."""
    form = {"initiative": str(build.initiative().pk), "payee": "Zahra Ahmadi", **given}
    client = signed_in("add_payeeaccount", "view_payeeaccount")
    return client.post(reverse("admin:grants_payeeaccount_add"), form).content.decode()


@pytest.mark.parametrize(
    ("route", "given", "sentence"),
    [
        ("bank", {"number": "DE89370400440532013001", "bank_country": "DE"}, "does not add up"),
        ("bank", {"number": "DE8937040044053201300", "bank_country": "DE"}, "has 21 characters"),
        ("bank", {"number": "DE89370400440532013000", "bank_country": "FR"}, "is said to be in FR"),
        ("bank", {"number": "12345678", "bank_country": "DE"}, "is not an IBAN"),
        ("bank", {"bic": ""}, "BIC is needed"),
        ("bank", {"bic": "CENA"}, "is not a BIC"),
        ("bank", {"number": ""}, "This way of payment needs it"),
        ("bank", {"phone": "+6281234567890"}, "does not need it"),
        ("bank", {"bank_country": "XX"}, "valid choice"),
        ("transfer_service", {"phone": "0812 3456 7890"}, "must begin with +"),
        ("transfer_service", {"town": ""}, "This way of payment needs it"),
        ("transfer_service", {"number": "123"}, "does not need it"),
        ("mobile_money", {"phone": "+62"}, "must begin with +"),
        ("mobile_money", {"provider": ""}, "This way of payment needs it"),
    ],
)
def test_an_account_that_cannot_be_paid_is_refused_and_nothing_typed_is_lost(
    route: str, given: dict[str, str], sentence: str
) -> None:
    page = account_page(route=route, **build.FACTS[route] | given)
    assert sentence in page
    assert "Zahra Ahmadi" in page
    assert not PayeeAccount.objects.exists()


@pytest.mark.parametrize("route", ["bank", "transfer_service", "mobile_money"])
def test_an_account_with_all_that_its_way_needs_is_recorded(route: str) -> None:
    assert account_page(route=route, **build.FACTS[route]) == ""
    assert PayeeAccount.objects.get().route == route


def test_a_telephone_number_is_kept_in_one_way_however_it_is_typed() -> None:
    for typed in ("+62 812-3456 7890", "0062 (812) 3456 7890", "+۶۲ ۸۱۲ ۳۴۵۶ ۷۸۹۰"):
        assert account_page(route="mobile_money", provider="Example Pay", phone=typed) == ""
    assert {account.phone for account in PayeeAccount.objects.all()} == {"+6281234567890"}


@pytest.mark.parametrize(
    ("route", "missing"),
    [
        *[("bank", name) for name in ("number", "bank_name", "bank_country", "country")],
        *[("transfer_service", name) for name in ("provider", "phone", "country", "town")],
        *[("mobile_money", name) for name in ("provider", "phone")],
    ],
)
def test_the_database_refuses_an_account_without_what_its_way_needs(route: str, missing: str) -> None:
    with pytest.raises(IntegrityError, match="payee_account_has_what_its_way_needs"):
        build.account(None, route=route, **build.FACTS[route] | {missing: ""})


def test_the_database_refuses_a_number_that_is_not_marked() -> None:
    columns = "initiative_id, route, payee, number, bank_name, bank_country, country, mark, recorded_by_id, recorded_at"
    build.account()
    with pytest.raises(IntegrityError, match="payee_account_has_what_its_way_needs"):
        sql(f"INSERT INTO grants_payeeaccount ({columns}) SELECT {columns} FROM grants_payeeaccount")


@pytest.mark.parametrize("fact", [*build.AT_A_BANK, "payee"])
def test_the_mark_changes_with_each_fact_that_directs_money(fact: str) -> None:
    changed = {"bic": "BMRIIDJA", "bank_country": "MY", "country": "MY"}.get(fact, "999")
    assert build.account(None, **{fact: changed}).mark != build.account().mark


def test_an_account_from_before_has_the_mark_it_was_approved_with() -> None:
    old = build.account(details="BCA 1")
    assert (old.mark, old.number_mark) == (mark("Zahra Ahmadi\nBCA 1"), "")


def test_the_same_number_is_found_in_another_initiatives_account() -> None:
    first, second = build.account(number="ID-123 456"), build.account(payee="Somebody Else", number="ID123456")
    build.account()
    assert set(PayeeAccount.objects.with_number("id 123456")) == {first, second}
    assert not PayeeAccount.objects.with_number(" ")
