"""The initiative's own page: whoever has its link may say that the money came, and nobody needs an account."""

from collections.abc import Callable

import pytest
from django.test import Client

from grants import bookkeeping
from grants.models import State, Tranche
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)


def page(client: Client, tranche: Tranche) -> str:
    response = client.get(tranche.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_looking_confirms_nothing(client: Client) -> None:
    tranche = build.sent()
    text = page(client, tranche)
    tranche.refresh_from_db()
    assert tranche.state == State.SENT
    assert tranche.amount.format() in text
    assert 'method="post"' in text


def test_pressing_the_button_confirms(client: Client) -> None:
    tranche = build.sent()
    response = client.post(tranche.get_absolute_url(), follow=True)
    assert "you told us that the money came" in response.content.decode()
    tranche.refresh_from_db()
    assert tranche.state == State.CONFIRMED
    assert tranche.confirmed_on


def test_confirming_again_changes_nothing(client: Client) -> None:
    tranche = build.sent()
    tranche.confirm(build.DAY)
    response = client.post(tranche.get_absolute_url(), follow=True)
    assert "20" in response.content.decode()
    tranche.refresh_from_db()
    assert tranche.confirmed_on == build.DAY


def test_confirming_needs_the_forms_own_token() -> None:
    tranche = build.sent()
    assert Client(enforce_csrf_checks=True).post(tranche.get_absolute_url()).status_code == 403
    tranche.refresh_from_db()
    assert tranche.state == State.SENT


@pytest.mark.parametrize("make", [build.planned, build.promised, build.approved])
def test_money_not_yet_sent_cannot_be_confirmed(client: Client, make: Callable[[], Tranche]) -> None:
    tranche = make()
    assert "not sent yet" in page(client, tranche)
    state = tranche.state
    client.post(tranche.get_absolute_url())
    tranche.refresh_from_db()
    assert tranche.state == state


def test_money_that_came_back_says_so(client: Client) -> None:
    tranche = build.sent()
    bookkeeping.take_back(tranche, on=build.DAY)
    assert "did not reach you" in page(client, tranche)


def test_a_wrong_key_is_not_found(client: Client) -> None:
    tranche = build.sent()
    assert client.get(f"/grants/confirm/{tranche.pk}/").status_code == 404
    assert client.post("/grants/confirm/wrong/").status_code == 404


def test_the_page_gives_away_neither_name_nor_place_nor_account(client: Client) -> None:
    tranche = build.sent()
    text, initiative = page(client, tranche), tranche.grant.initiative
    assert tranche.account
    for secret in (initiative.name, initiative.place, initiative.email, tranche.account.payee, tranche.account.number):
        assert secret not in text


def test_the_page_is_neither_cached_nor_indexed(client: Client) -> None:
    response = client.get(build.sent().get_absolute_url())
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_keys_and_references_cannot_be_guessed() -> None:
    first, second = build.planned(), build.planned()
    assert len(first.confirmation_key) == 32
    assert first.confirmation_key != second.confirmation_key
    assert first.grant.reference != second.grant.reference
