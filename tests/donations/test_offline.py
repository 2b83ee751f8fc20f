"""A gift by bank transfer, in cash or by cheque: two people, one entry, one receipt, and no way around."""

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from appeal.models import Campaign
from appeal.refusal import Refused
from donations import bookkeeping
from donations.kept import with_kept
from donations.models import Donation, Method, OfflineGift, State
from donations.models.offline import Standing
from donations.observation import Observation
from donations.settlement import book, listed
from ledger import audit, chart
from ledger.journal import Draft, Line, record
from ledger.models import Entry, Fund
from ledger.money import Money
from tests.donations import bank, build, objects

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def holds(fund: Fund, **accounts: int) -> bool:
    return {name: fund.balance(name).minor for name in accounts} == accounts


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_recorded_gift_is_in_no_book_before_it_is_confirmed(campaign: Campaign) -> None:
    gift = bank.recorded(campaign)
    assert gift.standing == Standing.WAITING
    assert not Donation.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("method", [Method.BANK_TRANSFER, Method.CASH, Method.CHEQUE])
def test_confirming_books_it_on_the_bank_fund_and_makes_it_a_donation(campaign: Campaign, method: Method) -> None:
    gift = bank.recorded(campaign, method=method)
    donation = bookkeeping.receive(gift, by=bank.person())
    assert holds(campaign.bank_fund, bank=250_00, gifts=-250_00)
    assert holds(campaign.card_fund, stripe=0, gifts=0)
    assert (donation.state, donation.method, donation.amount) == (State.SETTLED, method, Money(250_00, "USD"))
    assert (donation.payment_intent, donation.checkout_session) == (None, None)
    assert donation.charged_at is not None
    assert donation.charged_at.date() == bank.DAY
    entry = Entry.objects.get()
    assert (entry.kind, entry.source, entry.occurred_on) == ("offline_gift", gift.reference, bank.DAY)
    assert (gift.entry, gift.donation, donation.entry) == (entry, donation, entry)
    assert campaign.raised() == Money(250_00, "USD")
    assert list(audit.findings()) == []


def test_nobody_confirms_what_they_recorded(campaign: Campaign) -> None:
    amina = bank.person()
    gift = bank.recorded(campaign, by=amina)
    with pytest.raises(Refused, match="another person has to confirm"):
        bookkeeping.receive(gift, by=amina)
    assert gift.standing == Standing.WAITING


def test_it_is_confirmed_once(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    with pytest.raises(Refused, match="moved on"):
        bookkeeping.receive(gift, by=bank.person())
    assert holds(campaign.bank_fund, gifts=-250_00)


def test_of_two_people_who_confirm_at_once_one_does(campaign: Campaign) -> None:
    gift = bank.recorded(campaign)
    start, outcomes = Barrier(2), list[str]()

    def confirm(by: User) -> None:
        try:
            start.wait()
            bookkeeping.receive(OfflineGift.objects.get(pk=gift.pk), by=by)
            outcomes.append("booked")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=confirm, args=[bank.person()]) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", "refused"]
    assert holds(campaign.bank_fund, bank=250_00, gifts=-250_00)


def test_what_was_given_and_what_was_credited_are_both_kept(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign, Money(100_00, "EUR"), credited=Money(108_00, "USD"))
    assert gift.donation
    assert gift.donation.amount == Money(100_00, "EUR")
    assert holds(campaign.bank_fund, bank=108_00, gifts=-108_00)


@pytest.mark.parametrize(
    ("given", "credited", "sentence"),
    [
        (Money(100_00, "EUR"), Money(100_00, "EUR"), "Say what the bank credited in USD"),
        (Money(100_00, "USD"), Money(92_00, "EUR"), "Say what the bank credited in USD"),
        (Money(100_00, "USD"), Money(99_00, "USD"), "In one currency"),
        (Money(0, "USD"), Money(0, "USD"), "above zero"),
        (Money(-100, "USD"), Money(-100, "USD"), "above zero"),
        (Money(100_00, "EUR"), Money(0, "USD"), "above zero"),
    ],
)
def test_amounts_that_cannot_be_are_refused(campaign: Campaign, given: Money, credited: Money, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        bank.recorded(campaign, given, credited=credited)


def test_a_day_that_is_still_to_come_is_refused_and_tomorrow_is_somewhere_today(campaign: Campaign) -> None:
    bank.recorded(campaign, received_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refused, match="still to come"):
        bank.recorded(campaign, received_on=timezone.localdate() + timedelta(days=2))


def test_a_gift_can_be_withdrawn_until_it_is_confirmed(campaign: Campaign) -> None:
    gift = bank.recorded(campaign)
    with pytest.raises(Refused, match="Say why"):
        gift.withdraw(by=bank.person(), reason=" ")
    gift.withdraw(by=gift.recorded_by, reason="Counted twice.")
    assert gift.standing == Standing.WITHDRAWN
    with pytest.raises(Refused, match="withdrawn"):
        bookkeeping.receive(gift, by=bank.person())
    with pytest.raises(Refused, match="confirmed and in the books"):
        bank.confirmed(campaign).withdraw(by=bank.person(), reason="Too late.")


def test_a_reversal_takes_two_people_and_leaves_nothing_of_the_gift(campaign: Campaign) -> None:
    gift, asking = bank.confirmed(campaign), bank.person()
    with pytest.raises(Refused, match="confirmed and in the books"):
        bookkeeping.undo(gift, by=bank.person())
    gift.ask_reversal(by=asking, reason="It was for another appeal.")
    with pytest.raises(Refused, match="another person has to agree"):
        bookkeeping.undo(gift, by=asking)
    bookkeeping.undo(gift, by=bank.person())
    assert gift.standing == Standing.REVERSED
    assert gift.reversal_entry
    assert gift.reversal_entry.reverses == gift.entry
    assert holds(campaign.bank_fund, bank=0, gifts=0)
    assert campaign.raised() == Money.zero("USD")
    assert with_kept(Donation.objects.filter(offline=gift)).get().kept_minor == 0
    assert list(audit.findings()) == []


def test_a_reversal_that_is_not_wanted_any_more_changes_nothing(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    gift.ask_reversal(by=bank.person(), reason="Was it?")
    gift.keep()
    assert gift.standing == Standing.CONFIRMED
    with pytest.raises(Refused, match="moved on"):
        gift.keep()


def test_stripe_never_speaks_of_an_offline_gift(campaign: Campaign) -> None:
    """Its reference in Stripe's metadata names no donation: such a charge is for a person to explain."""
    gift = bank.confirmed(campaign)
    seen = Observation(gift.reference, 250_00, "USD", livemode=False, towards=State.PAID, payment_intent="pi_1")
    assert not Donation.objects.hear(seen)
    assert Donation.objects.get(reference=gift.reference).payment_intent is None


# What the database itself refuses

CONFIRM = """
    UPDATE donations_offlinegift SET confirmed_by_id = %s, confirmed_at = now(), entry_id = %s, donation_id = %s
    WHERE id = %s
"""


def test_the_database_refuses_confirmation_by_the_one_who_recorded(campaign: Campaign) -> None:
    gift, other = bank.recorded(campaign), bank.confirmed(campaign)
    with pytest.raises(IntegrityError, match="offline_gift_confirmed_by_another_person"):
        sql(CONFIRM, gift.recorded_by_id, other.entry_id, other.donation_id, gift.pk)


def test_the_database_refuses_confirmation_without_an_entry(campaign: Campaign) -> None:
    gift = bank.recorded(campaign)
    with pytest.raises(IntegrityError, match="offline_gift_confirmed_means_booked"):
        sql(CONFIRM, bank.person().pk, None, None, gift.pk)


def test_the_database_refuses_confirmation_by_an_entry_of_something_else(campaign: Campaign) -> None:
    gift, by_card = bank.recorded(campaign), build.donation(campaign, Money(250_00, "USD"))
    book([listed(objects.balance_transaction(by_card))])
    by_card.refresh_from_db()
    with pytest.raises(IntegrityError, match="booked on the bank fund of its campaign as it was recorded"):
        sql(CONFIRM, bank.person().pk, by_card.entry_id, by_card.pk, gift.pk)


def test_the_database_refuses_a_reversal_by_the_one_who_asked(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    gift.ask_reversal(by=bank.person(), reason="Was it?")
    with pytest.raises(IntegrityError, match="offline_gift_reversed_by_another_person"):
        sql(
            "UPDATE donations_offlinegift SET reversed_by_id = reversal_asked_by_id, reversed_at = now(),"
            " reversal_entry_id = entry_id WHERE id = %s",
            gift.pk,
        )


def test_the_database_refuses_a_reversal_that_the_books_do_not_have(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    gift.ask_reversal(by=bank.person(), reason="Was it?")
    with pytest.raises(IntegrityError, match="reversed in the books"):
        sql(
            "UPDATE donations_offlinegift SET reversed_by_id = %s, reversed_at = now(), reversal_entry_id = entry_id"
            " WHERE id = %s",
            bank.person().pk,
            gift.pk,
        )


@pytest.mark.parametrize(
    "change",
    [
        "amount_minor = 1, credited_minor = 1",
        "recorded_by_id = recorded_by_id + 1",
        "received_on = received_on - 1",
        "name = 'Somebody Else'",
        "confirmed_at = now()",
        "confirmed_by_id = NULL, confirmed_at = NULL, entry_id = NULL, donation_id = NULL",
    ],
)
def test_the_database_refuses_to_edit_what_was_confirmed(campaign: Campaign, change: str) -> None:
    gift = bank.confirmed(campaign)
    with pytest.raises(IntegrityError, match="what was recorded stays"):
        sql(f"UPDATE donations_offlinegift SET {change} WHERE id = %s", gift.pk)


@pytest.mark.parametrize("change", ["amount_minor = 1, credited_minor = 1", "recorded_by_id = recorded_by_id + 1"])
def test_the_database_refuses_to_edit_what_waits(campaign: Campaign, change: str) -> None:
    gift = bank.recorded(campaign)
    with pytest.raises(IntegrityError, match="what was recorded stays"):
        sql(f"UPDATE donations_offlinegift SET {change} WHERE id = %s", gift.pk)


@pytest.mark.parametrize("change", ["reversed_at = NULL, reversed_by_id = NULL, reversal_entry_id = NULL", "name = ''"])
def test_the_database_refuses_to_bring_a_reversed_gift_back(campaign: Campaign, change: str) -> None:
    gift = bank.reversed_(bank.confirmed(campaign))
    with pytest.raises(IntegrityError, match="what was recorded stays"):
        sql(f"UPDATE donations_offlinegift SET {change} WHERE id = %s", gift.pk)


def test_the_database_refuses_to_withdraw_what_is_confirmed(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    with pytest.raises(IntegrityError, match="offline_gift_withdrawn_or_confirmed"):
        sql(
            "UPDATE donations_offlinegift SET withdrawn_at = now(), withdrawn_by_id = recorded_by_id,"
            " withdrawal_reason = 'x' WHERE id = %s",
            gift.pk,
        )


def test_the_database_refuses_to_delete_a_gift(campaign: Campaign) -> None:
    gift = bank.recorded(campaign)
    with pytest.raises(IntegrityError, match="DELETE of donations_offlinegift"):
        sql("DELETE FROM donations_offlinegift WHERE id = %s", gift.pk)


@pytest.mark.parametrize("change", ["state = 'paid', entry_id = NULL", "payment_intent = 'pi_1'", "method = 'barter'"])
def test_the_database_refuses_an_offline_donation_that_is_not_booked_or_known_to_stripe(
    campaign: Campaign, change: str
) -> None:
    donation = bank.confirmed(campaign).donation
    assert donation
    with pytest.raises(IntegrityError, match="donation_offline_is_booked_and_not_at_stripe"):
        sql(f"UPDATE donations_donation SET {change} WHERE id = %s", donation.pk)


@pytest.mark.parametrize("change", ["amount_minor = 1", "currency = 'EUR'", "method = 'cash'", "method = 'card'"])
def test_the_database_refuses_a_donation_that_is_not_its_offline_gift(campaign: Campaign, change: str) -> None:
    donation = bank.confirmed(campaign).donation
    assert donation
    with pytest.raises(IntegrityError, match="no more and no less than its confirmed gift"):
        sql(f"UPDATE donations_donation SET {change} WHERE id = %s", donation.pk)


def test_the_database_refuses_an_offline_donation_without_a_gift(campaign: Campaign) -> None:
    donation = bank.confirmed(campaign).donation
    assert donation
    donation.pk, donation.reference, donation.form_token = None, "another", "another"
    fund = campaign.bank_fund
    lines = Line(chart.BANK, fund, donation.amount), Line(chart.GIFTS, fund, -donation.amount)

    @transaction.atomic
    def save() -> None:
        donation.entry = record(Draft("offline_gift", "another", bank.DAY, lines))
        donation.save(force_insert=True)

    with pytest.raises(IntegrityError, match="no more and no less than its confirmed gift"):
        save()


def test_the_database_refuses_to_say_that_another_person_asked_for_a_reversal(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign)
    gift.ask_reversal(by=bank.person(), reason="It was for another appeal.")
    with pytest.raises(IntegrityError, match="what was recorded stays"):
        sql("UPDATE donations_offlinegift SET reversal_asked_by_id = %s WHERE id = %s", bank.person().pk, gift.pk)
    gift.keep()
    gift.ask_reversal(by=bank.person(), reason="It was, after all.")


def test_a_gift_of_long_ago_is_booked_on_its_day(campaign: Campaign) -> None:
    gift = bank.confirmed(campaign, received_on=date(2025, 2, 28))
    assert gift.entry
    assert gift.entry.occurred_on == date(2025, 2, 28)
    assert campaign.bank_fund.balance(chart.BANK) == Money(250_00, "USD")
