"""A gift in somebody's name: one card on its day, never the amount, and no address kept longer than it is needed."""

import concurrent.futures
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from appeal.outgoing import MOST_TRIES
from config import embedded
from donations import disputes, refunds, tributes
from donations.models import Donation, NeverAgain, Refused, State, Tribute
from donations.models.tribute import (
    CARDS_A_DAY,
    KEPT_AFTER_DAY,
    KEPT_AFTER_MAIL,
    days_to_choose,
    digest_of,
    leaving,
    token_of,
)
from tests.appeal.build import refused, sql
from tests.donations import build, objects
from tests.donations.test_staff_pages import signed_in, step, words
from tests.donations.test_wall import came

pytestmark = pytest.mark.django_db(transaction=True)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def noon(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def form(**changes: str) -> dict[str, str]:
    told = {
        "kind": "memory",
        "honoured": "Grandmother Zahra",
        "address": "omid@example.org",
        "send_on": (today() + A_DAY).isoformat(),
        "sender": "Leila",
        "message": "She taught us all to read.\n\nWe miss her.",
    } | changes
    return {name: value for name, value in told.items() if value}


def send(gift: Donation, **changes: str) -> Any:
    return Client().post(f"{gift.get_absolute_url()}tribute/", form(**changes))


def tribute(gift: Donation, **changes: Any) -> Tribute:
    told: dict[str, Any] = {
        "kind": "honour",
        "honoured": "Omid",
        "address": "omid@example.org",
        "send_on": today(),
        "sender": "Leila",
        "message": "",
    }
    return Tribute.objects.write(gift, **(told | changes))


def shown(gift: Donation) -> str:
    return words(Client().get(f"{gift.get_absolute_url()}tribute/"))


def body() -> str:
    return str(mail.outbox[-1].body)


def test_a_card_is_mailed_on_its_day_and_says_what_was_wished_and_not_how_much(campaign: Campaign) -> None:
    gift = came(campaign)
    assert send(gift).status_code == 302
    assert "The card goes to omid@example.org on" in shown(gift)
    tributes.mail_all(noon(today()))
    assert mail.outbox == []
    tributes.mail_all(noon(today() + A_DAY))
    [card] = mail.outbox
    assert card.to == ["omid@example.org"]
    assert card.subject == "A gift in memory of Grandmother Zahra"
    assert "Leila has made a gift to “Flood relief” in memory of Grandmother Zahra." in body()
    assert "She taught us all to read.\n\nWe miss her." in body()
    assert "gave us your address for this one card. We do not keep it. It is deleted after 7 days." in body()
    assert not re.search(r"4.?321|USD|\$", card.subject + body())
    assert gift.reference not in str(card.message())
    assert gift.email not in str(card.message())
    assert "The card was mailed on" in shown(gift)


def test_it_is_mailed_once_whoever_asks_and_however_often(campaign: Campaign) -> None:
    tribute(came(campaign))
    now = noon(today() + A_DAY)

    def work(_: int) -> int:
        try:
            return tributes.mail_all(now)
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(work, range(6))) == 1
    assert tributes.mail_all(now + A_DAY) == 0
    assert len(mail.outbox) == 1


def test_it_is_in_the_language_of_its_donor(campaign: Campaign, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fa", "فارسی")]
    tribute(came(campaign, language="fa"), honoured="مادربزرگ زهرا", sender="لیلا")
    tributes.mail_all(noon(today() + A_DAY))
    assert "لیلا" in body()
    assert "مادربزرگ زهرا" in str(mail.outbox[0].subject)


# --- the day


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-03-01T09:59:59", "2026-02-28"),
        ("2026-03-01T10:00:00", "2026-03-01"),
        ("2026-03-01T23:59:59", "2026-03-01"),
        ("2028-03-01T00:00:00", "2028-02-29"),
        ("2027-01-01T09:00:00", "2026-12-31"),
    ],
)
def test_a_days_cards_leave_at_ten_oclock_utc(now: str, newest: str) -> None:
    assert leaving(datetime.fromisoformat(now).replace(tzinfo=UTC)) == date.fromisoformat(newest)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-07-15T06:00:00", "2026-07-14", "2027-07-15"),  # in Honolulu it is still the 14th
        ("2026-07-14T20:00:00", "2026-07-14", "2027-07-15"),  # in Auckland it is the 15th already
        ("2026-07-15T12:00:00", "2026-07-15", "2027-07-16"),
        ("2026-12-31T11:59:00", "2026-12-30", "2028-01-01"),
    ],
)
def test_what_is_today_somewhere_can_be_chosen_and_a_year_ahead(now: str, first: str, last: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert days_to_choose(at) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(("minute", "count"), [(-1, 0), (0, 1)])
def test_to_the_minute(campaign: Campaign, minute: int, count: int) -> None:
    tribute(came(campaign), send_on=today() + A_DAY)
    tributes.mail_all(noon(today() + A_DAY, 10) + timedelta(minutes=minute))
    assert len(mail.outbox) == count


@pytest.mark.parametrize("days", [-2, 368])
def test_a_day_that_is_over_or_too_far_is_refused_in_words(campaign: Campaign, days: int) -> None:
    answer = send(came(campaign), send_on=(today() + days * A_DAY).isoformat())
    assert (answer.status_code, "from today to a year from now" in words(answer)) == (422, True)
    assert not Tribute.objects.exists()


# --- what is asked


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": ""}, "in honour or in memory"),
        ({"honoured": ""}, "the one whom your gift honours"),
        ({"address": "omid"}, "an email address like"),
        ({"send_on": ""}, "Choose a day"),
        ({"send_on": "soon"}, "a day like"),
        ({"sender": ""}, "whom the card is from"),
        ({"message": "Win at https://thief.example"}, "no web addresses"),
        ({"honoured": "thief.example"}, "no web addresses"),
        ({"message": "x" * 601}, "600"),
    ],
)
def test_what_is_missing_or_cannot_be_is_said_in_words(campaign: Campaign, changes: dict[str, str], says: str) -> None:
    answer = send(came(campaign), **changes)
    assert (answer.status_code, says in words(answer)) == (422, True)
    assert not Tribute.objects.exists()


def test_without_an_address_nobody_is_written_to_and_nothing_more_is_kept(campaign: Campaign) -> None:
    gift = came(campaign)
    assert send(gift, address="").status_code == 302
    made = Tribute.objects.get()
    assert (made.honoured, made.send_on, made.sender, made.message) == ("Grandmother Zahra", None, "", "")
    tributes.mail_all(LATER)
    assert mail.outbox == []
    assert "Your gift is in memory of Grandmother Zahra" in shown(gift)


def test_hostile_words_stay_words(campaign: Campaign) -> None:
    gift = came(campaign)
    send(gift, honoured="<script>alert(1)</script>", sender="Leila\r\nBcc: thief@example", message="{{ 7 }}")
    made = Tribute.objects.first()
    assert made is None or "\n" not in made.sender
    send(gift, honoured="<script>alert(1)</script>", sender="Leila\r\nBcc: many", message="{{ 7 }}")
    assert "<script" not in Client().get(f"{gift.get_absolute_url()}tribute/").content.decode()
    tributes.mail_all(noon(today() + A_DAY))
    [card] = mail.outbox
    assert (card.to, card.bcc) == (["omid@example.org"], [])
    assert "Leila Bcc: many has made a gift" in body()


def test_the_donor_changes_it_or_takes_it_back_until_it_is_mailed(campaign: Campaign) -> None:
    gift = came(campaign)
    send(gift)
    send(gift, address="zia@example.org", kind="honour")
    assert Tribute.objects.get().address == "zia@example.org"
    Client().post(f"{gift.get_absolute_url()}tribute/", {"withdraw": "1"})
    assert not Tribute.objects.exists()
    send(gift)
    tributes.mail_all(noon(today() + A_DAY))
    for late in (form(address="another@example.org"), {"withdraw": "1"}):
        assert Client().post(f"{gift.get_absolute_url()}tribute/", late, follow=True).status_code == 200
    assert Tribute.objects.get().address == "omid@example.org"
    tributes.mail_all(LATER)
    assert len(mail.outbox) == 1
    with pytest.raises(Refused, match="mailed already"):
        tribute(gift)
    with pytest.raises(Refused, match="mailed already"):
        Tribute.objects.withdraw(gift)


# --- the gift


GONE: dict[str, Callable[[Donation], object]] = {
    "refund": lambda gift: refunds.hear(objects.refund(gift), LATER),
    "refund on its way": lambda gift: refunds.hear(objects.refund(gift, status="pending"), LATER),
    "dispute": lambda gift: disputes.hear(objects.dispute(gift, status="needs_response"), LATER),
    "lost dispute": lambda gift: disputes.hear(objects.dispute(gift, status="lost"), LATER),
    "bounced": lambda gift: Donation.objects.filter(pk=gift.pk).update(bounced=True),
}


@pytest.mark.parametrize("how", GONE)
def test_a_gift_that_went_back_while_its_card_waited_sends_none(campaign: Campaign, how: str) -> None:
    gift = came(campaign)
    tribute(gift)
    GONE[how](gift)
    assert tributes.mail_all(noon(today() + A_DAY)) == 0
    assert mail.outbox == []
    assert "no card goes with it" in shown(gift)
    with pytest.raises(Refused):
        tribute(gift)


def test_a_dispute_that_is_won_lets_its_card_go(campaign: Campaign) -> None:
    gift = came(campaign)
    tribute(gift)
    asked = objects.dispute(gift, status="needs_response")
    disputes.hear(asked, LATER)
    tributes.mail_all(noon(today() + A_DAY))
    assert mail.outbox == []
    disputes.hear(asked | {"status": "won"}, LATER + A_DAY)
    tributes.mail_all(noon(today() + 2 * A_DAY))
    assert len(mail.outbox) == 1


def test_a_gift_that_has_not_come_honours_nobody(campaign: Campaign) -> None:
    gift = build.donation(campaign)
    assert send(gift).headers["Location"] == gift.get_absolute_url()
    assert not Tribute.objects.exists()


# --- nobody is flooded, and nobody written to who does not want it


def test_one_address_gets_a_few_cards_a_day_and_the_others_later(campaign: Campaign) -> None:
    ways = ["omid@example.org", "OMID@example.org", "omid+a@example.org", "Omid+b@Example.org", "omid@example.org"]
    for address in ways:
        tribute(came(campaign), address=address)
    day = noon(today() + A_DAY)
    assert tributes.mail_all(day) == len(ways)
    assert len(mail.outbox) == CARDS_A_DAY
    assert set(Tribute.objects.filter(mailed_at=None).values_list("problem", flat=True)) == {"EnoughToday"}
    for hours in range(1, 24):
        tributes.mail_all(day + timedelta(hours=hours))
    assert len(mail.outbox) == CARDS_A_DAY
    for hours in range(24, 80):
        tributes.mail_all(day + timedelta(hours=hours))
    assert len(mail.outbox) == len(ways)


def test_several_workers_at_once_do_not_step_over_that(campaign: Campaign) -> None:
    for _ in range(CARDS_A_DAY + 4):
        tribute(came(campaign))
    now = noon(today() + A_DAY)

    def work(_: int) -> int:
        try:
            return tributes.mail_all(now)
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert len(mail.outbox) == CARDS_A_DAY


def never_link() -> str:
    found = re.search(r"https?://[^/]+(/cards/never-again/\S+)", body())
    assert found
    return found[1]


def test_whoever_says_never_again_gets_none_whoever_asks(campaign: Campaign) -> None:
    tribute(came(campaign))
    tributes.mail_all(noon(today() + A_DAY))
    link = never_link()
    assert "No more cards?" in words(Client().get(link))
    assert not NeverAgain.objects.exists()  # programs that look through mail press nothing
    for _ in range(2):
        assert "You get no more cards" in words(Client().post(link))
    assert NeverAgain.objects.count() == 1
    another = came(campaign)
    tribute(another, address="Omid@Example.org")
    for hours in range(60):
        tributes.mail_all(noon(today() + A_DAY) + timedelta(hours=hours))
    assert len(mail.outbox) == 1
    assert "could not be delivered" in shown(another)  # and not why


def test_the_link_works_long_after_the_address_is_forgotten(campaign: Campaign) -> None:
    tribute(came(campaign))
    tributes.mail_all(noon(today() + A_DAY))
    tributes.forget_addresses(LATER)
    Client().post(never_link())
    assert NeverAgain.objects.said_by(digest_of("omid@example.org"))


@pytest.mark.parametrize("token", ["AAAA", "x" * 300, "omid@example.org"])
def test_a_made_up_link_says_that_it_is_not_good(token: str) -> None:
    for answer in (Client().get(f"/cards/never-again/{token}/"), Client().post(f"/cards/never-again/{token}/")):
        assert answer.status_code == 410
    assert not NeverAgain.objects.exists()


def test_the_link_stands_in_the_header_that_mail_programs_look_for(campaign: Campaign) -> None:
    tribute(came(campaign))
    tributes.mail_all(noon(today() + A_DAY))
    assert mail.outbox[0].extra_headers["List-Unsubscribe"].endswith(f"{never_link()}>")


def in_database(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())


def test_the_database_holds_nothing_of_them_that_can_be_read(campaign: Campaign) -> None:
    gift = came(campaign)
    send(gift)
    NeverAgain.objects.say(digest_of("omid@example.org"))
    for table in ("donations_tribute", "donations_neveragain", "ledger_change"):
        found = in_database(table)
        for secret in ("omid", "Zahra", "Leila", "taught", digest_of("omid@example.org")):
            assert secret not in found, (table, secret)


def test_a_new_key_forgets_no_refusal_and_no_limit(campaign: Campaign, settings: Settings) -> None:
    tribute(came(campaign))
    tributes.mail_all(noon(today() + A_DAY))
    NeverAgain.objects.say(digest_of("zia@example.org"))
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *old]
    assert NeverAgain.objects.said_by(digest_of("zia@example.org"))
    call_command("reseal", stdout=StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert NeverAgain.objects.said_by(digest_of("ZIA+x@example.org"))
    assert Tribute.objects.lately(digest_of("omid@example.org"), noon(today() + A_DAY)) == 1


# --- forgetting


def test_a_week_after_the_card_its_address_and_words_are_gone(campaign: Campaign) -> None:
    gift = came(campaign)
    send(gift)
    sent = noon(today() + A_DAY)
    tributes.mail_all(sent)
    assert tributes.forget_addresses(sent + KEPT_AFTER_MAIL) == 0
    assert tributes.forget_addresses(sent + KEPT_AFTER_MAIL + timedelta(seconds=1)) == 1
    made = Tribute.objects.get()
    assert (made.address, made.address_mark, made.message) == ("", "", "")
    assert made.honoured == "Grandmother Zahra"
    tributes.mail_all(LATER)
    assert len(mail.outbox) == 1


def test_so_are_those_of_a_card_that_never_went(campaign: Campaign) -> None:
    gift = came(campaign)
    made = tribute(gift)
    refunds.hear(objects.refund(gift), LATER)
    assert made.send_on == today()
    over = noon(today() + KEPT_AFTER_DAY)
    assert tributes.forget_addresses(over) == 0
    assert tributes.forget_addresses(over + A_DAY) == 1


def test_what_waits_for_its_day_is_not_forgotten(campaign: Campaign) -> None:
    tribute(came(campaign), send_on=today() + 300 * A_DAY)
    assert tributes.forget_addresses(noon(today() + 299 * A_DAY)) == 0


# --- delivery


def test_what_cannot_be_delivered_is_tried_again_and_staff_may_ask_for_more(
    campaign: Campaign, settings: Settings
) -> None:
    gift, good = came(campaign), settings.MAILERS
    made = tribute(gift)
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": embedded.free_port()},
        }
    }
    day = noon(today() + A_DAY)
    tributes.mail_all(day)
    made.refresh_from_db()
    assert (made.tries, made.mailed_at) == (1, None)
    assert "could not be delivered yet" in shown(gift)
    settings.MAILERS = good
    Tribute.objects.update(tries=MOST_TRIES)
    tributes.mail_all(day + A_DAY)
    assert mail.outbox == []
    treasurer = signed_in("treasurer", "view_tribute", "change_tribute")
    listed = treasurer.get("/staff/donations/tribute/?delivery=given_up").content.decode()
    assert "omid" not in listed.lower()
    assert treasurer.post(step(made, "again")).status_code == 302
    tributes.mail_all(day + A_DAY)
    assert len(mail.outbox) == 1


# --- what the database refuses


def mailed(campaign: Campaign) -> Tribute:
    made = tribute(came(campaign))
    tributes.mail_all(noon(today() + A_DAY))
    made.refresh_from_db()
    assert made.mailed_at
    return made


@pytest.mark.parametrize(
    "change", ["mailed_at = NULL", "mailed_at = now()", "send_on = send_on + 1", "kind = 'memory'"]
)
def test_no_card_is_mailed_twice(campaign: Campaign, change: str) -> None:
    made = mailed(campaign)
    with refused("tribute_is_mailed_once"):
        sql(f"UPDATE donations_tribute SET {change} WHERE id = %s", made.pk)
    with refused("tribute_once_mailed_stays"):
        sql("DELETE FROM donations_tribute WHERE id = %s", made.pk)
    with refused("donations_tribute_donation_id_key"):
        Tribute.objects.create(donation=made.donation, kind="honour", honoured="Zia")


def test_no_card_goes_without_a_day_a_mark_or_a_gift_that_came(campaign: Campaign) -> None:
    made = tribute(came(campaign))
    with refused("tribute_without_a_day_is_not_mailed"):
        sql("UPDATE donations_tribute SET send_on = NULL WHERE id = %s", made.pk)
    with refused("tribute_address_has_its_mark"):
        sql("UPDATE donations_tribute SET address_mark = '' WHERE id = %s", made.pk)
    with refused("tribute_kind_is_known"):
        sql("UPDATE donations_tribute SET kind = 'other' WHERE id = %s", made.pk)
    with refused("tribute_is_of_a_gift_that_came"):
        Tribute.objects.create(donation=build.donation(campaign, state=State.OPEN), kind="honour", honoured="Zia")
    with refused("never_again_has_its_mark"):
        NeverAgain.objects.create(mark="", digest=digest_of("a@b.example"))


def test_a_token_tells_nothing_of_the_address() -> None:
    digest = digest_of("omid@example.org")
    assert digest not in token_of(digest)
    assert "omid" not in token_of(digest)
