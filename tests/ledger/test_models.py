import pytest

from ledger import chart
from ledger.models import Account, Fund
from ledger.money import Money
from tests.ledger import build
from tests.ledger.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_chart_in_the_books_is_the_chart_in_the_code() -> None:
    named = {
        Account.Kind.ASSET: chart.ASSETS,
        Account.Kind.LIABILITY: chart.LIABILITIES,
        Account.Kind.NET: chart.NET,
        Account.Kind.INCOME: chart.INCOME,
        Account.Kind.EXPENSE: chart.EXPENSES,
        Account.Kind.MEMO: chart.MEMO,
    }
    expected = {(code, str(kind)) for kind, codes in named.items() for code in codes}
    assert set(Account.objects.values_list("code", "kind")) == expected


def test_an_account_of_an_unknown_kind_is_refused() -> None:
    with build.refused("ledger_account_kind_known"):
        Account.objects.create(code="pocket", kind="pocket")


def test_a_new_fund_holds_nothing() -> None:
    fund = build.fund(currency="EUR")
    assert fund.free() == fund.balance(chart.BANK) == fund.balance() == Money.zero("EUR")


def test_the_general_fund_of_a_currency_is_made_once() -> None:
    first, again, other = (Fund.objects.general(code) for code in ("USD", "USD", "EUR"))
    assert first == again != other
    assert (first.code, first.currency, first.restricted) == ("general-usd", "USD", False)


def test_the_general_fund_is_made_once_by_many() -> None:
    assert len({fund.pk for fund in at_once([lambda: Fund.objects.general("USD")] * 6)}) == 1


def test_a_fund_excludes_countries_in_either_case() -> None:
    fund = build.fund()
    fund.excluded_countries = ["IR", "KP"]
    assert [fund.excludes(country) for country in ("IR", "ir", "TH", "")] == [True, True, False, False]


def test_a_fund_of_an_unknown_channel_is_refused() -> None:
    with build.refused("ledger_fund_channel_known"):
        Fund.objects.create(code="x", name="X", currency="USD", channel="cash")
