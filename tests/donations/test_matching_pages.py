"""What people read of a matching pot: before they give, afterwards, and on the staff's pages."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from appeal.matching import MatchingPot, Standing
from appeal.models import Campaign, SuggestedAmount
from donations import bookkeeping, matching
from donations.models import OfflineGift, PotPayment
from ledger.money import Money
from tests.donations import bank, build, pots
from tests.donations.test_matching import pay_back
from tests.donations.test_staff_pages import words

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def read(of: Model, path: str = "") -> str:
    return words(Client().get(path or of.get_absolute_url()))  # type: ignore[attr-defined]


def give(campaign: Campaign, query: str = "") -> str:
    return read(campaign, reverse("donations:give", args=[campaign.slug]) + query)


def in_days(number: int) -> Any:
    return timezone.localdate() + timedelta(days=number)


# The public


def test_the_appeal_says_who_gives_what_until_when_and_what_is_left(campaign: Campaign) -> None:
    pots.opened(campaign, closes_on=in_days(30))
    pots.gift(campaign, 250_00)
    matching.keep_up()
    shown = read(campaign)
    last = f"{in_days(30).day} {in_days(30):%B %Y}"
    assert f"Until {last}: Lantern Foundation gives as much again for each gift." in shown
    assert "At most $100 USD for one gift. $900 USD of $1,000 USD is left." in shown
    assert "Promised for gifts so far: $100.00 USD" in shown
    assert "$0.00 USD has come" in shown
    assert "$250.00 USD raised of" in shown


def test_what_is_promised_is_raised_once_it_has_come(campaign: Campaign) -> None:
    pot = pots.opened(campaign)
    pots.gift(campaign, 100_00)
    matching.keep_up()
    payment = bank.recorded(campaign, Money(60_00, "USD"))
    matching.name_payment(payment, pot, by=bank.person())
    assert "$100.00 USD raised of" in read(campaign)
    bookkeeping.receive(payment, by=bank.person())
    shown = read(campaign)
    assert "$160.00 USD raised of" in shown
    assert "$60.00 USD has come" in shown


def test_a_funder_who_wants_no_name_has_none(campaign: Campaign) -> None:
    pots.opened(campaign, funder="Zebra Trust", shown_as="", percent=50)
    gift = pots.gift(campaign)
    matching.keep_up()
    for page in (read(campaign), give(campaign), read(gift)):
        assert "Zebra" not in page
        assert re.search("[Aa] funder", page)
    assert "A funder adds 50% to each gift." in read(campaign)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"total_minor": 20_00}, "matched gifts with $20.00 USD , which is all that was promised. New gifts are not"),
        ({"opens_on": in_days(2)}, "From "),
    ],
)
def test_a_pot_that_matches_nothing_now_says_so(campaign: Campaign, changes: dict[str, Any], says: str) -> None:
    pots.opened(campaign, **changes)
    pots.gift(campaign)
    matching.keep_up()
    assert says in read(campaign)
    assert "is left" not in give(campaign)
    assert "while the pot lasts" not in give(campaign)


def test_a_pot_that_is_closed_is_shown_until_all_of_it_has_come(campaign: Campaign) -> None:
    pot = pots.opened(campaign)
    pots.gift(campaign, 80_00)
    matching.close(pot, by=bank.person(), reason="Its time is over.")
    assert "Lantern Foundation promised $80.00 USD on top of gifts to this appeal." in read(campaign)
    assert "Lantern" not in give(campaign)
    payment = bank.confirmed(campaign, Money(80_00, "USD"))
    matching.name_payment(payment, pot, by=bank.person())
    assert "Lantern" not in read(campaign)


def test_a_draft_is_nobodys_to_see(campaign: Campaign) -> None:
    pots.prepared(campaign)
    assert "Lantern" not in read(campaign) + give(campaign)


def test_the_give_page_says_what_a_gift_is_matched_by(campaign: Campaign) -> None:
    pots.opened(campaign, total_minor=70_00, per_gift_minor=70_00)
    for minor in (25_00, 100_00):
        SuggestedAmount.objects.create(campaign=campaign, currency="USD", amount_minor=minor)
    assert "Your gift of $25 USD is matched by $25 USD , while the pot lasts." in give(campaign)
    assert "Your gift of $100 USD is matched by $70 USD , while the pot lasts." in give(campaign, "?amount=100")
    assert "gives as much again for each gift" in give(campaign, "?currency=EUR")
    assert "is matched by" not in give(campaign, "?currency=EUR")


def test_the_gifts_own_page_says_what_it_got(campaign: Campaign) -> None:
    pots.opened(campaign, total_minor=80_00)
    first, second, third = pots.gift(campaign), pots.gift(campaign), pots.gift(campaign)
    assert "Promised on top" not in read(first)
    matching.keep_up()
    assert "Promised on top by Lantern Foundation $50.00 USD" in read(first)
    assert "It counts as raised once it has come" in read(first)
    assert "Promised on top by Lantern Foundation $30.00 USD" in read(second)
    assert "the pot was used up before it was your gift's turn" in html.unescape(read(third))
    pay_back(first, 20_00)
    matching.keep_up()
    assert "Promised on top by Lantern Foundation $30.00 USD" in read(first)
    assert "was more at first" in read(first)


# The staff


def signed_in(*permissions: str) -> Client:
    client = Client()
    client.force_login(bank.person(*permissions))
    return client


def step(of: Model, name: str) -> str:
    return reverse(f"admin:{of._meta.app_label}_{of._meta.model_name}_step", args=[of.pk, name])


def take(client: Client, of: Model, step_name: str, /, **given: Any) -> str:
    assert client.get(step(of, step_name)).status_code == 200
    answer = words(client.post(step(of, step_name), given, follow=True))
    of.refresh_from_db()
    return answer


FORM = {
    "funder": "Lantern Foundation",
    "shown_as": "",
    "agreement": "Their letter of 1 September.",
    "percent": "100",
    "per_gift": "100",
    "per_gift_currency": "USD",
    "total": "1,000",
    "total_currency": "USD",
    "opens_on": "2026-01-01",
    "closes_on": "2100-01-01",
}
PREPARING = ("add_matchingpot", "view_matchingpot", "change_matchingpot")
OPENING = ("open_matchingpot", "view_matchingpot")


def test_one_prepares_a_pot_and_another_opens_and_closes_it(campaign: Campaign) -> None:
    one, other = signed_in(*PREPARING, "open_matchingpot"), signed_in(*OPENING)
    one.post("/staff/appeal/matchingpot/add/", FORM | {"campaign": str(campaign.pk)}, follow=True)
    pot = MatchingPot.objects.get()
    assert (pot.terms.total, pot.terms.per_gift) == (Money(1_000_00, "USD"), Money(100_00, "USD"))
    assert "another person has to open it" in take(one, pot, "open")
    assert pot.opened_at is None
    take(other, pot, "open")
    assert pot.opened_by not in {None, pot.prepared_by}
    pots.gift(campaign)
    take(other, pot, "close", reason="Its time is over.")
    shown = words(other.get(f"/staff/appeal/matchingpot/{pot.pk}/change/"))
    assert "still to come" in shown.lower()
    assert "$50.00 USD" in shown


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"total": "50"}, "more than the pot holds"),
        ({"total_currency": "EUR"}, "keeps its money in USD"),
        ({"closes_on": "2025-12-31"}, "before the first day"),
        ({"percent": "0"}, "greater than or equal to 1"),
        ({"agreement": ""}, "This field is required"),
        ({"total": "many"}, "errornote"),
    ],
)
def test_a_pot_that_cannot_be_is_refused_in_words(campaign: Campaign, changes: dict[str, str], says: str) -> None:
    client = signed_in(*PREPARING)
    answer = client.post("/staff/appeal/matchingpot/add/", FORM | {"campaign": str(campaign.pk)} | changes)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not MatchingPot.objects.exists()


def test_a_gift_is_named_as_the_funders_and_not_after_all(campaign: Campaign) -> None:
    pot = pots.opened(campaign)
    gift = bank.recorded(campaign)
    client = signed_in("view_offlinegift", "add_potpayment", "change_potpayment")
    take(client, gift, "pays-pot", pot=pot.pk)
    assert PotPayment.objects.standing().get().gift == gift
    assert "Lantern Foundation" in words(client.get(f"/staff/donations/offlinegift/{gift.pk}/change/"))
    take(client, gift, "pays-no-pot")
    assert not PotPayment.objects.standing().exists()


def test_only_what_may_come_next_is_offered(campaign: Campaign) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("treasurer"))
    lonely = bank.recorded(build.campaign("elsewhere"))
    draft, gift = pots.prepared(campaign), bank.recorded(campaign)
    page = client.get("/staff/donations/offlinegift/").content.decode()
    assert "pays-pot" not in page
    draft.open(by=bank.person())
    page = client.get("/staff/donations/offlinegift/").content.decode()
    assert step(gift, "pays-pot") in page
    assert step(lonely, "pays-pot") not in page
    assert step(gift, "pays-no-pot") not in page
    page = client.get("/staff/appeal/matchingpot/").content.decode()
    assert step(draft, "close") in page
    assert step(draft, "open") not in page


def test_every_step_on_every_pot_and_gift_is_done_or_refused_in_words(campaign: Campaign) -> None:
    """Out of turn as well; `raise_request_exception` makes an error of ours fail here."""
    client = Client()
    client.force_login(User.objects.create_superuser("treasurer"))
    dropped = pots.prepared(campaign)
    dropped.drop(by=bank.person())
    closed = pots.opened(campaign)
    closed.close(by=bank.person(), reason="Over.")
    rows: list[Model] = [dropped, closed, pots.opened(campaign), pots.prepared(campaign)]
    gifts = [bank.recorded(campaign), bank.confirmed(campaign), bank.reversed_(bank.confirmed(campaign))]
    withdrawn = bank.recorded(campaign)
    withdrawn.withdraw(by=bank.person(), reason="Wrong.")
    for row in [*rows, *gifts, withdrawn]:
        names = ("pays-no-pot", "pays-pot", "pays-pot") if isinstance(row, OfflineGift) else ("open", "close", "drop")
        for name in names:
            answer = client.post(step(row, name), {"reason": "So.", "pot": str(closed.pk)})
            assert answer.status_code in {200, 302}
    assert PotPayment.objects.standing().count() == 2
    assert {pot.standing for pot in MatchingPot.objects.all()} == {Standing.DROPPED, Standing.CLOSED}


def test_the_list_of_gifts_asks_the_same_however_many_there_are(
    campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    pots.opened(campaign)
    for _ in range(12):
        bank.recorded(campaign)
    client = Client()
    client.force_login(User.objects.create_superuser("treasurer"))
    with django_assert_max_num_queries(14):
        client.get("/staff/donations/offlinegift/")
