"""Money under suspense: two people say what it was, or it is booked by itself once its gift is."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, connection
from pytest_django import Settings

from appeal.models import Campaign
from donations import bookkeeping, disputes
from donations.models import BalanceTransaction, Donation, Explanation, Refused, State
from donations.observation import observe
from donations.sandbox.process import Sandbox
from donations.settlement import book, clear_waiting, listed
from ledger.models import Entry, Fund
from ledger.money import Money
from tests.donations import at_stripe, build, objects
from tests.donations.test_refunds import general, holds
from tests.donations.test_staff_pages import signed_in, step, words

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


@pytest.fixture
def two() -> tuple[User, User]:
    return User.objects.create_user("one"), User.objects.create_user("other")


def waiting(amount: int, fee: int = 0, kind: str = "something_new", **changes: Any) -> BalanceTransaction:
    """A movement that nobody can explain yet."""
    row = objects.movement(kind, {"id": "x_1", "object": "thing"}, amount, fee, **changes)
    book([listed(row)])
    return BalanceTransaction.objects.needing_a_person().get(stripe_id=row["id"])


def explained(movement: BalanceTransaction, two: tuple[User, User], meaning: str, to: Campaign | None = None) -> None:
    one, other = two
    proposed = Explanation.objects.propose(movement, meaning=meaning, campaign=to, reason="Looked it up.", by=one)
    bookkeeping.explain(proposed, by=other)


def test_a_gift_of_a_stranger_is_booked_to_its_appeal(campaign: Campaign, two: tuple[User, User]) -> None:
    movement = waiting(100_00, fee=3_20, kind="payment_something")
    explained(movement, two, "gift", campaign)
    assert holds(campaign.card_fund, stripe=96_80, fees=3_20, gifts=-100_00)
    assert holds(general(), suspense=0, stripe=0)
    movement.refresh_from_db()
    assert (movement.problem, movement.explained) == ("", True)
    assert Explanation.objects.get().entry is not None
    assert campaign.raised() == Money(100_00, "USD")
    call_command("verify_ledger")


def test_a_gift_that_goes_back_is_a_refund_of_its_appeal(campaign: Campaign, two: tuple[User, User]) -> None:
    explained(waiting(-100_00), two, "gift", campaign)
    assert holds(campaign.card_fund, stripe=-100_00, refunds=100_00, gifts=0)
    assert holds(general(), suspense=0, stripe=0)


def test_a_cost_is_the_general_funds(two: tuple[User, User]) -> None:
    explained(waiting(-12_00, fee=30), two, "cost")
    assert holds(general(), suspense=0, stripe=-12_30, fees=12_30)


def test_money_that_came_from_our_bank_or_went_there_stays_ours(two: tuple[User, User]) -> None:
    explained(waiting(500_00, fee=1_00, kind="topup"), two, "bank")
    assert holds(general(), suspense=0, stripe=499_00, bank=-500_00, fees=1_00)


def test_a_movement_that_its_fee_eats_is_explained_without_an_entry(two: tuple[User, User]) -> None:
    explained(waiting(30, fee=30), two, "cost")
    assert not Entry.objects.exists()
    assert not BalanceTransaction.objects.needing_a_person().exists()


@pytest.mark.parametrize("way", [(), ("paid",)], ids=["on its way", "arrived"])
def test_money_that_stripe_has_paid_out_since_is_the_appeals_at_our_bank(
    sandbox: Sandbox, campaign: Campaign, two: tuple[User, User], way: tuple[str, ...]
) -> None:
    sandbox.control("deliveries", mode="drop")
    stranger = build.donation(campaign, Money(100_00, "USD"))
    at_stripe.paid(sandbox, stranger, client_reference_id=None, metadata={})
    at_stripe.settle()
    assert holds(general(), suspense=-96_80, stripe=96_80)
    sandbox.control("clock", advance=3 * at_stripe.DAY)
    payout = sandbox.control("payouts")["id"]
    for place in way:
        sandbox.control("payouts/advance", payout=payout, to=place)
    at_stripe.settle()
    explained(BalanceTransaction.objects.needing_a_person().get(), two, "gift", campaign)
    if not way:
        sandbox.control("payouts/advance", payout=payout, to="paid")
    at_stripe.hear(sandbox)
    at_stripe.settle()
    assert holds(campaign.card_fund, stripe=0, transit=0, bank=96_80, gifts=-100_00, fees=3_20)
    assert holds(general(), stripe=0, transit=0, bank=0, suspense=0)
    assert at_stripe.agrees()


def test_nobody_approves_their_own_explanation(two: tuple[User, User]) -> None:
    one, other = two
    proposed = Explanation.objects.propose(waiting(-1_00), meaning="cost", campaign=None, reason="A fee.", by=one)
    with pytest.raises(Refused, match="Another person"):
        bookkeeping.explain(proposed, by=one)
    assert holds(general(), suspense=1_00)
    bookkeeping.explain(proposed, by=other)
    with pytest.raises(Refused, match="explained already"):
        bookkeeping.explain(proposed, by=other)
    with pytest.raises(Refused, match="decided already"):
        proposed.drop(by=other)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("approved_by_id = proposed_by_id, approved_at = now()", "explanation_approved_by_another_person"),
        ("dropped_at = now()", "explanation_dropped_means_by_whom"),
        ("meaning = 'bank'", "what was recorded stays"),
        ("reason = 'Another.'", "what was recorded stays"),
    ],
)
def test_the_database_refuses_what_the_verbs_would(two: tuple[User, User], change: str, constraint: str) -> None:
    Explanation.objects.propose(waiting(-1_00), meaning="cost", campaign=None, reason="A fee.", by=two[0])
    with pytest.raises(IntegrityError, match=constraint), connection.cursor() as cursor:
        cursor.execute(f"UPDATE donations_explanation SET {change}")


def test_sql_cannot_take_money_off_the_list_that_nobody_explained() -> None:
    movement = waiting(-1_00)
    with pytest.raises(IntegrityError, match="only as two people agreed"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE donations_balancetransaction SET problem = '', explained = true WHERE id = %s", [movement.pk]
        )


def test_sql_cannot_undo_what_two_people_have_decided(two: tuple[User, User]) -> None:
    one, other = two
    proposed = Explanation.objects.propose(waiting(-1_00), meaning="cost", campaign=None, reason="A fee.", by=one)
    bookkeeping.explain(proposed, by=other)
    for change in ("approved_at = NULL, approved_by_id = NULL", "entry_id = NULL"):
        with pytest.raises(IntegrityError, match="what was recorded stays"), connection.cursor() as cursor:
            cursor.execute(f"UPDATE donations_explanation SET {change}")
    with pytest.raises(IntegrityError, match="what was recorded stays"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM donations_explanation")


def test_one_explanation_stands_for_a_movement(two: tuple[User, User]) -> None:
    one, other = two
    movement = waiting(-1_00)
    first = Explanation.objects.propose(movement, meaning="cost", campaign=None, reason="A fee.", by=one)
    with pytest.raises(Refused, match="proposed an explanation already"):
        Explanation.objects.propose(movement, meaning="bank", campaign=None, reason="No.", by=other)
    with pytest.raises(IntegrityError, match="explanation_stands_once"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO donations_explanation (movement_id, meaning, reason, proposed_by_id, proposed_at)"
            " SELECT movement_id, meaning, reason, proposed_by_id, proposed_at FROM donations_explanation"
        )
    first.drop(by=other)
    explained(movement, two, "bank")
    assert holds(general(), suspense=0, bank=1_00)


def test_another_currency_than_the_appeals_is_refused(campaign: Campaign, two: tuple[User, User]) -> None:
    movement = waiting(100_00, currency="aud")
    with pytest.raises(Refused, match=r"moved AUD.*kept in USD"):
        Explanation.objects.propose(movement, meaning="gift", campaign=campaign, reason="A gift.", by=two[0])


def test_what_is_explained_is_not_explained_again(campaign: Campaign, two: tuple[User, User]) -> None:
    donation = build.donation(campaign)
    book([listed(objects.balance_transaction(donation))])
    with pytest.raises(Refused, match="explained already"):
        Explanation.objects.propose(
            BalanceTransaction.objects.get(), meaning="gift", campaign=campaign, reason="A gift.", by=two[0]
        )


def test_a_debit_that_its_bank_has_yet_to_confirm_is_left_alone(campaign: Campaign, two: tuple[User, User]) -> None:
    donation = build.donation(campaign)
    row = objects.balance_transaction(donation, type="payment", source=objects.charge(donation, status="pending"))
    book([listed(row)])
    with pytest.raises(Refused, match="by itself"):
        Explanation.objects.propose(
            BalanceTransaction.objects.get(), meaning="gift", campaign=campaign, reason="A gift.", by=two[0]
        )


def test_a_dispute_that_people_explained_is_not_written_off_as_well(campaign: Campaign, two: tuple[User, User]) -> None:
    donation = misfit(campaign)
    fight = objects.dispute(donation)
    book([listed(objects.movement("adjustment", fight, -100_00, 15_00))])
    explained(BalanceTransaction.objects.get(kind="adjustment"), two, "cost")
    disputes.hear(fight | {"status": "lost"}, NOW)
    assert holds(campaign.card_fund, lost=0, disputed=0)


def test_the_pages_lead_from_suspense_to_the_books(campaign: Campaign) -> None:
    movement = waiting(100_00, fee=3_20)
    one = signed_in("one", "view_balancetransaction", "add_explanation")
    other = signed_in("other", "view_explanation", "approve_explanation")
    shown = one.get("/staff/donations/balancetransaction/?needs_a_person=yes").content.decode()
    assert step(movement, "explain") in shown
    assert "which we do not know how to book" in words(one.get(step(movement, "explain")))
    given = {"meant": "gift", "reason": "A payment link of last year."}
    assert "which appeal" in words(one.post(step(movement, "explain"), given))
    given |= {"campaign": str(campaign.pk)}
    assert "Only a gift" in words(one.post(step(movement, "explain"), given | {"meant": "cost"}))
    assert one.post(step(movement, "explain"), given).status_code == 302

    proposed = Explanation.objects.needing_a_person().get()
    assert one.post(step(proposed, "approve")).status_code == 403
    read = words(other.get(step(proposed, "approve")))
    for fact in ("Flood relief", "a gift to an appeal", "$96.80 USD", "A payment link of last year.", "one"):
        assert fact in read
    assert other.post(step(proposed, "approve")).status_code == 302
    assert holds(campaign.card_fund, gifts=-100_00)
    page = one.get(f"/staff/donations/balancetransaction/{movement.pk}/change/").content.decode()
    assert step(movement, "explain") not in page


def misfit(campaign: Campaign) -> Donation:
    """Asked for 100.00, charged 99.00: in review, and its money under suspense."""
    donation = build.donation(campaign, Money(100_00, "USD"))
    charge = objects.charge(donation, amount=99_00)
    book([listed(objects.balance_transaction(donation, amount=99_00, net=95_80, source=charge))])
    donation.refresh_from_db()
    assert donation.review
    return donation


def test_a_review_is_over_once_none_of_its_money_waits(campaign: Campaign, two: tuple[User, User]) -> None:
    donation = misfit(campaign)
    clerk = signed_in("clerk", "view_donation", "change_donation")
    given = {"reason": "Stripe's tax had been switched on."}
    assert f"waits under suspense: txn_{donation.reference}" in words(clerk.post(step(donation, "resolve"), given))
    explained(BalanceTransaction.objects.get(), two, "gift", campaign)
    assert clerk.post(step(donation, "resolve"), given).status_code == 302
    donation.refresh_from_db()
    assert (donation.review, donation.state) == ("", State.OPEN)
    assert LogEntry.objects.get().change_message == "Resolved: Stripe's tax had been switched on."
    assert "not in review" in words(clerk.post(step(donation, "resolve"), given))


def test_what_was_resolved_opens_no_review_again_and_anything_else_does(
    campaign: Campaign, two: tuple[User, User]
) -> None:
    donation = misfit(campaign)
    explained(BalanceTransaction.objects.get(), two, "gift", campaign)
    donation.resolve()
    for amount, opens in ((99_00, False), (98_00, True)):
        seen = observe(objects.charge(donation, amount=amount))
        assert seen
        assert Donation.objects.hear(seen) is opens
    page = words(signed_in("anybody").get(donation.get_absolute_url()))
    donation.refresh_from_db()
    assert "98" in donation.review
    assert "looking into your gift" in page


def test_a_gift_that_only_waited_for_a_person_is_settled_by_the_explanation(
    campaign: Campaign, two: tuple[User, User]
) -> None:
    donation = build.donation(campaign, Money(100_00, "USD"))
    for thing in (objects.charge(donation), objects.charge(donation, amount=1_00)):
        seen = observe(thing)
        assert seen
        Donation.objects.hear(seen)
    book([listed(objects.balance_transaction(donation))])
    donation.refresh_from_db()
    assert (donation.state, bool(donation.review)) == (State.PAID, True)
    explained(BalanceTransaction.objects.get(), two, "gift", campaign)
    donation.refresh_from_db()
    assert donation.state == State.SETTLED
    back = objects.refund(donation)
    book([listed(objects.movement("refund", back, -100_00))])
    assert holds(campaign.card_fund, transfer=-3_20, gifts=-100_00, refunds=100_00)


def known_by_its_payment(campaign: Campaign) -> Donation:
    """100.00 USD, of which we know nothing but its payment."""
    donation = build.donation(campaign, Money(100_00, "USD"))
    Donation.objects.filter(pk=donation.pk).update(payment_intent=f"pi_{donation.reference}")
    return donation


def late(campaign: Campaign, happened: list[dict[str, Any]], donation: Donation) -> Fund:
    """What happened is listed while the donor's bank has not confirmed the gift; then it does."""
    pending = objects.balance_transaction(
        donation, type="payment", source=objects.charge(donation, status="pending"), fee=3_20, net=96_80
    )
    book([listed(pending), *map(listed, happened)])
    assert BalanceTransaction.objects.needing_a_person().count() == 1 + len(happened)
    clear_waiting()
    assert BalanceTransaction.objects.needing_a_person().count() == 1 + len(happened)
    seen = observe(objects.charge(donation))
    assert seen
    Donation.objects.hear(seen)
    for _ in range(2):
        clear_waiting()
    call_command("verify_ledger")
    return campaign.card_fund


def test_a_refund_that_came_before_its_gift_was_in_the_books_is_booked_after_it(campaign: Campaign) -> None:
    donation = known_by_its_payment(campaign)
    parts = [objects.refund(donation, part) for part in (40_00, 60_00)]
    happened = [objects.movement("payment_refund", part, -part["amount"], fee=50) for part in parts]
    fund = late(campaign, happened, donation)
    assert holds(fund, gifts=-100_00, refunds=100_00, fees=3_20, transfer=-3_20, stripe=-3_20, bank=3_20)
    assert holds(general(), suspense=0, stripe=-1_00, fees=1_00, transfer=3_20)


def test_a_dispute_that_came_before_its_gift_was_in_the_books_is_booked_and_lost_after_it(campaign: Campaign) -> None:
    donation = known_by_its_payment(campaign)
    fight = objects.dispute(donation, status="lost")
    fund = late(campaign, [objects.movement("adjustment", fight, -100_00, fee=15_00)], donation)
    assert holds(fund, gifts=-100_00, disputed=0, lost=100_00, stripe=-3_20, fees=3_20)
    assert holds(general(), suspense=0, stripe=-15_00, dispute_fees=15_00)


def test_a_refund_that_can_still_not_be_booked_says_why(campaign: Campaign) -> None:
    donation = known_by_its_payment(campaign)
    back = objects.movement("refund", objects.refund(donation), -150_00, currency="aud")
    book([listed(back)])
    book([listed(objects.balance_transaction(donation))])
    clear_waiting()
    assert "Stripe settled in AUD" in BalanceTransaction.objects.needing_a_person().get().problem


def test_a_debit_that_its_bank_refused_leaves_nothing_to_explain_once_it_is_gone(campaign: Campaign) -> None:
    donation = build.donation(campaign, Money(100_00, "USD"))
    pending = objects.charge(donation, status="pending")
    book([listed(objects.balance_transaction(donation, type="payment", source=pending, fee=80, net=99_20))])
    failed = observe(objects.session(donation, paid="unpaid"), "checkout.session.async_payment_failed")
    assert failed
    Donation.objects.hear(failed)
    clear_waiting()
    assert BalanceTransaction.objects.needing_a_person().count() == 1
    gone = objects.charge(donation, status="failed")
    book([listed(objects.movement("payment_failure_refund", gone, -100_00, fee=-80))])
    clear_waiting()
    assert not BalanceTransaction.objects.needing_a_person().exists()
    assert holds(general(), suspense=0, stripe=0)
    assert holds(campaign.card_fund, gifts=0, lost=0)


def test_a_confirmed_debit_can_be_paid_back(campaign: Campaign) -> None:
    donation = build.donation(campaign, Money(100_00, "USD"))
    fund = late(campaign, [], donation)
    book([listed(objects.movement("payment_refund", objects.refund(donation), -100_00))])
    assert holds(fund, refunds=100_00, transfer=-3_20)


def test_approving_and_dropping_in_any_order_books_at_most_once(two: tuple[User, User]) -> None:
    one, other = two
    for order in itertools.permutations(["approve", "drop", "approve"]):
        proposed = Explanation.objects.propose(waiting(-1_00), meaning="cost", campaign=None, reason=f"{order}", by=one)
        before = Entry.objects.count()
        for act in order:
            try:
                bookkeeping.explain(proposed, by=other) if act == "approve" else proposed.drop(by=other)
            except Refused:
                continue
        assert Entry.objects.count() - before == (1 if order[0] == "approve" else 0)
        proposed.refresh_from_db()
        assert bool(proposed.entry) == bool(proposed.approved_at)
