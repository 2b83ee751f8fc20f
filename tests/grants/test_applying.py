"""A group applies without an account: by pages that save, a code that opens, and a button that sends once."""

import datetime
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal import throttle
from appeal.connection import neighbourhood
from grants import application_letters, calling, entrance
from grants.models import Access, Answer, Application, ApplicationState, Call, Message, Rule, Told
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)
START = {"country": "ID", "rule_1": "yes"}
PAGES: dict[str, dict[str, Any]] = {
    "how": {"language": "prs", "mode": "written"},
    "group": {"name": "Lamplight", "languages": ["prs", "en"], "why_unregistered": "Refugees cannot register here."},
    "contact": {"contact": "Zahra", "email": "clinic@example.org"},
    "money": {"purpose": "Blankets for sixty families", "amount": "1,200", "amount_currency": "USD"},
    "question-1": {"text": "ما برای خانواده‌ها غذا می‌پزیم."},
    "question-2": {"text": "We cook."},
}


def begun(call: Call | None = None) -> tuple[Client, Application]:
    """A browser that has just begun."""
    asked, browser = call or build.call(), Client()
    answer = browser.post(f"/grants/calls/{asked.slug}/start/", START)
    assert answer.status_code == 302, answer.content
    return browser, Application.objects.latest("pk")


def fill(browser: Client, application: Application, **changes: dict[str, Any]) -> None:
    for name, fields in (PAGES | changes).items():
        answer = browser.post(address(application, name), fields | {"save": "on"})
        assert answer.status_code == 302, (name, answer.content.decode())


def address(application: Application, page: str = "") -> str:
    return f"/grants/apply/{application.reference}/{page}/".replace("//", "/")


def sent() -> tuple[Client, Application]:
    browser, application = begun()
    fill(browser, application)
    browser.post(address(application, "check"))
    application.refresh_from_db()
    return browser, application


def test_a_group_applies_from_the_first_page_to_the_last() -> None:
    browser, application = begun()
    assert application.code in browser.get(address(application, "code")).content.decode()
    fill(browser, application)
    shown = browser.get(address(application, "check")).content.decode()
    for said in ("Lamplight", "Blankets for sixty families", "1,200.00", "غذا", "We cook."):
        assert said in shown
    assert browser.post(address(application, "check")).url == address(application)  # type: ignore[attr-defined]
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert "We have your application" in browser.get(address(application)).content.decode()


def test_who_cannot_apply_learns_why_and_nothing_is_kept() -> None:
    call, browser = build.call(countries=["TH", "MY"]), Client()
    page = browser.post(f"/grants/calls/{call.slug}/start/", {"country": "ID", "rule_1": "no"}).content.decode()
    assert "This fund is for groups led by refugees." in page
    assert "for groups in: Malaysia, Thailand." in page
    assert not Application.objects.exists()


def test_who_works_where_the_fund_may_not_pay_learns_so_before_the_long_form() -> None:
    call = build.call()
    call.fund.excluded_countries = ["ID"]
    call.fund.save(update_fields=["excluded_countries"])
    page = Client().post(f"/grants/calls/{call.slug}/start/", START).content.decode()
    assert "do not let this money go to your country" in page
    assert not Application.objects.exists()


def test_a_machine_that_begins_one_after_the_other_is_held_back_and_its_neighbour_is_not(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    call = build.call()
    begin = f"/grants/calls/{call.slug}/start/"
    machine, neighbour = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "198.51.100.7"}
    place = neighbourhood("192.0.2.7")
    while throttle.counted("drafts", place, calling.AN_HOUR) < calling.DRAFTS_AN_HOUR:
        pass
    refused = Client().post(begin, START, headers=machine)
    assert refused.status_code == 429
    assert "try again in an hour" in refused.content.decode()
    assert Client().post(begin, START, headers=neighbour).status_code == 302
    assert Application.objects.count() == 1


def test_every_page_saves_what_is_right_of_it() -> None:
    browser, application = begun()
    answer = browser.post(address(application, "contact"), {"contact": "Zahra", "email": "clinic@", "save": "on"})
    assert answer.status_code == 422
    assert "Enter an email address like" in answer.content.decode()
    assert "clinic@" in answer.content.decode()
    application.refresh_from_db()
    assert (application.contact, application.email) == ("Zahra", "")


def test_too_many_words_are_kept_and_cannot_be_sent() -> None:
    browser, application = begun()
    fill(browser, application)
    long = "word " * 201
    answer = browser.post(address(application, "question-1"), {"text": long, "save": "on"})
    assert "These are 201 words. Please use 200 at most." in answer.content.decode()
    assert application.answers.get(question__number=1).text == long.strip()
    assert "still to do" in browser.post(address(application, "check")).content.decode()
    application.refresh_from_db()
    assert application.is_draft


def test_a_helper_needs_the_groups_consent_before_a_witness() -> None:
    browser, application = begun()
    fill(browser, application, how={"language": "en", "mode": "on_behalf"})
    assert "Your helper" in browser.post(address(application, "check")).content.decode()
    helped = {"helper": "Maryam", "consent": "verbal", "consented_on": "2026-11-01"}
    refused = browser.post(address(application, "helper"), helped | {"save": "on"})
    assert "name of the witness" in refused.content.decode()
    fill(browser, application, how={"language": "en", "mode": "on_behalf"}, helper=helped | {"witness": "Ali"})
    browser.post(address(application, "question-1"), {"text": "We cook.", "original": "غذا می‌پزیم", "save": "on"})
    browser.post(address(application, "check"))
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.answers.get(question__number=1).original == "غذا می‌پزیم"


def test_the_code_opens_it_on_another_phone() -> None:
    _browser, application = begun()
    other = Client()
    assert other.get(address(application)).status_code == 403
    assert other.post("/grants/resume/", {"by": "code", "code": "wrong"}).status_code == 422
    answer = other.post("/grants/resume/", {"by": "code", "code": application.code.lower().replace("-", " ")})
    assert answer.url == address(application)  # type: ignore[attr-defined]
    assert other.get(address(application)).status_code == 200


def test_another_groups_application_is_not_found() -> None:
    browser, _application = begun()
    _other, foreign = begun()
    assert browser.get(address(foreign)).status_code == 404
    browser.post(address(foreign, "contact"), PAGES["contact"] | {"save": "on"})
    foreign.refresh_from_db()
    assert foreign.contact == ""


def test_a_helper_with_two_applications_in_one_browser_loses_no_word() -> None:
    browser, first = begun()
    browser.post(f"/grants/calls/{first.call.slug}/start/", START)
    typed = PAGES["contact"] | {"save": "on"}
    asked = browser.post(address(first, "contact"), typed)
    assert (asked.status_code, "clinic@example.org" in asked.content.decode()) == (403, True)
    browser.post(address(first, "contact"), typed | {entrance.CODE: first.code})
    first.refresh_from_db()
    assert first.email == "clinic@example.org"


def test_a_page_that_is_nobodys_looks_like_one_that_is_somebodys() -> None:
    _browser, application = begun()
    there, nowhere = Client().get(address(application)), Client().get("/grants/apply/0123456789abcdef/")
    assert (there.status_code, nowhere.status_code) == (403, 403)
    assert without_token(there) == without_token(nowhere)


def without_token(answer: Any) -> str:
    return re.sub(r'name="csrfmiddlewaretoken"\s+value="\w+"', "", answer.content.decode())


def test_a_session_that_ended_while_somebody_wrote_loses_no_word() -> None:
    browser, application = begun()
    browser.post("/grants/resume/leave/")
    typed = {"text": 'Zwei\r\nlines, <b>and</b> "quotes"', "save": "on"}
    asked = browser.post(address(application, "question-1"), typed)
    assert asked.status_code == 403
    page = asked.content.decode()
    assert "is not lost" in page
    carried = {
        name: unescaped(value) for name, value in re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page)
    }
    again = browser.post(address(application, "question-1"), carried | {"resume_code": "WRONG"})
    assert again.status_code == 422
    assert (
        browser.post(address(application, "question-1"), carried | {"resume_code": application.code}).status_code == 302
    )
    assert application.answers.get(question__number=1).text == typed["text"]


def unescaped(text: str) -> str:
    from html import unescape

    return unescape(text)


def test_the_code_of_another_application_does_not_open_this_one() -> None:
    _browser, application = begun()
    _other, foreign = begun()
    answer = Client().post(address(application, "contact"), {"resume_code": foreign.code, "save": "on", "contact": "x"})
    assert answer.status_code == 422
    application.refresh_from_db()
    assert application.contact == ""


def test_a_visit_ends_two_hours_after_its_last_page() -> None:
    browser, application = begun()
    now = timezone.now()
    assert entrance.reference_in(browser.session, now + datetime.timedelta(minutes=119)) == application.reference
    assert entrance.reference_in(browser.session, now + datetime.timedelta(minutes=121)) == ""


def mailed() -> str:
    """The path of the link in the newest mail, once the workers have been at it."""
    application_letters.mail_all(timezone.now())
    found = re.search(r"https?://[^/]+(/grants/resume/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_the_link_is_mailed_as_soon_as_there_is_an_address_and_opens_by_a_button() -> None:
    browser, application = begun()
    browser.post(address(application, "contact"), PAGES["contact"] | {"save": "on"})
    path = mailed()
    assert mail.outbox[-1].to == ["clinic@example.org"]
    assert "Lamplight" not in mail.outbox[-1].body
    other = Client()
    other.get(path)
    assert other.get(address(application)).status_code == 403  # looking at the link opened nothing
    assert other.post(path).url == address(application)  # type: ignore[attr-defined]
    assert other.get(address(application)).status_code == 200


def test_a_lost_code_is_mailed_three_times_an_hour_and_nobody_learns_who_applies() -> None:
    browser, application = begun()
    browser.post(address(application, "contact"), PAGES["contact"] | {"save": "on"})
    for _ in range(5):
        known = Client().post("/grants/resume/", {"by": "address", "email": "CLINIC@example.org"})
        unknown = Client().post("/grants/resume/", {"by": "address", "email": "nobody@example.org"})
        assert known.url == unknown.url  # type: ignore[attr-defined]
    assert Message.objects.filter(what=Told.LINK).count() == 3


def test_each_message_is_mailed_once() -> None:
    sent()
    application_letters.mail_all(timezone.now())
    application_letters.mail_all(timezone.now())
    subjects = sorted(letter.subject for letter in mail.outbox)
    assert subjects == ["We have your application", "Your link to go on with your application"]


def test_a_link_of_nothing_says_so() -> None:
    assert Client().get("/grants/resume/AAAAA-BBBBB-CCCCC-DDDDD/").status_code == 410


def test_what_was_sent_can_be_read_and_taken_back_and_not_changed() -> None:
    browser, application = sent()
    assert browser.get(address(application, "money")).url == address(application)  # type: ignore[attr-defined]
    browser.post(address(application, "money"), PAGES["money"] | {"amount": "5", "save": "on"})
    application.refresh_from_db()
    assert application.amount_minor == 1_200_00
    assert browser.get(address(application, "withdraw")).status_code == 200
    browser.post(address(application, "withdraw"))
    application.refresh_from_db()
    assert application.state == ApplicationState.WITHDRAWN


def test_after_the_last_moment_nothing_is_sent_and_nothing_is_lost() -> None:
    browser, application = begun()
    fill(browser, application)
    build.over(application.call)
    answer = browser.post(address(application, "check"))
    assert answer.status_code == 409
    assert "closed" in answer.content.decode()
    assert Answer.objects.filter(application=application).count() == 2


def test_a_closed_call_begins_no_application() -> None:
    call = build.over(build.call())
    assert Client().post(f"/grants/calls/{call.slug}/start/", START).status_code == 302
    assert not Application.objects.exists()


def test_a_call_by_invitation_is_found_by_its_link_only() -> None:
    call = build.call(access=Access.INVITED)
    assert Client().get(f"/grants/calls/{call.slug}/").status_code == 404
    assert Client().get(f"/grants/calls/{call.slug}/?invitation=x").status_code == 404
    assert Client().get(call.get_absolute_url()).status_code == 200
    assert call.title not in Client().get("/grants/calls/").content.decode()
    start = f"/grants/calls/{call.slug}/start/?invitation={call.invitation}"
    assert Client().post(start, START).status_code == 302


def test_a_calls_page_tells_its_hours_in_its_own_time() -> None:
    call = build.call(time_zone="Asia/Kabul", closes=datetime.datetime(2027, 1, 5, 12, tzinfo=datetime.UTC))
    assert "16:30" in Client().get(call.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "=cmd|'/C calc'!A1", "abc\u202egpj.exe", "n" * 300])
def test_a_hostile_name_is_shown_as_text_or_refused(name: str) -> None:
    browser, application = begun()
    browser.post(address(application, "group"), PAGES["group"] | {"name": name, "save": "on"})
    page = browser.get(address(application, "check")).content.decode()
    assert "<img src=x" not in page
    application.refresh_from_db()
    assert application.name in {name, ""}


def test_a_draft_that_nobody_wrote_in_for_90_days_is_forgotten() -> None:
    browser, application = begun()
    fill(browser, application)
    _other, kept = sent()
    late = timezone.now() + datetime.timedelta(days=91)
    Application.objects.forgettable(late).forget()
    assert list(Application.objects.all()) == [kept]
    assert Rule.objects.count() == 2


def test_every_page_of_an_applicant_is_small() -> None:
    browser, application = begun()
    fill(browser, application)
    for page in ("", "code", "check", *PAGES):
        assert len(browser.get(address(application, page)).content) < 50_000
