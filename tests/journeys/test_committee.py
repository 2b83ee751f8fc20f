"""A committee member in a real browser, on a narrow phone, without JavaScript: reads, scores, votes, stands aside."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from grants import voting
from grants.models import Application, Choice, Member, Recusal, Review, Translation, Vote
from tests.browser import Visits
from tests.grants import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _one_factor(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = False
    settings.LANGUAGES = [("en", "English"), ("fa", "Persian")]


def signed_in(context: BrowserContext, server: LiveServer, member: Member) -> Page:
    member.person.user_permissions.set(Permission.objects.filter(codename__in=("read_applications", "vote")))
    client = Client()
    client.force_login(member.person)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}])
    page = context.new_page()
    page.goto(server.url + reverse("admin:grants_review_changelist"))
    return page


def translated(application: Application, by: Member) -> None:
    answer = application.answers.all()[0]
    Translation.objects.create(
        answer=answer, language="prs", text="ما برای خانواده‌های کوچه نهم غذا می‌پزیم.", translated_by=by.person
    )


def test_a_member_reads_scores_votes_and_stands_aside(visit: Visits, live_server: LiveServer) -> None:
    [application, other] = build.in_review(2, call=build.call(readers=1))
    call, members = application.call, [build.member(application.call) for _ in range(4)]
    for each in (application, other):
        build.assigned(each, members[0])
        voting.write_reason(each, "Close to the people.", by=build.person())
    page = signed_in(visit(width=360, scripts=False), live_server, members[0])

    page.locator(f"a[href*='{application.reference}']").click()
    for legend, points in (("Need: points", "5: Wholly"), ("Led by the people it is for: points", "3: In part")):
        page.get_by_role("group", name=legend).get_by_label(points).check()
    page.get_by_label("Need: why these points?").fill("Sixty families in tents.")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why you give these points for “Led by")
    page.get_by_label("Led by the people it is for: why these points?").fill("Their board is from the camp.")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("status")).to_have_text("Submitted. Thank you.")
    assert Review.objects.submitted().get().application == application

    page.get_by_role("link", name="My reading").click()
    page.locator(f"a[href*='{other.reference}']").click()
    page.get_by_role("link", name="Stand aside").click()
    page.get_by_label("How are you tied to this group?").fill("My sister works there.")
    page.get_by_role("button", name="Stand aside for good").click()
    expect(page.get_by_text(other.reference)).to_have_count(0)
    assert Recusal.objects.get().application == other

    build.read(other, members[1])
    voting.open_vote(call, by=build.person())
    page.get_by_role("link", name="Vote").click()
    page.locator(f"a[href*='{application.reference}']").click()
    page.get_by_label("Yes, fund it").check()
    page.get_by_role("button", name="Seal my vote").click()
    expect(page.get_by_text("Your vote is in")).to_be_visible()
    assert Vote.objects.get().choice == Choice.YES


@pytest.mark.parametrize(("width", "language"), [(360, "en"), (360, "fa"), (1280, "en")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    visit: Visits, live_server: LiveServer, width: int, language: str
) -> None:
    [application], members = build.in_vote(members=4)
    translated(application, members[0])
    [draft] = build.in_review()
    mine = Member.objects.create(call=draft.call, person=members[0].person, added_by=members[0].person)
    build.assigned(draft, mine)
    [decided] = build.decided()
    page = signed_in(visit(width=width, language=language), live_server, mine)
    for address in (
        reverse("admin:grants_review_changelist"),
        reverse("admin:grants_review_page", args=[application.reference]),
        reverse("admin:grants_review_page", args=[draft.reference]),
        reverse("admin:grants_recusal_page", args=[draft.reference]),
        reverse("admin:grants_vote_changelist"),
        reverse("admin:grants_vote_page", args=[application.reference]),
    ):
        assert_fine(page, live_server.url + address)
    page = signed_in(visit(width=width, language=language), live_server, decided.call.members.all()[0])
    assert_fine(page, live_server.url + reverse("admin:grants_panel_result", args=[decided.call_id]))


def assert_fine(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response
    assert response.status == 200
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert not found.violations_count, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
