"""The pages of those who screen and lead a panel, from a call that is over to its result."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import reviewing, voting
from grants.models import Application, ApplicationState, Call, Kind, Member, Recusal, Review, Stage, Tie
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def client_of(person: User, *permissions: str) -> Client:
    person.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def take(client: Client, of: Call | Application, name: str, **given: str) -> str:
    page = "panel" if isinstance(of, Call) else "application"
    address = reverse(f"admin:grants_{page}_step", args=[of.pk, name])
    assert client.get(address).status_code == 200
    text: str = client.post(address, given, follow=True).content.decode()
    of.refresh_from_db()
    return text


def test_the_whole_story() -> None:
    call = build.call()
    good, bad = (build.submitted(call, name=f"G{n}", email=f"{n}@example.org") for n in range(2))
    lead = client_of(build.person(), "lead_panel", "screen_applications")
    members = [build.person() for _ in range(3)]
    for person in members:
        assert "Done: Add a member" in take(lead, call, "member", person=str(person.pk), may_read="on", may_vote="on")
    reviewing.begin(build.over(call), timezone.now(), by=build.person())
    assert "Done: Eligible" in take(lead, good, "eligible")
    assert "2 applications are not screened" not in take(lead, call, "open-vote")
    assert "Done: Not eligible" in take(lead, bad, "not-eligible", reason="This fund is not for companies.")
    assert (bad.state, bad.screening) == (ApplicationState.REFUSED, "This fund is not for companies.")
    assert "Done: Assign readers" in take(lead, call, "assign")
    assert f"{good.reference} lacks 2 reviews." in take(lead, call, "open-vote")
    third = Member.objects.readers().not_recused(good).exclude(reviews__application=good).get()
    assert "Done: Assign a reader" in take(lead, good, "reader", member=str(third.pk))
    for review in Review.objects.all():
        build.scored(review, 4).submit(timezone.now())
    assert "Done: Open the vote" in take(lead, call, "open-vote")
    good.refresh_from_db()
    build.voted(Application.objects.get(pk=good.pk), yes=list(call.members.all()))
    assert "has no reason yet" in take(lead, call, "close-vote")
    assert "Done: Write the reason" in take(lead, good, "reason", text="Close to the people.")
    assert "Done: Close the vote" in take(lead, call, "close-vote")
    assert call.stage == Stage.DECIDED
    page = lead.get(reverse("admin:grants_panel_result", args=[call.pk])).content.decode()
    assert good.reference in page
    assert "Close to the people." in page
    assert bad.reference not in page


def test_each_step_takes_its_permission() -> None:
    [application] = build.in_review()
    screener, lead = client_of(build.person(), "screen_applications"), client_of(build.person(), "lead_panel")
    of_application = {"not-eligible": screener, "reader": lead, "reason": lead}
    for name, who in of_application.items():
        address = reverse("admin:grants_application_step", args=[application.pk, name])
        for client in (screener, lead):
            assert client.get(address).status_code == (200 if client is who else 403)
    for name in ("member", "assign", "open-vote", "close-vote"):
        address = reverse("admin:grants_panel_step", args=[application.call_id, name])
        assert lead.get(address).status_code == 200
        assert screener.get(address).status_code == 403


def test_the_list_names_possible_duplicates() -> None:
    call = build.call()
    first, second = (build.submitted(call, name=name, phone="0812 3456 7890") for name in ("One", "Two"))
    screener = client_of(build.person(), "screen_applications")
    page = screener.get(reverse("admin:grants_application_changelist")).content.decode()
    assert page.count(first.reference) == page.count(second.reference) == 2


def test_only_who_may_see_contacts_is_shown_who_they_are_and_the_look_is_kept() -> None:
    [application] = build.in_review()
    address = reverse("admin:grants_application_change", args=[application.pk])
    page = client_of(build.person(), "screen_applications").get(address).content.decode()
    assert "group-1@example.org" not in page
    assert application.code not in page
    assert not LogEntry.objects.exists()
    seeing = client_of(build.person("seeing"), "screen_applications", "see_contact")
    page = seeing.get(address).content.decode()
    assert "group-1@example.org" in page
    assert application.code not in page
    assert LogEntry.objects.get().user.username == "seeing"


def test_an_application_is_linked_to_the_initiative_that_it_most_likely_is() -> None:
    build.initiative(name="Another", email="another@example.org")
    likely = build.initiative(email="GROUP-1@example.org")
    [application] = build.in_review()
    client = client_of(build.person(), "change_initiative", "screen_applications")
    address = reverse("admin:grants_application_step", args=[application.pk, "initiative"])
    assert f'<option value="{likely.pk}" selected>' in client.get(address).content.decode()
    take(client, application, "initiative", initiative=str(likely.pk))
    assert application.initiative == likely


def test_a_translation_stands_beside_the_answer_and_leaves_it_as_it_was() -> None:
    [application] = build.in_review()
    answer = application.answers.all()[0]
    client = client_of(build.person(), "add_translation")
    given = {"answer": str(answer.pk), "language": "xx", "text": "We cook."}
    assert "“xx” is no language code" in take(client, application, "translate", **given)
    assert "Done: Translate an answer" in take(client, application, "translate", **given | {"language": "en"})
    assert answer.translations.get().text == "We cook."
    foreign = build.in_review()[0].answers.all()[0]
    assert "Select a valid choice" in take(client, application, "translate", **given | {"answer": str(foreign.pk)})


def test_who_leads_the_panel_reads_why_somebody_stands_aside_and_who_screens_does_not() -> None:
    [application] = build.in_review()
    member = build.member(application.call)
    member.declare(application, "My sister works there.", by=member.person)
    address = reverse("admin:grants_application_change", args=[application.pk])
    assert "sister" in client_of(build.person(), "lead_panel").get(address).content.decode()
    assert "sister" not in client_of(build.person(), "screen_applications").get(address).content.decode()
    assert client_of(member.person, "lead_panel").get(address).status_code == 302


def test_who_leads_the_panel_reads_the_reviews_once_the_vote_has_opened() -> None:
    applications, panel = build.in_vote()
    [early] = build.in_review()
    build.read(early, build.member(early.call))
    lead, screener = client_of(build.person(), "lead_panel"), client_of(build.person(), "screen_applications")

    def told(client: Client, application: Application) -> int:
        page = client.get(reverse("admin:grants_application_change", args=[application.pk])).content.decode()
        return page.count("We know this work.")

    assert (told(lead, applications[0]), told(lead, early)) == (4, 0)
    assert told(screener, applications[0]) == 0
    assert told(client_of(panel[0].person, "lead_panel"), applications[0]) == 2  # their own is among their reading


def test_a_draft_is_on_no_page_of_the_staffs() -> None:
    draft = build.draft()
    root = client_of(User.objects.create_superuser("root"))
    assert draft.reference not in root.get(reverse("admin:grants_application_changelist")).content.decode()
    assert root.get(reverse("admin:grants_application_step", args=[draft.pk, "eligible"])).status_code == 404


def test_a_result_hides_what_one_stands_aside_from_and_is_only_for_the_panel() -> None:
    applications, panel = build.in_vote(2, members=4)
    panel[3].declare(applications[0], "My sister works there.", by=panel[3].person)
    for application in applications:
        build.voted(application, yes=panel[:3])
    voting.close(applications[0].call, by=panel[0].person)
    address = reverse("admin:grants_panel_result", args=[applications[0].call_id])
    page = client_of(panel[3].person, "vote").get(address).content.decode()
    assert applications[0].reference not in page
    assert applications[1].reference in page
    assert "1 application is not shown" in page
    page = client_of(panel[0].person, "vote").get(address).content.decode()
    assert "1 member stood aside: declared by the member" in page
    assert "sister" not in page
    assert client_of(build.person(), "vote").get(address).status_code == 403


# Ties


def add_tie(client: Client, person: User, kind: Kind, text: str) -> str:
    form = {"person": str(person.pk), "kind": kind, "text": text}
    return str(client.post(reverse("admin:grants_tie_add"), form, follow=True).content.decode())


def test_a_member_enters_their_own_ties_and_nobody_reads_them_back() -> None:
    [application] = build.in_review()
    member = build.member(application.call)
    client = client_of(member.person, "vote")
    assert "was added successfully" in add_tie(client, member.person, Kind.MAIL, "Group-1@example.org")
    assert Recusal.objects.get().member == member
    made = Tie.objects.get()
    for address in (reverse("admin:grants_tie_changelist"), reverse("admin:grants_tie_change", args=[made.pk])):
        page = client.get(address).content.decode()
        assert "example.org" not in page
        assert made.mark not in page
    other = build.person()
    assert "Select a valid choice" in add_tie(client, other, Kind.MAIL, "x@example.org")
    assert "was added successfully" in add_tie(
        client_of(other, "lead_panel"), member.person, Kind.PHONE, "0812 345 678"
    )


def test_a_member_sees_that_they_have_ties_and_nobody_elses() -> None:
    first, second = (build.member(build.call()) for _ in range(2))
    for member in (first, second):
        add_tie(client_of(member.person, "vote"), member.person, Kind.MAIL, f"{member.person}@example.org")
    listed = reverse("admin:grants_tie_changelist")
    page = client_of(first.person, "vote").get(listed).content.decode()
    assert "1 tie" in page
    assert second.person.username not in page
    assert "2 ties" in client_of(build.person(), "lead_panel").get(listed).content.decode()


def test_a_tie_of_too_few_digits_is_refused_on_the_page() -> None:
    member = build.member(build.call())
    assert "too little here to compare" in add_tie(client_of(member.person, "vote"), member.person, Kind.PHONE, "123")
    assert not Tie.objects.exists()


def test_the_same_tie_twice_is_no_error() -> None:
    member = build.member(build.call())
    client = client_of(member.person, "vote")
    for _ in range(2):
        assert "was added successfully" in add_tie(client, member.person, Kind.ORGANISATION, "Lamplight")
    assert Tie.objects.count() == 1
