"""A call's money is divided once, by one of three ways, among those that the panel chose; the books allow it or not."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import Client
from pytest_django import Settings

from grants import awarding, conflicts, dividing, voting
from grants.allocation import Method
from grants.models import Allocation, Application, Call, Grant, Kind, Message, Refused, Stage, Told
from ledger.money import Money
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def decided(holds: int = 2_000_00) -> Call:
    """Three asked for 1,200: two are chosen, the third is on the reserve list. The fund holds less than two of them."""
    applications, panel = build.in_vote(3, 4)
    for application in applications[:2]:
        build.voted(application, yes=panel)
    build.voted(applications[2], yes=panel[:2], no=panel[2:])
    voting.close(applications[0].call, by=panel[0].person)
    build.gift(applications[0].call.fund, holds)
    return Call.objects.get(pk=applications[0].call_id)


def allocate(call: Call, method: Method = Method.SCALED, parts: int = 2) -> Allocation:
    return dividing.allocate(call, method, parts=parts, reason="Fair.", by=build.person(), on=build.DAY)


def test_the_three_ways_are_worked_out_over_what_there_is() -> None:
    plans = {plan.method: [share.given.minor for share in plan.shares] for plan in dividing.plans(decided())}
    assert plans == {
        Method.BY_RANK: [1_200_00, 0],
        Method.SCALED: [1_000_00, 1_000_00],
        Method.BASE_AND_RANK: [1_200_00, 800_00],
    }


def test_the_ceiling_counts_where_the_fund_has_more() -> None:
    assert dividing.pool_of(decided(99_000_00)) == Money(10_000_00, "USD")


def test_one_way_is_taken_and_every_cent_is_set_aside() -> None:
    call = decided()
    allocation = allocate(call)
    assert (allocation.pool, call.stage) == (Money(2_000_00, "USD"), Stage.ALLOCATED)
    assert sorted(Grant.objects.values_list("amount_minor", flat=True)) == [1_000_00, 1_000_00]
    assert call.fund.free() == Money(0, "USD")
    told = sorted(Message.objects.exclude(what=Told.SENT).values_list("what", flat=True))
    assert told == [Told.AWARDED, Told.AWARDED, Told.RESERVE]


def test_a_call_is_divided_once() -> None:
    call = decided()
    refusals = at_once([lambda: allocate(Call.objects.get(pk=call.pk))] * 4)
    assert len(refusals) == 3
    assert Grant.objects.count() == 2


def test_an_empty_fund_is_refused_in_words_and_the_call_stays_undivided() -> None:
    call = decided(1)
    build.lost_dispute(call.fund, 50_00)
    with pytest.raises(Refused, match="nothing to divide"):
        allocate(call)
    call.refresh_from_db()
    assert call.stage == Stage.DECIDED


def chosen_nobody() -> Call:
    applications, panel = build.in_vote(2, 3)
    for application in applications:
        build.voted(application, yes=[], no=panel)
    voting.close(applications[0].call, by=panel[0].person)
    build.gift(applications[0].call.fund, 2_000_00)
    return Call.objects.get(pk=applications[0].call_id)


def test_a_call_whose_panel_chose_nobody_ends_and_everybody_is_told() -> None:
    call, client = chosen_nobody(), Client()
    client.force_login(User.objects.create_superuser("lead"))
    page = f"/staff/grants/call/{call.pk}/step/end/"
    assert "Nobody gets a grant" in client.get(page).content.decode()
    assert client.post(page, {"reason": "None of them is for winter."}).status_code == 302
    call.refresh_from_db()
    assert (call.stage, call.allocation.method, call.allocation.reason) == (
        Stage.ALLOCATED,
        "",
        "None of them is for winter.",
    )
    assert [*Message.objects.exclude(what=Told.SENT).values_list("what", flat=True)] == [Told.DECLINED] * 2
    assert call.fund.free() == Money(2_000_00, "USD")


def test_a_call_without_money_can_end_and_who_was_chosen_is_on_the_reserve_list() -> None:
    call = decided(1)
    build.lost_dispute(call.fund, 50_00)
    dividing.end_without(call, reason="The money went back.", by=build.person())
    assert {*Message.objects.exclude(what=Told.SENT).values_list("what", flat=True)} == {Told.RESERVE}
    build.gift(call.fund, 2_000_00)
    awarding.offer(
        dividing.left_out(call)[0], Money(1_000_00, "USD"), parts=1, by=build.person(), on=build.DAY
    )  # more came in after all


def test_who_is_tied_to_a_group_does_not_end_its_call() -> None:
    call, anna = chosen_nobody(), build.person()
    conflicts.tie(anna, Kind.MAIL, "group-1@example.org", by=anna)
    with pytest.raises(Refused, match="tied to a group"):
        dividing.end_without(call, reason="x", by=anna)


def test_sql_cannot_end_a_call_without_a_word_or_over_a_grant() -> None:
    with pytest.raises(IntegrityError, match="says how, and why"):
        sql("UPDATE grants_call SET stage = 'allocated' WHERE id = %s", chosen_nobody().pk)
    call = decided()
    application = dividing.left_out(call)[0]
    awarding.offer(application, Money(1_000_00, "USD"), parts=1, by=build.person(), on=build.DAY)
    with pytest.raises(IntegrityError, match="does not end without one"):
        dividing.end_without(call, reason="x", by=build.person())


def test_sql_cannot_change_how_it_was_divided() -> None:
    allocation = allocate(decided())
    with pytest.raises(IntegrityError, match="stays as it was chosen"):
        sql("UPDATE grants_allocation SET method = 'by_rank' WHERE id = %s", allocation.pk)


def test_whoever_was_left_out_comes_next_the_best_first() -> None:
    call = decided()
    allocate(call, Method.BY_RANK)
    names = [application.decision.outcome for application in dividing.left_out(call)]
    assert names == ["funded", "reserve"]


def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(f"lead-{next(build.numbers)}"))
    return client


def test_the_ways_are_shown_side_by_side_and_one_is_taken_on_the_staffs_page() -> None:
    call, client = decided(), staff()
    address = f"/staff/grants/call/{call.pk}/step/divide/"
    page = client.get(address).content.decode()
    for amount in ("1,200.00", "1,000.00", "800.00"):
        assert amount in page
    client.post(address, {"method": "base", "parts": "1", "reason": "Everyone gets a base."})
    assert sorted(Grant.objects.values_list("amount_minor", flat=True)) == [800_00, 1_200_00]


def test_one_more_grant_is_offered_when_money_came_in() -> None:
    call, client = decided(), staff()
    allocate(call, Method.SCALED)
    last = dividing.left_out(call).get()
    address = f"/staff/grants/call/{call.pk}/step/next/"
    given = {"application": last.pk, "amount": "500", "parts": "1", "reason": "More came in."}
    refused = client.post(address, given).content.decode()
    assert "500.00" in refused
    assert not Grant.objects.filter(application=last).exists()
    build.gift(call.fund, 500_00)
    client.post(address, given)
    assert Grant.objects.get(application=last).amount == Money(500_00, "USD")


def test_what_was_taken_back_is_not_funded() -> None:
    call = decided()
    first = Application.objects.filter(decision__outcome="funded").first()
    assert first
    with pytest.raises(Refused, match="has been decided"):
        first.withdraw(build.NOW)
    assert len(dividing.plan(call, Method.SCALED).shares) == 2


def test_each_group_reads_what_was_decided_and_how_many_voted_and_nobodys_name() -> None:
    call = decided()
    allocate(call, Method.BY_RANK)
    for application in call.applications.all():
        browser = Client()
        browser.post("/grants/resume/", {"by": "code", "code": application.code})
        page = browser.get(application.get_absolute_url()).content.decode()
        assert "Close to the people, and careful with money." in page
        assert "Take the application back" not in page
        assert ("Read our letter" in page) == Grant.objects.filter(application=application).exists()
        assert not [member for member in call.members.all() if member.person.username in page]


def test_who_is_tied_to_one_of_the_groups_divides_nothing() -> None:
    call, client = decided(), staff()
    person = User.objects.get(username__startswith="lead-")
    conflicts.tie(person, Kind.MAIL, call.applications.eligible()[0].email, by=person)
    assert client.get(f"/staff/grants/call/{call.pk}/step/divide/").status_code == 403
    with pytest.raises(Refused, match="Somebody else has to divide"):
        dividing.allocate(call, Method.SCALED, parts=1, reason="Ours is the best.", by=person, on=build.DAY)
    assert not Grant.objects.exists()


def test_sql_cannot_let_somebody_divide_who_stands_aside() -> None:
    [application], panel = build.in_vote(members=4)
    panel[3].declare(application, "My sister works there.", by=panel[3].person)
    build.voted(application, yes=panel[:3])
    voting.close(application.call, by=panel[0].person)
    with pytest.raises(IntegrityError, match="stand aside from one"):
        Allocation.objects.create(
            call=application.call, method=Method.SCALED, pool_minor=1, parts=1, reason="!", chosen_by=panel[3].person
        )
