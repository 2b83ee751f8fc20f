"""Asking to join, confirming, reading what is held and erasing it: as people do it, and as programs try to."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from appeal import throttle
from appeal.joining import asking, pages
from appeal.joining.requests import JoinMail, JoinRequest, JoinState, Kind
from tests.appeal import join_build as build
from tests.appeal.pledge_build import link_in
from tests.appeal.test_pledge_pages import HOSTILE, read

pytestmark = pytest.mark.django_db
REQUESTS = "/staff/appeal/joinrequest/"


def send(kind: Kind = Kind.REFUGEE, status: int = 302, **changes: Any) -> Any:
    answer = Client().post(f"/join/{kind}/", build.form(kind, **changes))
    assert answer.status_code == status, answer.content.decode()
    return answer


def staff(*permissions: str) -> Client:
    person = User.objects.create_user(f"clerk{len(permissions)}", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("kind", Kind)
def test_the_whole_way_of_a_request(kind: Kind) -> None:
    assert f"/join/{kind}/" in read("/join/")
    send(kind, name="زهره امیری", contact="Omid")
    [body] = build.mails()
    assert "زهره" not in body
    link, visitor = link_in(body), Client()
    page = visitor.get(link).content.decode()
    assert "Nothing has reached us yet" in page
    assert "زهره امیری" in page
    arrived = visitor.post(link, follow=True).content.decode()
    assert "one of us writes to you" in arrived
    request = JoinRequest.objects.get()
    assert request.contact == ("Omid" if kind == Kind.GROUP else "")
    [received] = build.mails()
    request.talk(by=build.person())
    assert "is in touch with you" in read(link_in(received))
    request.welcome(by=build.person())
    [welcome] = build.mails()
    assert "Welcome." in read(link_in(welcome))


def test_one_takes_all_that_is_held_and_erases_it() -> None:
    request = build.joined()
    own = build.own(request)
    answer = Client().get(own + "all.json")
    held = json.loads(answer.content)
    assert (held["name"], held["email"], held["words"]) == (request.name, request.email, request.words)
    assert held["consent"].startswith("I agree that APNOR")
    assert [each["what"] for each in held["mails"]] == ["confirm", "received", "joined"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "nobody can bring them back" in read(own + "erase/")
    assert "We have forgotten who you are" in Client().post(own + "erase/", follow=True).content.decode()
    assert request.email not in Client().get(own + "all.json").content.decode()
    assert Client().get(own + "erase/").status_code == 302


def test_pages_of_one_person_are_kept_nowhere() -> None:
    own = build.own(build.joined())
    for path in (own, own + "all.json", own + "erase/"):
        answer = Client().get(path)
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_programs_that_open_every_link_confirm_and_erase_nothing() -> None:
    asked, joined = build.asked(), build.joined()
    confirming = link_in(asking.confirm_address(asked, timezone.now()))
    for path in (confirming, build.own(joined), build.own(joined) + "erase/"):
        for ask in (Client().get, Client().head):
            assert ask(path).status_code == 200
    assert (build.state(asked), build.state(joined)) == (JoinState.ASKED, JoinState.JOINED)
    assert Client().get(build.own(asked)).status_code == 404  # what nobody confirmed has no page of its own
    assert Client().get("/sent/AAAA/").status_code == 404
    assert "not good any more" in read("/sent/confirm/AAAA/", status=410)


def test_who_types_an_address_learns_nothing_of_it() -> None:
    build.joined(email="zohra@example.org")
    build.mails()
    known, unknown = (send(email=email) for email in ("Zohra@Example.org", "other@example.org"))
    assert (known.url, known.content) == (unknown.url, unknown.content)
    already, confirm = build.mails()
    assert "We have heard from this address already" in already
    assert "press the button there" in confirm


def test_no_mail_says_who_somebody_is() -> None:
    build.declined(name=HOSTILE)
    build.joined(kind=Kind.GROUP, name="Lamplight")
    build.mails()
    for letter in mail.outbox:
        told = f"{letter.subject} {letter.body} {letter.extra_headers}".lower()
        assert not any(word in told for word in ("refugee", "member", "join", "lamplight", "script"))


def test_a_form_says_in_words_what_it_lacks_and_keeps_what_was_typed() -> None:
    page = send(Kind.GROUP, 422, name="", contact="", email="nonsense", agreed="", words="We cook.").content.decode()
    for words in (
        "Enter a name, so that we know what to call you.",
        "Enter the name of one person of your group.",
        "Enter an email address like name@example.org.",
        "Tick that you agree: without it we may keep nothing.",
        "We cook.",
    ):
        assert escape(words) in page
    assert JoinRequest.objects.count() == 0


@pytest.mark.parametrize("changes", [{"seconds": 1}, {"seconds": 9000}, {"token": "nonsense"}])
def test_what_no_person_sent_is_sent_once_more(changes: dict[str, Any]) -> None:
    assert "send it again" in send(status=422, **changes).content.decode()


def test_a_token_of_another_form_does_not_fit() -> None:
    answer = Client().post("/join/volunteer/", build.form(Kind.REFUGEE))
    assert answer.status_code == 422


def test_a_flood_from_one_connection_is_told_to_wait(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    throttle.counter(settings.API_COUNTER_URL).flushdb()
    monkeypatch.setattr(pages, "REQUESTS_AN_HOUR", 1)
    send()
    assert "Very many forms came from your connection" in send(status=429).content.decode()
    assert JoinMail.objects.count() == 1


def test_there_is_no_other_way_to_join() -> None:
    assert Client().get("/join/president/").status_code == 404


def test_hostile_text_is_shown_as_text() -> None:
    send(Kind.GROUP, name=HOSTILE, contact=HOSTILE, words=HOSTILE)
    link = link_in(build.mails()[0])
    for page in (Client().get(link), Client().post(link, follow=True)):
        assert "<script>alert" not in page.content.decode()
        assert escape(HOSTILE[:30]) in page.content.decode()


def test_those_who_answer_see_who_writes_and_others_see_that_somebody_does(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    waits, unconfirmed = build.new(), build.asked()
    answering, looking = staff("view_joinrequest", "answer_joinrequest"), staff("view_joinrequest")
    page = f"{REQUESTS}{waits.pk}/change/"
    assert waits.email in answering.get(page).content.decode()
    assert waits.email not in looking.get(page).content.decode()
    listed = answering.get(f"{REQUESTS}?waiting=to_answer").content.decode()
    assert waits.reference in listed
    assert unconfirmed.reference not in listed
    assert looking.post(f"{REQUESTS}{waits.pk}/step/welcome/").status_code == 403
    for step, state in (("talk", JoinState.TALKING), ("welcome", JoinState.JOINED)):
        assert answering.post(f"{REQUESTS}{waits.pk}/step/{step}/").status_code == 302
        assert build.state(waits) == state
    answering.post(f"{REQUESTS}{waits.pk}/step/decline/", {"reason": "They asked to leave."})
    assert build.state(waits) == JoinState.DECLINED
    answering.post(f"{REQUESTS}{waits.pk}/step/erase/")
    assert build.state(waits) == JoinState.ERASED
