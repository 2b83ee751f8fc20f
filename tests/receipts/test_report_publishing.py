"""A report is prepared by one, checked by another, published and fixed; nothing withheld is in any byte of it."""

import csv
import datetime
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from appeal.models import Campaign
from appeal.refusal import Refused
from grants.models import Grant, Initiative, Publication, Route
from ledger import chart
from ledger.money import Money
from receipts.log import appending, checkpoints
from receipts.models import ReportFile, ReportVersion
from receipts.reports import publishing
from receipts.reports.facts import Directness
from receipts.reports.freezing import thaw
from tests.grants import build as grants
from tests.receipts import build, paper
from tests.receipts.reports_build import checked, granted, prepared, published

pytestmark = pytest.mark.django_db(transaction=True)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def page(client: Client, version: ReportVersion) -> Any:
    return client.get(version.get_absolute_url())


def a_year(**grant: Any) -> Campaign:
    campaign = build.campaign()
    build.given(campaign.card_fund, 1_234_56, fee=34_56)
    granted(campaign, 500_00, **grant)
    return campaign


def test_nobody_checks_what_they_prepared() -> None:
    anna = build.person()
    version = prepared(a_year(), by=anna)
    with pytest.raises(Refused, match="another person"):
        version.check_it(by=anna, seen=version.sha256)
    with pytest.raises(IntegrityError, match="report_checked_by_another_person"), transaction.atomic():
        build.sql("UPDATE receipts_reportversion SET checked_by_id = prepared_by_id, checked_at = now()")


def test_nothing_unchecked_is_published() -> None:
    version = prepared(a_year())
    publishing.work()
    with pytest.raises(Refused, match="check"):
        version.publish(by=build.person())
    with pytest.raises(IntegrityError, match="report_published_means_checked"), transaction.atomic():
        build.sql("UPDATE receipts_reportversion SET published_by_id = prepared_by_id, published_at = now()")


def test_nothing_without_its_files_is_published() -> None:
    version = prepared(a_year())
    version.check_it(by=build.person(), seen=version.sha256)
    with pytest.raises(Refused, match="files"):
        version.publish(by=build.person())
    with pytest.raises(IntegrityError, match="has its files"), transaction.atomic():
        build.sql("UPDATE receipts_reportversion SET published_by_id = checked_by_id, published_at = now()")


def test_what_was_prepared_anew_is_read_again() -> None:
    campaign = a_year()
    first = prepared(campaign)
    second = prepared(campaign, text="Other words.")
    assert list(ReportVersion.objects.all()) == [second]
    with pytest.raises(Refused, match="prepared anew"):
        second.check_it(by=build.person(), seen=first.sha256)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipts_reportversion SET facts = 'x'",
        "UPDATE receipts_reportversion SET published_at = now()",
        "UPDATE receipts_reportversion SET checked_by_id = published_by_id",
        "DELETE FROM receipts_reportversion",
        "TRUNCATE receipts_reportversion CASCADE",
        "UPDATE receipts_reportfile SET content = 'x'",
        "DELETE FROM receipts_reportfile",
        "INSERT INTO receipts_reportfile (report_id, name, content) SELECT id, 'more', 'x' FROM receipts_reportversion",
        "UPDATE receipts_showngrant SET level = 'region_only'",
        "DELETE FROM receipts_showngrant",
    ],
)
def test_what_was_published_stays(statement: str) -> None:
    published(a_year(publication=Publication.FULL))
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        build.sql(statement)


def test_a_correction_is_the_next_version_and_says_what_it_changes(client: Client) -> None:
    campaign = a_year()
    first = published(campaign)
    with pytest.raises(Refused, match="what this one changes"):
        prepared(campaign)
    build.given(campaign.card_fund, 10_00)
    second = published(campaign, changed="A gift of May was booked in December.")
    assert (second.version, second.replaces) == (2, first)
    shown = page(client, second).content.decode()
    assert "A gift of May was booked in December." in shown
    assert "$1,744.56" in shown
    assert reverse("receipts:report-file", args=[f"{first}.pdf"]) in shown


def test_versions_have_no_gap() -> None:
    published(a_year())
    copy = """
        INSERT INTO receipts_reportversion (campaign_id, currency, period, version, language, facts, changed, renewal,
                                            prepared_by_id, prepared_at, replaces_id, problem)
        SELECT campaign_id, currency, period, %s, language, facts, 'more', false, prepared_by_id, now(), %s, ''
        FROM receipts_reportversion
    """
    last = ReportVersion.objects.get()
    for number, replaces in [(3, last.pk), (2, None), (1, None)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            build.sql(copy, number, replaces)
    build.sql(copy, 2, last.pk)
    with pytest.raises(IntegrityError, match="without a gap"), transaction.atomic():
        build.sql(copy, 3, last.pk)


def test_words_that_name_who_is_withheld_are_refused() -> None:
    campaign = a_year(publication=Publication.NAME_WITHHELD)
    for words in ("We thank hope school of CISARUA.", "It is at Jalan Raya 7, Cisarua.", "Write to hope@example.org"):
        with pytest.raises(Refused, match="Leave that out"):
            prepared(campaign, text=words)


def test_a_period_that_has_not_begun_has_no_report() -> None:
    with pytest.raises(Refused, match="not begun"):
        prepared(a_year(), period="2099-q1")


# Where it is read


def test_nobody_reads_it_before_it_is_published(client: Client) -> None:
    version = checked(a_year())
    assert page(client, version).status_code == 404
    assert client.get(reverse("receipts:report-file", args=[f"{version}.pdf"])).status_code == 404
    assert str(version) not in client.get(reverse("receipts:reports")).content.decode()


def test_a_published_report_is_a_page_and_the_stored_files(client: Client) -> None:
    version = published(a_year(publication=Publication.FULL))
    assert version.get_absolute_url() in client.get(reverse("receipts:reports")).content.decode()
    shown = page(client, version)
    assert shown.status_code == 200
    for name, content in publishing.files(version):
        response = client.get(reverse("receipts:report-file", args=[name]))
        assert response.content == content
        assert publishing.file_digests(version)[name] in shown.content.decode()
        again = client.get(
            reverse("receipts:report-file", args=[name]), headers={"If-None-Match": response.headers["ETag"]}
        )
        assert (again.status_code, response.headers["Cache-Control"]) == (304, "no-cache")


def test_a_draft_appeals_report_is_not_found(client: Client) -> None:
    version = published(build.campaign(live=False))
    assert page(client, version).status_code == 404
    assert client.get(reverse("receipts:report-file", args=[f"{version}.pdf"])).status_code == 404


def test_all_funds_have_a_report_of_their_own(client: Client) -> None:
    build.given(build.campaign().card_fund, 100_00)
    version = published(None, currency="USD")
    assert version.get_absolute_url() == "/reports/all-usd/2026/"
    assert "All funds in USD" in page(client, version).content.decode()


def test_a_long_register_stays_a_small_page_and_is_whole_in_the_files(client: Client) -> None:
    campaign = build.campaign()
    grants.gift(campaign.bank_fund, 130_00)
    many(campaign, 130)
    version = published(campaign)
    shown = page(client, version).content
    assert len(shown) < 60_000
    assert "30 more lines" in shown.decode()
    rows = table(version, "-grants.csv")
    assert len(rows) == 130
    words = paper.text(stored(version, ".pdf"))
    assert [row["reference"] for row in rows if row["reference"] not in words] == []


def many(campaign: Campaign, number: int) -> None:
    """Grants of a dollar each that are promised."""
    for _turn in range(number):
        granted(campaign, 1_00, pay=False, publication=Publication.FULL)


def stored(version: ReportVersion, ending: str) -> bytes:
    return bytes(ReportFile.objects.get(report=version, name=f"{version}{ending}").content)


def table(version: ReportVersion, ending: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stored(version, ending).decode("utf-8-sig"))))


# The same figures everywhere


def test_all_forms_have_the_ledgers_figures_to_the_cent(client: Client) -> None:
    campaign = a_year(publication=Publication.FULL)
    card, bank = campaign.card_fund, campaign.bank_fund
    build.booked("refund", (chart.REFUNDS, card, 20_01), (chart.STRIPE, card, -20_01))
    granted(campaign, 77_77, route=Route.HOST, publication=Publication.COUNTRY_ONLY)
    granted(campaign, 33_33, pay=False)
    version = published(campaign)
    books = {
        "gifts": -(card.balance(chart.GIFTS) + bank.balance(chart.GIFTS)),
        "refunds": card.balance(chart.REFUNDS),
        "fees": card.balance(chart.FEES),
        "paid": bank.balance(chart.GRANTS),
        "promised": bank.balance(chart.ENCUMBERED),
        "closing": card.balance(*chart.ASSETS) + bank.balance(*chart.ASSETS),
        "left": card.free() + bank.free(),
    }
    data = json.loads(stored(version, ".json"))["statement"]
    rows = {row["item"]: row for row in table(version, ".csv") if row["section"] == "statement"}
    pdf, twin, shown = paper.text(stored(version, ".pdf")), stored(version, ".html").decode(), page(client, version)
    for name, amount in books.items():
        assert rows[name]["amount"] == str(amount.decimal)
        assert amount.format() in twin
        assert amount.format() in shown.content.decode()
        assert amount.format() in re.sub(r"[ \n]+", " ", pdf)
        if name in data:
            assert data[name] == {"minor": amount.minor, "currency": "USD"}
    lines = table(version, "-grants.csv")
    sums = [row["amount"] for row in table(version, ".csv") if (row["item"], row["detail"]) == ("withheld", "paid")]
    assert sum(float(row["paid"]) for row in lines) + float(sums[0]) == pytest.approx(577_77 / 100)


def test_the_paper_is_tagged_and_the_same_for_the_same_facts() -> None:
    version = checked(a_year(publication=Publication.FULL))
    first = stored(version, ".pdf")
    assert paper.is_tagged(first)
    assert paper.language(first) == "en"
    version.files.all().delete()
    publishing.make_files(version)
    assert stored(version, ".pdf") == first


def test_no_cell_of_a_table_is_a_formula() -> None:
    campaign = build.campaign()
    granted(campaign, 5_00, publication=Publication.FULL, purpose='=HYPERLINK("x")', to=grants.initiative(name="@SUM"))
    version = checked(campaign)
    (row,) = table(version, "-grants.csv")
    assert (row["name"], row["purpose"]) == ("'@SUM", '\'=HYPERLINK("x")')


# What is withheld later

SECRETS = ("Zamzam Weaving Circle", "Kandahar Bazaar 9", "+93700123456", "Looms for thirty widows")


def secretive(campaign: Campaign, **fields: Any) -> Grant:
    group = grants.initiative(
        name=SECRETS[0], place=SECRETS[1], email="zam@example.org", country="AF", region="southern-asia"
    )
    tranche = granted(campaign, 640_00, to=group, purpose=f"{SECRETS[3]}", publication=Publication.FULL, **fields)
    return tranche.grant


def bytes_of(client: Client, version: ReportVersion) -> bytes:
    """All that anybody can have of it: pages, files, the text and the properties of the PDF, and the open data."""
    public = [page(client, version), client.get(reverse("receipts:reports")), client.get("/api/grants/")]
    files = [client.get(reverse("receipts:report-file", args=[name])) for name, _content in publishing.files(version)]
    words = [response.content for response in [*public, *files]]
    pdf = stored(version, ".pdf")
    if files[0].status_code == 200:
        words += [paper.text(pdf).encode(), str(paper.read(pdf).metadata).encode(), pdf]
    return b"\n".join(words)


def has(content: bytes, secret: str) -> bool:
    return secret.encode() in content or " ".join(secret.split()).encode() in b" ".join(content.split())


def test_lowering_acts_at_once_and_a_version_without_it_takes_its_place(client: Client) -> None:
    campaign = a_year()
    grant = secretive(campaign)
    first = published(campaign, text=f"The {SECRETS[0]} began to weave.")
    assert has(bytes_of(client, first), SECRETS[0])
    Grant.objects.filter(pk=grant.pk).update(publication=Publication.AGGREGATE)

    gone = page(client, first)
    assert (gone.status_code, gone.headers["Cache-Control"]) == (503, "no-store")
    assert [secret for secret in SECRETS if has(bytes_of(client, first), secret)] == []
    for name, _content in publishing.files(first):
        held = {"If-None-Match": f'"{publishing.file_digests(first)[name]}"'}
        assert client.get(reverse("receipts:report-file", args=[name]), headers=held).status_code == 404

    publishing.work()
    second = ReportVersion.objects.newest().get()
    assert (second.version, second.renewal, second.replaces, second.prepared_by) == (2, True, first, None)
    everything = bytes_of(client, second)
    assert page(client, second).status_code == 200
    assert [secret for secret in SECRETS if has(everything, secret)] == []
    assert grant.reference.encode() not in everything
    assert "Less is shown of grants" in page(client, second).content.decode()
    was, now = thaw(bytes(first.facts)), thaw(bytes(second.facts))
    assert (now.statement, now.income, now.fees) == (was.statement, was.income, was.fees)
    assert now.withheld_paid == was.withheld_paid + usd(640_00)
    assert bytes(ReportFile.objects.filter(report=first).first().content)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("level", "still"),
    [
        (Publication.NAME_WITHHELD, {SECRETS[3]}),
        (Publication.COUNTRY_ONLY, set()),
        (Publication.REGION_ONLY, set()),
        (Publication.EMBARGO, set()),
    ],
)
def test_a_lower_level_leaves_what_is_still_agreed(client: Client, level: str, still: set[str]) -> None:
    campaign = a_year()
    grant = secretive(campaign)
    published(campaign)
    Grant.objects.filter(pk=grant.pk).update(publication=level)
    publishing.work()
    everything = bytes_of(client, ReportVersion.objects.newest().get())
    assert {secret for secret in SECRETS if has(everything, secret)} == still
    assert b"Afghanistan" not in everything


def test_the_directness_of_what_is_withheld_later_is_not_told() -> None:
    campaign = a_year(publication=Publication.FULL)
    tranche = granted(campaign, 640_00, route=Route.HOST, publication=Publication.FULL)
    published(campaign)
    Grant.objects.filter(pk=tranche.grant.pk).update(publication=Publication.AGGREGATE)
    publishing.work()
    told = thaw(bytes(ReportVersion.objects.newest().get().facts))
    ways = {way.route: way.paid for way in told.directness}
    assert (ways[Directness.DIRECT], ways[Directness.ONE], ways[Directness.UNTOLD]) == (
        usd(500_00),
        usd(0),
        usd(640_00),
    )


def test_a_country_goes_from_the_others_when_too_few_are_left(client: Client) -> None:
    campaign = build.campaign()
    shown: dict[str, Any] = {"publication": Publication.COUNTRY_ONLY, "pay": False}
    tranches = [granted(campaign, 10_00, **shown) for _turn in range(3)]
    first = published(campaign)
    assert b"Indonesia" in bytes_of(client, first)
    Grant.objects.filter(pk=tranches[0].grant.pk).update(publication=Publication.REGION_ONLY)
    publishing.work()
    assert b"Indonesia" not in bytes_of(client, ReportVersion.objects.newest().get())


def test_a_name_for_the_public_takes_the_place_of_the_name(client: Client) -> None:
    campaign = a_year()
    grant = secretive(campaign)
    published(campaign)
    Initiative.objects.filter(pk=grant.initiative_id).update(public_alias="A weaving group")
    publishing.work()
    everything = bytes_of(client, ReportVersion.objects.newest().get())
    assert not has(everything, SECRETS[0])
    assert has(everything, "A weaving group")


def test_raising_what_may_be_shown_changes_no_published_report(client: Client) -> None:
    campaign = a_year(publication=Publication.COUNTRY_ONLY)
    version = published(campaign)
    Grant.objects.update(publication=Publication.FULL)
    version.refresh_from_db()
    assert version.withdrawn_at is None
    assert not has(page(client, version).content, "Hope School")


def test_what_waits_is_not_published_when_less_may_be_shown(client: Client) -> None:
    campaign = a_year()
    grant = secretive(campaign)
    version = checked(campaign)
    Grant.objects.filter(pk=grant.pk).update(publication=Publication.AGGREGATE)
    with pytest.raises(Refused, match="less may be shown"):
        version.publish(by=build.person())
    with pytest.raises(DatabaseError, match="withheld"), transaction.atomic():
        build.sql("UPDATE receipts_reportversion SET published_by_id = checked_by_id, published_at = now()")


def test_the_database_takes_no_line_beyond_what_was_agreed() -> None:
    campaign = a_year(publication=Publication.COUNTRY_ONLY)
    version = prepared(campaign)
    grant = grants.grant(of=campaign)
    insert = "INSERT INTO receipts_showngrant (report_id, grant_id, level, country) VALUES (%s, %s, %s, '')"
    with pytest.raises(IntegrityError, match="agreed"), transaction.atomic():
        build.sql(insert, version.pk, grant.pk, "country_only")


def test_numbers_go_when_the_initiative_takes_its_consent_back() -> None:
    campaign = a_year()
    grant = secretive(campaign)
    report = grant.reports.create(number=1, due_on=datetime.date(2026, 6, 1))
    told_of(report)
    first = published(campaign)
    assert [number.number for number in thaw(bytes(first.facts)).outcomes] == [61]
    report.refresh_from_db()
    report.withdraw_consent()
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    publishing.work()
    assert thaw(bytes(ReportVersion.objects.newest().get().facts)).outcomes == ()


def told_of(report: Any) -> None:
    """Sent in May, accepted, and agreed to be shown."""
    report.figures.create(measure="people", number=61, estimate=True)
    report.save_facts(text="We wove.", spent_minor=1)
    report.consent("Zahra", datetime.date(2026, 5, 20))
    report.submit(datetime.datetime(2026, 5, 20, tzinfo=datetime.UTC))
    report.accept(by=build.person())


def test_a_report_that_cannot_be_printed_says_why_and_is_not_tried_again() -> None:
    version = prepared(a_year(), text="An unknown sign: \U00012fff")
    assert publishing.work() == 0
    version.refresh_from_db()
    assert "U+12FFF" in version.problem
    assert not ReportVersion.objects.without_files().exists()


def test_two_workers_make_no_file_twice() -> None:
    version = prepared(a_year())
    made = build.at_once([publishing.work, publishing.work])
    publishing.work()
    assert sorted(map(str, made)) in (["0", "1"], ["1"])
    assert version.files.count() == len({*version.files.values_list("name", flat=True)}) == 6


def test_the_history_has_who_did_what_and_no_facts() -> None:
    published(a_year())
    with connection.cursor() as cursor:
        cursor.execute("SELECT deed, after FROM ledger_change WHERE place = 'receipts_reportversion' ORDER BY id")
        rows = cursor.fetchall()
    assert [deed for deed, _after in rows] == ["insert", "update", "update"]
    assert all("facts" not in json.loads(after) for _deed, after in rows)


# By those who work here


def test_a_treasurer_prepares_and_another_checks_and_publishes(client: Client, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False
    campaign = a_year()
    treasurers = [staff("anna"), staff("bela")]
    form = {"campaign": campaign.pk, "period": "2026", "language": "en", "text": "The river came."}
    client.force_login(treasurers[0])
    assert "Choose an appeal" in client.post(ADD, form | {"campaign": ""}).content.decode()
    assert "Leave that out" in client.post(ADD, form | {"text": "Hope School of Cisarua"}).content.decode()
    answer = client.post(ADD, form)
    version = ReportVersion.objects.get()
    assert answer.headers["Location"] == reverse("admin:receipts_reportversion_change", args=[version.pk])
    publishing.work()
    assert f"{version}.pdf" in client.get(answer.headers["Location"]).content.decode()
    assert (
        client.get(reverse("admin:receipts_reportversion_file", args=[version.pk, f"{version}.pdf"])).content[:4]
        == b"%PDF"
    )
    assert "another person" in client.post(step(version, "check"), {"seen": version.sha256}).content.decode()
    client.force_login(treasurers[1])
    client.post(step(version, "check"), {"seen": version.sha256})
    client.post(step(version, "publish"))
    assert page(Client(), version).status_code == 200


ADD = "/staff/receipts/reportversion/add/"


def step(version: ReportVersion, name: str) -> str:
    return reverse("admin:receipts_reportversion_step", args=[version.pk, name])


def staff(name: str) -> User:
    person = User.objects.create_user(name, is_staff=True)
    call_command("staff", name, role=["treasurer"], stdout=io.StringIO())
    return person


def test_a_report_is_written_into_a_directory(tmp_path: Path) -> None:
    version = published(a_year())
    call_command("publish", version.about, "2026", to=tmp_path / "mirror", stdout=io.StringIO())
    written = {file.name: file.read_bytes() for file in (tmp_path / "mirror").iterdir()}
    assert {*written} - {"MANIFEST.json", "verify.py"} == {name for name, _content in publishing.files(version)}
    assert all(written[name] == content for name, content in publishing.files(version))
    with pytest.raises(CommandError, match="is not empty"):
        call_command("publish", version.about, "2026", to=tmp_path / "mirror", stdout=io.StringIO())
    with pytest.raises(CommandError, match="No report"):
        call_command("publish", version.about, "2025", to=tmp_path, stdout=io.StringIO())


def test_a_report_names_the_open_books_as_they_were_when_it_was_made(client: Client) -> None:
    appending.append(kind="report", key="report 0", body={"campaign": "winter", "version": 1, "files": {}})
    checkpoint = checkpoints.sign()
    assert checkpoint
    version = published(a_year())
    files = dict(version.files.values_list("name", "content"))
    told = thaw(bytes(version.facts)).open_books
    assert told
    assert (told.origin, told.size, told.root) == (checkpoint.origin, 1, checkpoint.root_letters)
    letters = re.sub(r"\s", "", paper.text(bytes(files[f"{version}.pdf"])))
    assert f"checkpoint1of{told.origin}" in letters
    assert told.root in letters
    assert told.root in page(client, version).content.decode()
    assert json.loads(bytes(files[f"{version}.json"]))["open_books"]["root"] == told.root
