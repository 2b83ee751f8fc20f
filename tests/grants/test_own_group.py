"""Nobody approves a payment to a group that they are tied to, or from which they stood aside."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from grants import awarding, conflicts, voting
from grants.models import Approval, Kind, State, Tranche, Variation
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
