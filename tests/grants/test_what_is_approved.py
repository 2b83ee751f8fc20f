"""An approval is of a host's fee and of every country the money touches; whatever of these changes is approved anew."""

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone

from appeal.models import CLOSED_TO_CARDS
from grants import bookkeeping, closing, exporting
from grants.models import Grant, Initiative, LegalBasis, Onward, Refused, Report, Route, State, Tranche
from ledger.models import Fund
from ledger.money import Money
from tests.grants import build
from tests.grants.build import sql
from tests.grants.test_exporting import ours
from tests.grants.test_two_people import approve_by_sql, send_by_sql, show_by_sql

pytestmark = pytest.mark.django_db(transaction=True)


# A host's fee


def through_host(fee: str = "7.50", minor: int = 3_000_00) -> Tranche:
    grant = build.grant(minor)
    host = build.host(fee=Decimal(fee))
    return build.planned(grant, account=build.account(grant.initiative, route=Route.HOST, host=host))


def promised_through_host(fee: str = "7.50", minor: int = 3_000_00) -> Tranche:
    tranche = through_host(fee, minor)
    build.gift(tranche.fund, minor)
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    return tranche


def host_takes(tranche: Tranche, fee: str) -> None:
    sql("UPDATE grants_fiscalhost SET fee = %s", fee)
    tranche.refresh_from_db()


@pytest.mark.parametrize(("fee", "minor", "keeps"), [("7.50", 1, 0), ("7.50", 100, 8), ("0", 100, 0), ("49.99", 3, 1)])
def test_a_hosts_fee_is_rounded_to_the_nearest(fee: str, minor: int, keeps: int) -> None:
    assert promised_through_host(fee, minor).host_fee == Money(keeps, "USD")


def test_a_host_that_asks_for_more_after_the_approval_gets_what_was_approved() -> None:
    tranche = promised_through_host()
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    host_takes(tranche, "20")
    build.pay(tranche)
    assert (tranche.evidence.host_fee, tranche.arriving) == (Money(225_00, "USD"), Money(2_775_00, "USD"))


def test_a_new_fee_is_proposed_anew_and_what_was_read_before_is_not_approved() -> None:
    tranche = promised_through_host()
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    seen = tranche.fingerprint
    host_takes(tranche, "20")
    assert tranche.account
    tranche.redirect_to(tranche.account, by=build.person(), at=timezone.now())
    assert (tranche.state, tranche.host_fee, tranche.approvals_standing) == (State.PROMISED, Money(600_00, "USD"), 0)
    with pytest.raises(Refused, match="have changed since you looked"):
        tranche.approve(by=build.person(), seen=seen)


def test_sql_cannot_give_a_host_another_fee_than_was_approved() -> None:
    tranche = promised_through_host()
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    sql("UPDATE grants_tranche SET host_fee_minor = 1 WHERE id = %s", tranche.pk)
    tranche.refresh_from_db()
    assert (tranche.state, tranche.host_fee) == (State.APPROVED, Money(225_00, "USD"))
    show_by_sql(tranche, "host", host_fee_minor="1")
    with pytest.raises(IntegrityError, match="evidence that its way needs"):
        send_by_sql(tranche, by=build.person())


def test_sql_cannot_change_the_fee_of_what_is_sent() -> None:
    tranche = promised_through_host()
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    build.pay(tranche)
    kept = Tranche.objects.get(pk=tranche.pk)
    assert (kept.state, kept.host_fee_minor) == (State.SENT, 225_00)
    with pytest.raises(IntegrityError, match="do not change from sent"):
        sql("UPDATE grants_tranche SET host_fee_minor = 1 WHERE id = %s", tranche.pk)


# The end of a grant through a host


def reported(tranche: Tranche, spent: int, on_the_way: int | None = None) -> Grant:
    """Paid, passed on, confirmed, and its final report accepted."""
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    build.pay(tranche)
    amount = tranche.arriving if on_the_way is None else Money(on_the_way, "USD")
    Onward.objects.record(tranche, by=build.person(), paid_on=build.DAY, amount=amount, reference="H-1")
    tranche = Tranche.objects.get(pk=tranche.pk)
    tranche.confirm(build.DAY)
    report = Report.objects.create(grant=tranche.grant, number=1, due_on=timezone.localdate(), final=True)
    report.save_facts(text="We cooked.", language="en", mode="written", spent_minor=spent)
    report.submit(timezone.now())
    report.accept(by=build.person())
    return tranche.grant


def test_a_grant_through_a_host_ends_when_all_that_came_to_the_group_is_spent() -> None:
    grant = reported(promised_through_host(), spent=2_775_00)
    assert closing.came_to(grant) == Money(2_775_00, "USD")
    closing.close(grant, by=build.person())
    assert grant.get_state_display() == "closed"


def test_what_a_host_passed_on_beyond_its_due_is_accounted_for_too() -> None:
    grant = reported(promised_through_host(), spent=2_775_00, on_the_way=3_000_00)
    with pytest.raises(Refused, match="what was not spent"):
        closing.close(grant, by=build.person())
    with pytest.raises(IntegrityError, match="when the unspent has come back"):
        sql("UPDATE grants_grant SET state = 'closed', closed_at = now(), closed_by_id = %s", build.person().pk)


# Every country


def in_country(where: str) -> Tranche:
    """A promise that touches Iran by one of its four ends, and all else is in Indonesia."""
    group = build.initiative(country="IR" if where == "initiative" else "ID")
    ends = {"account": {"country": "IR"}, "bank": {"bank_country": "IR"}}.get(where, {})
    by = {"route": Route.HOST, "host": build.host(country="IR" if where == "host" else "ID")}
    grant = build.grant(to=group)
    tranche = build.planned(grant, account=build.account(group, **by, **ends))
    build.gift(tranche.fund, tranche.amount_minor)
    return tranche


ENDS = ("initiative", "account", "bank", "host")


@pytest.mark.parametrize("where", ENDS)
def test_a_fund_refuses_each_country_that_its_money_would_touch(where: str) -> None:
    tranche = in_country(where)
    Fund.objects.filter(pk=tranche.fund_id).update(excluded_countries=list(CLOSED_TO_CARDS))
    tranche.fund.refresh_from_db()
    with pytest.raises(Refused, match="must not pay anybody in Iran"):
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)


@pytest.mark.parametrize("where", ENDS)
def test_sql_cannot_approve_what_would_touch_an_excluded_country(where: str) -> None:
    tranche = in_country(where)
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    LegalBasis.objects.record(tranche.grant, by=build.person(), text="A licence.")
    for _ in range(2):
        approve_by_sql(tranche, by=build.person())
    sql("UPDATE ledger_fund SET excluded_countries = '{IR}' WHERE id = %s", tranche.fund_id)
    with pytest.raises(IntegrityError, match="must not pay anybody"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


@pytest.mark.parametrize("where", ENDS)
def test_the_banks_exception_needs_two_people_and_a_legal_basis_for_each_country(where: str) -> None:
    tranche = in_country(where)
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    assert (tranche.is_exception, tranche.approvals_needed) == (True, 2)
    with pytest.raises(Refused, match="Money for Iran needs a legal basis"):
        tranche.approve(by=build.person(), seen=tranche.fingerprint)
    approve_by_sql(tranche, by=build.person())
    with pytest.raises(IntegrityError, match="enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


def initiative_moves(tranche: Tranche) -> None:
    Initiative.objects.filter(pk=tranche.grant.initiative_id).update(country="MY")


def host_moves(tranche: Tranche) -> None:
    sql("UPDATE grants_fiscalhost SET country = 'MY'")


@pytest.mark.parametrize("moves", [initiative_moves, host_moves])
def test_whoever_is_said_to_be_elsewhere_is_approved_anew(moves: Callable[[Tranche], None]) -> None:
    half, whole, sent = in_country("none"), in_country("host"), promised_through_host()
    for tranche in (half, whole):
        bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    LegalBasis.objects.record(whole.grant, by=build.person(), text="A licence.")
    whole.approve(by=build.person(), seen=whole.fingerprint)
    sent.approve(by=build.person(), seen=sent.fingerprint)
    build.pay(sent)
    approve_by_sql(half, by=build.person())
    for tranche in (half, whole, sent):
        moves(tranche)
        tranche.refresh_from_db()
        standing = tranche.approvals.filter(standing=True).count()
        assert (tranche.state, standing) == ((State.SENT, 1) if tranche == sent else (State.PROMISED, 0))


def test_an_approval_of_before_does_not_count_where_one_is_enough_now() -> None:
    tranche = in_country("initiative")
    bookkeeping.promise(tranche, by=build.person(), on=build.DAY)
    LegalBasis.objects.record(tranche.grant, by=build.person(), text="A licence.")
    tranche.approve(by=build.person(), seen=tranche.fingerprint)
    initiative_moves(tranche)
    with pytest.raises(IntegrityError, match="enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


# A report that became late after the approval


def late(tranche: Tranche) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Report.objects.create(grant=tranche.grant, number=1, due_on=yesterday)


def test_a_report_that_is_late_since_the_approval_holds_up_the_payment_and_the_banks_file() -> None:
    tranche = build.approved()
    late(tranche)
    with pytest.raises(Refused, match="was due on"):
        build.pay(tranche)
    assert "was due on" in exporting.trouble_with(tranche, ours(), timezone.now())
    show_by_sql(tranche, "bank")
    with pytest.raises(IntegrityError, match="waits for a late report"):
        send_by_sql(tranche, by=build.person())


def test_who_says_why_after_the_approval_lets_it_be_paid() -> None:
    tranche = build.approved()
    late(tranche)
    tranche.pay_in_spite(reason="Their phone was taken.", by=build.person())
    build.pay(tranche)
    assert tranche.state == State.SENT
