"""What is there, and somebody else's: each role opens the rows that are its business, and nobody opens another's."""

from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from appeal.uploads import read
from config.roles import ROLES
from grants.models import (
    Application,
    Attachment,
    Member,
    ReadingNotice,
)
from tests.config.matrix import OFFICE
from tests.config.test_matrix import staff
from tests.grants import build, files
from tests.world import world

pytestmark = pytest.mark.django_db(transaction=True)

# Tables of which this world has no row: Stripe's news, and what a page of its own shows instead of a row.
NOT_HERE = {
    "account.emailaddress", "donations.balancetransaction", "donations.bankstatement", "donations.explanation",
    "donations.fraudwarning", "donations.monthlygift", "donations.payout", "donations.refundrequest",
    "donations.statementline", "donations.stripeevent", "donations.tally", "grants.paymentfile", "mfa.authenticator",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def test_each_row_that_is_there_opens_for_those_of_the_matrix_and_for_nobody_else() -> None:
    world()
    [application], panel = build.in_vote()
    ReadingNotice.objects.create(member=panel[0])
    panel[0].person.ties.create(kind="mail", mark="0" * 64, recorded_by=panel[0].person)
    call_command("roles", stdout=StringIO())
    rows = {table: apps.get_model(table)._default_manager.first() for table in OFFICE}
    rows["grants.application"] = application
    assert {table for table, row in rows.items() if row is None} == NOT_HERE
    for role in [*ROLES, ""]:
        client = staff(role)
        for table, row in rows.items():
            if row is None or table == "grants.tie":  # whose tie it is, is the next test's
                continue
            page = reverse(f"admin:{table.replace('.', '_')}_change", args=[row.pk])
            sees = (role[:1] or "n") in OFFICE[table][0] and not (table == "grants.payeeaccount" and role == "auditor")
            assert client.get(page).status_code == (200 if sees else 403), (table, role)


def signed_in(person: User, role: str) -> Client:
    call_command("staff", person.username, role=[role], stdout=StringIO())
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("role", ["reviewer", "committee"])
def test_a_member_opens_what_is_assigned_to_them_and_no_other_does(role: str) -> None:
    call = build.call()
    application = build.draft(call)
    attachment = Attachment.objects.keep(application, read("plan.pdf", files.pdf()))
    application.submit(timezone.now())
    build.over(call).begin_reading(timezone.now())
    application.screen(eligible=True, by=build.person())
    panel: list[Member] = [build.member(call) for _ in range(3)]
    for reader in panel[:2]:
        build.read(application, reader)
    own, foreign = signed_in(panel[0].person, role), signed_in(build.person(), role)
    aside = signed_in(panel[2].person, role)
    panel[2].declare(application, "My sister works there.", by=panel[2].person)
    pages = {
        reverse("admin:grants_review_page", args=[application.reference]): False,
        reverse("admin:grants_recusal_page", args=[application.reference]): False,
        # Who screens may read the file without being on the panel.
        reverse("admin:grants_attachment_file", args=[attachment.key]): role == "committee",
    }
    for page, for_screeners in pages.items():
        assert own.get(page).status_code == 200, page
        assert foreign.get(page).status_code == (200 if for_screeners else 404), page
        assert aside.get(page).status_code == 404, page


@pytest.mark.parametrize("role", ["reviewer", "committee"])
def test_a_member_votes_on_their_panel_and_reads_its_result_and_no_other_reviewer_does(role: str) -> None:
    [application], panel = build.in_vote()
    own, foreign = signed_in(panel[0].person, role), signed_in(build.person(), role)
    ballot = reverse("admin:grants_vote_page", args=[application.reference])
    assert (own.get(ballot).status_code, foreign.get(ballot).status_code) == (200, 404)
    result = reverse("admin:grants_panel_result", args=[application.call_id])
    leads = role == "committee"
    assert (own.get(result).status_code, foreign.get(result).status_code) == (404, 404 if leads else 403)


def test_a_tie_is_shown_to_its_person_and_to_those_who_lead_panels() -> None:
    person = build.person()
    person.ties.create(kind="mail", mark="0" * 64, recorded_by=person)
    for viewer, role, seen in (
        (person, "reviewer", True),
        (build.person(), "committee", True),
        (build.person(), "reviewer", False),
    ):
        page = signed_in(viewer, role).get(reverse("admin:grants_tie_changelist")).content.decode()
        assert ('class="field-kind' in page) == seen, role


PAGES_OF_AN_APPLICATION = ("", "code/", "check/", "withdraw/", "files/", "files/x/", "how/", "group/", "contact/")


def test_an_application_opens_with_its_own_code_alone() -> None:
    call, own, foreign = build.call(), Client(), Client()
    start = {"country": "ID", "rule_1": "yes"}
    for client in (own, foreign):
        client.post(f"/grants/calls/{call.slug}/start/", start)
    mine = Application.objects.earliest("pk")
    for name in PAGES_OF_AN_APPLICATION:
        page = f"/grants/apply/{mine.reference}/{name}"
        assert own.get(page).status_code in {200, 302, 404}, page
        for stranger, refused in ((foreign, 404), (Client(), 403)):
            answer = stranger.get(page)
            assert answer.status_code == refused, page
            assert mine.code not in answer.content.decode()
