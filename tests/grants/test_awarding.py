"""A grant is offered with its money set aside, and the initiative answers by its own link."""

import re

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from grants import application_letters, awarding
from grants.models import Application, Grant, GrantState, Initiative, Message, Refused, Told
from ledger.journal import NotEnoughFree
from ledger.money import Money
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


def chosen(count: int = 1, **fields: object) -> list[Application]:
    """The panel has voted for them; the fund holds 10,000."""
    applications = build.decided(count, **fields)
    build.gift(applications[0].call.fund, 10_000_00)
    return applications


def offered(minor: int = 1_200_00, parts: int = 1) -> Grant:
    return awarding.offer(chosen()[0], Money(minor, "USD"), parts=parts, by=build.person(), on=build.DAY)


def offered_to(application: Application, minor: int) -> Grant:
    return awarding.offer(application, Money(minor, "USD"), parts=1, by=build.person(), on=build.DAY)


def unasked(application: Application, minor: int) -> Grant:
    """An offer that no verb was asked about."""
    facts = {"application": application, "fund": application.call.fund, "state": GrantState.OFFERED}
    return build.grant(minor, of=application.call.campaign, to=awarding.initiative_of(application), **facts)


def test_an_offer_sets_the_money_aside_in_as_many_parts_as_it_is_paid_in() -> None:
    grant = offered(1_000_00, parts=3)
    assert [tranche.amount_minor for tranche in grant.tranches.order_by("number")] == [333_34, 333_33, 333_33]
    assert {tranche.state for tranche in grant.tranches.all()} == {"promised"}
    assert grant.fund.free() == Money(9_000_00, "USD")


def test_the_group_becomes_an_initiative_as_it_described_itself() -> None:
    initiative = offered().initiative
    assert (initiative.name, initiative.country, initiative.email) == ("Group 1", "ID", "group-1@example.org")
    assert initiative.languages[0] == "en"


def test_a_group_that_is_known_already_is_not_written_twice() -> None:
    application, known = chosen()[0], build.initiative()
    Application.objects.filter(pk=application.pk).update(initiative=known)
    application.refresh_from_db()
    awarding.offer(application, Money(5_00, "USD"), parts=1, by=build.person(), on=build.DAY)
    assert list(Initiative.objects.all()) == [known]


def test_an_offer_beyond_the_free_money_is_refused_in_words_and_leaves_nothing_behind() -> None:
    application = chosen()[0]
    build.lost_dispute(application.call.fund, 9_000_00)
    with pytest.raises(NotEnoughFree, match=r"1,000\.00"):
        awarding.offer(application, Money(1_200_00, "USD"), parts=1, by=build.person(), on=build.DAY)
    assert not Grant.objects.exists()
    assert not Initiative.objects.exists()


def test_an_offer_beyond_what_was_asked_for_is_refused_by_the_database_too() -> None:
    [application] = chosen()
    with pytest.raises(Refused, match=r"asked for \$1,200.00\sUSD, and gets no more"):
        awarding.offer(application, Money(1_200_01, "USD"), parts=1, by=build.person(), on=build.DAY)
    with pytest.raises(IntegrityError, match="no more than it asked for"):
        unasked(application, 1_200_01)


def test_the_grants_of_a_call_stay_under_its_ceiling_together() -> None:
    first, second = chosen(2, ceiling_minor=2_000_00, most_minor=2_000_00)
    offered_to(first, 1_200_00)
    with pytest.raises(Refused, match=r"ceiling of this call is \$2,000.00\sUSD, and \$800.00\sUSD of it is left"):
        offered_to(second, 800_01)
    offered_to(second, 800_00)


def test_the_database_keeps_the_ceiling_too() -> None:
    first, second = chosen(2, ceiling_minor=2_000_00, most_minor=2_000_00)
    offered_to(first, 1_200_00)
    with pytest.raises(IntegrityError, match="under its ceiling together"):
        unasked(second, 800_01)


def test_an_application_gets_one_grant() -> None:
    grant = offered()
    assert grant.application
    with pytest.raises(IntegrityError):
        awarding.offer(grant.application, Money(5_00, "USD"), parts=1, by=build.person(), on=build.DAY)


def path_of(grant: Grant) -> str:
    return f"/grants/award/{grant.key}/"


def test_the_initiative_accepts_by_its_link_what_it_has_read() -> None:
    grant = offered()
    page = Client().get(path_of(grant)).content.decode()
    assert "We never ask you for it." in page
    assert Grant.objects.get().state == GrantState.OFFERED  # looking at it answered nothing
    refused = Client().post(path_of(grant), {"answer": "accept"})
    assert (refused.status_code, "Write a name." in refused.content.decode()) == (422, True)
    for _ in range(2):
        assert (
            Client().post(path_of(grant), {"answer": "accept", "by": "Zahra", "said": "Thank you"}).status_code == 302
        )
    grant.refresh_from_db()
    assert (grant.state, grant.answered_by, grant.answer) == (GrantState.ACCEPTED, "Zahra", "Thank you")
    assert "We never ask you for it." in grant.agreement
    assert "You accepted it on" in Client().get(path_of(grant)).content.decode()


def test_what_is_declined_is_free_again_at_once() -> None:
    grant = offered(parts=2)
    Client().post(path_of(grant), {"answer": "decline", "by": "Zahra", "said": "We found another way."})
    grant.refresh_from_db()
    assert grant.state == GrantState.CANCELLED
    assert grant.fund.free() == Money(10_000_00, "USD")
    refused = Client().post(path_of(grant), {"answer": "accept", "by": "Zahra"})
    assert "already “cancelled”" in refused.content.decode()


def test_of_eight_answers_at_once_one_counts() -> None:
    grant = offered()
    build.at_once([lambda: awarding.decline(grant, by="Zahra", said="", on=build.DAY)] * 4
                  + [lambda: awarding.accept(grant, by="Zahra", said="", on=build.DAY)] * 4)  # fmt: skip
    grant.refresh_from_db()
    free = grant.fund.free().minor
    assert (grant.state, free) in {(GrantState.ACCEPTED, 8_800_00), (GrantState.CANCELLED, 10_000_00)}


@pytest.mark.parametrize("change", ["agreement = 'x'", "answered_on = '2020-01-01'", "answered_by = 'x'"])
def test_sql_cannot_change_what_was_answered(change: str) -> None:
    grant = offered()
    awarding.accept(grant, by="Zahra", said="", on=build.DAY)
    with pytest.raises(IntegrityError, match="stays as it was given"):
        sql(f"UPDATE grants_grant SET {change} WHERE id = %s", grant.pk)


def test_sql_cannot_accept_for_nobody() -> None:
    with pytest.raises(IntegrityError, match="accepted_by_somebody"):
        sql("UPDATE grants_grant SET state = 'accepted' WHERE id = %s", offered().pk)


def test_a_direct_grant_can_be_offered_and_answered_too() -> None:
    grant = build.grant(state=GrantState.OFFERED)
    Client().post(path_of(grant), {"answer": "accept", "by": "Zahra"})
    grant.refresh_from_db()
    assert grant.state == GrantState.ACCEPTED


def test_the_mail_of_an_award_leads_to_its_page() -> None:
    grant = offered()
    Message.objects.exclude(what=Told.AWARDED).delete()
    application_letters.mail_all(timezone.now())
    found = re.search(r"https?://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    assert found[1] == path_of(grant)
    assert "Group 1" not in mail.outbox[-1].body


def test_a_link_of_nothing_is_not_found() -> None:
    assert Client().get("/grants/award/nothing/").status_code == 404


def test_what_was_accepted_is_not_declined_by_a_link() -> None:
    grant = build.grant(state=GrantState.ACCEPTED)
    with pytest.raises(Refused, match="accepted this grant already"):
        awarding.decline(grant, by="x", said="", on=build.DAY)
