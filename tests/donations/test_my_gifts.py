"""A donor sees and changes their gifts by a mailed link: once, for half an hour, and nobody else's."""

import concurrent.futures
import datetime
import re
from typing import Any

import pytest
import requests
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from config import embedded
from donations import changes, links
from donations.drain import drain
from donations.models import Donation, DonorLink, MonthlyGift
from donations.sandbox.process import Sandbox
from donations.stripe_api import client
from donations.subscription import Promise
from ledger.money import Money
from tests.donations import build
from tests.donations.sandbox.test_subscriptions import monthly as standing_order
from tests.donations.test_monthly import begun, heard, refreshed
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)
CARD = {"number": "5555555555554444", "expiry": "12 / 41", "cvc": "123"}
FAILS_LATER = "4000000000000341"


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def ask(email: str = "mina@example.org") -> Any:
    return Client().post("/my-gifts/", {"email": email}, follow=True)


def mailed(now: datetime.datetime | None = None) -> str:
    """The path of the link in the newest mail, once the workers have been at it."""
    links.mail_all(now or timezone.now())
    found = re.search(r"https?://[^/]+(/my-gifts/open/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def visitor(email: str = "mina@example.org") -> Client:
    """A browser in which these gifts are open."""
    ask(email)
    browser = Client()
    assert browser.post(mailed()).status_code == 302
    return browser


def paid_gift(campaign: Campaign, **changes: Any) -> Donation:
    return build.donation(campaign, state="paid", charged_at=timezone.now(), **changes)


def test_known_and_unknown_addresses_get_the_same_answer_and_only_one_of_them_a_mail(campaign: Campaign) -> None:
    paid_gift(campaign, email="mina@example.org")
    answers = [ask(email) for email in ("mina@example.org", "nobody@example.org")]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert links.mail_all(timezone.now()) == 2
    assert [letter.to for letter in mail.outbox] == [["mina@example.org"]]


def test_an_address_of_whom_nothing_came_is_unknown(campaign: Campaign) -> None:
    build.donation(campaign, email="mina@example.org")
    ask()
    links.mail_all(timezone.now())
    assert mail.outbox == []


@pytest.mark.parametrize("typed", ["", "mina", "mina@"])
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    answer = ask(typed)
    assert answer.status_code == 422
    assert not DonorLink.objects.exists()


def test_the_link_opens_the_gifts_once(campaign: Campaign) -> None:
    gift = paid_gift(campaign)
    paid_gift(campaign, email="omid@example.org", amount=Money(77_00, "USD"))
    ask("MINA@example.org")
    path = mailed()
    browser = Client()
    assert browser.post(path, follow=True).status_code == 200
    page = browser.get("/my-gifts/").content.decode()
    assert gift.campaign.title in page
    assert Money(77_00, "USD").format() not in page
    again = Client().post(path)
    assert (again.status_code, "not good any more" in again.content.decode()) == (410, True)


def test_to_look_at_the_link_uses_nothing_up(campaign: Campaign) -> None:
    paid_gift(campaign)
    ask()
    path = mailed()
    for _ in range(3):
        assert "Show my gifts" in Client().get(path).content.decode()
        Client().head(path)
    assert Client().post(path).status_code == 302


def test_the_link_is_good_for_half_an_hour(campaign: Campaign) -> None:
    paid_gift(campaign)
    ask()
    path = mailed()
    token = path.rstrip("/").rpartition("/")[2]
    minutes = datetime.timedelta(minutes=29)
    assert DonorLink.objects.openable(token, timezone.now() + minutes).exists()
    assert not DonorLink.objects.openable(token, timezone.now() + minutes * 2).exists()


def test_a_made_up_link_opens_nothing(campaign: Campaign) -> None:
    assert Client().get("/my-gifts/open/AAAA/").status_code == 410
    assert Client().post("/my-gifts/open/AAAA/").status_code == 410


def test_the_database_has_no_link_that_could_be_used(campaign: Campaign) -> None:
    paid_gift(campaign)
    ask()
    token = mailed().rstrip("/").rpartition("/")[2]
    row = DonorLink.objects.values().get()
    assert token not in str(row)
    assert re.fullmatch(r"[0-9a-f]{64}", str(row["digest"]))


def test_nobody_is_flooded_with_mail(campaign: Campaign) -> None:
    paid_gift(campaign)
    for _ in range(6):
        ask()
    links.mail_all(timezone.now())
    assert len(mail.outbox) == 3


def test_a_mail_that_cannot_be_sent_is_tried_again_and_then_let_be(campaign: Campaign, settings: Settings) -> None:
    paid_gift(campaign)
    ask()
    good = settings.MAILERS
    port = embedded.free_port()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port},
        }
    }
    assert links.mail_all(timezone.now()) == 1
    assert DonorLink.objects.get().digest is None
    settings.MAILERS = good
    links.mail_all(timezone.now() + datetime.timedelta(minutes=31))
    assert mail.outbox == []
    links.mail_all(timezone.now())
    assert len(mail.outbox) == 1


def test_requests_are_forgotten_after_a_day(campaign: Campaign) -> None:
    ask()
    links.mail_all(timezone.now() + datetime.timedelta(hours=25))
    assert not DonorLink.objects.exists()


def test_the_visit_ends_by_itself_and_by_a_button(campaign: Campaign) -> None:
    paid_gift(campaign)
    browser = visitor()
    assert "All gifts and receipts" in browser.get("/my-gifts/").content.decode()
    later = timezone.now() + datetime.timedelta(minutes=31)
    assert links.address_in(browser.session, later) == ""
    browser.post("/my-gifts/leave/")
    assert "Send me a link" in browser.get("/my-gifts/").content.decode()


def test_pages_are_kept_out_of_caches_and_show_nothing_without_a_visit(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    browser = visitor()
    for path in ("/my-gifts/", gift.get_absolute_url(), f"{gift.get_absolute_url()}stop/"):
        assert "no-store" in browser.get(path).headers["Cache-Control"]
    for path in ("", "stop/", "pause/", "card/", "card/done/"):
        for answer in (Client().get(gift.get_absolute_url() + path), Client().post(gift.get_absolute_url() + path)):
            assert answer.status_code in {302, 405}
    assert refreshed(gift).state == Promise.ACTIVE


def test_another_donors_gift_is_not_found(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    paid_gift(campaign, email="omid@example.org")
    browser = visitor("omid@example.org")
    for path in ("", "stop/", "pause/"):
        assert browser.post(gift.get_absolute_url() + path, {"amount": "5"}).status_code == 404
    assert refreshed(gift).state == Promise.ACTIVE


def test_the_amount_is_changed_from_the_next_payment_on(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    answer = visitor().post(gift.get_absolute_url(), {"amount": "40", "amount_currency": "USD"}, follow=True)
    assert "The new amount is taken from the next payment day on" in answer.content.decode()
    assert refreshed(gift).amount == Money(40_00, "USD")
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert gift.donations.latest("pk").amount == Money(40_00, "USD")
    assert gift.first_donation().amount == Money(25_00, "USD")
    bodies = " ".join(each["body"] for each in sandbox.look("requests")["requests"])
    assert "proration_behavior=none" in bodies


@pytest.mark.parametrize(
    ("typed", "words"), [("1", "from"), ("99999999", "from"), ("1e3", "amount"), ("", "Enter an amount")]
)
def test_a_wrong_amount_is_refused_in_words(sandbox: Sandbox, campaign: Campaign, typed: str, words: str) -> None:
    gift = begun(sandbox, campaign)
    answer = visitor().post(gift.get_absolute_url(), {"amount": typed, "amount_currency": "USD"})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors.as_text().split())
    assert refreshed(gift).amount == Money(25_00, "USD")


def test_a_pause_is_asked_about_and_then_nothing_is_taken_until_the_donor_goes_on(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    assert "Pause this gift?" in browser.get(f"{gift.get_absolute_url()}pause/").content.decode()
    assert refreshed(gift).state == Promise.ACTIVE
    page = browser.post(f"{gift.get_absolute_url()}pause/", follow=True).content.decode()
    assert "Your gift is paused" in page
    assert refreshed(gift).state == Promise.PAUSED
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert gift.donations.count() == 1
    assert "Your gift goes on" in browser.post(f"{gift.get_absolute_url()}go-on/", follow=True).content.decode()
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.ACTIVE, 2)


def test_in_a_pause_stripe_does_not_try_again_what_has_failed(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = late(sandbox, campaign), visitor()
    assert "Your gift is paused" in browser.post(f"{gift.get_absolute_url()}pause/", follow=True).content.decode()
    assert client().v1.invoices.list({"status": "open"}).data == []
    sandbox.control("clock", advance=20 * 24 * 3600)
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.PAUSED, 1)


def test_a_new_card_in_a_pause_pays_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = late(sandbox, campaign), visitor()
    client().v1.subscriptions.update(str(gift.subscription), {"pause_collection": {"behavior": "void"}})
    put_in_card(browser, gift)
    assert "new card is used" in browser.get(f"{gift.get_absolute_url()}card/done/", follow=True).content.decode()
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.PAUSED, 1)


def test_a_gift_that_stripe_paused_goes_on_on_its_payment_day(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    sandbox.control("subscriptions/status", subscription=gift.subscription, status="paused")
    heard(sandbox)
    due = refreshed(gift).next_on
    assert "Your gift goes on" in browser.post(f"{gift.get_absolute_url()}go-on/", follow=True).content.decode()
    assert (refreshed(gift).state, gift.status, gift.next_on) == (Promise.ACTIVE, "active", due)


def of_two_items(sandbox: Sandbox, campaign: Campaign) -> MonthlyGift:
    """Somebody has added an item to it at Stripe, where we know of one."""
    gift, wanted, api = begun(sandbox, campaign), standing_order(), client().v1.checkout.sessions
    session = api.create(wanted | {"line_items": wanted["line_items"] * 2})
    pay(str(session.url))
    MonthlyGift.objects.update(subscription=str(api.retrieve(session.id).subscription))
    return refreshed(gift)


def test_what_stripe_did_is_done_though_we_do_not_understand_its_answer(
    sandbox: Sandbox, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    gift, browser = of_two_items(sandbox, campaign), visitor()
    assert "Your gift is paused" in browser.post(f"{gift.get_absolute_url()}pause/", follow=True).content.decode()
    assert client().v1.subscriptions.retrieve(str(gift.subscription)).pause_collection
    assert f"monthly gift {gift.pk} cannot be understood" in caplog.text
    assert gift.email not in caplog.text
    assert "Your gift is stopped" in browser.post(f"{gift.get_absolute_url()}stop/", follow=True).content.decode()
    assert refreshed(gift).state == Promise.ENDED


def test_a_stop_is_asked_about_and_is_for_good(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    path = f"{gift.get_absolute_url()}stop/"
    assert "Stop this gift?" in browser.get(path).content.decode()
    assert refreshed(gift).state == Promise.ACTIVE
    assert "Your gift is stopped" in browser.post(path, follow=True).content.decode()
    assert (refreshed(gift).state, gift.ended_reason) == (Promise.ENDED, "cancellation_requested")
    assert "This gift is stopped" in browser.post(path, follow=True).content.decode()
    for address in (f"{gift.get_absolute_url()}card/", f"{gift.get_absolute_url()}card/done/"):
        assert browser.post(address).status_code == 302 or browser.get(address).status_code == 302
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert gift.donations.count() == 1


def test_a_deed_that_there_is_not_is_not_found(sandbox: Sandbox, campaign: Campaign) -> None:
    assert visitor_of(begun(sandbox, campaign), "double").status_code == 404


def visitor_of(gift: MonthlyGift, deed: str) -> Any:
    return visitor().post(f"{gift.get_absolute_url()}{deed}/")


def late(sandbox: Sandbox, campaign: Campaign) -> MonthlyGift:
    """Its second payment has failed, and Stripe will try again."""
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    return refreshed(gift)


def put_in_card(browser: Client, gift: MonthlyGift) -> None:
    page = browser.post(f"{gift.get_absolute_url()}card/").headers["Location"]
    assert requests.post(page, CARD, timeout=20, allow_redirects=False).status_code == 303


def test_the_card_is_changed_on_stripes_page_and_what_is_due_is_paid_with_it(
    sandbox: Sandbox, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    assert "did not go through" in browser.get(gift.get_absolute_url()).content.decode()
    portal = browser.post(f"{gift.get_absolute_url()}card/")
    assert portal.status_code == 303
    page = portal.headers["Location"]
    back = requests.post(page, CARD, timeout=20, allow_redirects=False).headers["Location"]
    assert back.endswith(f"{gift.get_absolute_url()}card/done/")
    assert "new card is used" in browser.get(f"{gift.get_absolute_url()}card/done/", follow=True).content.decode()
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.ACTIVE, 2)
    subscription = client().v1.subscriptions.retrieve(str(gift.subscription), {"expand": ["default_payment_method"]})
    assert subscription.default_payment_method.card.last4 == "4444"  # type: ignore[union-attr]
    assert page.rpartition("/")[2] not in caplog.text
    assert page.rpartition("/")[2] not in " ".join(str(letter.body) for letter in mail.outbox)


def test_a_new_card_that_is_refused_says_so_and_is_tried_again(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    page = browser.post(f"{gift.get_absolute_url()}card/").headers["Location"]
    requests.post(page, CARD | {"number": FAILS_LATER}, timeout=20, allow_redirects=False)
    shown = browser.get(f"{gift.get_absolute_url()}card/done/").content.decode()
    assert "did not accept the payment" in shown
    assert refreshed(gift).state == Promise.LATE


def test_coming_back_without_a_new_card_pays_nothing_and_is_told_of_none(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = late(sandbox, campaign), visitor()
    page = requests.get(browser.post(f"{gift.get_absolute_url()}card/").headers["Location"], timeout=20).text
    assert f'{gift.get_absolute_url()}"' in page
    assert "card/done" not in page
    client().v1.customers.update(gift.customer, {"invoice_settings": {"default_payment_method": card_of(gift)}})
    assert "card is used" not in browser.get(f"{gift.get_absolute_url()}card/done/", follow=True).content.decode()
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.LATE, 1)


def card_of(gift: MonthlyGift) -> str:
    return str(client().v1.subscriptions.retrieve(str(gift.subscription)).default_payment_method)


def test_eight_times_back_at_once_pays_once_and_is_no_error(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = late(sandbox, campaign), visitor()
    put_in_card(browser, gift)

    def work(_: int) -> bool:
        try:
            return changes.take_over_card(MonthlyGift.objects.get())
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert any(threads.map(work, range(8)))
    heard(sandbox)
    assert (refreshed(gift).state, gift.donations.count()) == (Promise.ACTIVE, 2)


def test_coming_back_without_a_new_card_changes_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    before = client().v1.subscriptions.retrieve(str(gift.subscription)).default_payment_method
    browser.get(f"{gift.get_absolute_url()}card/done/")
    assert client().v1.subscriptions.retrieve(str(gift.subscription)).default_payment_method == before


def test_one_portal_is_made_for_all(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    for _ in range(2):
        browser.post(f"{gift.get_absolute_url()}card/")
        sandbox.control("clock", advance=25 * 3600)  # Stripe has forgotten our idempotency key
    assert len(client().v1.billing_portal.configurations.list().data) == 1


@pytest.mark.parametrize("deed", ["", "pause/", "stop/", "card/"])
def test_with_stripe_down_the_page_says_so_and_nothing_is_changed(
    sandbox: Sandbox, campaign: Campaign, settings: Settings, deed: str
) -> None:
    gift, browser = begun(sandbox, campaign), visitor()
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{embedded.free_port()}"
    answer = browser.post(gift.get_absolute_url() + deed, {"amount": "40", "amount_currency": "USD"})
    assert (answer.status_code, "nothing is changed" in answer.content.decode()) == (503, True)
    assert (refreshed(gift).state, gift.amount) == (Promise.ACTIVE, Money(25_00, "USD"))


def test_the_mailed_stop_link_asks_stops_this_gift_and_no_other(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    path = links.stop_address(gift).partition("/my-gifts/")[2]
    path = f"/my-gifts/{path}"
    page = Client().get(path).content.decode()
    assert "Stop this gift?" in page
    assert "mina@example.org" not in page
    assert refreshed(gift).state == Promise.ACTIVE
    for _ in range(2):
        assert "Your gift is stopped" in Client().post(path).content.decode()
    assert refreshed(gift).state == Promise.ENDED
    for wrong in (path[:-3] + "xx/", "/my-gifts/stop/AAAA/"):
        assert Client().post(wrong).status_code == 404


def test_the_stop_link_says_so_when_stripe_is_down(sandbox: Sandbox, campaign: Campaign, settings: Settings) -> None:
    gift = begun(sandbox, campaign)
    path = "/my-gifts/" + links.stop_address(gift).partition("/my-gifts/")[2]
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{embedded.free_port()}"
    answer = Client().post(path)
    assert (answer.status_code, "nothing is changed" in answer.content.decode()) == (503, True)
    assert refreshed(gift).state == Promise.ACTIVE


def test_changed_here_or_told_by_stripe_it_is_the_same(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    client().v1.subscriptions.cancel(str(gift.subscription))
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + datetime.timedelta(seconds=1))
    assert refreshed(gift).state == Promise.ENDED
