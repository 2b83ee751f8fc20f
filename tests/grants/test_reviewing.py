"""Reviews: assigned, whole, submitted once, and blind until one's own is in."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from grants import reviewing, voting
from grants.models import Application, Criterion, Refused, Review, Score, Stage
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_application_gets_its_readers_and_the_work_is_even() -> None:
    applications = build.in_review(5)
    call = applications[0].call
    members = [build.member(call) for _ in range(4)]
    build.member(call, may_read=False)
    assert reviewing.assign(call, by=build.person()) == 10
    assert {one.reviews.count() for one in applications} == {2}
    assert sorted(member.reviews.count() for member in members) == [2, 2, 3, 3]
    assert reviewing.assign(call, by=build.person()) == 0


def test_who_stands_aside_is_not_assigned_and_is_replaced() -> None:
    [application] = build.in_review()
    members = [build.member(application.call) for _ in range(3)]
    members[0].declare(application, "My sister works there.", by=members[0].person)
    reviewing.assign(application.call, by=build.person())
    assert {review.member for review in application.reviews.all()} == set(members[1:])
    members[1].declare(application, "So does mine.", by=members[1].person)
    fourth = build.member(application.call)
    assert reviewing.assign(application.call, by=build.person()) == 1
    assert application.reviews.filter(member=fourth).exists()


def test_eight_who_assign_at_once_assign_once() -> None:
    [application] = build.in_review()
    for _ in range(3):
        build.member(application.call)
    by = build.person()
    assert at_once([lambda: reviewing.assign(application.call, by=by)] * 8) == []
    assert application.reviews.count() == 2


def test_by_hand_only_a_reader_of_the_panel_who_does_not_stand_aside_is_assigned() -> None:
    [application] = build.in_review()
    reader, aside = build.member(application.call), build.member(application.call)
    voter, stranger = build.member(application.call, may_read=False), build.member(build.call())
    aside.declare(application, "My sister works there.", by=aside.person)
    build.assigned(application, reader)
    for member, sentence in (
        (reader, "reads it already"),
        (aside, "stands aside"),
        (voter, "Only readers"),
        (stranger, "Only readers"),
    ):
        with pytest.raises(Refused, match=sentence):
            build.assigned(application, member)
    for member in (aside, voter, stranger):
        with pytest.raises(IntegrityError, match=r"does not read|by a reader of its panel"):
            Review.objects.create(application=application, member=member, assigned_by=reader.person)


def test_nothing_is_read_that_is_not_eligible() -> None:
    [application] = build.in_review()
    reader = build.member(application.call)
    application.screen(eligible=False, by=build.person(), why="It is a company.")
    with pytest.raises(Refused, match="Only eligible applications"):
        build.assigned(application, reader)
    with pytest.raises(IntegrityError, match="an eligible application is read"):
        Review.objects.create(application=application, member=reader, assigned_by=reader.person)


def draft() -> Review:
    [application] = build.in_review()
    return build.assigned(application, build.member(application.call))


def test_a_draft_is_kept_in_part_and_submitted_whole() -> None:
    review = draft()
    need, led = review.application.call.criteria.all()
    review.write({need: (None, "They are many.")})
    with pytest.raises(Refused, match="Give points for “Need”"):
        review.submit(timezone.now())
    review.write({need: (5, "They are many."), led: (0, "")})
    with pytest.raises(Refused, match="Say why you give these points for “Led by"):
        review.submit(timezone.now())
    with pytest.raises(IntegrityError, match="points and a reason for each criterion"):
        sql("UPDATE grants_review SET submitted_at = now()")
    review.write({led: (0, "The board is not of refugees.")})
    review.submit(timezone.now())
    assert review.is_submitted
    assert [(score.points, score.reason) for score in review.scores.all()] == [
        (5, "They are many."),
        (0, "The board is not of refugees."),
    ]


@pytest.mark.parametrize("points", [6, -1])
def test_six_points_are_refused(points: int) -> None:
    review = draft()
    with pytest.raises(IntegrityError, match=r"score_is_0_to_5|score_points_check"):
        Score.objects.create(
            review=review, criterion=review.application.call.criteria.all()[0], points=points, reason="x"
        )


def test_a_second_submit_is_refused_and_what_was_submitted_stays() -> None:
    review = build.scored(draft(), 4)
    review.submit(timezone.now())
    with pytest.raises(Refused, match="submitted already"):
        review.submit(timezone.now())
    with pytest.raises(Refused, match="cannot change any more"):
        build.scored(review, 5)
    for statement in (
        "UPDATE grants_score SET points = 5",
        "UPDATE grants_score SET reason = 'x'",
        "DELETE FROM grants_score",
        "UPDATE grants_review SET submitted_at = NULL",
        "DELETE FROM grants_review",
    ):
        with pytest.raises(IntegrityError, match="stays as it was submitted"):
            sql(statement)


def test_of_twenty_submits_at_once_one_counts() -> None:
    review = build.scored(draft(), 4)
    refusals = at_once([lambda: Review.objects.get(pk=review.pk).submit(timezone.now())] * 20)
    assert len(refusals) == 19


def test_sql_cannot_score_what_another_call_judges_or_hand_a_review_on() -> None:
    review, other = build.scored(draft(), 4), build.call()
    with pytest.raises(IntegrityError, match="criteria of its own call"):
        Score.objects.create(review=review, criterion=Criterion.objects.filter(call=other)[0], points=1, reason="x")
    second = build.member(review.application.call)
    with pytest.raises(IntegrityError, match="stays with its reader"):
        sql("UPDATE grants_review SET member_id = %s", second.pk)


def test_sql_cannot_write_the_review_of_somebody_who_stands_aside() -> None:
    review = build.scored(draft(), 4)
    review.member.declare(review.application, "My sister works there.", by=review.member.person)
    for statement in ("UPDATE grants_score SET points = 5", "UPDATE grants_review SET submitted_at = now()"):
        with pytest.raises(IntegrityError, match="who stands aside does not read"):
            sql(statement)


def test_nobody_sees_anothers_review_before_their_own_is_in() -> None:
    [application] = build.in_review()
    first, second, voter = (build.member(application.call) for _ in range(3))
    review = build.read(application, first)
    own = build.scored(build.assigned(application, second), 3)
    superuser = User.objects.create_superuser("root")
    for person in (second.person, voter.person, superuser):
        assert not Review.objects.of_others(application, person)
    assert not Review.objects.of_others(application, first.person)  # drafts are nobody else's
    own.submit(timezone.now())
    assert list(Review.objects.of_others(application, second.person)) == [review]
    assert not Review.objects.of_others(application, voter.person)


def test_when_the_vote_has_opened_all_but_who_stand_aside_see_the_reviews() -> None:
    [application], panel = build.in_vote()
    assert Review.objects.of_others(application, panel[2].person).count() == 2
    assert Review.objects.of_others(application, panel[0].person).count() == 1
    panel[2].declare(application, "My sister works there.", by=panel[2].person)
    assert not Review.objects.of_others(application, panel[2].person)
    panel[0].declare(application, "So does mine.", by=panel[0].person)
    assert [review.member for review in Review.objects.of_others(application, build.person())] == [panel[1]]


def test_when_the_vote_has_opened_nothing_is_scored_any_more() -> None:
    [application] = build.in_review(call=build.call(readers=1))
    call = application.call
    late = build.scored(build.assigned(application, build.member(call)), 1)
    build.read(application, build.member(call))
    voting.open_vote(call, by=build.person())
    with pytest.raises(Refused, match="reading of this call is over"):
        build.scored(Review.objects.get(pk=late.pk), 5)
    for statement in (
        "UPDATE grants_score SET points = 5 WHERE review_id = %s",
        "DELETE FROM grants_review WHERE id = %s",
    ):
        with pytest.raises(IntegrityError, match="stays as it was submitted"):
            sql(statement, late.pk)
    assert Application.objects.get().call.stage == Stage.VOTE
