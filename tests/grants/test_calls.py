"""A call is published whole, stays as people read it, and closes when it said, or later."""

import datetime

import pytest
from django.db import IntegrityError
from django.utils import timezone

from grants.models import Access, Call, Criterion, Question, Refused, Rule, Stage
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)
A_DAY = datetime.timedelta(days=1)


def test_a_call_is_published_by_a_person_and_takes_applications_in_its_hours() -> None:
    call, anna = build.call(published=False), build.person("anna")
    assert not call.takes(timezone.now())
    call.publish(by=anna)
    assert call.published_by == anna
    assert call.takes(timezone.now())
    assert not call.takes(call.opens - A_DAY)
    assert not call.takes(call.closes)


def test_the_minutes_of_grace_are_for_those_who_have_begun() -> None:
    call = build.call(grace=10)
    late = call.closes + datetime.timedelta(minutes=9)
    assert not call.takes(late)
    assert call.still_takes(late)
    assert not call.still_takes(call.last_moment)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("question", "at least one question"), ("rule", "at least one rule"), ("criterion", "come to 0")],
)
def test_what_a_call_lacks_is_said(missing: str, sentence: str) -> None:
    call = build.call(published=False)
    sql(f"DELETE FROM grants_{missing} WHERE call_id = %s", call.pk)
    with pytest.raises(Refused, match=sentence):
        call.publish(by=build.person())
    with pytest.raises(IntegrityError, match="with questions, rules, and criteria that weigh 100"):
        sql(
            "UPDATE grants_call SET stage = 'published', published_at = now(), published_by_id = prepared_by_id"
            " WHERE id = %s",
            call.pk,
        )


def test_of_eight_who_publish_at_once_one_does() -> None:
    call, people = build.call(published=False), [build.person() for _ in range(8)]
    refusals = at_once([lambda by=by: Call.objects.get(pk=call.pk).publish(by=by) for by in people])  # type: ignore[misc]
    assert len(refusals) == 7


def test_its_end_moves_only_to_a_later_moment() -> None:
    call = build.call()
    later = call.closes + A_DAY
    call.extend(later)
    assert call.closes == later
    with pytest.raises(Refused, match="only be moved to a later moment"):
        call.extend(later - A_DAY / 2)
    with pytest.raises(IntegrityError, match="stays as people read it"):
        sql("UPDATE grants_call SET closes = closes - interval '1 minute' WHERE id = %s", call.pk)


@pytest.mark.parametrize(
    "change",
    ["ceiling_minor = 1, most_minor = 1", "title = 'Another'", "grace = 60", "countries = '{ID}'", "quorum = 1"],
)
def test_sql_cannot_change_what_people_read(change: str) -> None:
    with pytest.raises(IntegrityError, match="stays as people read it"):
        sql(f"UPDATE grants_call SET {change} WHERE id = %s", build.call().pk)


@pytest.mark.parametrize("part", [Question, Criterion, Rule])
def test_sql_cannot_change_add_or_delete_what_is_asked_and_judged(part: type[Question | Criterion | Rule]) -> None:
    call, table = build.call(), part._meta.db_table
    for statement in (
        f"UPDATE {table} SET number = 9 WHERE call_id = %s",
        f"DELETE FROM {table} WHERE call_id = %s",
    ):
        with pytest.raises(IntegrityError, match="stays as people read it"):
            sql(statement, call.pk)
    row = part.objects.filter(call=call).first()
    assert row
    row.pk, row.number = None, 12
    with pytest.raises(IntegrityError, match="stays as people read it"):
        row.save(force_insert=True)


def test_a_thirteenth_question_is_refused() -> None:
    call = build.call(published=False)
    with pytest.raises(IntegrityError, match="question_is_one_of_twelve"):
        Question.objects.create(call=call, number=13, text="And?")


def test_nothing_is_read_before_the_last_moment() -> None:
    call = build.call()
    with pytest.raises(Refused, match="still takes applications"):
        call.begin_reading(timezone.now())
    with pytest.raises(IntegrityError, match="is read when it is over"):
        sql("UPDATE grants_call SET stage = 'review' WHERE id = %s", call.pk)
    build.over(call).begin_reading(timezone.now())
    assert Call.objects.get().stage == Stage.REVIEW


def test_stages_are_not_skipped() -> None:
    call = build.call()
    with pytest.raises(Refused, match="is “published”, so it cannot become “decided”"):
        call.move(Stage.DECIDED)
    with pytest.raises(IntegrityError, match="does not move from published to decided"):
        sql("UPDATE grants_call SET stage = 'decided' WHERE id = %s", call.pk)


def test_a_call_pays_from_a_fund_of_its_campaign_in_its_currency() -> None:
    with pytest.raises(IntegrityError, match="a fund of its own campaign"):
        build.call(fund=build.campaign().bank_fund)
    with pytest.raises(IntegrityError, match="call_currency_is_its_funds"):
        build.call(currency="EUR")


def test_only_who_was_invited_reaches_a_call_by_invitation() -> None:
    invited, opened = build.call(access=Access.INVITED), build.call()
    build.call(published=False)
    assert set(Call.objects.for_all()) == {opened}
    assert set(Call.objects.reachable("")) == {opened}
    assert set(Call.objects.reachable(invited.invitation)) == {invited, opened}


def test_over_means_that_the_minutes_of_grace_are_over() -> None:
    call = build.call(grace=30)
    assert not Call.objects.over(call.closes + datetime.timedelta(minutes=29))
    assert set(Call.objects.over(call.last_moment)) == {call}
