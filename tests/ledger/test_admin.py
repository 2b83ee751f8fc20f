from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings

from ledger.models import Account, Balance, Entry, Fund, Posting
from tests.ledger import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def treasurer(client: Client) -> Iterator[Client]:
    client.force_login(User.objects.create_superuser("treasurer", password="not used"))
    with override_settings(STAFF_SECOND_FACTOR=False):
        yield client


def may(model: type, what: str) -> bool:
    request: HttpRequest = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    return bool(getattr(admin.site.get_model_admin(model), f"has_{what}_permission")(request))


def test_nobody_adds_changes_or_deletes_entries_and_balances() -> None:
    for model in (Entry, Balance):
        assert [may(model, what) for what in ("view", "add", "change", "delete")] == [True, False, False, False]


def test_a_fund_may_be_renamed_and_nothing_else() -> None:
    assert [may(Fund, what) for what in ("view", "add", "change", "delete")] == [True, False, True, False]
    editable = set(admin.site.get_model_admin(Fund).get_form(RequestFactory().get("/")).base_fields)
    assert editable == {"name"}


def test_accounts_and_postings_have_no_pages_of_their_own() -> None:
    assert not admin.site.is_registered(Account)
    assert not admin.site.is_registered(Posting)


def test_an_entry_is_shown_with_its_postings(treasurer: Client) -> None:
    entry = build.booked(build.gift(build.fund("winter"), 100_00, fee=3_20))
    page = treasurer.get(f"/staff/ledger/entry/{entry.pk}/change/").content.decode().replace("\xa0", " ")
    for amount in ("$96.80 USD", "$3.20 USD", "-$100.00 USD"):
        assert amount in page
    assert "Save" not in page


@pytest.mark.parametrize("page", ["entry", "balance", "fund"])
def test_the_lists_open(treasurer: Client, page: str) -> None:
    build.fund("winter", holding=100_00)
    assert treasurer.get(f"/staff/ledger/{page}/").status_code == 200


def test_renaming_a_fund_in_the_staff_pages_keeps_its_code(treasurer: Client) -> None:
    fund = build.fund("winter", holding=100_00)
    treasurer.post(
        f"/staff/ledger/fund/{fund.pk}/change/", {"name": "Winter 2026", "code": "forged", "currency": "EUR"}
    )
    fund.refresh_from_db()
    assert (fund.code, fund.name, fund.currency) == ("winter", "Winter 2026", "USD")
