"""The page that tells a donor where their gift is: theirs alone, in months, and no danger to anybody."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from appeal.models import Campaign
from donations import matching
from donations.models import Donation, DonorLink
from grants import bookkeeping
from grants.models import Grant, Initiative, Publication
from ledger.money import Money
from receipts import issuing
from receipts.models import Receipt
from receipts.whereabouts import Whereabouts, whereabouts
from tests.donations import pots
from tests.grants import build as granting
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)
SHOWN: dict[str, Any] = {
    "publication": Publication.FULL,
    "consent": "Said so on paper.",
    "awarded_on": datetime.date(2026, 3, 9),
}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def gift(to: Campaign, minor: int = 100_00, fee: int = 3_20, email: str = "leila@example.org") -> Donation:
    return build.gift(usd(minor), to=to, email=email, entry=build.given(to.card_fund, minor, fee=fee))


def granted(of: Campaign, minor: int, *, to: Initiative | None = None, **fields: Any) -> Grant:
    """Paid from what the campaign holds of cards, to a group of its own unless one is given."""
    group = to or granting.initiative(name=f"School {next(granting.numbers)}")
    tranche = granting.planned(granting.grant(minor, of=of, fund=of.card_fund, to=group, **fields))
    bookkeeping.promise(tranche, by=granting.person(), on=granting.DAY)
    tranche.approve(by=granting.person(), seen=tranche.fingerprint)
    granting.pay(tranche)
    return tranche.grant


def told(*gifts: Donation) -> Whereabouts:
    return whereabouts(gifts, timezone.localdate())


def receipt_of(donation: Donation) -> Receipt:
    build.issuer()
    issuing.issue(build.NOW)
    return Receipt.objects.get(donation=donation)


def visitor(email: str) -> Client:
    """A browser that has opened the link mailed to this address."""
    link = DonorLink.objects.create(email=email, language="en")
    browser = Client()
    assert browser.post(f"/my-gifts/open/{link.mint(timezone.now())}/").status_code == 302
    return browser


def page_of(donation: Donation) -> str:
    answer = Client().get(f"/receipts/{receipt_of(donation).key}/where/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_adds_up_from_the_gift_to_what_waits() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    grant = granted(campaign, 60_00, **SHOWN)
    found = told(mine)
    assert (found.came, found.fee, found.waits, found.unnamed) == (usd(100_00), usd(3_20), usd(36_80), usd(0))
    assert [(share.grant.reference, share.amount) for share in found.shares] == [(grant.reference, usd(60_00))]
    page = page_of(mine)
    for said in ("$100.00", "$3.20", "$60.00", "$36.80", grant.initiative.name, "March 2026", "Indonesia"):
        assert said in page


def test_a_group_that_is_not_named_is_not_told_apart_from_what_waits() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    secret = granted(campaign, 60_00)
    found = told(mine)
    assert not found.several_unnamed
    assert found.unnamed_or_waiting == usd(96_80)
    page = page_of(mine)
    assert "$96.80" in page
    for hidden in ("60.00", "36.80", secret.initiative.name, secret.reference, "Indonesia"):
        assert hidden not in page


def test_two_grants_of_one_group_are_still_one_group() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    group = granting.initiative()
    for _turn in range(3):
        granted(campaign, 10_00, to=group)
    assert not told(mine).several_unnamed


def test_of_several_groups_that_are_not_named_there_is_one_sum() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    for minor in (10_00, 20_00, 5_00):
        granted(campaign, minor)
    found = told(mine)
    assert (found.several_unnamed, found.unnamed, found.waits) == (True, usd(35_00), usd(61_80))
    assert "Groups that are not named, for their safety" in page_of(mine)


def test_all_donors_of_an_appeal_are_told_apart_or_not_alike() -> None:
    """Or what one page merges could be had from another by subtraction."""
    campaign = build.campaign()
    first, later = gift(campaign), gift(campaign)
    granted(campaign, 10_00)
    assert {told(first).several_unnamed, told(later).several_unnamed, told(first, later).several_unnamed} == {False}


def test_what_is_shown_again_withheld_is_gone_from_the_page_at_once() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    grant = granted(campaign, 60_00, **SHOWN)
    Grant.objects.filter(pk=grant.pk).update(publication=Publication.EMBARGO)
    assert told(mine).shares == ()


def test_a_grant_of_this_month_is_shown_with_the_register_only() -> None:
    campaign = build.campaign()
    mine = gift(campaign)
    granted(campaign, 60_00, **SHOWN | {"awarded_on": timezone.localdate()})
    assert told(mine).shares == ()


def test_a_donor_has_one_sum_of_all_their_gifts_to_an_appeal_and_of_nobody_elses() -> None:
    campaign = build.campaign()
    gift(campaign)
    gift(campaign, 50_00, fee=1_80)
    gift(campaign, 77_00, email="omid@example.org")
    gift(build.campaign(), 11_00)
    page = visitor("leila@example.org").get(f"/receipts/mine/{campaign.slug}/").content.decode()
    assert "$150.00" in page
    assert "$5.00" in page
    assert "77.00" not in page


def test_what_a_funder_promised_on_top_is_said_beside_the_sums_and_is_no_part_of_them() -> None:
    to = build.campaign()
    pots.opened(to, total_minor=150_00)
    first, second, elsewhere = gift(to), gift(to), gift(build.campaign())
    before = told(first)
    matching.keep_up()
    assert replace(told(first), on_top=()) == before
    assert [each.amount for each in told(first).on_top] == [usd(100_00)]
    assert [(each.funder, each.amount) for each in told(first, second).on_top] == [("Lantern Foundation", usd(150_00))]
    assert told(elsewhere).on_top == ()
    assert "<bdi>Lantern Foundation</bdi> promised <bdi>$50.00" in page_of(second)


def test_the_list_of_gifts_leads_there_and_nobody_gets_there_without_it() -> None:
    campaign = build.campaign()
    gift(campaign)
    address = f"/receipts/mine/{campaign.slug}/"
    assert address in visitor("leila@example.org").get("/my-gifts/").content.decode()
    assert Client().get(address).headers["Location"] == "/my-gifts/"
    assert visitor("omid@example.org").get(address).status_code == 404


def test_the_receipt_leads_there_and_only_its_own_key() -> None:
    receipt = receipt_of(gift(build.campaign()))
    address = f"/receipts/{receipt.key}/where/"
    assert address in Client().get(receipt.get_absolute_url()).content.decode()
    assert Client().get(f"/receipts/{receipt.number}/where/").status_code == 404


def test_no_machine_keeps_it_or_passes_its_address_on() -> None:
    answer = Client().get(f"/receipts/{receipt_of(gift(build.campaign())).key}/where/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()


def test_a_page_of_many_gifts_asks_the_books_once(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    campaign = build.campaign()
    gifts = [gift(campaign) for _turn in range(4)]
    with django_assert_max_num_queries(6):
        told(*gifts)
