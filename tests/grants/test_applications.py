"""An application is written by whoever has its code, sent once and in time, and stays as it was sent."""

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from grants.models import APPLICATION_MOVES, Answer, Application, ApplicationState, Refused
from tests.grants import build
from tests.grants.build import at_once, sql

pytestmark = pytest.mark.django_db(transaction=True)


def stored(application: Application) -> str:
    """All that the database has of it and of its answers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(a)::text || (SELECT coalesce(json_agg(w)::text, '') FROM grants_answer w"
            " WHERE w.application_id = a.id) FROM grants_application a WHERE a.id = %s",
            [application.pk],
        )
        return str(cursor.fetchone()[0])


def test_who_reads_the_database_learns_neither_who_they_are_nor_what_they_said() -> None:
    text = stored(build.draft(phone="+62 812 000", place="Jalan Raya 7", helper="Maryam"))
    for secret in ("Lamplight", "Zahra", "clinic@", "+62 812", "Jalan", "Maryam", "We cook"):
        assert secret not in text


def test_a_code_opens_it_however_it_is_typed() -> None:
    application, now = build.draft(), timezone.now()
    assert application.code not in stored(application)
    for typed in (application.code, application.code.lower().replace("-", " "), application.code.replace("-", "")):
        assert Application.objects.with_code(typed, now) == application
    assert Application.objects.with_code(application.code[:-1], now) is None
    assert Application.objects.with_code("", now) is None


def test_its_address_finds_it_again() -> None:
    application = build.draft(email="Clinic@Example.org")
    assert list(Application.objects.at_address(" clinic@example.ORG", timezone.now())) == [application]
    application.save_facts(email="")
    assert not Application.objects.at_address("", timezone.now())


def test_a_draft_is_kept_for_90_days_after_its_last_word_and_a_sent_one_for_good() -> None:
    draft, sent = build.draft(), build.submitted()
    late = timezone.now() + datetime.timedelta(days=91)
    assert Application.objects.with_code(draft.code, late) is None
    assert Application.objects.with_code(sent.code, late) == sent
    assert list(Application.objects.forgettable(late)) == [draft]


def test_it_is_sent_once() -> None:
    application = build.submitted()
    first = application.submitted_at
    application.submit(timezone.now())
    assert application.submitted_at == first


def test_of_fifty_submits_at_once_one_counts() -> None:
    application = build.draft()
    refusals = at_once([lambda: Application.objects.get(pk=application.pk).submit(timezone.now())] * 50)
    application.refresh_from_db()
    assert refusals == []
    assert application.state == ApplicationState.SUBMITTED


def test_nothing_is_sent_after_the_last_moment_and_what_was_written_is_kept() -> None:
    application = build.draft()
    build.over(application.call)
    with pytest.raises(Refused, match=r"is closed.*What you wrote is kept"):
        application.submit(timezone.now())
    with pytest.raises(IntegrityError, match="sent while its call takes it"):
        sql("UPDATE grants_application SET state = 'submitted', submitted_at = now() WHERE id = %s", application.pk)
    assert Answer.objects.filter(application=application).count() == 2


def test_it_is_sent_in_the_minutes_of_grace() -> None:
    application = build.draft(build.call(grace=30))
    build.over(application.call)
    sql("SET session_replication_role = replica")
    sql("UPDATE grants_call SET closes = now() - interval '1 minute'")
    sql("SET session_replication_role = origin")
    application.call.refresh_from_db()
    application.submit(timezone.now())
    assert application.state == ApplicationState.SUBMITTED


SEND = "UPDATE grants_application SET state = 'submitted', submitted_at = now() WHERE id = %s"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"name": ""}, "application_sent_means_complete"),
        ({"email": "", "phone": ""}, "application_sent_means_complete"),
        ({"why_unregistered": ""}, "application_sent_means_complete"),
        ({"amount_minor": None}, "application_sent_means_complete"),
        ({"amount_minor": 5_000_01}, "asks for the most of its call, or less"),
        ({"mode": "spoken"}, "application_helped_means_consented"),
        ({"mode": "on_behalf", "helper": "M", "consent": "verbal"}, "application_helped_means_consented"),
    ],
)
def test_sql_cannot_send_half_an_application(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule):
        sql(SEND, build.draft(**fields).pk)


def test_sql_cannot_send_without_the_answers_or_against_the_rules() -> None:
    application = build.draft()
    sql("UPDATE grants_answer SET text = '' WHERE application_id = %s", application.pk)
    with pytest.raises(IntegrityError, match="answers each question"):
        sql(SEND, application.pk)
    other = build.draft()
    sql("UPDATE grants_eligibility SET yes = false WHERE application_id = %s", other.pk)
    with pytest.raises(IntegrityError, match="keeps each rule"):
        sql(SEND, other.pk)
    with pytest.raises(IntegrityError, match="from a country of its call"):
        sql(SEND, build.draft(build.call(countries=["TH"])).pk)


def test_what_was_sent_stays_as_it_was_sent() -> None:
    application = build.submitted()
    with pytest.raises(Refused, match="has been sent"):
        application.save_facts(name="Another")
    with pytest.raises(Refused, match="has been sent"):
        application.answer(application.call.questions.all()[0], "More")
    for statement in (
        "UPDATE grants_application SET amount_minor = 1 WHERE id = %s",
        "UPDATE grants_application SET name = 'x' WHERE id = %s",
        "DELETE FROM grants_application WHERE id = %s",
        "UPDATE grants_answer SET text = 'x' WHERE application_id = %s",
        "DELETE FROM grants_answer WHERE application_id = %s",
        "UPDATE grants_eligibility SET yes = true WHERE application_id = %s",
    ):
        with pytest.raises(IntegrityError, match="stays as it was sent"):
            sql(statement, application.pk)


def test_sql_cannot_answer_what_another_call_asks() -> None:
    application, other = build.draft(), build.call()
    with pytest.raises(IntegrityError, match="what its own call asks"):
        sql(
            "INSERT INTO grants_answer (application_id, question_id, text, original) VALUES (%s, %s, 'x', '')",
            application.pk,
            other.questions.all()[0].pk,
        )


def test_a_draft_keeps_its_call_and_its_code() -> None:
    with pytest.raises(IntegrityError, match="keeps its call, reference and code"):
        sql("UPDATE grants_application SET code_mark = repeat('0', 64) WHERE id = %s", build.draft().pk)


def test_screening_is_by_a_person_and_a_refusal_says_why() -> None:
    application = build.submitted()
    build.over(application.call).begin_reading(timezone.now())
    with pytest.raises(Refused, match="Say why"):
        application.screen(eligible=False, by=build.person())
    anna = build.person("anna")
    application.screen(eligible=False, by=anna, why="It is a company.")
    assert (application.state, application.screened_by) == (ApplicationState.REFUSED, anna)
    application.screen(eligible=True, by=anna)
    assert application.state == ApplicationState.ELIGIBLE


def test_nothing_is_screened_before_the_call_is_over() -> None:
    with pytest.raises(IntegrityError, match="screened while its call is read"):
        build.submitted().screen(eligible=True, by=build.person())


def stands(application: Application, state: ApplicationState) -> Application:
    """In any state, past every rule, so that a move from there can be tried."""
    screened = state not in {ApplicationState.DRAFT, ApplicationState.SUBMITTED}
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        Application.objects.filter(pk=application.pk).update(
            state=state,
            submitted_at=None if state == ApplicationState.DRAFT else timezone.now(),
            withdrawn_at=timezone.now() if state == ApplicationState.WITHDRAWN else None,
            screened_by=application.call.prepared_by if screened else None,
            screened_at=timezone.now() if screened else None,
            screening="Because." if screened else "",
        )
    return application


@pytest.mark.parametrize("old", ApplicationState)
def test_the_database_knows_the_same_moves(old: ApplicationState) -> None:
    application = build.in_review()[0]
    for new in set(ApplicationState) - {old} - APPLICATION_MOVES[old]:
        stands(application, old)
        with pytest.raises(IntegrityError, match=r"does not move|sent while its call"):
            sql("UPDATE grants_application SET state = %s WHERE id = %s", new, application.pk)


def test_a_group_takes_its_application_back_until_the_vote_is_over() -> None:
    application = build.in_review()[0]
    application.withdraw(timezone.now())
    assert application.state == ApplicationState.WITHDRAWN
    other = build.decided()[0]
    with pytest.raises(IntegrityError, match="withdrawn before it is decided"):
        sql("UPDATE grants_application SET state = 'withdrawn', withdrawn_at = now() WHERE id = %s", other.pk)
