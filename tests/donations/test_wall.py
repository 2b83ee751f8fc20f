"""The supporters' wall: nothing without consent, nothing unread, nothing of a gift that went back, never an amount."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from donations import disputes, refunds
from donations.models import Donation, Refused, State, WallEntry
from donations.models.wall_entry import Standing
from donations.wall import ON_A_PAGE
from ledger.models import Change
from ledger.money import Money
from tests.appeal.build import draft, refused, sql
from tests.donations import bank, build, objects
from tests.donations.test_my_gifts import visitor
from tests.donations.test_staff_pages import signed_in, step, words

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)
AGREED = {"name": "Leila", "message": "From one who was carried across once.", "show": "on"}


@pytest.fixture(autouse=True)
def _fresh_pages(settings: Settings) -> None:
    """Public pages may be a second old; here they are new, and no staff is asked for a second factor."""
    settings.PAGE_SECONDS = 0
    settings.STAFF_SECOND_FACTOR = False
    cache.clear()


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


@pytest.fixture
def gift(campaign: Campaign) -> Donation:
    return came(campaign)


def came(campaign: Campaign, **changes: Any) -> Donation:
    paid: dict[str, Any] = {"state": State.PAID, "charged_at": timezone.now()} | changes
    gift = build.donation(campaign, Money(4_321_00, "USD"), **paid)
    gift.payment_intent = f"pi_{gift.reference}"
    gift.save()
    return gift


def shown(campaign: Campaign, name: str = "Leila", message: str = "Courage.") -> WallEntry:
    entry = WallEntry.objects.write(came(campaign), name=name, message=message)
    entry.show(by=bank.person(), seen=entry.turn)
    return entry


def page(campaign: Campaign, more: str = "") -> str:
    answer = Client().get(f"{campaign.get_absolute_url()}supporters/{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def send(gift: Donation, **changes: str) -> Any:
    said = {name: value for name, value in (AGREED | changes).items() if value}
    return Client().post(f"{gift.get_absolute_url()}words/", said)


def test_whoever_gives_and_says_nothing_is_on_no_wall(campaign: Campaign) -> None:
    came(campaign, name="Leila Noori", anonymous=False, message="Hello")
    assert "Nobody has written here yet" in page(campaign)
    assert "Leila" not in page(campaign)
    assert not WallEntry.objects.exists()


def test_the_give_form_asks_nothing_more(campaign: Campaign) -> None:
    assert "supporters" not in Client().get(f"/give/{campaign.slug}/").content.decode()


def test_without_a_tick_nothing_is_kept_and_no_tick_is_set_before(gift: Donation) -> None:
    asked = Client().get(f"{gift.get_absolute_url()}words/").content.decode()
    assert re.search(r'<input type="checkbox" name="show"[^>]*>', asked)
    assert "checked" not in asked
    answer = send(gift, show="")
    assert (answer.status_code, "Tick that we may show it" in words(answer)) == (422, True)
    assert not WallEntry.objects.exists()
    send(gift)
    assert "checked" not in Client().get(f"{gift.get_absolute_url()}words/").content.decode()


@pytest.mark.parametrize(
    "said",
    [{"name": "", "message": ""}, {"name": " \u202e ", "message": "\n"}, {"message": "x" * 281}, {"name": "x" * 61}],
)
def test_what_says_nothing_or_too_much_is_refused_in_words(gift: Donation, said: dict[str, str]) -> None:
    answer = send(gift, **said)
    assert (answer.status_code, "There is a problem" in words(answer)) == (422, True)
    assert not WallEntry.objects.exists()


def test_nobody_reads_it_before_a_person_of_ours_has(campaign: Campaign, gift: Donation) -> None:
    assert send(gift).status_code == 302
    assert "Leila" not in page(campaign)
    assert "One of us reads your words" in words(Client().get(f"{gift.get_absolute_url()}words/"))
    editor, entry = signed_in("editor", "view_wallentry", "moderate_wallentry"), WallEntry.objects.get()
    assert editor.post(step(entry, "show"), {"seen": entry.turn}).status_code == 302
    told = page(campaign)
    assert "Leila" in told
    assert "From one who was carried across once." in told
    assert timezone.localdate().strftime("%B %Y") in told
    assert "4,321" not in told
    assert gift.reference not in told
    assert gift.email not in told
    assert "Your words are shown" in words(Client().get(f"{gift.get_absolute_url()}words/"))


def test_who_reads_them_sees_neither_donor_nor_gift(campaign: Campaign, gift: Donation) -> None:
    send(gift)
    editor, entry = signed_in("editor", "view_wallentry", "moderate_wallentry"), WallEntry.objects.get()
    pages = [f"/staff/donations/wallentry/{more}" for more in ("", f"{entry.pk}/change/")] + [step(entry, "show")]
    for address in pages:
        seen = editor.get(address).content.decode()
        assert "From one who was carried across once." in seen
        assert gift.reference not in seen
        assert gift.email not in seen
        assert "4,321" not in seen


def test_a_refusal_has_a_reason_that_the_donor_reads(campaign: Campaign, gift: Donation) -> None:
    send(gift)
    editor, entry = signed_in("editor", "view_wallentry", "moderate_wallentry"), WallEntry.objects.get()
    assert editor.post(step(entry, "refuse"), {"seen": entry.turn, "reason": " "}).status_code == 200
    assert editor.post(step(entry, "refuse"), {"seen": entry.turn, "reason": "It names a camp."}).status_code == 302
    assert "Leila" not in page(campaign)
    assert "It names a camp." in words(Client().get(f"{gift.get_absolute_url()}words/"))


def test_what_is_shown_is_taken_down_at_once(campaign: Campaign) -> None:
    entry = shown(campaign)
    assert "Courage." in page(campaign)
    entry.refuse("It names a camp.", by=bank.person(), seen=entry.turn)
    assert "Courage." not in page(campaign)


def test_other_words_wait_again(campaign: Campaign) -> None:
    entry = shown(campaign)
    send(entry.donation, message="Buy gold from me.")
    assert "Buy gold" not in page(campaign)
    assert "Courage." not in page(campaign)
    entry.refresh_from_db()
    assert (entry.standing, entry.decided_by, entry.turn) == (Standing.WAITING, None, 2)


def test_what_changed_while_it_was_read_is_not_shown(campaign: Campaign, gift: Donation) -> None:
    send(gift)
    entry = WallEntry.objects.get()
    send(gift, message="Buy gold from me.")
    with pytest.raises(Refused, match="changed"):
        entry.show(by=bank.person(), seen=1)
    with pytest.raises(Refused, match="changed"):
        entry.refuse("No.", by=bank.person(), seen=1)
    assert "Leila" not in page(campaign)


def test_the_donor_takes_it_back_and_nothing_of_it_is_left(campaign: Campaign) -> None:
    entry = shown(campaign)
    answer = Client().post(f"{entry.donation.get_absolute_url()}words/", {"withdraw": "1"})
    assert answer.status_code == 302
    assert "Courage." not in page(campaign)
    assert not WallEntry.objects.exists()
    kept = Change.objects.filter(place="donations_wallentry")
    assert [change.deed for change in kept.order_by("pk")] == ["insert", "update", "delete"]
    assert "Courage" not in str(list(kept.values("before", "after")))


GONE: dict[str, Callable[[Donation], object]] = {
    "refund": lambda gift: refunds.hear(objects.refund(gift), NOW),
    "refund on its way": lambda gift: refunds.hear(objects.refund(gift, status="pending"), NOW),
    "dispute": lambda gift: disputes.hear(objects.dispute(gift, status="needs_response"), NOW),
    "lost dispute": lambda gift: disputes.hear(objects.dispute(gift, status="lost"), NOW),
    "bounced": lambda gift: Donation.objects.filter(pk=gift.pk).update(bounced=True),
    "review": lambda gift: Donation.objects.filter(pk=gift.pk).update(review="It does not fit."),
}


@pytest.mark.parametrize("how", GONE)
def test_when_the_gift_is_gone_so_are_its_words_at_once(campaign: Campaign, how: str) -> None:
    entry = shown(campaign)
    GONE[how](entry.donation)
    assert "Courage." not in page(campaign)
    assert "Send it" not in words(Client().get(f"{entry.donation.get_absolute_url()}words/"))
    with pytest.raises(Refused):
        WallEntry.objects.write(entry.donation, name="Leila", message="Again")
    assert not WallEntry.objects.waiting().exists()
    Client().post(f"{entry.donation.get_absolute_url()}words/", {"withdraw": "1"})
    assert not WallEntry.objects.exists()


STAYED: dict[str, Callable[[Donation], object]] = {
    "part of it back": lambda gift: refunds.hear(objects.refund(gift, 1_00), NOW),
    "failed refund": lambda gift: refunds.hear(objects.refund(gift, status="failed"), NOW),
    "inquiry": lambda gift: disputes.hear(objects.dispute(gift, status="warning_needs_response"), NOW),
    "won dispute": lambda gift: disputes.hear(objects.dispute(gift, status="won"), NOW),
}


@pytest.mark.parametrize("how", STAYED)
def test_while_some_of_the_gift_is_here_its_words_stay(campaign: Campaign, how: str) -> None:
    entry = shown(campaign)
    STAYED[how](entry.donation)
    assert entry.donation.refunds.count() + entry.donation.disputes.count() == 1
    assert "Courage." in page(campaign)


def test_a_gift_by_bank_that_is_reversed_takes_its_words_along(campaign: Campaign) -> None:
    offline = bank.confirmed(campaign)
    assert offline.donation
    entry = WallEntry.objects.write(offline.donation, name="Haven Street", message="")
    entry.show(by=bank.person(), seen=1)
    assert "Haven Street" in page(campaign)
    bank.reversed_(offline)
    assert "Haven Street" not in page(campaign)


@pytest.mark.parametrize("state", [State.OPEN, State.PENDING, State.FAILED])
def test_a_gift_that_has_not_come_has_no_words(campaign: Campaign, state: State) -> None:
    gift = build.donation(campaign, state=state)
    assert "everyone to read" not in words(Client().get(gift.get_absolute_url()))
    assert send(gift).headers["Location"] == gift.get_absolute_url()
    assert not WallEntry.objects.exists()


def test_hostile_text_is_shown_as_text_and_leads_nowhere(campaign: Campaign) -> None:
    shown(
        campaign, '<script>alert("1")</script>', "<a href=//thief.example>gold</a> https://thief.example {{ 7 }}{% x %}"
    )
    told = page(campaign)
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in told
    assert "<script" not in told
    assert "{{ 7 }}{% x %}" in told
    assert 'href="https://thief' not in told
    assert "<a href=//" not in told


def test_words_with_an_address_are_shown_only_by_who_has_looked_where_it_leads(gift: Donation) -> None:
    send(gift, message="More at thief.example")
    editor, entry = signed_in("editor", "view_wallentry", "moderate_wallentry"), WallEntry.objects.get()
    asked = editor.get(step(entry, "show")).content.decode()
    assert "I have looked where that leads" in asked
    editor.post(step(entry, "show"), {"seen": entry.turn})
    assert not WallEntry.objects.shown().exists()
    editor.post(step(entry, "show"), {"seen": entry.turn, "looked": "on"})
    assert WallEntry.objects.shown().exists()


def test_only_those_who_may_read_and_show_it(gift: Donation) -> None:
    send(gift)
    entry = WallEntry.objects.get()
    assert signed_in("treasurer", "view_wallentry").post(step(entry, "show"), {"seen": 1}).status_code == 403
    assert not WallEntry.objects.shown().exists()


def test_there_is_a_wall_for_each_appeal_that_is_public_and_for_no_other(campaign: Campaign) -> None:
    other = build.campaign("other")
    shown(campaign)
    assert "Courage." not in page(other)
    sketch = draft(slug="sketch")
    for slug in ("no-such", sketch.slug):
        assert Client().get(f"/campaigns/{slug}/supporters/").status_code == 404
    link = f'href="{campaign.get_absolute_url()}supporters/"'
    assert link in Client().get(campaign.get_absolute_url()).content.decode()


def test_the_newest_come_first_page_by_page_and_none_twice(campaign: Campaign) -> None:
    for number in range(2 * ON_A_PAGE + 1):
        shown(campaign, name=f"Donor {number:03}")
    read, more = list[str](), ""
    for expected in (ON_A_PAGE, ON_A_PAGE, 1):
        told = page(campaign, more)
        found = re.findall(r"Donor \d+", told)
        assert len(found) == expected
        read += found
        older = re.search(r'supporters/(\d+/)"', told)
        more = older[1] if older else "end"
    assert more == "end"
    assert read == sorted(read, reverse=True)
    assert len(set(read)) == 2 * ON_A_PAGE + 1
    assert "There is nothing older" in page(campaign, "1/")
    assert "Donor 048" in page(campaign, f"{2**70}/")


def rows_read(campaign: Campaign) -> int:
    """How many rows PostgreSQL touches for the first page."""
    newest = WallEntry.objects.shown().filter(campaign=campaign)[: ON_A_PAGE + 1]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET plan_cache_mode = force_custom_plan")
    plan = newest.explain(analyze=True, format="text")
    return sum(int(rows) * int(loops) for rows, loops in re.findall(r"actual .*?rows=(\d+)[.\d]* loops=(\d+)", plan))


def many(campaign: Campaign, count: int) -> None:
    """Rows as the verbs would leave them, each of a gift of its own; a tenth had a part of it paid back."""
    person = bank.person().pk
    sql(
        """
        INSERT INTO donations_donation (reference, campaign_id, amount_minor, currency, livemode, state, review, name,
            email, anonymous, message, language, form_token, attempts, created_at, asked_at, charged_at)
        SELECT left(md5(random()::text), 16), %s, 5000, 'USD', false, 'paid', '', '', '', true, '', 'en',
            md5(random()::text), 0, now(), now(), now() FROM generate_series(1, %s)
        """,
        campaign.pk,
        count,
    )
    sql(
        """
        INSERT INTO donations_wallentry (donation_id, campaign_id, name, message, month, agreed, turn, standing, reason,
            created_at, updated_at)
        SELECT id, campaign_id, 'Leila', 'Courage.', '2026-11-01', true, 1, 'waiting', '', now(), now()
        FROM donations_donation d WHERE NOT EXISTS (SELECT FROM donations_wallentry w WHERE w.donation_id = d.id)
        """
    )
    sql(
        "UPDATE donations_wallentry SET standing = 'shown', decided_by_id = %s, decided_at = now()"
        " WHERE standing = 'waiting'",
        person,
    )
    sql(
        """
        INSERT INTO donations_refund (stripe_id, status, created_at, seen_at, donation_id, amount_minor, currency,
            failure_reason, booked, fee_covered_minor)
        SELECT md5(random()::text), 'succeeded', now(), now(), id, 100, 'USD', '', false, 0 FROM donations_donation
        WHERE id %% 10 = 0
        """
    )


def test_a_page_costs_the_same_with_a_hundred_times_the_rows(campaign: Campaign) -> None:
    many(campaign, 60)
    few = rows_read(campaign)
    many(campaign, 5_940)
    assert rows_read(campaign) <= 1.2 * few


def test_a_page_is_two_queries_and_one_asked_again_at_once_is_none(campaign: Campaign, settings: Settings) -> None:
    shown(campaign)
    settings.PAGE_SECONDS = 60
    with CaptureQueriesContext(connection) as asked:
        page(campaign)
    assert len(asked) == 2
    with CaptureQueriesContext(connection) as again:
        first = Client().get(f"{campaign.get_absolute_url()}supporters/")
    assert len(again) == 0
    same = Client().get(first.request["PATH_INFO"], headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304


def test_my_gifts_lead_to_each_gifts_own_page(campaign: Campaign, gift: Donation) -> None:
    assert f'href="{gift.get_absolute_url()}"' in visitor().get("/my-gifts/").content.decode()


# --- what the database refuses


def waiting(campaign: Campaign) -> WallEntry:
    return WallEntry.objects.write(came(campaign), name="Leila", message="Courage.")


BY_WHOM = "decided_by_id = (SELECT min(id) FROM auth_user), decided_at = now()"


def test_nothing_is_shown_that_nobody_has_read(campaign: Campaign) -> None:
    entry = waiting(campaign)
    with refused("wall_entry_decided_means_by_whom"):
        sql("UPDATE donations_wallentry SET standing = 'shown' WHERE id = %s", entry.pk)
    with refused("wall_entry_waits_first"):
        insert(came(campaign), standing="shown")


def insert(gift: Donation, **changes: Any) -> None:
    row = {
        **{"donation_id": gift.pk, "campaign_id": gift.campaign_id, "name": "Leila", "message": "", "agreed": True},
        **{"month": date(2026, 11, 1), "turn": 1, "standing": "waiting", "reason": "", "created_at": NOW},
        **{"updated_at": NOW},
    } | changes
    values = ", ".join(["%s"] * len(row))
    sql(f"INSERT INTO donations_wallentry ({', '.join(row)}) VALUES ({values})", *row.values())


def test_nothing_is_shown_that_its_donor_did_not_agree_to(campaign: Campaign) -> None:
    bank.person()
    insert(came(campaign), agreed=False)
    with refused("wall_entry_shown_means_agreed"):
        sql(f"UPDATE donations_wallentry SET standing = 'shown', {BY_WHOM}")


@pytest.mark.parametrize("change", ["message = 'Gold!'", "name = 'Omid'", "message = 'Gold!', turn = turn + 1"])
def test_what_is_shown_is_what_was_read(campaign: Campaign, change: str) -> None:
    entry = shown(campaign)
    with pytest.raises(IntegrityError, match="waits until a person has read it"), transaction.atomic():
        sql(f"UPDATE donations_wallentry SET {change} WHERE id = %s", entry.pk)
    assert "Courage." in page(campaign)


def test_words_do_not_change_under_the_eyes_of_who_reads_them(campaign: Campaign) -> None:
    entry = waiting(campaign)
    with refused("wall_entry_other_words_are_another_turn"):
        sql("UPDATE donations_wallentry SET message = 'Gold!' WHERE id = %s", entry.pk)


def test_only_a_gift_that_came_has_words_and_on_its_own_appeals_wall(campaign: Campaign) -> None:
    with refused("wall_entry_is_of_a_gift_that_came"):
        insert(build.donation(campaign))
    with refused("wall_entry_is_of_a_gift_that_came"):
        insert(came(campaign), campaign_id=build.campaign("other").pk)


def test_a_gift_has_one_entry_a_refusal_a_reason_and_an_entry_something_to_say(campaign: Campaign) -> None:
    entry = shown(campaign)
    with refused("donations_wallentry_donation_id_key"):
        insert(entry.donation)
    with refused("wall_entry_refused_means_why"):
        sql("UPDATE donations_wallentry SET standing = 'refused' WHERE id = %s", entry.pk)
    with refused("wall_entry_says_something"):
        insert(came(campaign), name="")
