"""Card testers are held back, a camp that shares one connection is not, and nobody is known by what is kept of it."""

import concurrent.futures
import itertools
import logging
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from config import embedded
from donations import challenge, testers
from donations.drain import drain
from donations.models import Bucket, ChallengeMode, Decline, Donation, MonthlyGift, Origin, State, StripeEvent, Tally
from donations.models.card_testers import Drop
from donations.origin import Whence
from donations.sandbox.process import Sandbox
from donations.testers import ADDRESS, BROWSER, Full
from ledger.money import Money
from tests.donations import build, objects
from tests.donations.test_giving import token
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
DECLINED = "4000000000000002"
serial = itertools.count(1)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def place() -> str:
    return f"{next(serial):032x}"


def refused(whence: Whence, now: datetime) -> Full:
    with pytest.raises(Full) as refusal:
        testers.admit(whence, now)
    return refusal.value


def gift(campaign: Campaign, whence: Whence, **changes: Any) -> Donation:
    """One whose form came from there, a moment ago."""
    donation = build.donation(campaign, **changes)
    testers.started(donation, whence, timezone.now())
    return donation


def arrive(kind: str, thing: dict[str, Any], at: datetime | None = None, **changes: Any) -> StripeEvent:
    told = objects.event(kind, thing, created=int((at or timezone.now()).timestamp()), **changes)
    return StripeEvent.objects.create(stripe_id=told["id"], kind=kind, body=objects.body(told))


def decline(donation: Donation, at: datetime | None = None) -> None:
    arrive("charge.failed", objects.declined_charge(donation), at)


def level(key: str) -> timedelta:
    return Bucket.objects.get(pk=key).level


def declined_so_far() -> int:
    return Tally.objects.since(timezone.now() - timedelta(hours=1))[Tally.Event.DECLINED]


# The buckets


def test_of_twenty_at_once_exactly_as_many_get_through_as_a_bucket_holds() -> None:
    whence, all_here = Whence(place(), place()), threading.Barrier(20)

    def come(_: int) -> bool:
        try:
            all_here.wait()
            testers.admit(whence, NOW)
        except Full:
            return False
        finally:
            connection.close()
        return True

    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        through = sum(threads.map(come, range(20)))
    assert through == BROWSER.holds / BROWSER.start == 15
    assert level(whence.browser) == BROWSER.holds
    assert level(whence.address) == 15 * ADDRESS.start  # of those who were refused, nothing stayed
    assert Tally.objects.since(NOW)[Tally.Event.REFUSED] == 5


def test_many_at_once_with_their_buckets_crossed_never_wait_in_a_circle() -> None:
    drops = [Drop(place(), timedelta(days=9), timedelta(seconds=1), NOW) for _ in range(40)]

    def pour(turn: int) -> None:
        try:
            for _ in range(50):
                Bucket.objects.pour(drops if turn % 2 else drops[::-1])
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(pour, range(4)))
    assert set(Bucket.objects.values_list("level", flat=True)) == {timedelta(seconds=200)}


def test_a_full_bucket_says_when_and_then_has_room() -> None:
    whence = Whence(place(), place())
    for _ in range(15):
        testers.admit(whence, NOW)
    full = refused(whence, NOW)
    assert full.seconds == BROWSER.start.total_seconds() + 1
    assert "in 3 minutes" in str(full)
    refused(whence, NOW + timedelta(seconds=full.seconds - 2))
    testers.admit(whence, NOW + timedelta(seconds=full.seconds))


def test_a_bucket_leaks_also_where_it_is_poured_into_all_the_time() -> None:
    key = place()
    for tick in range(1000):
        Bucket.objects.pour([Drop(key, timedelta(hours=1), timedelta(0), NOW + timedelta(milliseconds=tick))])
        if not tick:
            Bucket.objects.pour([Drop(key, timedelta(hours=1), timedelta(seconds=30), NOW)])
    assert level(key) == timedelta(seconds=30) - timedelta(milliseconds=999)


def test_a_clock_that_is_behind_neither_fails_nor_fills() -> None:
    key = place()
    for at in (NOW, NOW - timedelta(minutes=5)):
        Bucket.objects.pour([Drop(key, timedelta(hours=1), timedelta(minutes=1), at)])
    assert (level(key), Bucket.objects.get().updated_at) == (timedelta(minutes=2), NOW)


def test_fifty_honest_donors_of_one_camp_get_through_within_an_hour(campaign: Campaign) -> None:
    """Also if every fifth of them needs a second card, and all of them come in the first minute."""
    camp, now = place(), timezone.now()
    for turn in range(50):
        whence = Whence(camp, place())
        testers.admit(whence, now)
        given = gift(campaign, whence)
        if turn % 5 == 0:
            decline(given)
            drain(timezone.now() + timedelta(seconds=1))
        Donation.objects.filter(pk=given.pk).update(state=State.PAID, charged_at=now)
        testers.relieve(now)
    assert Tally.objects.since(now)[Tally.Event.PAID] == 50
    assert declined_so_far() == 10
    assert not ChallengeMode.objects.on(now)


def test_of_two_hundred_stolen_cards_in_an_hour_few_are_tried_from_one_connection(campaign: Campaign) -> None:
    den, now, tried = place(), timezone.now() - timedelta(hours=1), 0
    for turn in range(200):
        at = now + turn * timedelta(seconds=18)
        whence = Whence(den, place())
        try:
            testers.admit(whence, at)
        except Full:
            continue
        decline(gift(campaign, whence), at)
        drain(timezone.now() + timedelta(seconds=1))
        tried += 1
    assert tried <= 32


def test_the_longest_flood_is_over_in_a_known_time(campaign: Campaign) -> None:
    whence = Whence(place(), place())
    given = gift(campaign, whence)
    for _ in range(2):
        for _ in range(50):
            decline(given)
        drain(timezone.now() + timedelta(seconds=1))
    assert not StripeEvent.objects.waiting().exists()
    assert level(whence.address) == 2 * ADDRESS.holds
    assert timedelta(seconds=refused(whence, timezone.now()).seconds - 1) <= ADDRESS.holds + ADDRESS.start


def test_a_paid_gift_gives_back_most_of_what_it_took_and_only_once(campaign: Campaign) -> None:
    whence, now = Whence(place(), place()), timezone.now()
    testers.admit(whence, now)
    given = gift(campaign, whence)
    testers.relieve(now)
    assert level(whence.address) == ADDRESS.start
    Donation.objects.filter(pk=given.pk).update(state=State.PAID, charged_at=now)

    def relieve(_: int) -> None:
        try:
            testers.relieve(now)
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(relieve, range(8)))
    assert level(whence.address) == ADDRESS.start + ADDRESS.paid > timedelta(0)
    assert level(whence.browser) == BROWSER.start + BROWSER.paid > timedelta(0)
    assert Tally.objects.since(now)[Tally.Event.PAID] == 1


# What Stripe tells of declined cards


def test_a_declined_card_counts_once_however_often_and_by_whatever_events_it_is_told(campaign: Campaign) -> None:
    whence = Whence(place(), place())
    given = gift(campaign, whence)
    charge = objects.declined_charge(given)
    for _ in range(3):
        arrive("charge.failed", charge)
        arrive("payment_intent.payment_failed", objects.after_decline(charge, given))

    def work(_: int) -> None:
        try:
            drain(timezone.now() + timedelta(seconds=1))
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    arrive("charge.failed", charge)
    drain(timezone.now() + timedelta(seconds=1))
    assert not StripeEvent.objects.waiting().exists()
    assert (Decline.objects.count(), declined_so_far(), level(whence.address)) == (1, 1, ADDRESS.decline)


def test_a_failed_authentication_has_no_charge_and_counts_by_its_event(campaign: Campaign) -> None:
    given = gift(campaign, Whence(place(), place()))
    failed = objects.after_decline(objects.declined_charge(given), given)
    del failed["last_payment_error"]["charge"]
    events = [arrive("payment_intent.payment_failed", failed) for _ in range(2)]
    drain(timezone.now() + timedelta(seconds=1))
    assert set(Decline.objects.values_list("attempt", flat=True)) == {event.stripe_id for event in events}


@pytest.mark.usefixtures("stripe_down")
def test_a_declined_card_moves_no_gift_and_asks_stripe_nothing(campaign: Campaign) -> None:
    """Nobody listens at Stripe's address, and the events come in another API version."""
    given = gift(campaign, Whence(place(), place()))
    charge = objects.declined_charge(given)
    arrive("charge.failed", charge, api_version="2019-05-16")
    arrive("payment_intent.payment_failed", objects.after_decline(charge, given), api_version="2019-05-16")
    before = Donation.objects.values().get()
    drain(timezone.now() + timedelta(seconds=1))
    assert Donation.objects.values().get() == before
    assert not StripeEvent.objects.waiting().exists()
    assert declined_so_far() == 1


def test_a_paid_gift_stays_paid_when_an_earlier_decline_is_told_late(campaign: Campaign) -> None:
    given = gift(campaign, Whence(place(), place()))
    charge = objects.declined_charge(given)
    arrive("payment_intent.succeeded", objects.intent(given))
    arrive("charge.failed", charge)
    arrive("payment_intent.payment_failed", objects.after_decline(charge, given))
    drain(timezone.now() + timedelta(seconds=1))
    given.refresh_from_db()
    assert (given.state, given.review) == (State.PAID, "")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"payment_method_details": {"type": "us_bank_account"}}, id="a bank debit"),
        pytest.param({"metadata": {"donation": "ofanotherservice"}}, id="a gift of somebody else's"),
        pytest.param({"metadata": {}}, id="a payment without a name"),
    ],
)
def test_what_is_no_card_on_a_page_of_ours_weighs_nothing(campaign: Campaign, changes: dict[str, Any]) -> None:
    given = gift(campaign, Whence(place(), place()))
    event = arrive("charge.failed", objects.declined_charge(given, **changes))
    drain(timezone.now() + timedelta(seconds=1))
    event.refresh_from_db()
    assert event.handled_at
    assert not Decline.objects.exists() | Bucket.objects.exists()
    assert declined_so_far() == 0


def test_a_card_that_fails_long_after_its_gift_began_weighs_nothing(campaign: Campaign) -> None:
    given = gift(campaign, Whence(place(), place()))
    Donation.objects.filter(pk=given.pk).update(created_at=timezone.now() - timedelta(days=30))
    decline(given)
    drain(timezone.now() + timedelta(seconds=1))
    assert not Decline.objects.exists()


def test_the_first_card_of_a_monthly_gift_is_known_by_its_payer(campaign: Campaign) -> None:
    """Stripe copies the metadata of a subscription to its invoices, and not to their payments."""
    amount = Money(50_00, "USD")
    promise = MonthlyGift.objects.start(campaign=campaign, amount=amount, email="mina@example.org", language="en")
    whence = Whence(place(), place())
    given = gift(campaign, whence, monthly_gift=promise)
    arrive("charge.failed", objects.declined_charge(given, metadata={}))
    arrive("charge.failed", objects.declined_charge(given, metadata={}, amount=51_00))
    drain(timezone.now() + timedelta(seconds=1))
    assert level(whence.address) == ADDRESS.decline


# Challenge mode


@pytest.mark.parametrize(
    ("declined", "paid", "alarm"),
    [(9, 0, False), (10, 0, True), (10, 10, True), (10, 11, False), (49, 500, False), (50, 500, True)],
)
def test_many_declines_or_mostly_declines_are_alarming(declined: int, paid: int, alarm: bool) -> None:
    assert testers.alarming(declined=declined, paid=paid) is alarm


def test_challenge_mode_opens_stays_while_cards_are_declined_and_closes_by_itself() -> None:
    def declined(times: int, now: datetime) -> None:
        Tally.objects.count_in({(now, Tally.Event.DECLINED): times})
        testers.watch(now)

    declined(9, NOW)
    assert not ChallengeMode.objects.on(NOW)
    declined(1, NOW)
    assert ChallengeMode.objects.on(NOW)
    later = NOW + timedelta(minutes=29)
    declined(10, later)
    assert ChallengeMode.objects.get().opened_at == NOW
    assert ChallengeMode.objects.on(later + timedelta(minutes=29))
    assert not ChallengeMode.objects.on(later + timedelta(minutes=30))
    again = later + timedelta(hours=1)
    testers.watch(again)
    assert not ChallengeMode.objects.on(again)  # what was declined an hour ago alarms nobody
    declined(50, again)
    assert ChallengeMode.objects.get().opened_at == again


def test_the_whole_service_is_in_challenge_mode_when_a_flood_comes_from_everywhere(campaign: Campaign) -> None:
    for _ in range(10):
        decline(gift(campaign, Whence(place(), place())))
    drain(timezone.now() + timedelta(seconds=1))
    assert ChallengeMode.objects.on(timezone.now())


def test_in_challenge_mode_a_declined_card_weighs_three_times_as_much(campaign: Campaign) -> None:
    challenge_on()
    whence = Whence(place(), place())
    decline(gift(campaign, whence))
    drain(timezone.now() + timedelta(seconds=1))
    assert level(whence.address) == 3 * ADDRESS.decline


def challenge_on() -> None:
    ChallengeMode.objects.turn_on(timezone.now(), timezone.now() + timedelta(minutes=30))


# The give page


@pytest.fixture
def stripe_down(settings: Settings) -> None:
    """Nobody listens at Stripe's address."""
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{embedded.free_port()}"


def send(browser: Client, campaign: Campaign, **changes: Any) -> Any:
    filled = {"often": "once", "gift": "50", "gift_currency": "USD", "email": "mina@example.org"}
    return browser.post(f"/give/{campaign.slug}/", filled | {"token": token()} | changes)


def fill(browser: Client, campaign: Campaign) -> None:
    """So that the next form from there is refused."""
    from donations.origin import whence

    request = browser.get(f"/give/{campaign.slug}/").wsgi_request
    request.COOKIES |= {name: morsel.value for name, morsel in browser.cookies.items()}
    testers.guessed(whence(request, timezone.now()), timezone.now(), typed="")
    for drop in testers._drops(whence(request, timezone.now()), timezone.now(), 2 * ADDRESS.holds, BROWSER.holds):
        Bucket.objects.pour([drop])


def test_a_refused_form_says_when_to_try_again_and_loses_nothing(campaign: Campaign) -> None:
    browser = Client()
    fill(browser, campaign)
    answer = send(browser, campaign, gift="123.45", name="Mina", message="courage", show_name="on")
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 3600 < int(answer.headers["Retry-After"]) <= 3700
    assert "again in 61 minutes" in page or "again in 62 minutes" in page
    assert "Nothing was charged" in page
    for typed in ("123.45", "mina@example.org", "Mina", "courage"):
        assert typed in page
    assert "checked" in page.split('name="show_name"')[1].split(">")[0]
    assert not Donation.objects.exists()
    assert Tally.objects.since(timezone.now() - timedelta(minutes=1))[Tally.Event.REFUSED] == 1


@pytest.mark.usefixtures("stripe_down")
def test_a_form_sent_twice_finds_its_gift_where_the_bucket_is_full_by_now(campaign: Campaign) -> None:
    browser, same = Client(), token()
    assert send(browser, campaign, token=same).status_code == 503
    fill(browser, campaign)
    assert send(browser, campaign, token=same).status_code == 503
    assert send(browser, campaign).status_code == 429
    assert Donation.objects.count() == 1


@pytest.mark.usefixtures("stripe_down")
def test_a_forged_header_neither_frees_the_one_nor_fills_up_another(campaign: Campaign) -> None:
    browser = Client(REMOTE_ADDR="203.0.113.7")
    fill(browser, campaign)
    for forged in ("198.51.100.1", "198.51.100.2, 192.0.2.1"):
        assert send(Client(REMOTE_ADDR="203.0.113.7", headers={"X-Forwarded-For": forged}), campaign).status_code == 429
    assert send(Client(REMOTE_ADDR="198.51.100.1"), campaign).status_code == 503


@pytest.mark.usefixtures("stripe_down")
def test_behind_a_proxy_one_visitor_is_refused_and_the_next_is_not(campaign: Campaign, settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    fill(Client(headers={"X-Forwarded-For": "203.0.113.7"}), campaign)
    assert send(Client(headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}), campaign).status_code == 429
    assert send(Client(headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}), campaign).status_code == 503


@pytest.mark.usefixtures("stripe_down")
def test_dropping_the_cookie_is_no_way_out(campaign: Campaign) -> None:
    answers = [send(Client(REMOTE_ADDR="203.0.113.7"), campaign).status_code for _ in range(16)]
    assert answers == [503] * 15 + [429]


@pytest.mark.usefixtures("stripe_down")
def test_no_lock_is_held_while_stripe_is_asked(campaign: Campaign) -> None:
    """What was poured is committed before Stripe is called: it is there although the call failed."""
    assert send(Client(), campaign).status_code == 503
    origin = Origin.objects.get()
    assert {bucket.key for bucket in Bucket.objects.all()} == {origin.address, origin.browser}


def queries_of(browser: Client, campaign: Campaign, **filled: Any) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        browser.post(f"/give/{campaign.slug}/", filled) if filled else browser.get(f"/give/{campaign.slug}/")
    tables = re.compile(r"donations_(?:bucket|challengemode|decline|origin|tally)")
    return [table for query in seen.captured_queries for table in tables.findall(query["sql"])[:1]]


@pytest.mark.usefixtures("stripe_down")
def test_showing_the_give_page_costs_one_query_more_and_sending_it_four(campaign: Campaign) -> None:
    browser = Client()
    assert queries_of(browser, campaign) == ["donations_challengemode"]
    filled = {"often": "once", "gift": "50", "gift_currency": "USD", "email": "mina@example.org", "token": token()}
    assert queries_of(browser, campaign, **filled) == [
        "donations_challengemode", "donations_bucket", "donations_origin", "donations_tally",
    ]  # fmt: skip


def read(text: str) -> str:
    """What a person types who reads the question in this."""
    words = {str(word): str(digit) for digit, word in enumerate(challenge.DIGITS)}
    question = re.search(r"Type these four numbers as digits: ([a-z, ]+)", text)
    assert question
    return "".join(words[word] for word in question[1].split(", "))


def answered() -> dict[str, str]:
    """A form that was shown a minute ago, with its question answered."""
    shown = token()
    return {"token": shown, "answer": read(challenge.question(shown))}


def test_the_form_asks_the_question_of_its_own_token_and_only_in_challenge_mode(campaign: Campaign) -> None:
    browser = Client()
    assert "id_answer" not in browser.get(f"/give/{campaign.slug}/").content.decode()
    challenge_on()
    page = browser.get(f"/give/{campaign.slug}/").content.decode()
    shown = re.search(r'name="token" value="([^"]+)"', page)
    assert shown
    assert challenge.answered(shown[1], read(page))


@pytest.mark.usefixtures("stripe_down")
def test_the_right_answer_in_any_digits_lets_the_gift_start(campaign: Campaign) -> None:
    challenge_on()
    right = answered()
    assert send(Client(), campaign, **right).status_code == 503
    right = answered()
    in_persian = right["answer"].translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert send(Client(), campaign, **right | {"answer": " ".join(in_persian)}).status_code == 503
    assert Donation.objects.count() == 2


def test_a_form_from_before_challenge_mode_comes_back_as_it_was_with_a_question(campaign: Campaign) -> None:
    challenge_on()
    answer = send(Client(), campaign, message="courage")
    page = answer.content.decode()
    assert (answer.status_code, Donation.objects.exists()) == (422, False)
    assert "courage" in page
    assert 'href="#id_answer"' in page
    assert read(page)
    assert not Bucket.objects.exists()


def test_a_wrong_answer_is_refused_counts_like_a_start_and_gets_another_question(campaign: Campaign) -> None:
    challenge_on()
    right = answered()
    wrong = f"{(int(right['answer']) + 1) % 10_000:04}"
    answer = send(Client(), campaign, **right | {"answer": wrong})
    page = answer.content.decode()
    assert (answer.status_code, Donation.objects.exists()) == (422, False)
    assert 'id="id_answer"' in page
    assert wrong not in page
    assert right["token"] not in page
    assert set(Bucket.objects.values_list("level", flat=True)) == {ADDRESS.start, BROWSER.start}
    assert Tally.objects.since(timezone.now() - timedelta(minutes=1))[Tally.Event.CHALLENGED] == 1


def test_guessing_ends_at_the_full_bucket(campaign: Campaign) -> None:
    challenge_on()
    for _ in range(15):
        send(Client(), campaign, answer="0")
    assert send(Client(), campaign, **answered()).status_code == 429


def test_an_answer_fits_its_own_form_and_no_other() -> None:
    forms = [token() for _ in range(20)]
    assert len({challenge.digits(each) for each in forms}) > 15
    assert all(challenge.answered(each, challenge.digits(each)) for each in forms)
    assert not challenge.answered(forms[0], "")
    assert not challenge.answered(forms[0], challenge.digits(forms[0]) + "1")


# The whole of it, with Stripe's sandbox


def test_a_tester_on_the_sandbox_is_stopped_and_everyone_else_gives_on(sandbox: Sandbox, campaign: Campaign) -> None:
    """It takes a new cookie for each card, reads the page, and answers the question as a person would."""
    stopped = 0
    for _ in range(30):
        browser = Client(REMOTE_ADDR="203.0.113.7")
        page = browser.get(f"/give/{campaign.slug}/").content.decode()
        sent = send(browser, campaign, **(answered() if "id_answer" in page else {}))
        if sent.status_code == 429:
            stopped += 1
            continue
        assert pay(sent.headers["Location"], DECLINED).status_code == 402
        heard(sandbox)
    assert 30 - stopped < 16  # less than a connection's bucket holds, as challenge mode came in between
    assert Donation.objects.count() == Decline.objects.count() == 30 - stopped
    assert ChallengeMode.objects.on(timezone.now())
    honest = Client(REMOTE_ADDR="198.51.100.1")
    assert pay(send(honest, campaign, **answered()).headers["Location"]).status_code == 303
    heard(sandbox)
    assert Donation.objects.get(state=State.PAID)


def heard(sandbox: Sandbox) -> None:
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + timedelta(seconds=1))


def test_a_page_on_which_many_cards_are_tried_is_closed(sandbox: Sandbox, campaign: Campaign) -> None:
    page = send(Client(), campaign).headers["Location"]
    for _ in range(9):
        assert pay(page, DECLINED).status_code == 402
    heard(sandbox)
    assert testers.close_pages(timezone.now()) == 0
    assert pay(page, DECLINED).status_code == 402
    heard(sandbox)
    assert testers.close_pages(timezone.now()) == 1
    assert Donation.objects.get().state == State.EXPIRED
    assert "has expired" in pay(page).text
    assert testers.close_pages(timezone.now()) == 0


@pytest.mark.usefixtures("stripe_down")
def test_with_stripe_down_a_page_stays_to_be_closed(campaign: Campaign) -> None:
    given = gift(campaign, Whence(place(), place()))
    Donation.objects.filter(pk=given.pk).update(checkout_session="cs_test_open")
    for _ in range(10):
        decline(given)
    drain(timezone.now() + timedelta(seconds=1))
    assert testers.close_pages(timezone.now()) == 0
    assert Donation.objects.get().state == State.OPEN


# What is kept, and for how long


@pytest.mark.usefixtures("stripe_down")
def test_no_address_and_no_cookie_is_stored_or_logged(campaign: Campaign, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Client(REMOTE_ADDR="203.0.113.77")
    browser.get(f"/give/{campaign.slug}/")
    for _ in range(16):
        send(browser, campaign)
    assert Tally.objects.since(timezone.now() - timedelta(minutes=1))[Tally.Event.REFUSED] == 1
    kept = [
        str(row)
        for model in (Bucket, ChallengeMode, Decline, Donation, Origin, StripeEvent, Tally)
        for row in model.objects.values()
    ]
    name = browser.cookies["browser"].value.partition(":")[0]
    logged = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert len(kept) > 30
    for secret in ("203.0.113", name):
        assert not [line for line in kept + logged if secret in line]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO donations_bucket VALUES ('203.0.113.7', '1 hour', '0', now())",
        "INSERT INTO donations_bucket VALUES (repeat('a', 32), '1 hour', '3 hours', now())",
        "UPDATE donations_origin SET address = '203.0.113.7'",
        "UPDATE donations_origin SET browser = ''",
        "INSERT INTO donations_challengemode VALUES (2, now(), now() + interval '1 hour')",
        "INSERT INTO donations_challengemode VALUES (1, now(), now())",
        "INSERT INTO donations_tally (minute, event, count) VALUES (now(), 'started', 0)",
    ],
)
def test_the_database_takes_no_address_no_second_switch_and_no_endless_bucket(
    campaign: Campaign, statement: str
) -> None:
    gift(campaign, Whence(place(), place()))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_has_served_is_forgotten_and_the_sums_stay(campaign: Campaign) -> None:
    now = timezone.now()
    empty, filled = Whence(place(), place()), Whence(place(), place())
    for whence, at in ((empty, now - timedelta(hours=2)), (filled, now)):
        testers.admit(whence, at)
        decline(gift(campaign, whence))
    drain(timezone.now() + timedelta(seconds=1))
    Bucket.objects.filter(key__in=[empty.address, empty.browser]).update(level=timedelta(minutes=59), updated_at=now)
    Tally.objects.count_in({(now - timedelta(days=days), Tally.Event.STARTED): 7 for days in (3, 4, 5)})
    before = Tally.objects.since(datetime(1970, 1, 1, tzinfo=UTC))

    testers.forget(now + timedelta(hours=1))
    assert set(Bucket.objects.values_list("key", flat=True)) == set()
    assert (Origin.objects.count(), Decline.objects.count()) == (2, 2)
    for _ in range(2):
        testers.forget(now + timedelta(days=1, minutes=1))
    assert (Origin.objects.count(), Decline.objects.count()) == (0, 2)
    assert Tally.objects.since(datetime(1970, 1, 1, tzinfo=UTC)) == before
    assert Tally.objects.filter(event=Tally.Event.STARTED).count() == 2
    testers.forget(now + timedelta(days=61))
    assert not Decline.objects.exists()


def test_a_bucket_that_still_holds_something_is_not_forgotten() -> None:
    whence = Whence(place(), place())
    testers.admit(whence, NOW)
    testers.forget(NOW + ADDRESS.start)
    assert set(Bucket.objects.values_list("key", flat=True)) == {whence.browser}


# The staff page


def test_staff_see_the_figures_and_whether_the_mode_is_on(campaign: Campaign, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    person = User.objects.create_user("treasurer", is_staff=True)
    browser = Client()
    browser.force_login(person)
    assert browser.get("/staff/donations/tally/").status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_tally"))
    assert "never was on" in browser.get("/staff/donations/tally/").content.decode()

    now = timezone.now()
    Tally.objects.count_in({(now, "started"): 31, (now - timedelta(hours=5), "started"): 11})
    whence = Whence(place(), place())
    for _ in range(15):
        testers.admit(whence, now)
    refused(whence, now)
    challenge_on()
    page = " ".join(browser.get("/staff/donations/tally/").content.decode().split())
    assert '<th scope="row">Gifts started</th> <td>31</td> <td>42</td>' in page
    assert "came from one place</th> <td>1</td> <td>1</td>" in page
    assert "Challenge mode is on since" in page
    ChallengeMode.objects.update(opened_at=now - timedelta(hours=3), until=now - timedelta(hours=2))
    assert "It was last on from" in browser.get("/staff/donations/tally/").content.decode()
