"""Who has something in common with a group stands aside: found by marks, for good, and seeing nothing more of it."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import conflicts, reviewing, voting
from grants.conflicts import alike, tie
from grants.models import Application, How, Kind, Member, Recusal, Refused, Route, Tie
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.ORGANISATION, "Hope School of Cisarua", "hope-school of  CISARUA!"),
        (Kind.ORGANISATION, "مدرسه امید کابلی", "مدرسه‌امید كابلي"),
        (Kind.ORGANISATION, "Ｈｏｐｅ Straße", "hope strasse"),
        (Kind.ORGANISATION, "မျှော်လင့်ချက်", " မျှော်လင့်ချက် "),
        (Kind.MAIL, " Hope@Example.org", "hope@example.ORG "),
        (Kind.PHONE, "+62 812-3456-7890", "0812 3456 7890"),
        (Kind.PHONE, "+62 812-3456-7890", "۰۸۱۲ ۳۴۵۶ ۷۸۹۰"),
        (Kind.ACCOUNT, "123 456-789", "123456789"),
        (Kind.HOST, "Lantern Foundation", "LANTERN FOUNDATION."),
    ],
)
def test_what_is_the_same_is_alike_however_it_is_typed(kind: Kind, one: str, other: str) -> None:
    assert alike(kind, one) == alike(kind, other) != ""


def test_what_is_another_is_not_alike() -> None:
    assert alike(Kind.ORGANISATION, "မြန်မာ") != alike(Kind.ORGANISATION, "မြိန်မာ")
    assert alike(Kind.PHONE, "0812 3456 7890") != alike(Kind.PHONE, "0812 3456 7891")


@pytest.mark.parametrize(("kind", "text"), [(Kind.PHONE, "12345"), (Kind.ACCOUNT, "-"), (Kind.ORGANISATION, " . ")])
def test_what_is_too_little_to_compare_is_refused(kind: Kind, text: str) -> None:
    anna = build.person()
    with pytest.raises(Refused, match="too little here to compare"):
        tie(anna, kind, text, by=anna)


def tied(member: Member, kind: Kind, text: str) -> None:
    tie(member.person, kind, text, by=member.person)


def group() -> tuple[Application, Member]:
    """An application with all that can be known of a group, and a member who is not tied to it yet."""
    application = build.submitted(
        registration="KH-77", phone="+62 812 3456 7890", host_name="Lantern Foundation", public_alias="The Lamp"
    )
    build.over(application.call).begin_reading(timezone.now())
    return application, build.member(application.call)


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (Kind.ORGANISATION, "lamplight legal clinic", Kind.ORGANISATION),
        (Kind.ORGANISATION, "The Lamp", Kind.ORGANISATION),
        (Kind.ORGANISATION, "kh 77", Kind.ORGANISATION),
        (Kind.MAIL, "Clinic@example.org", Kind.MAIL),
        (Kind.PHONE, "0812 3456 7890", Kind.PHONE),
        (Kind.HOST, "lantern foundation", Kind.HOST),
        (Kind.ORGANISATION, "Lantern Foundation", Kind.HOST),
    ],
)
def test_a_tie_takes_a_member_aside(kind: Kind, text: str, found: Kind) -> None:
    application, member = group()
    tied(member, kind, text)
    recusal = Recusal.objects.get()
    assert (recusal.application, recusal.member, recusal.how, recusal.kind) == (
        application,
        member,
        How.DETECTED,
        found,
    )


@pytest.mark.parametrize(
    ("kind", "text", "account"),
    [
        (Kind.MAIL, "hope@example.org", {}),
        (Kind.ORGANISATION, "Hope School of Cisarua", {}),
        (Kind.ACCOUNT, "123456789", {}),
        (Kind.ACCOUNT, "GB29 NWBK 6016 1331 9268 19", {"details": "GB29NWBK60161331926819\nNatWest"}),
        (Kind.PHONE, "0812 999 111", {"route": Route.MOBILE_MONEY, "details": "M-Pesa +62 812 999 111"}),
    ],
)
def test_what_we_know_of_its_initiative_counts_too(kind: Kind, text: str, account: dict[str, str]) -> None:
    application, member = group()
    tied(member, kind, text)
    assert not Recusal.objects.exists()
    initiative = build.initiative()
    build.account(initiative, **account)
    reviewing.link(application, initiative, by=build.person())
    assert Recusal.objects.get().kind == kind


def test_a_tie_to_another_group_takes_nobody_aside() -> None:
    application, member = group()
    for kind, text in ((Kind.ORGANISATION, "Another"), (Kind.MAIL, "x@example.org"), (Kind.PHONE, "0812 3456 7891")):
        tied(member, kind, text)
    assert not Recusal.objects.exists()
    assert Application.objects.open_to(member.person).get() == application


def test_who_signs_in_with_the_groups_address_stands_aside() -> None:
    application, _member = group()
    anna = User.objects.create_user("anna", email="CLINIC@example.org")
    conflicts.join(application.call, anna, by=build.person(), may_read=True, may_vote=True)
    assert Recusal.objects.get().kind == Kind.MAIL


def test_a_tie_that_is_older_is_found_when_the_member_joins_or_the_group_is_screened() -> None:
    call, anna = build.call(), build.person()
    tie(anna, Kind.MAIL, "clinic@example.org", by=anna)
    conflicts.join(call, anna, by=anna, may_read=True, may_vote=True)
    first = build.submitted(call)
    assert not Recusal.objects.exists()
    reviewing.begin(build.over(call), timezone.now(), by=anna)
    assert Recusal.objects.get().application == first
    reviewing.screen(first, eligible=True, by=build.person())
    assert Recusal.objects.count() == 1


def test_a_draft_is_nobodys_business() -> None:
    call = build.call()
    build.draft(call)
    tied(build.member(call), Kind.MAIL, "clinic@example.org")
    assert not Recusal.objects.exists()


def test_a_tie_is_found_while_its_key_is_being_replaced(settings: Settings) -> None:
    application, member = group()
    new = "bmV3LW9ubHktZm9yLXRlc3RzLW5ldy1vbmx5LWZvci0="
    tied(member, Kind.MAIL, "hope@example.org")
    settings.FIELD_KEYS = [new, *settings.FIELD_KEYS]
    reviewing.link(application, build.initiative(), by=member.person)
    assert Recusal.objects.get().member == member


def test_the_database_holds_no_word_of_a_tie() -> None:
    anna = build.person()
    tie(anna, Kind.ORGANISATION, "Lamplight", by=anna)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM grants_tie t")
        assert "amplight" not in cursor.fetchone()[0]


def test_the_same_tie_and_the_same_conflict_are_recorded_once() -> None:
    application, member = group()
    for _ in range(2):
        tied(member, Kind.MAIL, "clinic@example.org")
        conflicts.detect(application.call, by=member.person)
    assert (Tie.objects.count(), Recusal.objects.count()) == (1, 1)


def test_a_member_declares_a_conflict_with_a_reason() -> None:
    application, member = group()
    with pytest.raises(Refused, match="how you are tied"):
        member.declare(application, "  ", by=member.person)
    member.declare(application, "My sister works there.", by=member.person)
    with pytest.raises(Refused, match="on record already"):
        member.declare(application, "Again", by=member.person)
    assert not Application.objects.open_to(member.person).exists()
    assert Recusal.objects.get().because == "declared by the member"


def test_the_reason_of_a_conflict_is_sealed() -> None:
    application, member = group()
    member.declare(application, "My sister works there.", by=member.person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text FROM grants_recusal r")
        assert "sister" not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grants_recusal SET member_id = member_id + 1",
        "UPDATE grants_recusal SET how = 'detected', kind = 'mail'",
        "DELETE FROM grants_recusal",
        "SET LOCAL grants.resealing = 'on'; UPDATE grants_recusal SET application_id = application_id + 1",
    ],
)
def test_sql_cannot_undo_a_recusal(statement: str) -> None:
    application, member = group()
    member.declare(application, "My sister works there.", by=member.person)
    with pytest.raises(IntegrityError, match="never undone"), transaction.atomic():
        sql(statement)


def test_sql_cannot_recuse_somebody_from_another_call_or_change_ties() -> None:
    application, member = group()
    other = build.member(build.call())
    with pytest.raises(IntegrityError, match="on their own panel"):
        Recusal.objects.create(
            application=application, member=other, how=How.DECLARED, reason="x", recorded_by=other.person
        )
    tied(member, Kind.MAIL, "x@example.org")
    for statement in ("DELETE FROM grants_tie", "UPDATE grants_tie SET kind = 'phone'"):
        with pytest.raises(IntegrityError, match="stays as it was recorded"):
            sql(statement)


def test_a_panel_has_each_person_once() -> None:
    call = build.call()
    member = build.member(call)
    with pytest.raises(Refused, match="on the panel already"):
        conflicts.join(call, member.person, by=member.person, may_read=True, may_vote=True)
    with pytest.raises(Refused, match="reads, or votes, or both"):
        conflicts.join(call, build.person(), by=member.person, may_read=False, may_vote=False)


def test_a_panel_is_complete_once_each_application_has_its_quorum() -> None:
    [application], panel = build.in_vote()
    with pytest.raises(Refused, match="the panel stays as it is"):
        build.member(application.call, may_vote=False)
    build.voted(application, yes=panel[:2])
    with pytest.raises(Refused, match="the panel stays as it is"):
        build.member(application.call)
    with pytest.raises(IntegrityError, match="complete before it votes"):
        Member.objects.create(call=application.call, person=build.person(), added_by=build.person())
    for statement in ("UPDATE grants_member SET may_vote = false", "DELETE FROM grants_member"):
        with pytest.raises(IntegrityError, match="complete before it votes"):
            sql(statement)


def test_where_members_do_not_vote_or_stand_aside_another_one_joins_and_it_can_be_decided() -> None:
    [application], panel = build.in_vote()
    panel[1].declare(application, "My sister works there.", by=panel[1].person)
    build.voted(application, yes=panel[:1])
    with pytest.raises(Refused, match="lacks 1 vote"):
        voting.close(application.call, by=panel[0].person)
    build.voted(application, yes=[build.member(application.call)])
    voting.close(application.call, by=panel[0].person)
    application.refresh_from_db()
    assert (application.decision.yes, application.decision.recused) == (2, 1)


def test_possible_duplicates_have_something_in_common() -> None:
    call = build.call()
    first = build.submitted(call, name="Lamplight", email="a@example.org", phone="0812 3456 7890")
    second = build.submitted(call, name="Other", email="b@example.org", phone="+62 812 3456 7890")
    third = build.submitted(call, name="Third", email="c@example.org")
    build.draft(call, name="Third", email="c@example.org")
    assert conflicts.alike_in(call) == {first.pk: [second], second.pk: [first], third.pk: []}
