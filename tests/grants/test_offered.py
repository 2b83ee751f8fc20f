"""A grant is offered, accepted or not, and closed; it is paid only while it is accepted."""

import pytest
from django.db import IntegrityError, transaction

from grants.models import GRANT_MOVES, Grant, GrantState, Refused, Tranche
from tests.grants import build
from tests.grants.build import sql

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_grant_moves_as_the_table_says_and_no_other_way() -> None:
    grant = build.grant(state=GrantState.OFFERED)
    grant.move(GrantState.ACCEPTED)
    with pytest.raises(Refused, match="already “accepted”, so it cannot become “accepted”"):
        grant.move(GrantState.ACCEPTED)
    grant.move(GrantState.CANCELLED)
    assert Grant.objects.get().state == GrantState.CANCELLED


def stands(state: GrantState) -> Grant:
    """A grant in any state, past every rule, so that a move from there can be tried."""
    grant = build.grant()
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        closed = {"closed_by": build.person(), "closed_at": build.NOW} if state == GrantState.CLOSED else {}
        Grant.objects.filter(pk=grant.pk).update(state=state, **closed)
    return grant


@pytest.mark.parametrize("old", GrantState)
def test_the_database_knows_the_same_moves(old: GrantState) -> None:
    for new in set(GrantState) - {old} - GRANT_MOVES[old]:
        with pytest.raises(IntegrityError, match=r"does not move|with its final report"):
            sql("UPDATE grants_grant SET state = %s WHERE id = %s", new, stands(old).pk)
    for new in GRANT_MOVES[old] - {GrantState.CLOSED}:
        sql("UPDATE grants_grant SET state = %s WHERE id = %s", new, stands(old).pk)


def promised_of_an_offer() -> Tranche:
    return build.promised(of=build.grant(state=GrantState.OFFERED))


def test_nothing_is_approved_before_the_initiative_has_accepted() -> None:
    tranche = promised_of_an_offer()
    with pytest.raises(Refused, match="for one that its initiative has accepted"):
        tranche.approve(by=build.person(), seen=tranche.fingerprint)
    tranche.grant.move(GrantState.ACCEPTED)
    tranche.approve(by=build.person(), seen=tranche.fingerprint)


def test_sql_cannot_approve_what_is_only_offered() -> None:
    with pytest.raises(IntegrityError, match="approved when its grant is accepted"):
        sql("UPDATE grants_tranche SET state = 'approved' WHERE id = %s", promised_of_an_offer().pk)
