"""The first road of money, over real HTTP: from the form through Stripe's page and webhooks into the books."""

import concurrent.futures
import datetime
import threading
from urllib.parse import parse_qsl

import pytest
import requests
import stripe
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from donations import checkout, settlement
from donations.drain import drain
from donations.followup import follow_up
from donations.models import Donation, Product, State, StripeEvent, Sweep
from donations.sandbox.process import Sandbox
from ledger import chart
from ledger.money import Money
from tests.donations import build
from tests.donations.test_giving import send, token
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def heard(sandbox: Sandbox, seconds: int = 1) -> None:
    """Every webhook has been delivered, and the inbox emptied."""
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + datetime.timedelta(seconds=seconds))


def refreshed(donation: Donation) -> Donation:
    donation.refresh_from_db()
    return donation


def test_a_gift_from_the_form_to_the_books(sandbox: Sandbox, campaign: Campaign) -> None:
    answer = send(campaign, gift="۵۰")
    assert answer.status_code == 303
    back = pay(answer.headers["Location"])
    donation = Donation.objects.get()
    assert (back.status_code, back.headers["Location"]) == (303, f"{donation_url(donation)}thanks/")
    heard(sandbox)
    assert refreshed(donation).state == State.PAID
    assert "Thank you" in Client().get(f"/gifts/{donation.reference}/thanks/").content.decode()

    settlement.sweep()
    assert refreshed(donation).state == State.SETTLED
    assert campaign.raised() == Money(50_00, "USD")
    assert campaign.card_fund.balance(chart.STRIPE).minor == balance(sandbox)
    call_command("verify_ledger")


def donation_url(donation: Donation) -> str:
    from django.conf import settings

    return f"{settings.PUBLIC_URL}{donation.get_absolute_url()}"


def balance(sandbox: Sandbox) -> int:
    """What Stripe says it holds for us, in US cents."""
    answer = requests.get(f"{sandbox.url}/v1/balance", auth=("sk_test_tests", ""), timeout=10).json()
    return sum(part["amount"] for part in answer["available"] + answer["pending"] if part["currency"] == "usd")


def asked(sandbox: Sandbox, path: str) -> list[dict[str, str]]:
    """The parameters of every request to this path of Stripe's, first to last."""
    requests = [each for each in sandbox.look("requests")["requests"] if each["url"] == path]
    return [dict(parse_qsl(each["body"], keep_blank_values=True, strict_parsing=True)) for each in requests]


def test_what_we_ask_of_stripe_is_what_was_designed(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign, Money(20_00, "EUR"), language="pt-br")
    checkout.payment_page(donation)
    (asked_for,) = asked(sandbox, "/v1/checkout/sessions")
    assert (
        asked_for.items()
        >= {
            "mode": "payment",
            "submit_type": "donate",
            "client_reference_id": donation.reference,
            "metadata[donation]": donation.reference,
            "payment_intent_data[metadata][donation]": donation.reference,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": "2000",
            "locale": "pt-BR",
            "adaptive_pricing[enabled]": "false",
            "after_expiration[recovery][enabled]": "false",
        }.items()
    )
    names = " ".join(asked_for)
    for absent in ("payment_method_types", "receipt_email", "product_data", "line_items[1]"):
        assert absent not in names


@pytest.mark.parametrize("language", ["fa", "ps", "prs", "ar", "ur", "my"])
def test_whoever_reads_a_language_that_stripe_does_not_speak_gets_its_page_in_english(
    sandbox: Sandbox, campaign: Campaign, language: str
) -> None:
    checkout.payment_page(build.donation(campaign, language=language))
    assert [each["locale"] for each in asked(sandbox, "/v1/checkout/sessions")] == ["en"]


def test_every_gift_names_the_one_product_of_its_campaign(sandbox: Sandbox, campaign: Campaign) -> None:
    another = build.campaign("winter-relief", title="Winter relief")
    for to in (campaign, campaign, another):
        checkout.payment_page(build.donation(to))
    products = asked(sandbox, "/v1/products")
    assert [product["name"] for product in products] == ["Flood relief", "Winter relief"]
    flood, winter = (product["id"] for product in products)
    assert flood != winter
    named = [each["line_items[0][price_data][product]"] for each in asked(sandbox, "/v1/checkout/sessions")]
    assert named == [flood, flood, winter]


def test_asking_twice_gives_the_same_page(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    first = checkout.payment_page(donation)
    assert checkout.payment_page(donation) == first  # as a second tab, which knows no session yet
    assert checkout.payment_page(refreshed(donation)) == first


def test_killed_between_stripes_answer_and_our_row_the_gift_still_has_one_page(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    donation = build.donation(campaign)
    first = checkout.payment_page(donation)
    Donation.objects.filter(pk=donation.pk).update(checkout_session=None)
    Product.objects.all().delete()
    assert checkout.payment_page(refreshed(donation)) == first


def test_two_posts_of_one_form_at_once_make_one_donation_and_one_session(sandbox: Sandbox, campaign: Campaign) -> None:
    same = token()

    def post(_: int) -> str:
        try:
            return str(send(campaign, token=same).headers["Location"])
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        pages = set(threads.map(post, range(2)))
    assert len(pages) == 1
    assert Donation.objects.count() == 1


def test_each_event_redelivered_three_times_changes_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", duplicate=3, shuffle=True)
    donation = build.donation(campaign)
    pay(checkout.payment_page(donation))
    heard(sandbox)
    settlement.sweep()
    once = refreshed(donation).state, StripeEvent.objects.count()
    sandbox.control("deliveries/resend", times=3)
    heard(sandbox)
    settlement.sweep()
    assert (refreshed(donation).state, StripeEvent.objects.count()) == once
    assert campaign.raised() == Money(50_00, "USD")


def test_a_gift_whose_webhooks_are_all_lost_is_found_by_the_sweep(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    donation = build.donation(campaign)
    pay(checkout.payment_page(donation))
    heard(sandbox)
    assert (StripeEvent.objects.count(), refreshed(donation).state) == (0, State.OPEN)
    settlement.sweep()
    assert refreshed(donation).state == State.SETTLED


def test_a_silent_stripe_is_asked_what_became_of_the_gift(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    paid, left = build.donation(campaign), build.donation(campaign)
    pay(checkout.payment_page(paid))
    checkout.payment_page(left)
    sandbox.control("clock", advance=25 * 3600)
    follow_up(timezone.now() + datetime.timedelta(minutes=5))
    assert (refreshed(paid).state, refreshed(left).state) == (State.PAID, State.EXPIRED)


def test_a_declined_card_leaves_the_gift_open_and_another_one_pays_it(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    page = checkout.payment_page(donation)
    for number in ("4000000000000002", "4000000000009995"):
        assert pay(page, number).status_code == 402
    heard(sandbox)
    assert refreshed(donation).state == State.OPEN
    pay(page)
    heard(sandbox)
    assert refreshed(donation).state == State.PAID


def test_a_gift_left_on_stripes_page_expires(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    checkout.payment_page(donation)
    sandbox.control("clock", advance=25 * 3600)
    heard(sandbox)
    assert refreshed(donation).state == State.EXPIRED
    assert "Start again" in Client().get(donation.get_absolute_url()).content.decode()


def test_a_cancelled_gift_cannot_be_paid_any_more(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    page = checkout.payment_page(donation)
    Client().post(f"/gifts/{donation.reference}/cancel/")
    assert refreshed(donation).state == State.CANCELLED
    assert pay(page).status_code != 303
    heard(sandbox)
    assert refreshed(donation).state == State.CANCELLED


def test_paid_in_one_tab_while_cancelled_in_another_is_paid(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    sandbox.control("deliveries", mode="drop")
    pay(checkout.payment_page(donation))
    page = Client().post(f"/gifts/{donation.reference}/cancel/", follow=True).content.decode()
    assert "has arrived" in page
    assert refreshed(donation).state == State.PAID


def test_a_gift_in_another_currency_settles_in_the_funds(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign, Money(10_000, "JPY"))
    pay(checkout.payment_page(donation))
    heard(sandbox)
    settlement.sweep()
    movement = refreshed(donation).balance_transactions.get()
    assert (movement.currency, donation.amount) == ("USD", Money(10_000, "JPY"))
    assert movement.exchange_rate is not None
    assert campaign.raised().minor == movement.amount


@pytest.mark.parametrize(("status", "times"), [(429, 2), (409, 1)], ids=["too many calls", "the same is in flight"])
def test_a_stripe_that_is_too_busy_for_a_moment_is_asked_again(
    sandbox: Sandbox, campaign: Campaign, status: int, times: int
) -> None:
    donation = build.donation(campaign)
    sandbox.control("faults", path="/v1/checkout/sessions", status=status, times=times)
    assert checkout.payment_page(donation).startswith(sandbox.url)


def test_a_slow_stripe_is_not_waited_for_forever_and_the_gift_is_resumed(
    sandbox: Sandbox, campaign: Campaign, settings: Settings
) -> None:
    settings.STRIPE_PAGE_TIMEOUT = 0.3
    sandbox.control("faults", path="/v1/checkout/sessions", status="timeout", times=2)
    answer = send(campaign)
    assert answer.status_code == 503
    settings.STRIPE_PAGE_TIMEOUT = 6.0
    donation = Donation.objects.get()
    assert donation.state == State.OPEN
    resumed = Client().post(f"/gifts/{donation.reference}/resume/")
    assert resumed.status_code == 303
    pay(resumed.headers["Location"])
    heard(sandbox)
    assert refreshed(donation).state == State.PAID


def test_a_failure_that_stripe_remembers_is_not_asked_for_again(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    sandbox.control("faults", path="/v1/checkout/sessions", status=500, times=1)
    with pytest.raises(checkout.StripeUnavailable):
        checkout.payment_page(donation)
    assert checkout.payment_page(refreshed(donation)).startswith(sandbox.url)


def test_a_gift_that_is_paid_is_not_brought_to_stripe_again(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    sandbox.control("deliveries", mode="drop")
    pay(checkout.payment_page(donation))
    answer = Client().post(f"/gifts/{donation.reference}/resume/")
    assert (answer.status_code, answer.headers["Location"]) == (302, donation.get_absolute_url())
    assert "has arrived" in Client().get(donation.get_absolute_url()).content.decode()  # no webhook was heard yet


def test_our_own_link_of_an_older_api_version_is_read_in_ours(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    sandbox.control("deliveries", mode="drop")
    pay(checkout.payment_page(donation))
    session = refreshed(donation).checkout_session
    StripeEvent.objects.create(
        stripe_id="evt_old",
        kind="checkout.session.completed",
        body='{"id": "evt_old", "type": "checkout.session.completed", "object": "event", "livemode": false,'
        f' "api_version": "2020-08-27", "data": {{"object": {{"object": "checkout.session", "id": "{session}"}}}}}}',
    )
    heard(sandbox)
    assert refreshed(donation).state == State.PAID


def test_cancelling_while_stripe_is_silent_decides_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    checkout.payment_page(donation)
    sandbox.control("faults", path="/v1/checkout/sessions", status=503, times=4)
    answer = Client().post(f"/gifts/{donation.reference}/cancel/")
    assert answer.status_code == 503
    assert "Nothing was charged" not in answer.content.decode()
    assert refreshed(donation).state == State.OPEN


def test_a_session_opened_while_the_donor_cancelled_is_expired(sandbox: Sandbox, campaign: Campaign) -> None:
    donation = build.donation(campaign)
    Donation.objects.filter(pk=donation.pk).move(State.CANCELLED)  # in another tab, while this one asks Stripe
    with pytest.raises(checkout.Finished):
        checkout.payment_page(donation)
    sessions = [each for each in sandbox.look("requests")["requests"] if each["url"].endswith("/expire")]
    assert [each["response"]["status"] for each in sessions] == ["expired"]


def test_a_form_sent_again_with_other_words_is_another_gift(sandbox: Sandbox, campaign: Campaign) -> None:
    same = token()
    assert send(campaign, token=same, gift="500", email="typo@example.org").status_code == 303
    assert send(campaign, token=same, gift="50").status_code == 422
    assert Donation.objects.count() == 1


def test_what_stripe_will_never_take_ends_the_gift_and_the_donor_starts_again(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    donation = build.donation(campaign, email="no address")
    answer = Client().post(f"/gifts/{donation.reference}/resume/")
    page = Client().get(answer.headers["Location"]).content.decode()
    assert "did not go through" in page
    assert "Start again" in page


def test_while_one_worker_sweeps_the_others_ask_stripe_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("gifts", gifts=[{"metadata": {"donation": build.donation(campaign).reference}}])
    begun, over = threading.Event(), threading.Event()
    before = sandbox.control("requests/count")

    def sweep_slowly() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [settlement.TURN])
            begun.set()
            over.wait(20)
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [settlement.TURN])
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        other = threads.submit(sweep_slowly)
        begun.wait(20)
        assert settlement.keep_up() == 0
        assert sandbox.control("requests/count") == before
        over.set()
        other.result()
    assert [settlement.keep_up(), settlement.keep_up()] == [1, 0]


def test_a_sweep_reads_every_page_and_then_only_what_is_new(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    gifts = [build.donation(campaign) for _ in range(120)]
    sandbox.control("gifts", gifts=[{"metadata": {"donation": gift.reference}} for gift in gifts])
    assert [settlement.sweep(), settlement.sweep()] == [120, 0]
    assert campaign.raised() == Money(120 * 50_00, "USD")
    assert campaign.card_fund.balance(chart.STRIPE).minor == balance(sandbox)


def test_a_movement_that_stripe_lists_late_is_found_by_the_sweep_that_reads_far_back(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    sandbox.control("deliveries", mode="drop")
    pay(checkout.payment_page(build.donation(campaign)))
    Sweep.reached(settlement.SWEEP, timezone.now() + datetime.timedelta(hours=5))
    assert settlement.sweep() == 0
    assert settlement.sweep(settlement.LATE) == 1


def test_a_sweep_that_stumbles_does_not_move_the_mark(sandbox: Sandbox, campaign: Campaign) -> None:
    pay(checkout.payment_page(build.donation(campaign)))
    sandbox.control("faults", path="/v1/balance_transactions", status=500, times=3)
    with pytest.raises(stripe.APIError):
        settlement.sweep()
    assert not Sweep.objects.exists()
    assert settlement.sweep() == 1
