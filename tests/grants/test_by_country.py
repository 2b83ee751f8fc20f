"""The summary by country adds up to the books, is inert in a spreadsheet, and is for those who read the books."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from appeal.models import Campaign
from grants import by_country
from grants.bookkeeping import take_back, take_unspent
from grants.models import Returned, Route, Tranche
from ledger import chart
from ledger.models import Fund
from ledger.money import Money
from tests.grants import build
from tests.grants.test_own_group import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
YEAR = build.DAY.year


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def paid(of: Campaign, country: str, minor: int, route: Route = Route.BANK) -> Tranche:
    tranche = build.approved_by_all(build.planned_by(route, minor=minor, of=of, to=build.initiative(country=country)))
    build.pay(tranche)
    return tranche


def test_it_adds_up_to_the_books() -> None:
    of = build.campaign()
    first = paid(of, "ID", 100_00)
    paid(of, "ID", 50_00)
    paid(of, "MY", 1_000_00, Route.HOST)
    take_back(paid(of, "TH", 30_00), on=build.DAY)
    unspent = Money(20_00, "USD")
    came = Returned.objects.record(first.grant, unspent, on=build.DAY, bank_reference="B", by=build.person())
    take_unspent(came, by=build.person())
    told = {line.country: line for line in by_country.lines(YEAR)}
    assert [told["ID"].initiatives, told["ID"].paid.minor, told["ID"].came_back.minor] == [2, 150_00, 20_00]
    assert (told["MY"].paid.minor, told["MY"].kept_by_hosts.minor) == (1_000_00, 75_00)
    assert (told["TH"].paid.minor, told["TH"].kept_by_hosts.minor) == (0, 0)
    fund = of.bank_fund
    net = sum((line.net for line in told.values()), start=Money.zero("USD"))
    assert net == fund.balance(chart.GRANTS) + fund.balance(chart.GRANTS_RETURNED)
    assert by_country.lines(YEAR - 1) == []


def test_no_cell_is_a_formula_and_amounts_are_numbers() -> None:
    of = build.campaign()
    Fund.objects.filter(pk=of.bank_fund_id).update(code="=cmd")
    paid(of, "ID", 100_05)
    out = StringIO()
    call_command("by_country", YEAR, stdout=out)
    [line] = csv.DictReader(StringIO(out.getvalue()))
    assert (line["fund"], line["paid"], line["net"], line["country"]) == ("'=cmd", "100.05", "100.05", "ID")


def test_the_file_is_for_those_who_read_the_books() -> None:
    page = reverse("admin:grants_grant_by_country")
    reader, other = (signed_in(build.person(), *may) for may in (("view_entry", "view_grant"), ("view_grant",)))
    assert other.get(page).status_code == 403
    assert "for the accountant alone" in reader.get(page).content.decode()
    file = reader.get(page, {"year": YEAR})
    assert "not-public" in file["Content-Disposition"]
    assert file.content.decode().startswith("year,fund,country")
    assert reader.get(page, {"year": "x"}).status_code == 200
    assert Client().get(page).status_code == 302
