"""No payment by one person alone: the verbs say it in words, and PostgreSQL refuses whoever goes round them."""

import hashlib
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from grants import bookkeeping
from grants.models import MOVES, Approval, PayeeAccount, Refused, State, Tranche
from ledger.models import Entry
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[[], Tranche]


def send_by_sql(tranche: Tranche, by: User) -> None:
    """What the payment writes, without asking anybody."""
    entry = Entry.objects.latest("pk")
    sql(
        "UPDATE grants_tranche SET state = 'sent', payment_entry_id = %s, sent_by_id = %s, sent_on = current_date,"
        " bank_reference = 'X' WHERE id = %s",
        *(entry.pk, by.pk, tranche.pk),
    )


def show_by_sql(tranche: Tranche, route: str = "bank", **facts: str) -> None:
    """Evidence without a verb; empty, but for the facts that are given, as SQL."""
    texts = ("provider", "licence", "why_no_licence", "received_by", "acknowledgement", "why_no_bank")
    values = dict.fromkeys(texts, "''") | {"currency": "'USD'", "fee_minor": "0"} | facts
    sql(
        f"INSERT INTO grants_evidence (tranche_id, route, {', '.join(values)})"
        f" VALUES (%s, %s, {', '.join(values.values())})",
        *(tranche.pk, route),
    )


def approve_by_sql(tranche: Tranche, by: User, *, proposer: User | None = None, fingerprint: str = "") -> None:
    sql(
        "INSERT INTO grants_approval (tranche_id, approved_by_id, approved_at, proposed_by_id, fingerprint, standing)"
        " VALUES (%s, %s, now(), %s, %s, true)",
        *(tranche.pk, by.pk, (proposer or tranche.proposed_by or by).pk, fingerprint or tranche.fingerprint),
    )


def redirect(tranche: Tranche, by: User) -> None:
    tranche.redirect_to(build.waited(build.another_account(tranche)), by=by, at=build.NOW)


# The verbs


def test_another_person_approves() -> None:
    tranche, by = build.promised(), build.person()
    tranche.approve(by=by, seen=tranche.fingerprint)
    assert tranche.state == State.APPROVED
    assert [(a.approved_by, a.standing) for a in tranche.approvals.all()] == [(by, True)]


def test_nobody_approves_what_they_proposed_not_even_a_superuser() -> None:
    proposer = User.objects.create_superuser("root")
    tranche = build.promised(by=proposer)
    with pytest.raises(Refused, match="another person"):
        tranche.approve(by=proposer, seen=tranche.fingerprint)
    assert not tranche.approvals.exists()


def test_approving_twice_is_refused() -> None:
    tranche, by = build.promised(), build.person()
    tranche.approve(by=by, seen=tranche.fingerprint)
    with pytest.raises(Refused, match="already “approved”"):
        tranche.approve(by=by, seen=tranche.fingerprint)


def test_of_eight_who_approve_at_once_one_does() -> None:
    tranche = build.promised()
    deeds = [
        partial(Tranche.objects.get(pk=tranche.pk).approve, by=build.person(), seen=tranche.fingerprint)
        for _ in range(8)
    ]
    assert len(build.at_once([*deeds])) == 7
    assert tranche.approvals.count() == 1


def test_an_approval_is_of_what_the_person_saw() -> None:
    tranche = build.promised()
    seen = tranche.fingerprint
    redirect(tranche, by=build.person())
    with pytest.raises(Refused, match="have changed"):
        tranche.approve(by=build.person(), seen=seen)


def test_a_new_account_voids_the_approval_and_keeps_it_on_record() -> None:
    tranche = build.approved()
    redirect(tranche, by=build.person())
    assert tranche.account
    assert (tranche.state, tranche.account.payee) == (State.PROMISED, "Somebody Else")
    assert [a.standing for a in tranche.approvals.all()] == [False]
    with pytest.raises(Refused):
        build.pay(tranche)


def test_whoever_changes_the_account_cannot_approve_it() -> None:
    tranche, changer = build.promised(), build.person()
    redirect(tranche, by=changer)
    with pytest.raises(Refused, match="another person"):
        tranche.approve(by=changer, seen=tranche.fingerprint)


def test_the_first_proposer_may_approve_an_account_that_another_changed() -> None:
    proposer = build.person()
    tranche = build.promised(by=proposer)
    redirect(tranche, by=build.person())
    tranche.approve(by=proposer, seen=tranche.fingerprint)
    build.pay(tranche)
    assert tranche.state == State.SENT


@pytest.mark.parametrize("make", [build.planned, build.sent])
def test_the_account_changes_only_between_promise_and_payment(make: Make) -> None:
    tranche = make()
    with pytest.raises(Refused, match="before the money is sent"):
        redirect(tranche, by=build.person())


# The database


def test_the_fingerprint_is_the_sha256_of_what_is_approved() -> None:
    tranche = build.planned()
    assert tranche.account
    text = f"{tranche.amount_minor}\n{tranche.currency}\n{tranche.fund_id}"
    text += f"\n{tranche.account.pk}\n{tranche.account.mark}"
    assert tranche.fingerprint == hashlib.sha256(text.encode()).hexdigest()


def test_sql_cannot_send_what_nobody_approved() -> None:
    tranche = build.promised()
    with pytest.raises(IntegrityError, match="approved only as enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)
    tranche = build.approved()
    show_by_sql(tranche)
    sql("UPDATE grants_approval SET standing = false WHERE tranche_id = %s", tranche.pk)
    with pytest.raises(IntegrityError, match="sent only as enough people"):
        send_by_sql(tranche, by=build.person())


def test_sql_can_send_what_another_person_approved() -> None:
    tranche = build.approved()
    show_by_sql(tranche)
    send_by_sql(tranche, by=build.person())


def test_sql_cannot_approve_ones_own() -> None:
    tranche = build.promised()
    assert tranche.proposed_by
    with pytest.raises(IntegrityError, match="approval_is_by_another_person"):
        approve_by_sql(tranche, by=tranche.proposed_by)


def test_sql_cannot_approve_ones_own_under_another_proposers_name() -> None:
    tranche = build.promised()
    assert tranche.proposed_by
    with pytest.raises(IntegrityError, match="details that are proposed now"):
        approve_by_sql(tranche, by=tranche.proposed_by, proposer=build.person())


def test_sql_cannot_approve_other_details() -> None:
    with pytest.raises(IntegrityError, match="details that are proposed now"):
        approve_by_sql(build.promised(), by=build.person(), fingerprint="0" * 64)


def test_sql_cannot_approve_what_is_not_proposed() -> None:
    with pytest.raises(IntegrityError, match="details that are proposed now"):
        approve_by_sql(build.planned(), by=build.person(), proposer=build.person())


def test_sql_cannot_approve_twice_as_the_same_person() -> None:
    tranche, by = build.promised(), build.person()
    approve_by_sql(tranche, by=by)
    with pytest.raises(IntegrityError, match="approval_stands_once_a_person"):
        approve_by_sql(tranche, by=by)


def pay_elsewhere_by_sql(tranche: Tranche, *, and_then: str = "") -> PayeeAccount:
    """Another account; the one it was before."""
    before, other = tranche.account, build.waited(build.another_account(tranche))
    assert before
    sql(
        f"UPDATE grants_tranche SET account_id = %s, account_mark = %s{and_then} WHERE id = %s",
        other.pk,
        other.mark,
        tranche.pk,
    )
    return before


def test_sql_that_changes_the_account_voids_the_approval() -> None:
    tranche = build.approved()
    pay_elsewhere_by_sql(tranche)
    tranche.refresh_from_db()
    assert tranche.state == State.PROMISED
    assert not tranche.approvals.filter(standing=True).exists()
    with pytest.raises(IntegrityError, match="approved only as enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


def test_sql_that_changes_the_account_and_undoes_it_still_voids_the_approval() -> None:
    tranche = build.approved()
    before = pay_elsewhere_by_sql(tranche)
    sql(
        "UPDATE grants_tranche SET account_id = %s, account_mark = %s WHERE id = %s", before.pk, before.mark, tranche.pk
    )
    with pytest.raises(IntegrityError, match="approved only as enough people"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", tranche.pk)


def test_sql_that_names_another_proposer_voids_the_approval() -> None:
    tranche = build.approved()
    sql("UPDATE grants_tranche SET proposed_by_id = %s WHERE id = %s", build.person().pk, tranche.pk)
    assert not tranche.approvals.filter(standing=True).exists()


def test_sql_cannot_edit_and_send_in_one_breath() -> None:
    with pytest.raises(IntegrityError, match="details of a tranche do not change from approved to sent"):
        pay_elsewhere_by_sql(build.approved(), and_then=", state = 'sent'")


def test_sql_cannot_edit_the_details_of_money_sent() -> None:
    tranche = build.sent()
    with pytest.raises(IntegrityError, match="details of a tranche do not change from sent"):
        pay_elsewhere_by_sql(tranche)
    with pytest.raises(IntegrityError, match="details of a tranche do not change from sent"):
        sql("UPDATE grants_tranche SET proposed_by_id = sent_by_id WHERE id = %s", tranche.pk)


@pytest.mark.parametrize("fact", ["amount_minor = 1", "number = 9", "promise_entry_id = payment_entry_id"])
def test_sql_cannot_change_what_is_promised(fact: str) -> None:
    tranche = build.approved()
    with pytest.raises(IntegrityError, match="what the books say of a tranche cannot change"):
        sql(f"UPDATE grants_tranche SET {fact} WHERE id = %s", tranche.pk)


@pytest.mark.parametrize("fact", ["bank_reference = 'X'", "sent_on = '2020-01-01'", "sent_by_id = proposed_by_id"])
def test_sql_cannot_change_the_evidence_of_a_payment(fact: str) -> None:
    tranche = build.sent()
    with pytest.raises(IntegrityError, match="what the books say of a tranche cannot change"):
        sql(f"UPDATE grants_tranche SET {fact} WHERE id = %s", tranche.pk)


def test_sql_cannot_begin_a_tranche_as_sent() -> None:
    grant = build.grant()
    with pytest.raises(IntegrityError, match="a tranche begins as planned"):
        build.planned(grant, state=State.SENT)


@pytest.mark.parametrize("missing", ["payment_entry_id = NULL", "sent_by_id = NULL", "bank_reference = ''"])
def test_sql_cannot_send_without_evidence(missing: str) -> None:
    tranche = build.approved()
    facts = {"payment_entry_id": "promise_entry_id", "sent_by_id": "proposed_by_id", "bank_reference": "'X'"}
    facts |= dict([missing.split(" = ")])
    assignments = ", ".join(f"{column} = {value}" for column, value in facts.items())
    with pytest.raises(IntegrityError, match="tranche_sent_means_paid_with_evidence"):
        sql(
            f"UPDATE grants_tranche SET state = 'sent', sent_on = current_date, {assignments} WHERE id = %s", tranche.pk
        )


def test_sql_cannot_promise_without_the_books() -> None:
    with pytest.raises(IntegrityError, match="tranche_promised_means_booked_by_a_person"):
        sql("UPDATE grants_tranche SET state = 'promised' WHERE id = %s", build.planned().pk)


@pytest.mark.parametrize("old", State)
def test_the_database_knows_the_same_moves(old: State) -> None:
    """And one more: an edit takes an approved tranche back to promised."""
    tranche = IN_STATE[old]()
    goals = MOVES[old] | ({State.PROMISED} if old == State.APPROVED else set())
    assert {new for new in State if new != old and not refuses_move(tranche, new)} == goals


def refuses_move(tranche: Tranche, new: State) -> bool:
    """Whether it is the move that is refused, not something else that is missing for it."""
    try:
        with transaction.atomic():
            sql("UPDATE grants_tranche SET state = %s WHERE id = %s", new, tranche.pk)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return "does not move" in str(error)
    return False


def confirmed() -> Tranche:
    tranche = build.sent()
    tranche.confirm(build.DAY)
    return tranche


def failed() -> Tranche:
    tranche = build.sent()
    bookkeeping.take_back(tranche, on=build.DAY)
    return tranche


def released() -> Tranche:
    tranche = build.promised()
    bookkeeping.release(tranche, on=build.DAY)
    return tranche


IN_STATE = {
    State.PLANNED: build.planned,
    State.PROMISED: build.promised,
    State.APPROVED: build.approved,
    State.SENT: build.sent,
    State.CONFIRMED: confirmed,
    State.FAILED: failed,
    State.RELEASED: released,
}


@pytest.mark.parametrize(
    "change", ["standing = true", "fingerprint = ''", "approved_by_id = tranche_id, standing = false"]
)
def test_sql_can_void_an_approval_and_change_nothing_else(change: str) -> None:
    tranche = build.approved()
    with pytest.raises(IntegrityError, match="an approval can be voided"):
        sql(f"UPDATE grants_approval SET {change} WHERE tranche_id = %s", tranche.pk)
    sql("UPDATE grants_approval SET standing = false WHERE tranche_id = %s", tranche.pk)
    with pytest.raises(IntegrityError, match="an approval can be voided"):
        sql("UPDATE grants_approval SET standing = true WHERE tranche_id = %s", tranche.pk)


def test_sql_cannot_delete_an_approval_or_a_promise() -> None:
    tranche = build.promised()
    with pytest.raises(IntegrityError, match="stays on record"):
        sql("DELETE FROM grants_tranche WHERE id = %s", tranche.pk)
    build.approved()
    with pytest.raises(IntegrityError, match="an approval can be voided"):
        Approval.objects.all()._raw_delete("default")


def test_a_plan_may_be_deleted() -> None:
    build.planned().delete()
    assert not Tranche.objects.exists()


def test_sql_cannot_promise_from_a_fund_that_excludes_the_country() -> None:
    campaign = build.campaign()
    grant = build.grant(of=campaign, to=build.initiative(country="IR"), fund=campaign.card_fund)
    tranche, entry = build.planned(grant), build.promised().promise_entry
    assert entry
    with pytest.raises(IntegrityError, match="must not pay anybody in this country"):
        sql("UPDATE grants_tranche SET state = 'promised' WHERE id = %s", tranche.pk)


def test_sql_cannot_plan_more_than_the_grant() -> None:
    grant = build.grant(100_00)
    build.planned(grant, 60_00)
    with pytest.raises(IntegrityError, match="do not exceed it"):
        build.planned(grant, 40_01)
    build.planned(grant, 40_00)


def test_a_released_tranche_makes_room_for_another() -> None:
    tranche = released()
    assert build.planned(tranche.grant).number == 2


def test_two_plans_at_once_do_not_exceed_the_grant_together() -> None:
    grant = build.grant(100_00)

    def plan(number: int) -> None:
        try:
            build.planned(grant, 60_00, number=number)
        except IntegrityError as error:
            raise Refused(str(error)) from error

    refusals = build.at_once([partial(plan, number) for number in range(1, 9)])
    assert len(refusals) == 7
    assert all("do not exceed it" in refusal for refusal in refusals)


def test_a_tranche_has_the_fund_and_the_currency_of_its_grant() -> None:
    grant, other = build.grant(), build.campaign()
    with pytest.raises(IntegrityError, match="tranche_fund_and_currency_are_its_grants"):
        build.planned(grant, fund=other.bank_fund)
    with pytest.raises(IntegrityError, match="tranche_fund_and_currency_are_its_grants"):
        build.planned(grant, currency="EUR")


def test_a_grant_is_paid_from_a_fund_of_its_own_campaign_in_its_currency() -> None:
    with pytest.raises(IntegrityError, match="a fund of its own campaign"):
        build.grant(fund=build.campaign().bank_fund)
    with pytest.raises(IntegrityError, match="grant_currency_is_its_funds"):
        build.grant(currency="EUR")


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 1",
        "initiative_id = 0",
        "currency = 'EUR'",
        "fund_id = (SELECT card_fund_id FROM appeal_campaign WHERE id = campaign_id)",
    ],
)
def test_a_grant_with_tranches_keeps_its_initiative_fund_and_amount(change: str) -> None:
    tranche = build.planned()
    with pytest.raises(IntegrityError, match="a grant with tranches keeps"):
        sql(f"UPDATE grants_grant SET {change} WHERE id = %s", tranche.grant_id)


@pytest.mark.parametrize(
    ("make", "change", "rule"),
    [
        (build.planned, "amount_minor = 0", "tranche_amount_is_positive"),
        (build.planned, "account_mark = ''", "tranche_account_has_its_mark"),
        (build.planned, "confirmed_on = current_date", "tranche_confirmed_means_dated"),
        (build.sent, "state = 'confirmed'", "tranche_confirmed_means_dated"),
        (build.sent, "state = 'failed'", "tranche_returned_means_failed"),
        (build.sent, "return_entry_id = payment_entry_id", "tranche_returned_means_failed"),
        (build.promised, "state = 'released'", "tranche_released_means_booked"),
    ],
)
def test_sql_cannot_write_a_tranche_that_contradicts_itself(make: Make, change: str, rule: str) -> None:
    tranche = make()
    with pytest.raises(IntegrityError, match=rule):
        sql(f"UPDATE grants_tranche SET {change} WHERE id = %s", tranche.pk)


@pytest.mark.parametrize(("table", "change"), [("grant", "amount_minor = 0"), ("initiative", "country = 'id'")])
def test_sql_cannot_write_nonsense_about_a_grant(table: str, change: str) -> None:
    grant = build.grant()
    row = {"grant": grant.pk, "initiative": grant.initiative_id}[table]
    with pytest.raises(IntegrityError, match=r"grant_amount_is_positive|initiative_country_is_iso_alpha_2"):
        sql(f"UPDATE grants_{table} SET {change} WHERE id = %s", row)


def test_the_rules_can_be_taken_down_and_put_up_again() -> None:
    from importlib import import_module

    from django.db.migrations.state import ProjectState

    migration = import_module("grants.migrations.0004_account_rules").Migration("0004_account_rules", "grants")
    with transaction.atomic():  # later migrations have put other rules in the place of some of these
        with connection.schema_editor() as editor:
            migration.unapply(ProjectState(), editor)
        assert "tranche_edit_voids_its_approvals" not in triggers()
        with connection.schema_editor() as editor:
            migration.apply(ProjectState(), editor)
        assert "tranche_edit_voids_its_approvals" in triggers()
        transaction.set_rollback(True)


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'grants_tranche'::regclass")
        return {name for (name,) in cursor.fetchall()}
