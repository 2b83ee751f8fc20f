"""A monthly gift over real HTTP: begun on the give page, renewed by Stripe, every payment of it in the books once."""

import concurrent.futures
import datetime
import json
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone
from pytest_django import Settings

from appeal.models import Campaign
from config import embedded
from donations import changes, letters, links, monthly, settlement
from donations.drain import drain
from donations.models import BalanceTransaction, Donation, MonthlyGift, State, StripeEvent
from donations.reconcile import reconcile
from donations.sandbox.process import Sandbox
from donations.stripe_api import client
from donations.subscription import Promise
from ledger import chart
from ledger.models import Fund
from ledger.money import Money
from tests.donations import build
from tests.donations.test_giving import send, token
from tests.donations.test_road import asked, balance
from tests.stripe_sandbox import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def heard(sandbox: Sandbox, seconds: int = 1) -> None:
    """Every webhook has been delivered, and the inbox emptied, of what was put off too."""
    assert sandbox.control("deliveries/wait")["quiet"]
    drain(timezone.now() + datetime.timedelta(seconds=seconds))
    drain(timezone.now() + datetime.timedelta(minutes=2))


def begun(sandbox: Sandbox, campaign: Campaign, **changes: Any) -> MonthlyGift:
    """A monthly gift whose first payment is made, and heard of."""
    answer = send(campaign, **{"often": "month", "gift": "25"} | changes)
    assert answer.status_code == 303, answer.content.decode()
    assert pay(answer.headers["Location"]).status_code == 303
    heard(sandbox)
    return MonthlyGift.objects.get()


def refreshed[Row: (Donation, MonthlyGift)](row: Row) -> Row:
    row.refresh_from_db()
    return row


def states() -> list[str]:
    return list(Donation.objects.order_by("pk").values_list("state", flat=True))


def books_agree(sandbox: Sandbox, campaign: Campaign) -> None:
    held = sum(fund.balance(chart.STRIPE).minor for fund in Fund.objects.all())
    assert held == balance(sandbox)
    assert Fund.objects.general("USD").balance(chart.SUSPENSE).minor == 0
    call_command("verify_ledger")


def test_a_monthly_gift_from_the_form_through_a_renewal_into_the_books(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    assert (gift.state, gift.every, gift.amount, gift.email) == (
        Promise.ACTIVE, "month", Money(25_00, "USD"), "mina@example.org",
    )  # fmt: skip
    first = gift.first_donation()
    assert (first.state, first.amount, bool(first.payment_intent), bool(first.invoice)) == (
        State.PAID, Money(25_00, "USD"), True, True,
    )  # fmt: skip

    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert states() == [State.PAID, State.PAID]
    second = gift.donations.latest("pk")
    assert (second.amount, second.email, second.campaign) == (first.amount, first.email, campaign)
    settlement.sweep()
    assert states() == [State.SETTLED, State.SETTLED]
    assert campaign.raised() == Money(50_00, "USD")
    books_agree(sandbox, campaign)
    assert not StripeEvent.objects.waiting().exists()


def test_what_we_ask_of_stripe_is_what_was_designed(sandbox: Sandbox, campaign: Campaign) -> None:
    send(campaign, often="year", gift="120")
    gift, donation = MonthlyGift.objects.get(), Donation.objects.get()
    (session,) = asked(sandbox, "/v1/checkout/sessions")
    assert (
        session.items()
        >= {
            "mode": "subscription",
            "client_reference_id": donation.reference,
            "metadata[donation]": donation.reference,
            "metadata[monthly_gift]": gift.reference,
            "subscription_data[metadata][monthly_gift]": gift.reference,
            "line_items[0][price_data][recurring][interval]": "year",
            "line_items[0][price_data][unit_amount]": "12000",
        }.items()
    )
    names = " ".join(session)
    for absent in ("payment_intent_data", "submit_type", "payment_method_types", "customer_creation"):
        assert absent not in names


@pytest.mark.parametrize("often", ["", "daily", None])
def test_how_often_is_asked_and_never_guessed(campaign: Campaign, often: str | None) -> None:
    answer = send(campaign, often=often)
    assert answer.status_code == 422
    assert "once, every month or every year" in answer.content.decode()
    assert not Donation.objects.exists()


def test_one_form_sent_twice_makes_one_promise(sandbox: Sandbox, campaign: Campaign) -> None:
    same = token()
    pages = {send(campaign, often="month", token=same).headers["Location"] for _ in range(2)}
    assert (len(pages), MonthlyGift.objects.count(), Donation.objects.count()) == (1, 1, 1)
    assert send(campaign, often="once", token=same).status_code == 422


def test_a_monthly_gift_never_paid_for_is_none(sandbox: Sandbox, campaign: Campaign) -> None:
    send(campaign, often="month")
    sandbox.control("clock", advance=25 * 3600)
    heard(sandbox)
    assert (states(), MonthlyGift.objects.get().state) == ([State.EXPIRED], Promise.OPEN)
    assert not MonthlyGift.objects.started().exists()


def test_lost_webhooks_change_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    assert states() == [State.OPEN]
    settlement.sweep()
    assert states() == [State.SETTLED, State.SETTLED]
    assert {bool(each.invoice) for each in gift.donations.all()} == {True}
    monthly.keep_up(timezone.now())
    assert (refreshed(gift).state, gift.status, bool(gift.next_on)) == (Promise.ACTIVE, "active", True)
    books_agree(sandbox, campaign)


def test_reconcile_finds_what_was_lost_and_then_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew")
    now = timezone.now()
    found = list(reconcile(now - datetime.timedelta(hours=1), now))
    assert found
    assert [difference for difference in found if not difference.repaired] == []
    assert (states(), refreshed(gift).status) == ([State.SETTLED] * 2, "active")
    client().v1.subscriptions.cancel(str(gift.subscription))
    assert len(list(reconcile(now - datetime.timedelta(hours=1), now))) == 1
    assert refreshed(gift).state == Promise.ENDED
    assert list(reconcile(now - datetime.timedelta(hours=1), now)) == []


def test_what_comes_twice_or_after_the_sweep_changes_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="hold", duplicate=2, shuffle=True)
    begun(sandbox, campaign)
    sandbox.control("subscriptions/renew")
    settlement.sweep()
    once = states()
    sandbox.control("deliveries/release")
    heard(sandbox)
    sandbox.control("deliveries/resend", times=2)
    heard(sandbox)
    settlement.sweep()
    assert (states(), once) == ([State.SETTLED] * 2, [State.SETTLED] * 2)
    books_agree(sandbox, campaign)
    assert not StripeEvent.objects.waiting().exists()


def test_a_charge_that_is_in_the_books_is_not_asked_about_again(sandbox: Sandbox, campaign: Campaign) -> None:
    sandbox.control("deliveries", mode="drop")
    begun(sandbox, campaign)
    sandbox.control("gifts")
    settlement.sweep()
    asked_once = len(looked_up(sandbox))
    settlement.sweep()
    assert asked_once == len(looked_up(sandbox)) == 2


def looked_up(sandbox: Sandbox) -> list[str]:
    return [each["url"] for each in sandbox.look("requests")["requests"] if each["path"] == "/v1/invoice_payments"]


def test_a_payment_that_was_booked_before_stripe_said_what_for_leaves_suspense(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    sandbox.control("deliveries", mode="hold")
    begun(sandbox, campaign)
    rows = client().v1.balance_transactions.list({"expand": ["data.source"]}).to_dict()["data"]
    settlement.book([settlement.listed(row) for row in rows])
    assert Fund.objects.general("USD").balance(chart.SUSPENSE).minor != 0
    sandbox.control("deliveries/release")
    heard(sandbox)
    settlement.sweep()
    assert states() == [State.SETTLED]
    assert not BalanceTransaction.objects.needing_a_person().exists()
    books_agree(sandbox, campaign)


def test_a_payment_booked_before_stripe_said_what_for_is_found_by_reconcile_too(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    sandbox.control("deliveries", mode="drop")
    begun(sandbox, campaign)
    rows = client().v1.balance_transactions.list({"expand": ["data.source"]}).to_dict()["data"]
    settlement.book([settlement.listed(row) for row in rows])
    now = timezone.now()
    assert all(each.repaired for each in reconcile(now - datetime.timedelta(hours=1), now))
    assert states() == [State.SETTLED]
    assert not BalanceTransaction.objects.needing_a_person().exists()
    books_agree(sandbox, campaign)


def test_a_first_debit_that_failed_for_good_is_over(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    gift.donations.update(state=State.PENDING)
    sandbox.control("subscriptions/status", subscription=gift.subscription, status="incomplete_expired")
    heard(sandbox)
    assert states() == [State.FAILED]


def test_a_subscription_of_somebody_elses_may_have_any_shape(db: None) -> None:
    assert monthly.hear_subscription({"id": "sub_1", "object": "subscription", "items": None}, timezone.now()) is None


def test_eight_workers_told_everything_twice_in_any_order_beside_a_sweep_agree(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    sandbox.control("deliveries", mode="hold", duplicate=1, shuffle=True)
    begun(sandbox, campaign)
    for _ in range(3):
        sandbox.control("subscriptions/renew")
    sandbox.control("deliveries/release")
    assert sandbox.control("deliveries/wait")["quiet"]

    def work(number: int) -> int:
        try:
            return drain(timezone.now() + datetime.timedelta(seconds=1)) if number else settlement.sweep()
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    heard(sandbox)
    settlement.sweep()
    assert states() == [State.SETTLED] * 4
    books_agree(sandbox, campaign)
    assert not StripeEvent.objects.waiting().exists()


def test_eight_workers_told_of_one_payment_make_one_donation(sandbox: Sandbox, campaign: Campaign) -> None:
    begun(sandbox, campaign)
    sandbox.control("deliveries", mode="drop")
    sandbox.control("subscriptions/renew")
    expand = {"expand": ["payments.data.payment.payment_intent"]}
    newest = client().v1.invoices.list({"limit": 1}).data[0].id
    invoice = json.loads(str(client().v1.invoices.retrieve(newest, expand)))  # type: ignore[arg-type]

    def work(_: int) -> bool | None:
        try:
            return monthly.hear_invoice(invoice, timezone.now())
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(work, range(8))) == [False] * 7 + [True]  # type: ignore[type-var]
    assert states() == [State.PAID] * 2


def test_a_failed_renewal_is_no_donation_until_a_retry_succeeds(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    assert (refreshed(gift).state, len(states())) == (Promise.LATE, 1)
    sandbox.control("clock", advance=3 * 24 * 3600)
    heard(sandbox)
    settlement.sweep()
    assert (refreshed(gift).state, states()) == (Promise.ACTIVE, [State.SETTLED] * 2)
    first, second = gift.donations.order_by("pk")
    assert first.charged_at
    assert second.charged_at
    assert second.charged_at - first.charged_at >= datetime.timedelta(days=3)
    books_agree(sandbox, campaign)


def test_a_donor_whose_payment_failed_is_told_once_with_the_way_to_change_and_to_stop(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=2)
    heard(sandbox)
    sandbox.control("clock", advance=3 * 24 * 3600)
    heard(sandbox)
    assert [letters.mail_all(timezone.now()) for _ in range(2)] == [1, 0]
    (sent,) = mail.outbox
    assert (sent.to, "25.00" in sent.body) == ([gift.email], True)
    assert links.stop_address(gift) in sent.body
    assert links.my_gifts_address() in sent.body

    sandbox.control("clock", advance=5 * 24 * 3600)
    heard(sandbox)
    assert (refreshed(gift).state, letters.mail_all(timezone.now())) == (Promise.ACTIVE, 0)
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    assert letters.mail_all(timezone.now()) == 1


def test_a_mail_that_cannot_be_sent_is_tried_again(sandbox: Sandbox, campaign: Campaign, settings: Settings) -> None:
    begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=1)
    heard(sandbox)
    good, nobody = settings.MAILERS, {"host": "127.0.0.1", "port": embedded.free_port()}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": nobody}}
    assert letters.mail_all(timezone.now()) == 1
    settings.MAILERS = good
    assert letters.mail_all(timezone.now()) == 1
    assert len(mail.outbox) == 1


def test_an_end_is_confirmed_by_mail_once(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    assert letters.mail_all(timezone.now()) == 0
    changes.stop(gift)
    assert [letters.mail_all(timezone.now()) for _ in range(2)] == [1, 0]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([gift.email], "Your gift has ended")
    assert "25.00" in sent.body
    assert "The appeal is over" not in sent.body
    assert "payments failed" not in sent.body


def test_a_donor_whose_payments_failed_for_good_is_told_that_the_gift_has_ended(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=99)
    sandbox.control("clock", advance=16 * 24 * 3600)
    heard(sandbox)
    assert letters.mail_all(timezone.now()) == 1
    assert "payments failed several times" in mail.outbox[0].body


def test_a_gift_never_paid_for_has_no_farewell(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/status", subscription=gift.subscription, status="incomplete_expired")
    heard(sandbox)
    assert (refreshed(gift).state, letters.mail_all(timezone.now())) == (Promise.ENDED, 0)


def test_a_gift_ends_with_its_appeal_and_its_donor_is_told(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, other = begun(sandbox, campaign), build.campaign("winter")
    changes.stop_without_appeal(timezone.now())
    assert refreshed(gift).state == Promise.ACTIVE
    send(other, often="month", gift="25")  # a page that nobody has paid on
    other.close()
    campaign.close()
    assert [changes.stop_without_appeal(timezone.now()) for _ in range(2)] == [1, 0]
    assert refreshed(gift).state == Promise.ENDED
    assert client().v1.subscriptions.retrieve(str(gift.subscription)).status == "canceled"
    letters.mail_all(timezone.now())
    assert "The appeal is over" in mail.outbox[0].body


def test_an_appeal_whose_last_day_is_over_takes_no_more_monthly_payments(sandbox: Sandbox, campaign: Campaign) -> None:
    gift, today = begun(sandbox, campaign), timezone.localdate()
    Campaign.objects.filter(pk=campaign.pk).update(closes_on=today)
    assert changes.stop_without_appeal(timezone.now()) == 0
    assert changes.stop_without_appeal(timezone.now() + datetime.timedelta(days=1)) == 1
    assert refreshed(gift).state == Promise.ENDED


def test_while_stripe_is_down_a_gift_waits_to_be_stopped(
    sandbox: Sandbox, campaign: Campaign, settings: Settings
) -> None:
    gift = begun(sandbox, campaign)
    campaign.close()
    there, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, f"http://127.0.0.1:{embedded.free_port()}"
    assert changes.stop_without_appeal(timezone.now()) == 0
    settings.STRIPE_API_BASE = there
    assert changes.stop_without_appeal(timezone.now()) == 1
    assert refreshed(gift).state == Promise.ENDED


@pytest.mark.parametrize(
    ("given_up", "state", "reason"),
    [("canceled", Promise.ENDED, "payment_failed"), ("unpaid", Promise.UNPAID, ""), ("past_due", Promise.LATE, "")],
)
def test_when_stripe_gives_up_the_gift_stands_as_stripe_says(
    sandbox: Sandbox, campaign: Campaign, given_up: str, state: Promise, reason: str
) -> None:
    sandbox.control("subscriptions/billing", given_up=given_up)
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", fail=99)
    sandbox.control("clock", advance=16 * 24 * 3600)
    heard(sandbox)
    assert (refreshed(gift).state, gift.status, gift.ended_reason) == (state, given_up, reason)
    assert len(states()) == 1


@pytest.mark.parametrize("status", ["paused", "incomplete_expired"])
def test_a_state_that_comes_of_itself_is_taken_over(sandbox: Sandbox, campaign: Campaign, status: str) -> None:
    gift = begun(sandbox, campaign)
    sandbox.control("subscriptions/status", subscription=gift.subscription, status=status)
    heard(sandbox)
    assert refreshed(gift).state == (Promise.PAUSED if status == "paused" else Promise.ENDED)


def test_an_invoice_of_nothing_and_one_paid_elsewhere_are_no_donations(sandbox: Sandbox, campaign: Campaign) -> None:
    begun(sandbox, campaign)
    sandbox.control("subscriptions/renew", amount=0)
    sandbox.control("subscriptions/renew", out_of_band=True)
    heard(sandbox)
    settlement.sweep()
    assert states() == [State.SETTLED]
    books_agree(sandbox, campaign)
    assert not StripeEvent.objects.waiting().exists()


@pytest.mark.parametrize("mode", ["normal", "drop"])
def test_an_invoice_of_several_payments_is_a_donation_of_each(sandbox: Sandbox, campaign: Campaign, mode: str) -> None:
    gift = begun(sandbox, campaign)
    sandbox.control("deliveries", mode=mode)
    sandbox.control("subscriptions/renew", parts=[10_00, 15_00])
    heard(sandbox)
    settlement.sweep()
    amounts = gift.donations.order_by("amount_minor").values_list("amount_minor", flat=True)
    assert list(amounts) == [10_00, 15_00, 25_00]
    assert states() == [State.SETTLED] * 3
    books_agree(sandbox, campaign)


def test_renewals_in_yen_settle_in_the_fund(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign, gift="3000", gift_currency="JPY")
    sandbox.control("subscriptions/renew")
    heard(sandbox)
    settlement.sweep()
    assert [donation.amount for donation in gift.donations.all()] == [Money(3000, "JPY")] * 2
    assert states() == [State.SETTLED] * 2
    books_agree(sandbox, campaign)


def test_a_first_payment_of_another_amount_waits_for_a_person(sandbox: Sandbox, campaign: Campaign) -> None:
    answer = send(campaign, often="month", gift="25")
    Donation.objects.update(amount_minor=24_00)
    pay(answer.headers["Location"])
    heard(sandbox)
    settlement.sweep()
    assert Donation.objects.needing_a_person().count() == 1
    assert BalanceTransaction.objects.needing_a_person().count() == 1
    assert campaign.raised().minor == 0


def test_what_is_older_than_we_know_changes_nothing(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    thing = client().v1.subscriptions.retrieve(str(gift.subscription)).to_dict()
    now = timezone.now()
    assert monthly.hear_subscription(thing | {"status": "canceled"}, now) is True
    assert monthly.hear_subscription(thing, now - datetime.timedelta(minutes=1)) is False
    assert refreshed(gift).state == Promise.ENDED


def test_an_end_is_final_however_late_it_is_heard_of(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    thing = client().v1.subscriptions.retrieve(str(gift.subscription)).to_dict()
    now, minute = timezone.now(), datetime.timedelta(minutes=1)
    monthly.hear_subscription(thing, now + minute)
    assert monthly.hear_subscription(thing | {"status": "canceled"}, now) is True
    assert (refreshed(gift).state, gift.seen_at) == (Promise.ENDED, now + minute)
    assert monthly.hear_subscription(thing, now + 2 * minute) is False
    assert refreshed(gift).state == Promise.ENDED


@pytest.mark.parametrize("items", [0, 2])
def test_what_is_over_is_over_whatever_its_items(sandbox: Sandbox, campaign: Campaign, items: int) -> None:
    gift = begun(sandbox, campaign)
    thing = client().v1.subscriptions.retrieve(str(gift.subscription)).to_dict()
    listed = thing["items"] | {"data": thing["items"]["data"] * items}
    assert monthly.hear_subscription(thing | {"status": "canceled", "items": listed}, timezone.now()) is True
    assert (refreshed(gift).state, gift.amount, bool(gift.next_on)) == (Promise.ENDED, Money(25_00, "USD"), True)


def test_a_status_that_stripe_invents_is_kept_and_shown_to_a_person(sandbox: Sandbox, campaign: Campaign) -> None:
    gift = begun(sandbox, campaign)
    thing = client().v1.subscriptions.retrieve(str(gift.subscription)).to_dict()
    assert monthly.hear_subscription(thing | {"status": "hibernating"}, timezone.now()) is True
    assert (refreshed(gift).state, gift.status) == (Promise.UNKNOWN, "hibernating")
    assert MonthlyGift.objects.needing_a_person().get() == gift


@pytest.mark.parametrize(
    ("hear", "thing"),
    [
        (monthly.hear_subscription, {"object": "subscription", "id": "sub_1"}),
        (monthly.hear_subscription, {"object": "subscription", "id": "sub_1", "items": None}),
        (monthly.hear_invoice, {"object": "invoice", "parent": "sub_1"}),
        (monthly.hear_payment, {"object": "invoice_payment", "invoice": "in_1"}),
    ],
)
def test_an_object_of_an_odd_shape_is_put_off_and_holds_up_no_other(campaign: Campaign, hear: Any, thing: Any) -> None:
    gift = build.monthly_gift(campaign, Money(25_00, "USD"))
    gift.begin(subscription="sub_1", customer="cus_1")
    with pytest.raises(ValueError, match="cannot be understood"):
        hear(thing, timezone.now())


def test_an_invoice_of_no_subscription_is_none_of_ours(db: None) -> None:
    assert monthly.hear_invoice({"object": "invoice", "parent": None}, timezone.now()) is None
    elsewhere = {"object": "invoice_payment", "status": "paid", "payment": {"type": "payment_record"}}
    assert monthly.hear_payment(elsewhere | {"invoice": {"parent": None}}, timezone.now()) is None


def test_a_subscription_that_is_not_ours_is_put_off_and_none_of_ours_moves(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    gift = begun(sandbox, campaign)
    thing = client().v1.subscriptions.retrieve(str(gift.subscription)).to_dict() | {"id": "sub_other", "metadata": {}}
    assert monthly.hear_subscription(thing, timezone.now()) is None
    assert monthly.hear_subscription(thing | {"metadata": {"monthly_gift": gift.reference}}, timezone.now()) is None
    assert refreshed(gift).subscription != "sub_other"


def test_the_database_keeps_begun_gifts_and_subscriptions_together(campaign: Campaign) -> None:
    MonthlyGift.objects.start(campaign=campaign, amount=Money(5_00, "USD"), email="mina@example.org", language="en")
    with pytest.raises(IntegrityError, match="monthly_gift_begun_means_at_stripe"), connection.cursor() as cursor:
        cursor.execute("UPDATE donations_monthlygift SET state = 'active'")
