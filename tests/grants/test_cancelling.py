"""An offer is taken back whole; a grant of which nothing is paid can be cancelled; a closed one is what it came to."""

from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import application_letters, awarding, bookkeeping, closing
from grants.models import Grant, GrantState, Publication, Refused, Report, State
from grants.publication import public_view
from ledger.money import Money
from tests.grants import build
from tests.grants.build import sql
from tests.grants.test_awarding import offered

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The lease of the room fell through."


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def cancel(grant: Grant) -> None:
    awarding.cancel(grant, reason=WHY, by=build.person(), on=build.DAY)
    grant.refresh_from_db()


def accepted() -> Grant:
    grant = offered(1_200_00, parts=2)
    awarding.accept(grant, by="Zahra", said="", on=build.DAY)
    return Grant.objects.get()


def test_an_offer_is_taken_back_whole_and_the_group_is_told_why() -> None:
    grant = offered(1_200_00, parts=2)
    cancel(grant)
    assert grant.state == GrantState.CANCELLED
    assert {tranche.state for tranche in grant.tranches.all()} == {"released"}
    assert grant.fund.free() == Money(10_000_00, "USD")
    application_letters.mail_all(timezone.now())
    told = mail.outbox[-1]
    assert told.subject == "The grant to your group is cancelled"
    assert WHY in str(told.body)
    page = Client().get(grant.get_absolute_url()).content.decode()
    assert WHY in page
    assert Client().post(grant.get_absolute_url(), {"answer": "accept", "by": "Zahra"}).status_code == 422


def test_a_part_of_an_offer_is_not_released_by_itself_and_sql_cannot_either() -> None:
    tranche = offered(1_200_00, parts=2).tranches.first()
    assert tranche
    with pytest.raises(Refused, match="Take the whole offer back"):
        bookkeeping.release(tranche, on=build.DAY)
    with pytest.raises(IntegrityError, match="stays set aside until the offer is over"):
        sql(
            "UPDATE grants_tranche SET state = 'released', release_entry_id = promise_entry_id WHERE id = %s",
            tranche.pk,
        )


def test_a_grant_whose_money_is_all_released_or_back_ends() -> None:
    grant = accepted()
    first, second = grant.tranches.order_by("number")
    bookkeeping.release(first, on=build.DAY)
    second.redirect_to(build.account(grant.initiative), by=build.person(), at=timezone.now())
    second.approve(by=build.person(), seen=second.fingerprint)
    build.pay(second)
    with pytest.raises(Refused, match="Money of this grant is paid"):
        cancel(grant)
    bookkeeping.take_back(second, on=build.DAY)
    cancel(grant)
    assert (grant.state, grant.fund.free()) == (GrantState.CANCELLED, Money(10_000_00, "USD"))
    assert not Report.objects.due().exists()


def test_sql_cannot_cancel_over_money_that_is_set_aside_or_without_a_reason() -> None:
    grant, person = accepted(), build.person()
    with pytest.raises(IntegrityError, match="nothing of it is set aside or out"), transaction.atomic():
        sql("UPDATE grants_grant SET state = 'cancelled' WHERE id = %s", grant.pk)
    with pytest.raises(IntegrityError, match="grant_cancelled_by_us_says_why"):
        sql("UPDATE grants_grant SET cancelled_by_id = %s, cancelled_at = now() WHERE id = %s", person.pk, grant.pk)


def test_nothing_more_is_promised_of_a_grant_that_is_over() -> None:
    tranche = build.planned(build.grant(state=GrantState.OFFERED))
    build.gift(tranche.fund, tranche.amount_minor)
    cancel(tranche.grant)
    with pytest.raises(Refused, match="no money is set aside for it any more"):
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    entry = build.promised().promise_entry_id
    with pytest.raises(IntegrityError, match="promised while its grant is open"):
        sql(
            "UPDATE grants_tranche SET state = 'promised', promise_entry_id = %s, proposed_at = now(),"
            " proposed_by_id = %s WHERE id = %s",
            *(entry or 0, build.person().pk, tranche.pk),
        )


def test_of_accepting_and_cancelling_at_once_one_happens() -> None:
    grant = offered()
    deeds = [
        partial(awarding.accept, grant, by="Zahra", said="", on=build.DAY),
        partial(awarding.cancel, grant, reason=WHY, by=build.person(), on=build.DAY),
    ]
    build.at_once(deeds)
    grant.refresh_from_db()
    kept = grant.state == GrantState.ACCEPTED
    assert {tranche.state for tranche in grant.tranches.all()} == {State.PROMISED if kept else State.RELEASED}


def test_a_closed_grant_is_shown_with_what_it_came_to() -> None:
    parent = build.grant(3_000_00, publication=Publication.COUNTRY_ONLY, consent="By telephone.")
    paid, other = build.approved(of=parent, minor=1_000_00), build.promised(of=parent, minor=2_000_00)
    build.pay(paid)
    paid.confirm(build.DAY)
    bookkeeping.release(other, on=build.DAY)
    grant = Grant.objects.get()
    shown = public_view(grant)
    assert shown
    assert shown.amount == Money(3_000_00, "USD")
    report = Report.objects.create(grant=grant, number=1, due_on=timezone.localdate(), final=True)
    report.save_facts(text="We cooked.", language="en", mode="written", spent_minor=1_000_00)
    report.submit(timezone.now())
    report.accept(by=build.person())
    closing.close(grant, by=build.person())
    shown = public_view(Grant.objects.get())
    assert shown
    assert shown.amount == Money(1_000_00, "USD")


def test_staff_take_an_offer_back_by_a_step_with_a_reason() -> None:
    grant, client = offered(), Client()
    client.force_login(User.objects.create_superuser("lead"))
    page = f"/staff/grants/grant/{grant.pk}/step/cancel/"
    assert "is told why by mail" in client.get(page).content.decode()
    assert client.post(page, {"reason": ""}).status_code == 200
    assert client.post(page, {"reason": WHY}).status_code == 302
    grant.refresh_from_db()
    assert (grant.state, grant.why_cancelled) == (GrantState.CANCELLED, WHY)
