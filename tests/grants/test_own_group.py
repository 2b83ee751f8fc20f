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
from grants.exporting import Form, export
from grants.models import Approval, Grant, Kind, PaymentFile, Refused, State, Tranche, Variation
from ledger.money import Money
from tests.grants import build
from tests.grants.test_exporting import ours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def approve(tranche: Tranche, by: User) -> str:
    """On the staff's page, and what it says then."""
    client = signed_in(by, "change_tranche", "see_payeeaccount")
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


def granted() -> tuple[Grant, User, User]:
    """An accepted grant, who stood aside from its application, and who did not."""
    [asked], panel = build.in_vote(members=4)
    aside, other = panel[3].person, panel[0].person
    panel[3].declare(asked, "My sister works there.", by=aside)
    build.voted(asked, yes=panel[:3])
    voting.close(asked.call, by=other)
    build.gift(asked.call.fund, 1_200_00)
    grant = awarding.offer(asked, Money(1_200_00, "USD"), parts=1, by=build.person(), on=build.DAY)
    awarding.accept(grant, by="Zahra", said="yes", on=build.DAY)
    return grant, aside, other


def signed_in(person: User, *permissions: str) -> Client:
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def test_who_stood_aside_from_the_application_does_not_approve_either_and_sql_neither() -> None:
    grant, aside, other = granted()
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
    grant, aside, other = granted()
    Variation.objects.create(grant=grant, text="Later.", proposed_by=other)
    rows = {"grant": grant, "tranche": Tranche.objects.get(), "report": grant.reports.get()}
    rows["variation"] = grant.variations.get()
    for person, seen in ((aside, False), (other, True)):
        client = signed_in(person, *(f"view_{name}" for name in rows))
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


def test_the_telephone_that_a_group_gave_when_it_applied_ties_people_to_its_grant() -> None:
    grant, _aside, _other = granted()
    assert grant.application
    anna = build.person()
    assert not conflicts.bars(anna, grant)
    conflicts.tie(anna, Kind.PHONE, grant.application.phone, by=anna)
    assert conflicts.bars(anna, grant)


def test_a_change_of_plan_is_not_written_for_a_grant_that_one_stands_aside_from() -> None:
    grant, aside, other = granted()
    for person, offered in ((aside, False), (other, True)):
        page = signed_in(person, "add_variation", "view_grant").get(reverse("admin:grants_variation_add"))
        assert (grant.reference in page.content.decode()) == offered


def test_who_is_tied_to_a_group_neither_sees_its_payment_for_the_bank_nor_makes_its_file() -> None:
    tranche, account = build.approved(), ours()
    tied, free = (
        signed_in(build.person(name), "see_payeeaccount", "change_tranche", "view_tranche", "view_paymentfile")
        for name in ("tied", "free")
    )
    anna = User.objects.get(username="tied")
    conflicts.tie(anna, Kind.ACCOUNT, "123-456-789", by=anna)
    page = reverse("admin:grants_tranche_payment_file")
    name = tranche.grant.initiative.name
    assert (name in tied.get(page).content.decode(), name in free.get(page).content.decode()) == (False, True)
    with pytest.raises(Refused, match="You are tied to one of these groups"):
        export(account, [tranche], form=Form.CSV, execute_on=build.DAY, again=False, by=anna, now=timezone.now())
    assert not PaymentFile.objects.exists()


def test_who_stands_aside_does_not_find_the_payment_in_a_file_that_another_made() -> None:
    grant, aside, other = granted()
    tranche = grant.tranches.get()
    tranche.redirect_to(build.account(grant.initiative), by=build.person(), at=timezone.now())
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    now = timezone.now()
    file, _bytes = export(ours(), [tranche], form=Form.CSV, execute_on=now.date(), again=False, by=other, now=now)
    for person, shown in ((aside, False), (other, True)):
        page = signed_in(person, "view_paymentfile", "view_fileline").get(
            reverse("admin:grants_paymentfile_change", args=[file.pk])
        )
        assert (grant.reference in page.content.decode()) == shown


def test_an_auditor_reads_a_tranche_without_the_groups_link_and_without_its_account() -> None:
    tranche = build.sent()
    assert tranche.account
    page = reverse("admin:grants_tranche_change", args=[tranche.pk])
    auditor, treasurer = (build.person(name) for name in ("auditor", "treasurer"))
    read = signed_in(auditor, "view_tranche").get(page).content.decode()
    assert tranche.confirmation_key not in read
    assert "6789" not in read
    assert "bank transfer" in read
    assert (
        tranche.confirmation_key in signed_in(treasurer, "view_tranche", "see_payeeaccount").get(page).content.decode()
    )
