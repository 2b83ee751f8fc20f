"""The vote: opened when all is read, sealed, closed with its quorum, and then for good."""

from functools import partial
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import results, voting
from grants.conflicts import tie
from grants.models import (
    Application,
    Call,
    Choice,
    Decision,
    Kind,
    Member,
    Outcome,
    Rationale,
    Recusal,
    Refused,
    Score,
    Stage,
    Vote,
)
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


def aside(member: Member, application: Application) -> None:
    member.declare(application, "My sister works there.", by=member.person)


# Opening


def test_a_vote_opens_when_all_is_screened_and_read_and_the_words_say_what_is_missing() -> None:
    call = build.call()
    read, unread, _unscreened = [build.submitted(call, name=f"G{n}", email=f"{n}@example.org") for n in range(3)]
    build.over(call).begin_reading(timezone.now())
    for application in (read, unread):
        application.screen(eligible=True, by=build.person())
    first, second = build.member(call), build.member(call)
    build.read(read, first)
    build.read(read, second)
    build.read(unread, first)
    with pytest.raises(Refused) as refusal:
        voting.open_vote(call, by=build.person())
    assert str(refusal.value) == f"1 application is not screened. {unread.reference} lacks 1 review."
    with pytest.raises(IntegrityError, match="opens when all is screened and read"):
        sql("UPDATE grants_call SET stage = 'vote' WHERE id = %s", call.pk)


def test_a_vote_opens_only_if_two_can_vote_on_each_application() -> None:
    [application] = build.in_review()
    panel = [build.member(application.call) for _ in range(2)]
    reader = build.member(application.call, may_vote=False)
    build.read(application, panel[1])
    build.read(application, reader)
    aside(panel[0], application)
    with pytest.raises(Refused, match="fewer than two members"):
        voting.open_vote(application.call, by=build.person())
    with pytest.raises(IntegrityError, match="two can vote on each"):
        sql("UPDATE grants_call SET stage = 'vote'")


def test_the_review_of_who_stands_aside_afterwards_does_not_count() -> None:
    [application] = build.in_review()
    panel = [build.member(application.call) for _ in range(4)]
    for member in panel[:2]:
        build.read(application, member)
    aside(panel[0], application)
    with pytest.raises(Refused, match="lacks 1 review"):
        voting.open_vote(application.call, by=build.person())
    with pytest.raises(IntegrityError, match="screened and read"):
        sql("UPDATE grants_call SET stage = 'vote'")


def test_what_one_stands_aside_from_is_not_named_to_them() -> None:
    [application] = build.in_review()
    member = build.member(application.call)
    aside(member, application)
    with pytest.raises(Refused) as refusal:
        voting.open_vote(application.call, by=member.person)
    assert application.reference not in str(refusal.value)
    assert "An application from which you stand aside lacks 2 reviews." in str(refusal.value)


# Voting


def test_a_vote_is_one_of_each_member_and_may_change_until_the_close() -> None:
    [application], panel = build.in_vote()
    for choice in (Choice.YES, Choice.NO):
        voting.cast(application, panel[0].person, choice)
    assert Vote.objects.get().choice == Choice.NO


def test_of_fifty_votes_of_one_member_at_once_one_is_kept() -> None:
    [application], panel = build.in_vote()
    person = panel[0].person
    choices = (Choice.YES, Choice.NO) * 25
    assert at_once([partial(voting.cast, application, person, choice) for choice in choices]) == []
    assert Vote.objects.count() == 1


def test_the_database_does_not_know_what_was_voted() -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel[:1], no=panel[1:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT choice FROM grants_vote")
        sealed = [choice for (choice,) in cursor.fetchall()]
    assert len({len(choice) for choice in sealed}) == 1  # a yes is as long as a no
    assert len(set(sealed)) == 3


def test_who_stands_aside_does_not_vote() -> None:
    [application], panel = build.in_vote(members=4)
    voting.cast(application, panel[0].person, Choice.YES)
    for member in panel[:2]:
        aside(member, application)
        with pytest.raises(Refused, match="stand aside"):
            voting.cast(application, member.person, Choice.YES)
    with pytest.raises(IntegrityError, match="who stands aside does not vote"):
        Vote.objects.create(application=application, member=panel[1], choice=Choice.YES)
    with pytest.raises(IntegrityError, match="who stands aside does not vote"):
        sql("UPDATE grants_vote SET choice = choice")


def test_only_voting_members_vote() -> None:
    [application] = build.in_review(call=build.call(readers=1))
    call, reader = application.call, None
    reader = build.member(call, may_vote=False)
    for _ in range(2):
        build.member(call)
    build.read(application, reader)
    voting.open_vote(call, by=build.person())
    application.refresh_from_db()
    superuser = User.objects.create_superuser("root")
    stranger = build.member(build.call())
    for person in (reader.person, superuser, stranger.person):
        with pytest.raises(Refused, match="Only voting members"):
            voting.cast(application, person, Choice.YES)
    for member in (reader, stranger):
        with pytest.raises(IntegrityError, match="a voting member of its panel votes"):
            Vote.objects.create(application=application, member=member, choice=Choice.YES)


def test_nobody_votes_before_it_opens_or_on_what_was_withdrawn() -> None:
    [early] = build.in_review()
    member = build.member(early.call)
    with pytest.raises(Refused, match="is not open"):
        voting.cast(early, member.person, Choice.YES)
    with pytest.raises(IntegrityError, match="while the vote is open"):
        Vote.objects.create(application=early, member=member, choice=Choice.YES)
    [application], panel = build.in_vote()
    application.withdraw(timezone.now())
    with pytest.raises(Refused, match="is not open"):
        voting.cast(application, panel[0].person, Choice.YES)


# Closing


def close(call: Call) -> None:
    voting.close(call, by=build.person())


def outcome(application: Application) -> tuple[str, int, int, int, int]:
    decision = Decision.objects.get(application=application)
    return decision.outcome, decision.yes, decision.no, decision.eligible, decision.recused


def test_the_majority_decides_and_a_tie_goes_on_the_reserve_list() -> None:
    [first, second, third], panel = build.in_vote(3, members=4)
    build.voted(first, yes=panel[:3], no=panel[3:])
    build.voted(second, yes=panel[:2], no=panel[2:])
    build.voted(third, yes=panel[:1], no=panel[1:])
    close(first.call)
    assert outcome(first) == (Outcome.FUNDED, 3, 1, 4, 0)
    assert outcome(second) == (Outcome.RESERVE, 2, 2, 4, 0)
    assert outcome(third) == (Outcome.DECLINED, 1, 3, 4, 0)
    assert [result.rank for result in results.of_call(first.call)] == [1, 2, 3]
    assert Call.objects.get().stage == Stage.DECIDED


def test_recusals_change_the_quorum_and_a_vote_from_before_does_not_count() -> None:
    [application], panel = build.in_vote(members=7)  # of 7 it takes 4; of 4 it takes 2
    build.voted(application, yes=panel[:1], no=panel[4:6])
    with pytest.raises(Refused, match=f"{application.reference} lacks 1 vote"):
        close(application.call)
    for member in (*panel[2:4], panel[6]):
        aside(member, application)
    voting.cast(application, panel[1].person, Choice.YES)
    aside(panel[5], application)
    close(application.call)
    assert outcome(application) == (Outcome.FUNDED, 2, 1, 3, 4)


def test_a_conflict_that_is_found_late_counts_at_the_close_even_if_that_is_refused() -> None:
    [application], panel = build.in_vote(members=3)
    build.voted(application, yes=panel[:2])
    User.objects.filter(pk=panel[0].person_id).update(email="group-1@example.org")
    with pytest.raises(Refused, match="lacks 1 vote"):
        close(application.call)
    assert Recusal.objects.get().member == panel[0]


def test_without_quorum_the_close_is_refused_in_words_that_name_nobody() -> None:
    applications, panel = build.in_vote(2, members=6)
    build.voted(applications[0], yes=panel[:3])
    build.voted(applications[1], yes=panel[:1])
    with pytest.raises(Refused) as refusal:
        close(applications[0].call)
    assert str(refusal.value) == f"{applications[1].reference} lacks 2 votes."
    assert not Decision.objects.exists()
    assert Call.objects.get().stage == Stage.VOTE


def test_without_a_reason_for_each_application_the_close_is_refused() -> None:
    [application] = build.in_review(call=build.call(readers=1))
    panel = [build.member(application.call) for _ in range(2)]
    build.read(application, panel[0])
    voting.open_vote(application.call, by=build.person())
    application.refresh_from_db()
    build.voted(application, yes=panel)
    with pytest.raises(Refused, match="has no reason yet"):
        close(application.call)
    with pytest.raises(Refused, match="Write the reason"):
        voting.write_reason(application, " ", by=build.person())
    voting.write_reason(application, "Close to the people.", by=build.person())
    close(application.call)
    assert Decision.objects.get().rationale == "Close to the people."


def test_a_vote_is_closed_once() -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel)
    by = build.person()
    refusals = at_once([lambda: voting.close(Call.objects.get(), by=by)] * 8)
    assert len(refusals) == 7
    assert Decision.objects.count() == 1


def test_votes_and_the_close_at_once_leave_a_decision_that_counts_each_vote() -> None:
    [application], panel = build.in_vote(members=8)
    build.voted(application, yes=panel[:4])
    by = build.person()
    deeds = [partial(voting.cast, application, each.person, Choice.NO) for each in panel[4:]]
    at_once([*deeds, partial(voting.close, application.call, by=by)])
    decision = Decision.objects.get()
    assert decision.yes + decision.no == Vote.objects.count()


def test_after_the_close_nothing_changes() -> None:
    [application] = build.decided()
    member = Member.objects.first()
    assert member
    with pytest.raises(Refused, match="is not open"):
        voting.cast(application, member.person, Choice.NO)
    with pytest.raises(Refused, match="before the votes are counted"):
        voting.write_reason(application, "Another", by=member.person)
    tie(member.person, Kind.MAIL, "group-1@example.org", by=member.person)
    assert not Recusal.objects.exists()
    for statement, words in (
        ("UPDATE grants_decision SET rank = 2", "a decision stays"),
        ("UPDATE grants_decision SET outcome = 'declined', yes = 0, no = 3", "a decision stays"),
        ("DELETE FROM grants_decision", "a decision stays"),
        ("UPDATE grants_vote SET choice = 'x'", "while the vote is open"),
        ("DELETE FROM grants_vote", "stays with its member"),
        ("UPDATE grants_rationale SET text = 'x'", "before the votes are counted"),
        ("UPDATE grants_call SET stage = 'vote'", "does not move from decided to vote"),
    ):
        with pytest.raises(IntegrityError, match=words):
            sql(statement)
    with pytest.raises(IntegrityError, match="aside before it is decided"):
        aside(member, application)


def test_where_nothing_is_eligible_there_is_nothing_to_decide() -> None:
    application = build.submitted()
    build.over(application.call).begin_reading(timezone.now())
    application.screen(eligible=False, by=build.person(), why="It is a company.")
    voting.open_vote(application.call, by=build.person())
    close(application.call)
    assert Call.objects.get().stage == Stage.DECIDED


def test_what_was_said_and_voted_is_sealed_anew_with_a_new_key(settings: Settings) -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel)
    panel[2].declare(application, "My sister works there.", by=panel[2].person)
    close(application.call)
    settings.FIELD_KEYS = ["bmV3LW9ubHktZm9yLXRlc3RzLW5ldy1vbmx5LWZvci0=", *settings.FIELD_KEYS]
    call_command("reseal", stdout=StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert {vote.choice for vote in Vote.objects.all()} == {Choice.YES}
    assert {score.reason for score in Score.objects.all()} == {"We know this work."}
    assert Recusal.objects.get().reason == "My sister works there."


# By raw SQL

DECIDE = (
    "INSERT INTO grants_decision (application_id, outcome, yes, no, eligible, recused, score, rank, rationale,"
    " decided_by_id, decided_at) SELECT %s, '{outcome}', {yes}, {no}, {eligible}, {recused}, {score}, {rank}, '{why}',"
    " prepared_by_id, now() FROM grants_call LIMIT 1"
)
TRUE = {"outcome": "funded", "yes": 3, "no": 0, "eligible": 3, "recused": 0, "score": 400, "rank": 1, "why": "Good."}


def decide_by_sql(application: Application, **told: object) -> None:
    with transaction.atomic():
        sql(DECIDE.format(**TRUE | told), application.pk)
        sql("UPDATE grants_call SET stage = 'decided' WHERE id = %s", application.call_id)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"yes": 4}, "what the votes and the reviews say"),
        ({"eligible": 2}, "what the votes and the reviews say"),
        ({"recused": 1}, "what the votes and the reviews say"),
        ({"score": 401}, "what the votes and the reviews say"),
        ({"outcome": "declined"}, "decision_is_the_majoritys"),
        ({"yes": 1, "no": 2}, "decision_is_the_majoritys"),
        ({"why": ""}, "decision_says_why"),
        ({"rank": 2}, "has its rank"),
    ],
)
def test_sql_cannot_decide_against_the_rows(told: dict[str, object], words: str) -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel)
    with pytest.raises(IntegrityError, match=words):
        decide_by_sql(application, **told)
    decide_by_sql(application)


def test_sql_cannot_decide_without_quorum_nor_close_without_a_decision() -> None:
    [application], panel = build.in_vote(members=6)
    build.voted(application, yes=panel[:2])
    with pytest.raises(IntegrityError, match="has its quorum"):
        decide_by_sql(application, yes=2, eligible=6)
    with pytest.raises(IntegrityError, match="closes when each application is decided"):
        sql("UPDATE grants_call SET stage = 'decided'")


def test_sql_cannot_decide_and_leave_the_vote_open_nor_decide_what_is_not_voted_on() -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel)
    with pytest.raises(IntegrityError, match="made when the vote is closed"):
        sql(DECIDE.format(**TRUE), application.pk)
    [other] = build.in_review()
    with pytest.raises(IntegrityError, match="decided by a vote"):
        sql(DECIDE.format(**TRUE), other.pk)


def test_who_stands_aside_writes_no_reasons() -> None:
    [application], panel = build.in_vote()
    aside(panel[0], application)
    with pytest.raises(Refused, match="You stand aside"):
        voting.write_reason(application, "We like it.", by=panel[0].person)
    with pytest.raises(IntegrityError, match="writes no reasons"):
        Rationale.objects.filter(application=application).update(written_by=panel[0].person)


# Results


def test_a_score_is_the_weighted_mean_of_the_reviews_that_count() -> None:
    [application] = build.in_review(call=build.call(readers=2))
    panel = [build.member(application.call) for _ in range(5)]
    build.scored(build.assigned(application, panel[4]), 0)  # never submitted
    build.read(application, panel[0], 5, 2)  # 60 × 5 + 40 × 2 = 380
    build.read(application, panel[1], 4, 1)  # 280
    build.read(application, panel[2], 3, 3)  # 300; the mean is 320
    build.read(application, panel[3], 0, 0)
    aside(panel[3], application)
    voting.write_reason(application, "Close to the people.", by=build.person())
    voting.open_vote(application.call, by=build.person())
    application.refresh_from_db()
    build.voted(application, yes=panel[:3])
    close(application.call)
    assert Decision.objects.get().score == 320


def test_equals_share_a_rank_and_the_smaller_amount_comes_first() -> None:
    call = build.call(readers=1)
    sent = [
        build.submitted(call, name=f"G{n}", email=f"{n}@example.org", amount_minor=amount)
        for n, amount in enumerate((900_00, 300_00, 500_00))
    ]
    build.over(call).begin_reading(timezone.now())
    panel = [build.member(call) for _ in range(2)]
    for application, points in zip(sent, (3, 3, 5), strict=True):
        application.screen(eligible=True, by=build.person())
        build.read(application, panel[0], points)
        voting.write_reason(application, "Close to the people.", by=build.person())
    voting.open_vote(call, by=build.person())
    for application in Application.objects.all():
        build.voted(application, yes=panel)
    close(call)
    told = [(result.application, result.rank, str(result.score)) for result in results.of_call(call)]
    assert told == [(sent[2], 1, "5.00"), (sent[1], 2, "3.00"), (sent[0], 2, "3.00")]


def test_results_tell_counts_and_reasons_and_nobodys_name_and_nothing_before_the_close() -> None:
    [application], panel = build.in_vote(members=4)
    build.voted(application, yes=panel[:3])
    aside(panel[3], application)
    tie(panel[2].person, Kind.MAIL, "group-1@example.org", by=panel[2].person)
    assert results.of(application) is None
    assert results.of_call(application.call) == []
    close(application.call)
    result = results.of(application)
    assert result
    assert (result.yes, result.no, result.eligible, result.recused, result.rank, result.among) == (2, 0, 2, 2, 1, 1)
    assert result.recusals == (("declared by the member", 1), ("the same: a mail address", 1))
    assert result.rationale == "Close to the people, and careful with money."
    assert not any(member.person.username in str(result) for member in panel)
