"""One statement a year for each donor, of what no receipt of their own says; in batch, and never a gift twice."""

import datetime
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client

from ledger.money import Money
from receipts import annual, beginning, closing, issuing, mailing, rendering
from receipts.models import (
    Donor,
    DonorYear,
    FiscalYear,
    HeldGift,
    IssuerProfile,
    Kind,
    Receipt,
    ReceiptChoice,
    Refused,
    State,
    StatementLine,
)
from tests.receipts import build, paper
from tests.receipts.test_admin import no_second_factor, signed_in

__all__ = ["no_second_factor"]
pytestmark = pytest.mark.django_db(transaction=True)
AFTER = datetime.datetime(2027, 1, 5, 9, tzinfo=datetime.UTC)


def yearly(code: str = "plain", **fields: Any) -> IssuerProfile:
    profile = build.prepared(**beginning.form_of(code) | {"jurisdiction": "Australia", "yearly": True} | fields)
    beginning.fill(profile)
    profile.approve(by=build.person())
    return profile


def year(issuer: IssuerProfile) -> FiscalYear:
    return FiscalYear.objects.create(
        issuer=issuer, first_day=datetime.date(2026, 1, 1), last_day=datetime.date(2026, 12, 31)
    )


def begun(issuer: IssuerProfile) -> FiscalYear:
    ours = year(issuer)
    annual.begin(ours, by=build.person(), now=AFTER)
    return ours


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def stated(*amounts: int, **fields: Any) -> Receipt:
    """The statement of one donor's gifts."""
    issuer, appeal = yearly(), build.campaign()
    for minor in amounts:
        build.gift(usd(minor), to=appeal, **fields)
    begun(issuer)
    annual.write(AFTER)
    return Receipt.objects.get()


def test_a_donor_has_one_statement_however_their_address_is_written() -> None:
    issuer = yearly()
    for email in ("leila@example.org", "LEILA@example.org", "Leila@Example.org"):
        build.gift(usd(10_00), email=email)
    build.gift(usd(7_00), email="mina@example.org")
    assert issuing.issue(build.NOW) == 0
    begun(issuer)
    assert annual.write(AFTER) == 2
    statements = {receipt.donor_email.lower(): receipt for receipt in Receipt.objects.all()}
    assert statements["leila@example.org"].amount == usd(30_00)
    assert statements["leila@example.org"].lines.count() == 3
    assert {receipt.number for receipt in statements.values()} == {"RR-2027-000001", "RR-2027-000002"}
    assert annual.write(AFTER) == 0


def test_what_a_receipt_says_already_is_left_out() -> None:
    covered = build.receipt()
    covered.issuer.refresh_from_db()
    later = datetime.date(2026, 5, 14)
    build.sql("UPDATE receipts_issuerprofile SET valid_until = %s", later)
    issuer = yearly(valid_from=later)
    alone = build.gift(usd(5_00))
    begun(issuer)
    annual.write(AFTER)
    statement = Receipt.objects.get(kind=Kind.STATEMENT)
    assert [line.donation for line in statement.lines.all()] == [alone]


def test_a_gift_counts_on_its_day_where_the_issuer_is() -> None:
    issuer = yearly(time_zone="Australia/Sydney")
    build.gift(usd(1_00), charged_at=datetime.datetime(2025, 12, 31, 13, 30, tzinfo=datetime.UTC))  # 2026 in Sydney
    build.gift(usd(2_00), charged_at=datetime.datetime(2026, 12, 31, 13, 30, tzinfo=datetime.UTC))  # 2027 in Sydney
    begun(issuer)
    annual.write(AFTER)
    assert Receipt.objects.get().amount == usd(1_00)


def test_two_currencies_are_two_statements() -> None:
    issuer = yearly()
    build.gift(usd(1_00))
    build.gift(Money(2_00, "EUR"))
    begun(issuer)
    annual.write(AFTER)
    assert {str(receipt.currency) for receipt in Receipt.objects.all()} == {"USD", "EUR"}


def test_a_gift_is_on_one_valid_paper_at_most_whoever_asks() -> None:
    statement = stated(10_00)
    gift = statement.lines.get().donation
    with pytest.raises(IntegrityError, match="one valid paper"):
        issuing.write(statement.issuer, [(build.kept(gift), Donor("", "leila@example.org"))], AFTER)
    receipt = issuing.write(statement.issuer, [(build.kept(build.gift()), Donor("", "a@example.org"))], AFTER)[0]
    with pytest.raises(IntegrityError, match="one valid paper"):
        StatementLine.objects.create(
            receipt=statement, donation=receipt.gift, amount_minor=1, given_on=build.DAY, purpose="x"
        )


def test_a_statement_is_the_sum_of_its_lines_by_the_database() -> None:
    statement = stated(10_00)
    with pytest.raises(IntegrityError, match="sum of its lines"):
        StatementLine.objects.create(
            receipt=statement, donation=build.gift(), amount_minor=1, given_on=build.DAY, purpose="x"
        )
    for change in ("UPDATE receipts_statementline SET amount_minor = 1", "DELETE FROM receipts_statementline"):
        with pytest.raises(IntegrityError, match="what was issued stays"):
            build.sql(change)


def test_the_paper_lists_every_gift_and_is_tagged() -> None:
    content = rendering.to_pdf(stated(10_00, 20_00, name="مینا رضایی"))
    words = " ".join(paper.text(content).split())
    for said in ("Annual statement", "$10.00", "$20.00", "$30.00", "1 Jan. 2026 – 31 Dec. 2026", "$30.00 USD in all"):
        assert said in words.replace("January", "Jan.").replace("December", "Dec.")
    assert paper.is_tagged(content)
    assert not set("{}") & set(words)


def test_a_year_of_two_hundred_gifts_takes_several_pages() -> None:
    statement = stated(*[1_00] * 120)
    assert len(paper.read(rendering.to_pdf(statement)).pages) > 2


def test_it_is_printed_mailed_shown_and_verified_as_a_receipt_is() -> None:
    statement = stated(10_00, 20_00)
    rendering.render(build.later())
    mailing.mail(build.later())
    assert "Each gift is listed" in str(mail.outbox[-1].body)
    page = Client().get(statement.get_absolute_url()).content.decode()
    assert page.count("Shelter after the flood") == 2
    assert "For the year to" in Client().get(f"/verify/{statement.code}/").content.decode()


def test_a_refund_replaces_the_statement_by_one_of_what_is_left() -> None:
    first = stated(10_00, 20_00)
    build.refund(first.lines.get(amount_minor=20_00).donation, 5_00)
    assert annual.correct(AFTER) == 1
    second = Receipt.objects.valid().get()
    assert (second.replaces, second.amount) == (first, usd(25_00))
    assert annual.correct(AFTER) == 0
    build.refund(first.lines.get(amount_minor=10_00).donation, 10_00)
    assert annual.correct(AFTER) == 1
    assert Receipt.objects.valid().get().amount == usd(15_00)
    build.refund(first.lines.get(amount_minor=20_00).donation, 15_00)
    assert annual.correct(AFTER) == 1
    assert not Receipt.objects.valid().exists()
    assert annual.correct(AFTER) == issuing.correct(AFTER) == issuing.issue(AFTER) == 0


def test_staff_replace_a_statement_with_a_corrected_name() -> None:
    first = stated(10_00)
    client, _person = signed_in("view_receipt", "void_receipt")
    given = {"reason": "Misspelt", "name": "Layla Noori", "email": "leila@example.org", "address": ""}
    assert client.post(f"/staff/receipts/receipt/{first.pk}/step/replace/", given).status_code == 302
    assert Receipt.objects.valid().get().donor_name == "Layla Noori"
    assert Receipt.objects.get(pk=first.pk).state == State.REPLACED


def test_a_killed_batch_goes_on_where_it_stopped_without_a_gap() -> None:
    issuer = yearly()
    for number in range(6):
        build.gift(usd(1_00), email=f"donor{number}@example.org")
    begun(issuer)
    for _turn in range(2):
        annual.write_some(AFTER, 1)
    build.sql("CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$")
    build.sql("CREATE TRIGGER stop AFTER INSERT ON receipts_statementline EXECUTE FUNCTION stop()")
    with pytest.raises(Exception, match="killed"):
        annual.write_some(AFTER, 1)
    build.sql("DROP TRIGGER stop ON receipts_statementline")
    build.sql("DROP FUNCTION stop()")
    assert annual.write(AFTER) == 4
    assert sorted(Receipt.objects.values_list("number", flat=True)) == [f"RR-2027-{n:06d}" for n in range(1, 7)]


def test_the_command_writes_and_prints_all_that_waits() -> None:
    issuer = yearly()
    for number in range(3):
        build.gift(usd(1_00), email=f"donor{number}@example.org")
    begun(issuer)
    annual.write_some(AFTER, 1)
    told = StringIO()
    call_command("statements", stdout=told)
    assert "0 statements are still to be written." in told.getvalue()
    assert Receipt.objects.exclude(document=None).count() == 3


def test_four_workers_at_once_write_each_statement_once() -> None:
    issuer = yearly()
    for number in range(12):
        build.gift(usd(1_00), email=f"donor{number}@example.org")
    begun(issuer)
    build.at_once([partial(annual.write, AFTER)] * 4)
    assert Receipt.objects.count() == 12
    assert not DonorYear.objects.waiting().exists()


def test_a_donor_whose_address_is_missing_is_held_and_then_has_one_statement() -> None:
    issuer = yearly("ca", currency="USD")
    build.gift(usd(1_00))
    build.gift(usd(2_00))
    begun(issuer)
    annual.write(AFTER)
    assert not Receipt.objects.exists()
    held = HeldGift.objects.waiting().first()
    assert held
    held.particulars.tell({"address": "1 Elm Street"}, AFTER + datetime.timedelta(seconds=1))
    issuing.issue(AFTER + datetime.timedelta(seconds=2))
    annual.write(AFTER + datetime.timedelta(seconds=3))
    statement = Receipt.objects.get()
    assert (statement.amount, statement.donor_address) == (usd(3_00), "1 Elm Street")


def test_beginning_again_adds_what_came_later_as_a_statement_of_its_own() -> None:
    statement = stated(10_00)
    assert statement.of_year
    build.gift(usd(5_00))
    annual.begin(statement.of_year.year, by=build.person(), now=AFTER)
    annual.write(AFTER)
    assert sorted(Receipt.objects.values_list("amount_minor", flat=True)) == [5_00, 10_00]


def test_who_wants_no_receipt_for_tax_is_acknowledged_and_on_no_statement() -> None:
    issuer = yearly()
    ReceiptChoice.choose("leila@example.org", tax_receipt=False)
    build.gift(usd(1_00), email="Leila@example.org")
    assert issuing.issue(build.NOW) == 1
    assert Receipt.objects.get().kind == Kind.ACKNOWLEDGEMENT
    begun(issuer)
    assert annual.write(AFTER) == 0


def test_who_wants_no_receipt_for_tax_is_asked_for_nothing() -> None:
    profile = yearly("ca", currency="", yearly=False)
    assert profile.required.exists()
    ReceiptChoice.choose("leila@example.org", tax_receipt=False)
    build.gift()
    assert issuing.issue(build.NOW) == 1
    assert Receipt.objects.get().number.startswith("RR-ACK-")


def test_a_donor_chooses_on_the_page_of_their_gifts() -> None:
    build.gift()
    client = Client()
    assert client.get("/receipts/choice/").status_code == 302
    session = client.session
    session["donor"] = {"email": "Leila@example.org", "until": build.later(minutes=9).timestamp()}
    session.save()
    assert "/receipts/choice/" in client.get("/my-gifts/").content.decode()
    assert 'value="receipts"' in client.get("/receipts/choice/").content.decode().partition("checked")[0]
    assert client.post("/receipts/choice/", {"papers": ""}).status_code == 422
    assert client.post("/receipts/choice/", {"papers": "none"}).status_code == 302
    assert not ReceiptChoice.wants("leila@example.org")
    client.post("/receipts/choice/", {"papers": "receipts"})
    assert ReceiptChoice.wants("leila@example.org")


def test_statements_wait_for_the_end_of_the_year_and_for_words() -> None:
    with pytest.raises(Refused, match="not over yet"):
        annual.begin(year(yearly()), by=build.person(), now=build.NOW)
    plain = build.prepared(valid_from=datetime.date(2028, 1, 1))
    other = FiscalYear.objects.create(
        issuer=plain, first_day=datetime.date(2024, 1, 1), last_day=datetime.date(2024, 12, 31)
    )
    with pytest.raises(Refused, match="no text for annual statements"):
        annual.begin(other, by=build.person(), now=AFTER)


def test_two_years_never_share_a_day() -> None:
    ours = year(build.issuer())
    with pytest.raises(IntegrityError, match="year_has_its_days_alone"):
        FiscalYear.objects.create(issuer=ours.issuer, first_day=ours.last_day, last_day=ours.last_day)


def test_a_year_does_not_close_while_a_receipt_is_open_to_void_or_replace() -> None:
    receipt = build.receipt()
    ours = year(receipt.issuer)
    build.refund(receipt.gift, 10_00)
    with pytest.raises(Refused, match=f"open to void or replace: {receipt.number}"):
        closing.close(ours, by=build.person(), now=AFTER)
    issuing.correct(AFTER)
    closing.close(ours, by=build.person(), now=AFTER)
    assert FiscalYear.objects.get().closed_at


def test_nor_while_statements_are_still_to_be_written() -> None:
    issuer = yearly()
    build.gift()
    ours = begun(issuer)
    with pytest.raises(Refused, match="1 annual statements"):
        closing.close(ours, by=build.person(), now=AFTER)
    annual.write(AFTER)
    closing.close(ours, by=build.person(), now=AFTER)


def test_in_a_closed_year_a_person_decides() -> None:
    receipt = build.receipt()
    ours = year(receipt.issuer)
    closing.close(ours, by=build.person(), now=AFTER)
    build.refund(receipt.gift, 10_00)
    assert issuing.correct(AFTER) == 0
    assert closing.to_decide_on(ours) == receipt.number
    with pytest.raises(IntegrityError, match="voided by a person"):
        receipt.void(by=None, reason="x", now=AFTER)
    issuing.replace(receipt, by=build.person(), reason="Refund", donor=receipt.donor, now=AFTER)
    assert closing.to_decide_on(ours) == ""
    assert Receipt.objects.valid().get().amount == usd(140_00)


def test_so_it_is_with_the_statements_of_a_closed_year() -> None:
    statement = stated(10_00, 20_00)
    assert statement.of_year
    closing.close(statement.of_year.year, by=build.person(), now=AFTER)
    build.refund(statement.lines.get(amount_minor=20_00).donation, 5_00)
    assert annual.correct(AFTER) == 0
    assert closing.to_decide_on(statement.of_year.year) == statement.number


@pytest.mark.parametrize("change", ["closed_at = NULL, closed_by_id = NULL", "last_day = '2027-01-01'"])
def test_a_closed_year_stays_closed_whoever_asks(change: str) -> None:
    ours = year(build.issuer())
    closing.close(ours, by=build.person(), now=AFTER)
    with pytest.raises(IntegrityError, match="is refused"):
        build.sql(f"UPDATE receipts_fiscalyear SET {change}")
    with pytest.raises(IntegrityError, match="is refused"):
        build.sql("DELETE FROM receipts_fiscalyear")


def test_staff_see_how_far_the_batch_is_and_what_is_held() -> None:
    issuer = yearly()
    for number in range(3):
        build.gift(usd(1_00), email=f"donor{number}@example.org")
    ours = begun(issuer)
    annual.write_some(AFTER, 1)
    client, _person = signed_in("view_fiscalyear", "close_fiscalyear")
    assert "1 of 3" in client.get("/staff/receipts/fiscalyear/").content.decode()
    assert "1 annual statements" not in client.get(f"/staff/receipts/fiscalyear/{ours.pk}/step/close/").content.decode()
