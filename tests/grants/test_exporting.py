"""Approved payments go to the bank in a file: never twice unwarned, and nobody's is left out in silence."""

import hashlib
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from grants.exporting import Form, export
from grants.models import FileLine, Look, OurAccount, PaymentFile, Refused, Route, Tranche
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "admin:grants_tranche_payment_file"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def ours() -> OurAccount:
    account = recorded(by=build.person())
    account.approve(by=build.person())
    return account


def recorded(*, by: User) -> OurAccount:
    return OurAccount.objects.create(
        name="Refugees Rise e.V.",
        number="DE89370400440532013000",
        bic="COBADEFFXXX",
        country="DE",
        currency="EUR",
        recorded_by=by,
    )


def signed_in(*permissions: str) -> Client:
    user = User.objects.create_user(f"payer-{next(build.numbers)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def payer() -> Client:
    return signed_in("see_payeeaccount", "change_tranche", "view_tranche")


def ask(client: Client, account: OurAccount, *tranches: Tranche, **given: str) -> Any:
    form = {"account": account.pk, "form": "xml", "execute_on": timezone.localdate().isoformat()}
    return client.post(reverse(PAGE), form | given | {"tranches": [tranche.pk for tranche in tranches]})


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def ticked(page: str, tranche: Tranche) -> bool:
    return bool(re.search(rf'value="{tranche.pk}"\s+checked', page))


def test_approved_payments_are_written_in_a_file_that_stays_on_record() -> None:
    account, tranches = ours(), [build.approved(), build.approved_by_all(build.planned_by(Route.HOST))]
    response = ask(payer(), account, *tranches)
    assert response["Content-Type"] == "application/xml"
    assert "no-store" in response["Cache-Control"]
    for tranche in tranches:
        assert f"<EndToEndId>{tranche}</EndToEndId>" in text(response)
    assert text(response).count("<Id>123456789</Id>") == 2
    file = PaymentFile.objects.get()
    assert file.sha256 == hashlib.sha256(response.content).hexdigest()
    assert f"<MsgId>{file.reference}</MsgId>" in text(response)
    assert {line.tranche for line in file.lines.all()} == set(tranches)


def test_whoever_makes_the_file_has_seen_the_accounts_and_that_is_kept() -> None:
    account, tranche = ours(), build.approved()
    client = payer()
    page = text(client.get(reverse(PAGE)))
    assert "…6789" in page
    assert "123456789" not in page
    assert not Look.objects.exists()
    ask(client, account, tranche)
    assert Look.objects.get().account == tranche.account


def test_the_same_payments_are_written_as_csv() -> None:
    response = ask(payer(), ours(), build.approved(), form="csv")
    assert response["Content-Type"].startswith("text/csv")
    assert "Zahra Ahmadi,123456789,CENAIDJA" in text(response)


@pytest.mark.parametrize("missing", ["see_payeeaccount", "change_tranche"])
def test_only_who_may_see_accounts_makes_a_file(missing: str) -> None:
    account, tranche = ours(), build.approved()
    client = signed_in(*{"see_payeeaccount", "change_tranche", "view_tranche"} - {missing})
    assert client.get(reverse(PAGE)).status_code == 403
    assert ask(client, account, tranche).status_code == 403
    assert reverse(PAGE) not in text(client.get(reverse("admin:grants_tranche_changelist")))
    assert reverse(PAGE) in text(payer().get(reverse("admin:grants_tranche_changelist")))


def test_a_payment_is_written_a_second_time_only_after_a_clear_warning() -> None:
    account, tranche, client = ours(), build.approved(), payer()
    assert ticked(text(client.get(reverse(PAGE))), tranche)
    ask(client, account, tranche)
    page = text(client.get(reverse(PAGE)))
    assert "the bank may pay it twice" in page
    assert not ticked(page, tranche)
    assert "it would pay twice" in text(ask(client, account, tranche))
    assert PaymentFile.objects.count() == 1
    assert ask(client, account, tranche, again="on")["Content-Type"] == "application/xml"
    assert tranche.files.count() == 2


def test_what_cannot_be_written_is_listed_with_the_reason() -> None:
    account = ours()
    old = build.grant()
    reasons = {
        "pay it by hand, or record the account anew": build.approved_by_all(
            build.planned(old, account=build.account(old.initiative, details="BCA 1"))
        ),
        "It does not go to a bank": build.approved_by_all(build.planned_by(Route.MOBILE_MONEY)),
        "This account is new": waiting(),
        "write it as the bank has it, in Latin letters": in_persian(),
    }
    page = text(payer().get(reverse(PAGE)))
    for reason, tranche in reasons.items():
        assert reason in page
        assert reason in text(ask(payer(), account, tranche))
    assert not PaymentFile.objects.exists()


def waiting() -> Tranche:
    tranche = build.promised()
    tranche.redirect_to(build.another_account(tranche), by=build.person(), at=build.NOW)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    return tranche


def in_persian() -> Tranche:
    grant = build.grant()
    return build.approved_by_all(build.planned(grant, account=build.account(grant.initiative, payee="زهرا احمدی")))


def test_a_country_that_is_excluded_by_now_is_not_written() -> None:
    account, tranche = ours(), build.approved()
    sql("UPDATE ledger_fund SET excluded_countries = '{ID}' WHERE id = %s", tranche.fund_id)
    assert "must not pay anybody in Indonesia" in text(payer().get(reverse(PAGE)))
    assert "must not pay anybody in Indonesia" in text(ask(payer(), account, tranche))


def test_only_what_is_approved_is_offered_or_taken() -> None:
    account, promised, sent = ours(), build.promised(), build.sent()
    page = text(payer().get(reverse(PAGE)))
    assert str(promised) not in page
    assert str(sent) not in page
    assert ask(payer(), account, sent).status_code == 200
    assert not PaymentFile.objects.exists()


def test_a_day_that_is_over_is_refused_and_what_was_chosen_stays_chosen() -> None:
    account, tranche = ours(), build.approved()
    page = text(ask(payer(), account, tranche, execute_on="2020-01-01"))
    assert "This day is over" in page
    assert ticked(page, tranche)


def test_without_an_account_of_ours_the_page_says_what_to_do() -> None:
    build.approved()
    assert "There is no account yet that we may pay from" in text(payer().get(reverse(PAGE)))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"number": "DE89370400440532013001"}, "does not add up"),
        ({"number": "12345678", "country": "ID"}, "BIC is needed"),
        ({"currency": "EURO"}, "no more than 3 characters"),
        ({"bic": "X"}, "is not a BIC"),
    ],
)
def test_an_account_of_ours_that_is_none_is_refused(given: dict[str, str], sentence: str) -> None:
    form = {"name": "Refugees Rise", "number": "DE89370400440532013000", "country": "DE", "currency": "eur"}
    client = signed_in("add_ouraccount", "view_ouraccount")
    page = reverse("admin:grants_ouraccount_add")
    assert sentence in re.sub(r"at most", "no more than", text(client.post(page, form | given)))
    assert client.post(page, form).status_code == 302
    assert OurAccount.objects.get().currency == "EUR"


def test_sql_can_neither_change_a_file_nor_put_into_one_what_is_not_approved() -> None:
    account, tranche, promised = ours(), build.approved(), build.promised()
    ask(payer(), account, tranche)
    for statement in (
        "UPDATE grants_paymentfile SET sha256 = repeat('0', 64)",
        "DELETE FROM grants_fileline",
        "UPDATE grants_ouraccount SET number = 'x'",
    ):
        with pytest.raises(IntegrityError, match="stays"):
            sql(statement)
    with pytest.raises(IntegrityError, match="holds approved payments to a bank"):
        FileLine.objects.create(file=PaymentFile.objects.get(), tranche=promised)


def test_nothing_is_paid_from_an_account_that_one_person_alone_has_put_there() -> None:
    tranche, author = build.approved(), signed_in("add_ouraccount", "view_ouraccount", "approve_ouraccount")
    form = {"name": "Refugees Rise", "number": "DE89370400440532013000", "country": "DE", "currency": "EUR"}
    author.post(reverse("admin:grants_ouraccount_add"), form)
    account = OurAccount.objects.get()
    approve = reverse("admin:grants_ouraccount_step", args=[account.pk, "approve"])
    assert "another person has to approve it" in text(author.post(approve))
    assert "There is no account yet that we may pay from" in text(payer().get(reverse(PAGE)))
    assert "Select a valid choice" in str(ask(payer(), account, tranche).context["form"].errors)
    with pytest.raises(Refused, match="has yet to approve"):
        export(account, [tranche], form=Form.CSV, execute_on=build.DAY, again=False, by=build.person(), now=build.NOW)
    with pytest.raises(IntegrityError, match="payments leave an account that a second person has approved"):
        PaymentFile.objects.create(account=account, made_by=account.recorded_by, sha256="0" * 64)
    other = signed_in("view_ouraccount", "approve_ouraccount")
    assert "DE89370400440532013000" in text(other.get(approve))
    assert other.post(approve).status_code == 302
    assert "pain.001.001.09" in text(ask(payer(), account, tranche))


def test_an_account_of_ours_is_approved_once_and_stays_as_it_was_then() -> None:
    account, other = ours(), build.person()
    with pytest.raises(Refused, match="is approved already"):
        account.approve(by=other)
    waiting = recorded(by=other)
    with pytest.raises(IntegrityError, match="approved_by_another_person"):
        sql(
            "UPDATE grants_ouraccount SET approved_by_id = recorded_by_id, approved_at = now() WHERE id = %s",
            waiting.pk,
        )
    for statement in (
        "UPDATE grants_ouraccount SET approved_by_id = NULL, approved_at = NULL WHERE approved_at IS NOT NULL",
        "UPDATE grants_ouraccount SET approved_by_id = %s, approved_at = now(), bic = 'X' WHERE approved_at IS NULL",
        "DELETE FROM grants_ouraccount",
    ):
        with pytest.raises(IntegrityError, match="stays as it was recorded"):
            sql(statement, *([account.recorded_by_id] if "%s" in statement else []))


def test_the_keys_of_an_approved_account_of_ours_can_be_changed() -> None:
    account = ours()
    with transaction.atomic():
        sql("SET LOCAL grants.resealing = 'on'")
        OurAccount.objects.filter(pk=account.pk).update(number=account.number)
        with pytest.raises(IntegrityError, match="stays as it was recorded"), transaction.atomic():
            OurAccount.objects.filter(pk=account.pk).update(name="Mallory")


def test_the_accounts_that_wait_for_a_second_person_are_listed() -> None:
    approved, waiting = ours(), recorded(by=build.person("anna"))
    page = text(signed_in("view_ouraccount").get(reverse("admin:grants_ouraccount_changelist") + "?standing=waiting"))
    assert (f"/{approved.pk}/change/" in page, f"/{waiting.pk}/change/" in page) == (False, True)


def test_who_reads_the_database_does_not_learn_our_account() -> None:
    ours()
    assert not OurAccount.objects.extra(where=["number LIKE '%%3704%%'"]).exists()
