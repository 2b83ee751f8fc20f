"""Each payment leaves the evidence of its way, and where one other person is too few, two approve."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test import Client
from pytest_django import Settings

from appeal.models import CLOSED_TO_CARDS
from grants import bookkeeping
from grants.models import Evidence, LegalBasis, Onward, Refused, Route, State, Tranche
from ledger import chart
from ledger.models import Fund
from ledger.money import Money
from tests.grants import build
from tests.grants.build import sql
from tests.grants.test_staff_pages import signed_in, step, take
from tests.grants.test_two_people import approve_by_sql, send_by_sql, show_by_sql

pytestmark = pytest.mark.django_db(transaction=True)


def ready(route: Route) -> Tranche:
    return build.approved_by_all(build.planned_by(route))


def sent(route: Route) -> Tranche:
    tranche = ready(route)
    build.pay(tranche)
    return tranche


# The evidence


@pytest.mark.parametrize("route", Route)
def test_each_way_is_paid_with_its_own_evidence(route: Route) -> None:
    tranche = sent(route)
    assert tranche.state == State.SENT
    assert (tranche.evidence.route, tranche.evidence.fee) == (route, Money(18_00, "USD"))
    assert Fund.objects.general("USD").balance(chart.BANK_FEES) == Money(18_00, "USD")


@pytest.mark.parametrize(
    ("route", "missing"),
    [
        *[(Route.TRANSFER_SERVICE, {name: ""}) for name in ("provider", "licence", "received_by", "acknowledgement")],
        *[
            (Route.TRANSFER_SERVICE, {name: value})
            for name, value in (("why_no_bank", ""), ("rate", None), ("rate", 0))
        ],
        (Route.MOBILE_MONEY, {"provider": ""}),
        (Route.BANK, {"provider": "X"}),
    ],
)
def test_a_payment_without_the_evidence_of_its_way_is_refused_and_nothing_is_booked(
    route: Route, missing: dict[str, Any]
) -> None:
    tranche = ready(route)
    with pytest.raises(Refused, match="evidence is missing"):
        build.pay(tranche, **missing)
    tranche.refresh_from_db()
    assert tranche.state == State.APPROVED
    assert tranche.fund.balance(chart.GRANTS) == Money(0, "USD")


def test_a_service_without_a_licence_is_paid_with_the_reason() -> None:
    tranche = ready(Route.TRANSFER_SERVICE)
    build.pay(tranche, licence="", why_no_licence="The country licenses none.")
    assert tranche.evidence.why_no_licence


def test_sql_cannot_send_without_evidence() -> None:
    with pytest.raises(IntegrityError, match="sent with the evidence that its way needs"):
        send_by_sql(build.approved(), by=build.person())


def test_sql_cannot_send_with_the_evidence_of_another_way() -> None:
    tranche = ready(Route.MOBILE_MONEY)
    show_by_sql(tranche, "bank")
    with pytest.raises(IntegrityError, match="sent with the evidence that its way needs"):
        send_by_sql(tranche, by=build.person())


def test_sql_cannot_write_half_of_the_evidence() -> None:
    with pytest.raises(IntegrityError, match="evidence_is_what_its_way_needs"):
        show_by_sql(ready(Route.TRANSFER_SERVICE), "transfer_service", provider="'X'", licence="'1'")


@pytest.mark.parametrize("change", ["fee_minor = 0", "received_by = 'x'", "why_no_bank = 'x'", "provider = 'x'"])
def test_sql_cannot_change_the_evidence_of_what_is_sent(change: str) -> None:
    tranche = sent(Route.TRANSFER_SERVICE)
    with pytest.raises(IntegrityError, match="and then stays"):
        sql(f"UPDATE grants_evidence SET {change} WHERE tranche_id = %s", tranche.pk)
    with pytest.raises(IntegrityError, match="and then stays"):
        sql("DELETE FROM grants_evidence WHERE tranche_id = %s", tranche.pk)


def test_sql_cannot_write_evidence_of_what_is_not_approved() -> None:
    with pytest.raises(IntegrityError, match="while a tranche is approved"):
        show_by_sql(build.promised())


def test_who_took_the_money_is_sealed() -> None:
    sent(Route.TRANSFER_SERVICE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT received_by FROM grants_evidence")
        assert "Karim" not in str(cursor.fetchall())
    assert Evidence.objects.get().received_by == "Karim Noori"


# A fiscal host


def passed_on(tranche: Tranche, minor: int = 2_775_00) -> Onward:
    amount = Money(minor, "USD")
    return Onward.objects.record(tranche, by=build.person(), paid_on=build.DAY, amount=amount, reference="H-1")


def test_a_hosts_fee_is_part_of_the_grant_and_kept_as_it_was() -> None:
    tranche = sent(Route.HOST)
    assert (tranche.host_fee, tranche.arriving) == (Money(225_00, "USD"), Money(2_775_00, "USD"))
    assert tranche.account
    assert tranche.account.host
    tranche.account.host.fee = 0
    tranche.account.host.save()
    assert Tranche.objects.get().host_fee == Money(225_00, "USD")
    assert tranche.fund.balance(chart.GRANTS) == Money(3_000_00, "USD")


def test_a_hosts_payment_is_confirmed_only_when_it_has_passed_it_on(client: Client) -> None:
    tranche = sent(Route.HOST)
    page = client.get(tranche.get_absolute_url()).content.decode()
    assert "has not shown us yet" in page
    assert tranche.arriving.format() in page
    assert "Yes, the money came" not in page
    with pytest.raises(Refused, match="has not shown yet"):
        tranche.confirm(build.DAY)
    with pytest.raises(IntegrityError, match="shows first that it passed the money on"):
        sql("UPDATE grants_tranche SET state = 'confirmed', confirmed_on = sent_on WHERE id = %s", tranche.pk)
    passed_on(tranche)
    assert "Yes, the money came" in client.get(tranche.get_absolute_url()).content.decode()
    client.post(tranche.get_absolute_url())
    assert Tranche.objects.get().state == State.CONFIRMED


@pytest.mark.parametrize("minor", [2_774_99, 3_000_01])
def test_a_host_passes_on_all_but_its_fee(minor: int) -> None:
    with pytest.raises(Refused, match="has to pass on at least"):
        passed_on(sent(Route.HOST), minor)


def onward_by_sql(tranche: Tranche, minor: int) -> None:
    sql(
        "INSERT INTO grants_onward (tranche_id, paid_on, amount_minor, reference, recorded_by_id, recorded_at)"
        " SELECT id, current_date, %s, 'x', proposed_by_id, now() FROM grants_tranche WHERE id = %s",
        *(minor, tranche.pk),
    )


def test_sql_cannot_record_less_nor_change_what_a_host_passed_on() -> None:
    tranche = sent(Route.HOST)
    with pytest.raises(IntegrityError, match="passes on all but its fee"):
        onward_by_sql(tranche, 2_774_99)
    passed_on(tranche)
    with pytest.raises(IntegrityError, match="stays on record"):
        sql("UPDATE grants_onward SET reference = 'y' WHERE tranche_id = %s", tranche.pk)
    with pytest.raises(IntegrityError, match="passes on all but its fee"):
        onward_by_sql(build.sent(), 1)


def test_what_no_host_received_is_passed_on_by_nobody() -> None:
    with pytest.raises(Refused, match="No proof of a fiscal host"):
        passed_on(build.sent())


# Two approvers


def promised(tranche: Tranche) -> Tranche:
    build.gift(tranche.fund, tranche.amount_minor)
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    return tranche


def to_iran() -> Tranche:
    return build.planned(build.grant(to=build.initiative(country="IR")))


def allowed(tranche: Tranche, by: User | None = None) -> Tranche:
    LegalBasis.objects.record(tranche.grant, by=by or build.person(), text="General licence 8, food and medicine.")
    return Tranche.objects.get(pk=tranche.pk)


def test_cash_by_a_money_transfer_service_needs_two_other_people() -> None:
    tranche, first = promised(build.planned_by(Route.TRANSFER_SERVICE)), build.person()
    tranche.approve(by=first, seen=tranche.fingerprint)
    assert tranche.state == State.PROMISED
    with pytest.raises(Refused):
        build.pay(tranche)
    with pytest.raises(Refused, match="One more person"):
        tranche.approve(by=first, seen=tranche.fingerprint)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    assert tranche.state == State.APPROVED


def test_sql_cannot_approve_or_send_cash_with_one_other_person() -> None:
    tranche = promised(build.planned_by(Route.TRANSFER_SERVICE))
    approve_by_sql(tranche, by=build.person())
    with pytest.raises(IntegrityError, match="approved only as enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)
    approve_by_sql(tranche, by=build.person())
    sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)
    show_by_sql(
        tranche,
        "transfer_service",
        **dict.fromkeys(("provider", "licence", "received_by", "acknowledgement", "why_no_bank"), "'x'"),
        rate="1",
    )
    last = tranche.approvals.order_by("pk").last()
    assert last
    sql("UPDATE grants_approval SET standing = false WHERE id = %s", last.pk)
    with pytest.raises(IntegrityError, match="sent only as enough people"):
        send_by_sql(tranche, by=build.person())


def test_of_eight_who_approve_cash_at_once_two_do() -> None:
    tranche = promised(build.planned_by(Route.TRANSFER_SERVICE))
    copies = [Tranche.objects.get(pk=tranche.pk) for _ in range(8)]
    deeds = [partial(copy.approve, by=build.person(), seen=tranche.fingerprint) for copy in copies]
    assert len(build.at_once([*deeds])) == 6
    assert tranche.approvals.count() == 2


def test_the_banks_money_for_a_closed_country_needs_a_legal_basis_and_two_other_people() -> None:
    tranche = promised(to_iran())
    with pytest.raises(Refused, match="Iran needs a legal basis"):
        tranche.approve(by=build.person(), seen=tranche.fingerprint)
    tranche = allowed(tranche)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    assert tranche.state == State.PROMISED
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    build.pay(tranche)
    assert tranche.state == State.SENT


def test_sql_cannot_approve_for_a_closed_country_without_a_legal_basis() -> None:
    tranche = promised(to_iran())
    for _ in range(2):
        approve_by_sql(tranche, by=build.person())
    with pytest.raises(IntegrityError, match="needs a legal basis"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)
    allowed(tranche)
    sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


def test_a_legal_basis_is_written_once_in_words_and_stays() -> None:
    tranche = allowed(to_iran())
    with pytest.raises(Refused, match="on record already"):
        allowed(tranche)
    with pytest.raises(Refused, match="Write down"):
        LegalBasis.objects.record(build.grant(), by=build.person(), text=" ")
    for statement in ("UPDATE grants_legalbasis SET text = 'x'", "DELETE FROM grants_legalbasis"):
        with pytest.raises(IntegrityError, match="legal basis stays on record"):
            sql(statement)


@pytest.mark.parametrize("country", [*CLOSED_TO_CARDS, "ID", "MY"])
@pytest.mark.parametrize("route", Route)
def test_the_database_counts_as_the_verbs_do(country: str, route: Route) -> None:
    tranche = build.planned_by(route, to=build.initiative(country=country))
    with connection.cursor() as cursor:
        cursor.execute("SELECT grants_approvals_needed(%s), grants_is_exception(%s)", [tranche.pk, tranche.pk])
        assert cursor.fetchone() == (tranche.approvals_needed, tranche.is_exception)


# Paid again


def test_what_came_back_is_paid_again_by_a_new_tranche_and_its_money_is_never_free() -> None:
    tranche = build.failed()
    again = bookkeeping.pay_again(tranche, by=build.person(), on=build.DAY)
    tranche.refresh_from_db()
    assert (tranche.state, again.state, again.replaces) == (State.RELEASED, State.PROMISED, tranche)
    assert (again.number, again.amount, again.account) == (2, tranche.amount, tranche.account)
    fund = tranche.fund
    assert (fund.balance(chart.ENCUMBERED), fund.free()) == (Money(3_000_00, "USD"), Money(0, "USD"))
    assert not again.approvals.exists()


def test_it_is_paid_again_even_if_donors_took_gifts_back_meanwhile() -> None:
    tranche = build.failed()
    build.lost_dispute(tranche.fund, 1_000_00)
    assert bookkeeping.pay_again(tranche, by=build.person(), on=build.DAY).state == State.PROMISED


def test_paying_again_eight_times_at_once_promises_once() -> None:
    tranche = build.failed()
    copies, by = [Tranche.objects.get(pk=tranche.pk) for _ in range(8)], build.person()
    refusals = build.at_once([partial(bookkeeping.pay_again, copy, by=by, on=build.DAY) for copy in copies])
    assert len(refusals) == 7
    assert tranche.fund.balance(chart.ENCUMBERED) == Money(3_000_00, "USD")


def test_another_promise_at_the_same_moment_cannot_take_the_money() -> None:
    tranche, by = build.failed(), build.person()
    other = build.planned(build.grant(3_000_00, of=tranche.grant.campaign))
    refusals = build.at_once(
        [
            partial(bookkeeping.pay_again, tranche, by=by, on=build.DAY),
            partial(bookkeeping.promise, other, by=by, on=build.DAY),
        ]
    )
    assert [other.fund.name in refusal for refusal in refusals] == [True]
    assert tranche.fund.free() == Money(0, "USD")


@pytest.mark.parametrize("make", [build.promised, build.approved, build.sent])
def test_only_what_came_back_is_paid_again(make: partial[Tranche]) -> None:
    tranche = make()
    state = tranche.state
    with pytest.raises(Refused):
        bookkeeping.pay_again(tranche, by=build.person(), on=build.DAY)
    tranche.refresh_from_db()
    assert tranche.state == state


def test_sql_cannot_say_that_a_tranche_replaces_what_did_not_come_back() -> None:
    sent = build.sent()
    with pytest.raises(IntegrityError, match="once it came back and is released"):
        build.planned(sent.grant, 1, replaces=sent)
    with pytest.raises(IntegrityError, match="once it came back and is released"):
        sql("UPDATE grants_tranche SET replaces_id = %s WHERE id = %s", sent.pk, build.planned().pk)


def test_the_initiatives_page_leads_to_the_new_payment(client: Client) -> None:
    tranche = build.failed()
    again = bookkeeping.pay_again(tranche, by=build.person(), on=build.DAY)
    assert again.get_absolute_url() in client.get(tranche.get_absolute_url()).content.decode()


# On the staff's pages


def test_each_step_asks_what_the_way_needs(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    tranche, client = ready(Route.TRANSFER_SERVICE), signed_in()
    given = {
        "bank_reference": "T-1",
        "sent_on": "2026-11-20",
        "wire_fee": "9",
        "provider": "Example Transfer",
        "rate": "15850",
    }
    words = {"received_by": "Karim Noori", "acknowledgement": "Signed.", "why_no_bank": "None takes refugees."}
    refused = take(client, tranche, "pay", **given, **words)
    assert "Give the licence number, or say why there is none." in refused
    assert "Karim Noori" in refused
    assert "is now: sent" in take(client, tranche, "pay", **given, **words, why_no_licence="The country licenses none.")
    assert "why_no_bank" not in client.get(step(ready(Route.BANK), "pay")).content.decode()


def test_a_legal_basis_is_recorded_by_a_step_and_two_people_follow(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    tranche, client = promised(to_iran()), signed_in()
    take(client, tranche, "legal-basis", text="General licence 8.")
    assert tranche.grant.legal_basis.text == "General licence 8."
    assert "approved by 0 of the 2 other people" in client.get(step(tranche, "approve")).content.decode()
    take(client, tranche, "approve")
    assert tranche.state == State.PROMISED
    take(signed_in(), tranche, "approve")
    assert tranche.state == State.APPROVED


def test_a_host_and_a_payment_that_came_back_have_their_steps(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    client, tranche, back = signed_in(), sent(Route.HOST), build.failed()
    assert "has to pass on at least" in take(
        client, tranche, "onward", paid_on="2026-11-20", amount="1", reference="H-1"
    )
    take(client, tranche, "onward", paid_on="2026-11-20", amount="2775", reference="H-1")
    assert tranche.onward.amount == Money(2_775_00, "USD")
    take(client, back, "again")
    assert back.replacement.state == State.PROMISED
