"""The figures of an appeal on the first page are those of its statement, to the cent."""

import pytest
from django.utils import timezone

from appeal.models import Campaign
from appeal.pages import Books
from ledger import chart
from receipts.statement import Period, statement_of
from tests.receipts import build, reports_build

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_page_and_the_statement_say_the_same() -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 900_00, fee=27_50)
    build.given(campaign.bank_fund, 500_00)
    build.booked("refund", (chart.REFUNDS, campaign.card_fund, 40_00), (chart.STRIPE, campaign.card_fund, -40_00))
    build.booked("cost", (chart.BANK_FEES, campaign.bank_fund, 3_00), (chart.BANK, campaign.bank_fund, -3_00))
    reports_build.granted(campaign, 120_00)
    reports_build.granted(campaign, 80_00, pay=False)
    told = statement_of(campaign, Period.whole(campaign, timezone.localdate()))
    books = Books.of(Campaign.objects.with_books().get(pk=campaign.pk))
    assert books == Books(told.came_in, told.promised, told.paid, told.left)
    assert (books.paid.minor, books.promised.minor) == (120_00, 80_00)
