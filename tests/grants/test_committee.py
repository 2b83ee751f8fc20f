"""The committee's pages in the browser: one's own reading and vote, and nothing of what is not one's own."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import voting
from grants.models import Application, Choice, Member, Recusal, Review, Score, Translation, Vote
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)
READER = ("read_applications", "vote")


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def client_of(person: User, *permissions: str) -> Client:
    person.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def reading(application: Application) -> str:
    return reverse("admin:grants_review_page", args=[application.reference])


def ballot(application: Application) -> str:
    return reverse("admin:grants_vote_page", args=[application.reference])


def aside(application: Application) -> str:
    return reverse("admin:grants_recusal_page", args=[application.reference])


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def assigned() -> tuple[Application, Member, Client]:
    [application] = build.in_review()
    member = build.member(application.call)
    build.assigned(application, member)
    return application, member, client_of(member.person, *READER)


def form(application: Application, *points: str, reason: str = "We know this work.") -> dict[str, str]:
    criteria = application.call.criteria.all()
    given = {f"points-{one.pk}": each for one, each in zip(criteria, points, strict=False)}
    return given | {f"reason-{one.pk}": reason for one in criteria}


def test_a_reader_reads_saves_and_submits() -> None:
    application, _member, client = assigned()
    assert reading(application) in text(client, reverse("admin:grants_review_changelist"))
    page = text(client, reading(application))
    assert "We cook for the families on the ninth lane." in page
    assert "5: Wholly" in page
    saved = client.post(reading(application), form(application, "5") | {"save": ""}, follow=True).content.decode()
    assert "Saved. It is not submitted yet." in saved
    assert re.search(r'value="5"[^>]*checked', saved)
    submitted = client.post(reading(application), form(application, "5", "3") | {"submit": ""}, follow=True)
    assert "Submitted. Thank you." in submitted.content.decode()
    assert [score.points for score in Score.objects.all()] == [5, 3]
    assert "You have nothing to read now." in text(client, reverse("admin:grants_review_changelist"))


def test_a_reader_learns_neither_who_nor_where_they_are() -> None:
    application, member, client = assigned()
    page = text(client, reading(application))
    for secret in ("Group 1", "Zahra", "group-1@example.org"):
        assert secret not in page
    assert application.reference in page
    assert "Group 1" in text(client_of(member.person, "see_contact"), reading(application))


def test_the_words_stand_beside_their_translation_each_in_its_own_direction() -> None:
    [application] = build.in_review()
    member = build.member(application.call)
    build.assigned(application, member)
    answer = application.answers.all()[0]
    Translation.objects.create(
        answer=answer, language="prs", text="ما برای خانواده‌ها می‌پزیم", translated_by=member.person
    )
    page = text(client_of(member.person, *READER), reading(application))
    assert 'lang="prs"' in page
    assert "ما برای خانواده‌ها می‌پزیم" in page
    assert page.count("In their own words") == 1


def test_what_lacks_is_said_and_what_was_written_is_kept() -> None:
    application, _member, client = assigned()
    response = client.post(reading(application), form(application, "5", reason="") | {"submit": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Say why you give these points for “Need”." in page
    assert "Give points for “Led by the people it is for”." in page
    assert Score.objects.get(points=5).reason == ""
    assert not Review.objects.submitted().exists()


@pytest.mark.parametrize("points", ["6", "-1", "4.5", "many"])
def test_points_that_are_none_are_refused_on_the_page_and_the_rest_is_kept(points: str) -> None:
    application, _member, client = assigned()
    response = client.post(reading(application), form(application, points, "3") | {"submit": ""})
    assert response.status_code == 422
    assert [score.points for score in Score.objects.all()] == [3]


def test_a_second_submit_is_refused_on_the_page() -> None:
    application, _member, client = assigned()
    for points in ("5", "1"):
        response = client.post(reading(application), form(application, points, points) | {"submit": ""})
    assert "cannot change any more" in response.content.decode()
    assert set(Score.objects.values_list("points", flat=True)) == {5}


def test_a_reader_sees_the_others_once_their_own_is_in() -> None:
    application, _member, client = assigned()
    build.read(application, build.member(application.call), 1)
    assert "What others think" not in text(client, reading(application))
    client.post(reading(application), form(application, "5", "3") | {"submit": ""})
    assert "What others think" in text(client, reading(application))


def test_what_is_not_assigned_or_not_on_ones_panel_is_not_there() -> None:
    application, _member, _client = assigned()
    other = client_of(build.member(application.call, may_vote=False).person, *READER)
    stranger = client_of(build.member(build.call()).person, *READER)
    for client in (other, stranger):
        assert client.get(reading(application)).status_code == 404
        assert client.post(reading(application), form(application, "5", "5") | {"submit": ""}).status_code == 404
        assert client.get(ballot(application)).status_code == 404
    assert stranger.get(aside(application)).status_code == 404
    assert other.get(reading(build.draft())).status_code == 404
    assert not Score.objects.exists()


def test_without_the_permission_the_pages_are_closed() -> None:
    application, member, _client = assigned()
    member.person.user_permissions.clear()
    client = client_of(member.person)
    for address in (reading(application), ballot(application), reverse("admin:grants_vote_changelist")):
        assert client.get(address).status_code == 403
    assert Client().get(reading(application)).status_code == 302


# Standing aside


def test_who_stands_aside_sees_nothing_of_it_any_more_not_even_as_a_superuser() -> None:
    [application, other] = build.in_review(2)
    root = User.objects.create_superuser("root")
    member = Member.objects.create(call=application.call, person=root, added_by=root)
    for each in (application, other):
        build.assigned(each, member)
    client = client_of(root)
    assert "cannot be taken back" in text(client, aside(application))
    assert client.post(aside(application), {"reason": " "}).status_code == 422
    assert client.post(aside(application), {"reason": "My sister works there."}).status_code == 302
    assert Recusal.objects.get().reason == "My sister works there."
    pages = ("grants_review_changelist", "grants_vote_changelist", "grants_application_changelist")
    for name in pages:
        page = text(client, reverse(f"admin:{name}"))
        assert other.reference in page
        assert application.reference not in page
    for address in (
        *(reading(application), ballot(application), aside(application)),
        reverse("admin:grants_application_step", args=[application.pk, "reason"]),
    ):
        assert client.get(address).status_code == 404
    change = client.get(reverse("admin:grants_application_change", args=[application.pk]), follow=True)
    assert "We cook" not in change.content.decode()
    assert "We cook" in text(client, reverse("admin:grants_application_change", args=[other.pk]))
    history = client.get(reverse("admin:grants_application_history", args=[application.pk]), follow=True)
    assert application.purpose not in history.content.decode()


def test_the_list_of_duplicates_names_nothing_from_which_one_stands_aside() -> None:
    call = build.call()
    first, second = (build.submitted(call, name=name, phone="0812 3456 7890") for name in ("One", "Two"))
    build.over(call).begin_reading(timezone.now())
    root = User.objects.create_superuser("root")
    member = Member.objects.create(call=call, person=root, added_by=root)
    client, shown = client_of(root), reverse("admin:grants_application_change", args=[second.pk])
    assert first.reference in text(client, shown)
    member.declare(first, "My sister works there.", by=root)
    assert first.reference not in text(client, shown)
    assert first.reference not in text(client, reverse("admin:grants_application_changelist"))


# Voting


def test_a_member_votes_and_votes_again_and_no_page_shows_what() -> None:
    [application], panel = build.in_vote()
    client = client_of(panel[2].person, *READER)
    page = text(client, ballot(application))
    assert page.count("We know this work.") == 4
    assert "Your vote is in" not in page
    for choice in ("yes", "no"):
        response = client.post(ballot(application), {"choice": choice}, follow=True)
        assert f"Your vote on {application.reference} is sealed." in response.content.decode()
    assert Vote.objects.get().choice == Choice.NO
    page = text(client, ballot(application))
    assert "Your vote is in" in page
    assert "checked" not in page


def test_the_staffs_pages_know_no_vote() -> None:
    [application], panel = build.in_vote()
    build.voted(application, yes=panel)
    client = client_of(User.objects.create_superuser("root"))
    vote = Vote.objects.first()
    assert vote
    for address in (f"/staff/grants/vote/{vote.pk}/change/", f"/staff/grants/vote/{vote.pk}/history/"):
        assert client.get(address).status_code == 404
    assert client.get(ballot(application)).status_code == 404
    pages = (
        reverse("admin:grants_panel_changelist"),
        reverse("admin:grants_panel_change", args=[application.call_id]),
        reverse("admin:grants_application_change", args=[application.pk]),
    )
    for address in pages:
        assert not re.search(r"[Yy]es, fund|3 votes|votes cast", text(client, address))
    assert client.get(reverse("admin:grants_panel_result", args=[application.call_id])).status_code == 404
    assert not LogEntry.objects.filter(content_type__model="vote").exists()


def test_a_vote_without_a_choice_or_too_late_is_refused_in_words() -> None:
    [application], panel = build.in_vote()
    client = client_of(panel[0].person, *READER)
    response = client.post(ballot(application), {})
    assert response.status_code == 422
    assert "Choose yes or no." in response.content.decode()
    build.voted(application, yes=panel)
    voting.close(application.call, by=panel[0].person)
    response = client.post(ballot(application), {"choice": "no"})
    assert response.status_code == 422
    assert "is not open" in response.content.decode()


def test_the_pages_are_small_and_need_no_script() -> None:
    [application], panel = build.in_vote()
    client = client_of(panel[0].person, *READER)
    for address in (reading(application), ballot(application), reverse("admin:grants_vote_changelist")):
        page = text(client, address)
        assert "<script" not in page
        assert len(page.encode()) < 20_000
