"""A receipt says what stayed with us: when money goes back, it follows by itself."""

from functools import partial

import pytest

from donations.models import Donation, Refund
from ledger.money import Money
from receipts import issuing
from receipts.models import Receipt
from receipts.models.receipt import State as Standing
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def standings() -> list[tuple[str, Standing, Money]]:
    return [(each.number[-6:], each.state, each.amount) for each in Receipt.objects.order_by("number")]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_gift_paid_back_in_full_has_a_void_receipt() -> None:
    receipt = build.receipt()
    build.refund(receipt.gift, receipt.amount_minor)
    assert issuing.correct(build.NOW) == 1
    assert standings() == [("000001", Standing.VOID, receipt.amount)]
    receipt.refresh_from_db()
    assert receipt.voided_by is None
    assert receipt.void_reason == "Money of this gift went back."
    assert issuing.correct(build.NOW) == issuing.issue(build.NOW) == 0


def test_a_gift_paid_back_in_part_has_another_receipt_for_the_rest() -> None:
    receipt = build.receipt()
    build.refund(receipt.gift, 10_00)
    assert issuing.correct(build.NOW) == 1
    rest = receipt.amount - usd(10_00)
    assert standings() == [("000001", Standing.REPLACED, receipt.amount), ("000002", Standing.VALID, rest)]
    assert Receipt.objects.valid().get().donor_email == receipt.donor_email


def test_a_refund_that_fails_brings_a_receipt_for_the_whole_again() -> None:
    receipt = build.receipt()
    build.refund(receipt.gift, receipt.amount_minor)
    issuing.correct(build.NOW)
    Refund.objects.update(status="failed")
    assert issuing.correct(build.NOW) == 1
    assert standings()[-1] == ("000002", Standing.VALID, receipt.amount)
    assert issuing.correct(build.NOW) == 0


def test_a_gift_that_its_bank_took_for_good_has_a_void_receipt_and_one_under_dispute_keeps_its_own() -> None:
    lost, open_ = build.receipt(), build.receipt()
    build.dispute(lost.gift, status="lost")
    build.dispute(open_.gift, status="needs_response")
    assert issuing.correct(build.NOW) == 1
    assert [state for _number, state, _amount in standings()] == [Standing.VOID, Standing.VALID]


def test_a_debit_that_came_back_has_a_void_receipt() -> None:
    receipt = build.receipt()
    Donation.objects.filter(pk=receipt.gift.pk).update(bounced=True)
    issuing.correct(build.NOW)
    assert [state for _number, state, _amount in standings()] == [Standing.VOID]


def test_a_refund_on_its_way_changes_nothing_yet() -> None:
    build.refund(build.receipt().gift, 10_00, status="pending")
    assert issuing.correct(build.NOW) == 0


def test_a_gift_that_went_back_before_its_receipt_gets_one_for_the_rest_or_none() -> None:
    build.issuer()
    part, whole = build.gift(), build.gift()
    build.refund(part, 10_00)
    build.refund(whole, whole.amount_minor)
    assert issuing.issue(build.NOW) == 1
    assert Receipt.objects.get().amount == part.amount - usd(10_00)


def test_what_staff_have_voided_stays_void() -> None:
    receipt = build.receipt()
    receipt.void(by=build.person(), reason="Asked for by the donor.", now=build.NOW)
    build.refund(receipt.gift, 10_00)
    assert issuing.correct(build.NOW) == 0


def test_eight_workers_at_once_correct_each_receipt_once() -> None:
    receipt = build.receipt()
    build.refund(receipt.gift, 10_00)
    build.at_once([partial(issuing.correct, build.NOW)] * 8)
    assert len(standings()) == 2
