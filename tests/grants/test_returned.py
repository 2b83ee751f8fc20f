"""What comes back unspent is recorded by one person and booked when another has found it too, and not before."""

from functools import partial

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from grants import bookkeeping, closing, conflicts
from grants.models import Grant, Kind, Refused, Report, Returned
from grants.models.returned import Standing
from ledger import chart
from ledger.journal import Draft, Line, record
from ledger.models import Change, Entry
from ledger.money import Money
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def reported(spent: int = 2_880_00) -> Grant:
    """Paid, confirmed, and reported on: 120.00 are to come back."""
    tranche = build.sent()
    tranche.confirm(build.DAY)
    report = Report.objects.create(grant=tranche.grant, number=1, due_on=timezone.localdate(), final=True)
    report.save_facts(text="We cooked.", language="en", mode="written", spent_minor=spent)
    report.submit(timezone.now())
    report.accept(by=build.person())
    return tranche.grant


def in_the_bank(grant: Grant) -> Money:
    return grant.fund.balance(chart.BANK)


def signed_in(person: User, *permissions: str) -> Client:
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def treasurer() -> Client:
    may = ("view_grant", "view_returned", "add_returned", "confirm_returned")
    return signed_in(build.person(), *may)


def test_what_one_person_records_is_booked_when_another_has_found_it() -> None:
    grant = reported()
    before = in_the_bank(grant)
    anna, ben = treasurer(), treasurer()
    given = {"amount": "120.00", "on": "2026-11-20", "bank_reference": "IN-1"}
    anna.post(reverse("admin:grants_grant_step", args=[grant.pk, "unspent"]), given)
    returned = Returned.objects.get()
    confirm = reverse("admin:grants_returned_step", args=[returned.pk, "confirm"])
    assert "another person has to confirm it" in anna.post(confirm).content.decode()
    assert (in_the_bank(grant), returned.standing) == (before, Standing.WAITING)
    assert "IN-1" in ben.get(confirm).content.decode()
    assert ben.post(confirm).status_code == 302
    returned.refresh_from_db()
    assert (in_the_bank(grant) - before, returned.standing) == (Money(120_00, "USD"), Standing.BOOKED)
    assert "is “confirmed and in the books” now" in ben.post(confirm).content.decode()
    assert in_the_bank(grant) - before == Money(120_00, "USD")


def test_what_two_people_confirm_at_once_is_booked_once() -> None:
    grant = reported()
    before, returned = in_the_bank(grant), build.returned(grant)
    people = [build.person() for _ in range(4)]

    def confirm(by: User) -> None:
        bookkeeping.take_unspent(Returned.objects.get(pk=returned.pk), by=by)

    assert len(at_once([partial(confirm, by=person) for person in people])) == 3
    assert in_the_bank(grant) - before == Money(120_00, "USD")


def test_one_transfer_is_recorded_once() -> None:
    grant = reported()
    record_it = partial(build.returned, grant, reference="IN-1", by=build.person())
    assert at_once([record_it] * 2) == ["Money with this bank reference is recorded already."]
    assert Returned.objects.count() == 1


def test_what_was_recorded_wrongly_is_withdrawn_with_a_reason_and_recorded_anew() -> None:
    grant, anna = reported(), treasurer()
    wrong = build.returned(grant, 1_200_00, reference="IN-1")
    withdraw = reverse("admin:grants_returned_step", args=[wrong.pk, "withdraw"])
    assert "This field is required" in anna.post(withdraw).content.decode()
    assert anna.post(withdraw, {"reason": "It was 120."}).status_code == 302
    wrong.refresh_from_db()
    assert (wrong.standing, wrong.withdrawal_reason) == (Standing.WITHDRAWN, "It was 120.")
    with pytest.raises(Refused, match="is “withdrawn” now"):
        bookkeeping.take_unspent(wrong, by=build.person())
    assert closing.still_to_return(grant) == Money(3_000_00, "USD")
    bookkeeping.take_unspent(build.returned(grant, 120_00, reference="IN-1"), by=build.person())
    closing.close(grant, by=build.person())


def test_what_is_booked_is_not_withdrawn() -> None:
    returned = build.returned(reported())
    bookkeeping.take_unspent(returned, by=build.person())
    with pytest.raises(Refused, match="is “confirmed and in the books” now"):
        returned.withdraw(by=build.person(), reason="x")


def test_a_grant_ends_when_what_came_back_is_confirmed() -> None:
    grant = reported(spent=3_000_00)
    returned = build.returned(grant)
    with pytest.raises(Refused, match="a second person has confirmed what came back"):
        closing.close(grant, by=build.person())
    with pytest.raises(IntegrityError, match="when what came back is confirmed or withdrawn"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s", build.person().pk)
    bookkeeping.take_unspent(returned, by=build.person())
    closing.close(grant, by=build.person())
    with pytest.raises(Refused, match="nothing of it comes back any more"):
        build.returned(grant)


def test_what_waits_or_was_withdrawn_does_not_count_as_come_back() -> None:
    grant = reported()
    waiting = build.returned(grant)
    assert closing.unspent(grant, Money(2_880_00, "USD")) == Money(120_00, "USD")
    assert closing.still_to_return(grant) == Money(2_880_00, "USD")
    waiting.withdraw(by=build.person(), reason="x")
    with pytest.raises(IntegrityError, match="when the unspent has come back"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s", build.person().pk)


@transaction.atomic
def booked_by_hand(returned: Returned, minor: int) -> Entry:
    """An entry of another amount, under the name that confirming would give it."""
    fund, amount = returned.grant.fund, Money(minor, "USD")
    lines = (Line(chart.BANK, fund, amount), Line(chart.GRANTS_RETURNED, fund, -amount))
    return record(Draft("unspent_returned", f"{returned.grant.reference}-{returned.pk}", returned.returned_on, lines))


CONFIRM = "UPDATE grants_returned SET entry_id = %s, confirmed_at = now(), confirmed_by_id = "


def test_sql_books_nothing_by_one_person_alone_and_nothing_else_than_was_recorded() -> None:
    returned, other = build.returned(reported()), build.person()
    entry = booked_by_hand(returned, 120_00)
    with pytest.raises(IntegrityError, match="is confirmed, and booked as it was recorded"):
        sql("UPDATE grants_returned SET entry_id = %s", entry.pk)
    with pytest.raises(IntegrityError, match="confirmed_by_another_person"):
        sql(f"{CONFIRM} recorded_by_id", entry.pk)
    sql(f"{CONFIRM} %s", entry.pk, other.pk)
    second = build.returned(returned.grant)
    with pytest.raises(IntegrityError, match="booked as it was recorded"):
        sql(f"{CONFIRM} %s WHERE id = %s", booked_by_hand(second, 121_00).pk, other.pk, second.pk)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grants_returned SET amount_minor = 1",
        "UPDATE grants_returned SET withdrawal_reason = 'x', withdrawn_at = now(), bank_reference = 'IN-2'",
        "DELETE FROM grants_returned",
    ],
)
def test_sql_cannot_change_what_was_recorded(statement: str) -> None:
    build.returned(reported())
    with pytest.raises(IntegrityError, match="stays on record"):
        sql(statement)


def test_sql_cannot_record_what_is_confirmed_at_once() -> None:
    grant, anna, ben = reported(), build.person(), build.person()
    entry = booked_by_hand(build.returned(grant), 120_00)
    with pytest.raises(IntegrityError, match="waits for a second person"):
        Returned.objects.create(
            grant=grant,
            amount_minor=1,
            currency="USD",
            returned_on=build.DAY,
            bank_reference="IN-2",
            recorded_by=anna,
            confirmed_by=ben,
            confirmed_at=timezone.now(),
            entry=entry,
        )


def test_who_confirmed_it_is_in_the_history() -> None:
    returned = build.returned(reported())
    bookkeeping.take_unspent(returned, by=build.person("ben"))
    change = Change.objects.filter(place="grants_returned").latest("pk")
    assert change.after
    assert change.after["confirmed_by_id"] == User.objects.get(username="ben").pk


def test_what_waits_for_a_second_person_is_listed() -> None:
    grant = reported()
    booked, waiting = build.returned(grant), build.returned(grant)
    bookkeeping.take_unspent(booked, by=build.person())
    waiting.refresh_from_db()
    page = treasurer().get(reverse("admin:grants_returned_changelist") + "?standing=waiting").content.decode()
    assert (f"/{booked.pk}/change/" in page, f"/{waiting.pk}/change/" in page) == (False, True)


def test_a_bank_does_not_send_back_what_the_group_has_sent_back() -> None:
    tranche = build.sent()
    back = build.returned(tranche.grant)
    with pytest.raises(Refused, match="Withdraw that first"):
        bookkeeping.take_back(tranche, on=build.DAY)
    with pytest.raises(IntegrityError, match="no more comes back than was sent"), transaction.atomic():
        sql("UPDATE grants_tranche SET state = 'failed' WHERE id = %s", tranche.pk)
    back.withdraw(by=build.person(), reason="It was the bank.")
    bookkeeping.take_back(tranche, on=build.DAY)


def test_nobody_confirms_the_money_of_a_group_that_they_are_tied_to() -> None:
    back, anna = build.returned(reported()), build.person()
    conflicts.tie(anna, Kind.ACCOUNT, "123-456-789", by=anna)
    confirm = reverse("admin:grants_returned_step", args=[back.pk, "confirm"])
    client = signed_in(anna, "view_returned", "confirm_returned")
    assert "You are tied to this group" in client.post(confirm, follow=True).content.decode()
    assert Returned.objects.get().standing == Standing.WAITING
