"""Nobody approves a payment to a group that they are tied to, or from which they stood aside."""

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import awarding, conflicts, reviewing, voting
from grants.models import Approval, Grant, Kind, Refused, State, Tranche, Variation
from ledger.money import Money
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def approve(tranche: Tranche, by: User) -> str:
    """On the staff's page, and what it says then."""
    by.user_permissions.set(Permission.objects.filter(codename__in=("change_tranche", "see_payeeaccount")))
    client = Client()
    client.force_login(by)
    address = reverse("admin:grants_tranche_step", args=[tranche.pk, "approve"])
    text: str = client.post(address, {"seen": tranche.fingerprint}, follow=True).content.decode()
    tranche.refresh_from_db()
    return text


def test_who_is_tied_to_a_group_does_not_approve_its_payment() -> None:
    tranche, anna = build.promised(), build.person()
    conflicts.tie(anna, Kind.ACCOUNT, "123-456-789", by=anna)
    assert "You are tied to this group" in approve(tranche, anna)
    assert tranche.state == State.PROMISED
    approve(tranche, build.person())
    assert tranche.state == State.APPROVED


def test_who_stood_aside_from_the_application_does_not_approve_either_and_sql_neither() -> None:
    [application], panel = build.in_vote(members=4)
    aside, other = panel[3].person, panel[0].person
    panel[3].declare(application, "My sister works there.", by=aside)
    build.voted(application, yes=panel[:3])
    voting.close(application.call, by=other)
    build.gift(application.call.fund, 1_200_00)
    grant = awarding.offer(application, Money(1_200_00, "USD"), parts=1, by=build.person(), on=build.DAY)
    awarding.accept(grant, by="Zahra", said="yes", on=build.DAY)
    tranche = Tranche.objects.get()
    tranche.redirect_to(build.account(grant.initiative), by=build.person(), at=timezone.now())
    approve(tranche, aside)
    assert tranche.state == State.PROMISED
    proposer = tranche.proposed_by
    assert proposer
    with pytest.raises(IntegrityError, match="from which they stand aside"):
        Approval.objects.create(
            tranche=tranche, approved_by=aside, proposed_by=proposer, fingerprint=tranche.fingerprint
        )
    approve(tranche, other)
    assert tranche.state == State.APPROVED


def test_who_stood_aside_sees_nothing_of_the_grant_that_came_of_it() -> None:
    [application], panel = build.in_vote(members=4)
    aside, other = panel[3].person, panel[0].person
    panel[3].declare(application, "My sister works there.", by=aside)
    build.voted(application, yes=panel[:3])
    voting.close(application.call, by=other)
    build.gift(application.call.fund, 1_200_00)
    grant = awarding.offer(application, Money(1_200_00, "USD"), parts=1, by=other, on=build.DAY)
    awarding.accept(grant, by="Zahra", said="yes", on=build.DAY)
    Variation.objects.create(grant=grant, text="Later.", proposed_by=other)
    rows = {"grant": grant, "tranche": Tranche.objects.get(), "report": grant.reports.get()}
    rows["variation"] = grant.variations.get()
    for person, seen in ((aside, False), (other, True)):
        person.user_permissions.set(Permission.objects.filter(codename__in=[f"view_{name}" for name in rows]))
        client = Client()
        client.force_login(person)
        for name, row in rows.items():
            in_list = f"/{row.pk}/change/" in client.get(reverse(f"admin:grants_{name}_changelist")).content.decode()
            page = client.get(reverse(f"admin:grants_{name}_change", args=[row.pk])).status_code
            assert (in_list, page == 200) == (seen, seen), (name, seen)


def test_what_is_decided_stays_with_the_group_that_it_came_from() -> None:
    [application] = build.decided()
    with pytest.raises(Refused, match="for the group that it came from"):
        reviewing.link(application, build.initiative(), by=build.person())


def test_a_call_is_divided_before_one_more_grant_is_offered() -> None:
    [application] = build.decided()
    build.gift(application.call.fund, 1_200_00)
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    given = {"application": application.pk, "amount": "500", "parts": "1", "reason": "More came in."}
    page = client.post(f"/staff/grants/call/{application.call_id}/step/next/", given).content.decode()
    assert "First divide the money" in page
    assert not Grant.objects.exists()


def test_no_number_of_a_row_leads_to_the_page_of_its_group() -> None:
    grant, client = build.grant(), Client()
    client.force_login(User.objects.create_superuser("lead"))
    kind = ContentType.objects.get_for_model(Grant)
    assert client.get(f"/staff/r/{kind.pk}/{grant.pk}/").status_code == 403
    assert grant.key not in client.get(f"/staff/grants/grant/{grant.pk}/change/").content.decode()
