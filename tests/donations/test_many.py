"""A payout of any number of gifts, and a statement of any number of lines, can be looked up."""

import pytest

from donations.many import any_of
from donations.models import BalanceTransaction
from donations.settlement import book, listed
from tests.donations import build, objects

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("others", [0, 1, 70_000])
def test_any_number_of_names_is_one_question(others: int) -> None:
    row = objects.balance_transaction(build.donation(build.campaign()))
    book([listed(row)])
    names = [f"txn_{number}'\"{{,}}" for number in range(others)]
    assert not BalanceTransaction.objects.filter(stripe_id__in=any_of(names)).exists()
    assert BalanceTransaction.objects.filter(stripe_id__in=any_of([*names, row["id"]])).count() == 1
