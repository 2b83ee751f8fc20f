"""Every settled gift gets one receipt, and what was issued never changes."""

import datetime
from functools import partial

import pytest
from django.db import IntegrityError

from donations.models import Donation, State
from ledger.money import Money
from receipts import issuing
from receipts.models import Donor, NumberSeries, Receipt, Refused
from receipts.models import State as Standing
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_settled_gift_gets_a_receipt_of_what_the_donor_paid() -> None:
    build.issuer()
    gift = build.gift(Money(100_00, "EUR"))
    assert issuing.issue(build.NOW) == 1
    receipt = Receipt.objects.get()
    assert receipt.number == "RR-2026-000001"
    assert receipt.amount == Money(100_00, "EUR")
    assert (receipt.donation, receipt.donor_name, receipt.donor_email) == (gift, "Leila Noori", "leila@example.org")
    assert receipt.purpose == "Shelter after the flood"
    assert receipt.state == Standing.VALID


def test_issuing_again_issues_nothing() -> None:
    build.receipt()
    assert issuing.issue(build.NOW) == 0
    assert Receipt.objects.count() == 1


def test_the_gift_is_dated_where_the_issuer_is() -> None:
    new_year_in_sydney = datetime.datetime(2026, 12, 31, 14, tzinfo=datetime.UTC)
    build.issuer()
    build.gift(charged_at=new_year_in_sydney)
    issuing.issue(new_year_in_sydney)
    receipt = Receipt.objects.get()
    assert receipt.given_on == receipt.issued_on == datetime.date(2027, 1, 1)
    assert receipt.number == "RR-2027-000001"


@pytest.mark.parametrize("state", [State.PAID, State.OPEN, State.FAILED])
def test_money_that_is_not_in_the_books_gets_none(state: State) -> None:
    build.issuer()
    build.gift(state=state, entry=None)
    assert issuing.issue(build.NOW) == 0


def test_a_gift_under_review_waits_until_a_person_has_looked() -> None:
    build.issuer()
    gift = build.gift(review="Stripe says 90.00, we asked for 100.00")
    assert issuing.issue(build.NOW) == 0
    Donation.objects.filter(pk=gift.pk).update(review="")
    assert issuing.issue(build.NOW) == 1


def test_nothing_is_issued_while_nobody_may_issue() -> None:
    build.prepared()
    build.gift()
    assert issuing.issue(build.NOW) == 0
    assert not NumberSeries.objects.exists()


def test_eight_workers_at_once_issue_each_receipt_once() -> None:
    build.issuer()
    appeal = build.campaign()
    for _gift in range(30):
        build.gift(to=appeal)
    issued = build.at_once([partial(issuing.issue, build.NOW)] * 8)
    assert sum(map(int, map(str, issued))) == 30
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert numbers == [f"RR-2026-{number:06d}" for number in range(1, 31)]


def test_keys_and_codes_are_never_twice_the_same_and_never_each_other() -> None:
    first, second = build.receipt(), build.receipt()
    assert len({first.key, second.key, first.code, second.code, first.gift.reference}) == 5
    assert (len(first.key), len(first.code)) == (26, 16)


SNAPSHOT = ("number", "key", "code", "donor_name", "donor_email", "currency", "purpose", "language")


@pytest.mark.parametrize("column", SNAPSHOT)
def test_what_was_issued_cannot_be_edited_whoever_asks(column: str) -> None:
    build.receipt()
    with pytest.raises(IntegrityError, match="what was issued stays"):
        build.sql(f"UPDATE receipts_receipt SET {column} = 'XXX'")


@pytest.mark.parametrize(
    "change", ["amount_minor = 1", "given_on = '2020-01-01'", "issued_at = now()", "replaces_id = id"]
)
def test_nor_can_its_figures_and_dates(change: str) -> None:
    build.receipt()
    with pytest.raises(IntegrityError, match="what was issued stays"):
        build.sql(f"UPDATE receipts_receipt SET {change}")


def test_a_receipt_cannot_be_deleted() -> None:
    build.receipt()
    for statement in ("DELETE FROM receipts_receipt", "TRUNCATE receipts_receipt CASCADE"):
        with pytest.raises(IntegrityError, match="is refused"):
            build.sql(statement)


def test_a_receipt_of_an_unapproved_issuer_is_refused_by_the_database() -> None:
    gift = build.gift()
    with pytest.raises(IntegrityError, match="only an approved profile"):
        issuing.write(build.prepared(), [(build.kept(gift), Donor("", "leila@example.org"))], build.NOW)


def test_a_second_receipt_for_a_gift_is_refused_by_the_database() -> None:
    receipt = build.receipt()
    with pytest.raises(IntegrityError, match="receipt_first_once_for_a_gift"):
        issuing.write(receipt.issuer, [(build.kept(receipt.gift), Donor("", "leila@example.org"))], build.NOW)


def test_voiding_says_who_and_why_and_stays() -> None:
    receipt, by = build.receipt(), build.person()
    receipt.void(by=by, reason=" The money went back. ", now=build.NOW)
    assert (receipt.state, receipt.voided_by, receipt.void_reason) == (Standing.VOID, by, "The money went back.")
    with pytest.raises(Refused, match="void already"):
        receipt.void(by=by, reason="Once more", now=build.NOW)
    for change in ("void_reason = 'x'", "voided_at = null, voided_by_id = null, void_reason = ''"):
        with pytest.raises(IntegrityError, match="is refused"):
            build.sql(f"UPDATE receipts_receipt SET {change}")
    assert issuing.issue(build.NOW) == 0


def test_voiding_needs_a_reason() -> None:
    receipt = build.receipt()
    with pytest.raises(Refused, match="Say why"):
        receipt.void(by=build.person(), reason="  ", now=build.NOW)
    with pytest.raises(IntegrityError, match="receipt_voided_means_why"):
        build.sql("UPDATE receipts_receipt SET voided_at = now()")


def test_a_replacement_has_the_next_number_and_the_corrected_name() -> None:
    wrong = build.receipt()
    right = issuing.replace(
        wrong, by=build.person(), reason="Misspelt", donor=Donor("Layla Noori", "leila@example.org"), now=build.NOW
    )
    wrong = Receipt.objects.get(pk=wrong.pk)
    assert (wrong.state, wrong.replacement()) == (Standing.REPLACED, right)
    assert (right.number, right.donor_name, right.amount) == ("RR-2026-000002", "Layla Noori", wrong.amount)
    assert right.state == Standing.VALID


def test_a_replacement_that_fails_leaves_the_first_receipt_valid_and_no_gap() -> None:
    receipt = build.receipt()
    build.sql("UPDATE receipts_issuerprofile SET valid_until = '2026-05-15'")
    next_year = build.NOW + datetime.timedelta(days=365)
    with pytest.raises(Refused, match="No approved issuer"):
        issuing.replace(receipt, by=build.person(), reason="x", donor=Donor("", "a@example.org"), now=next_year)
    assert Receipt.objects.get().state == Standing.VALID
    assert NumberSeries.objects.get().last == 1


def test_only_a_voided_receipt_of_the_same_gift_is_replaced() -> None:
    receipt, other = build.receipt(), build.gift()
    with pytest.raises(IntegrityError, match="a receipt replaces a voided one of the same gift"):
        issuing.write(receipt.issuer, [(build.kept(other), Donor("", "a@example.org"))], build.NOW, replaces=receipt)
