"""Open data holds to the standards, adds up to the books, and tells of people no more than the report does."""

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from grants import bookkeeping
from grants.models import Publication, Region, Route
from grants.publication import PublicGrant
from ledger import chart
from ledger.money import Money
from receipts.reports import periods
from receipts.reports.facts import Bearer, Directness, Fee, IncomeLine, Payment, ReportGrant, TransparencyReport, Way
from receipts.reports.gathering import gather
from receipts.reports.opendata import files
from receipts.reports.opendata.threesixty import number
from receipts.statement import FundStatement, Scope, total
from tests import standards
from tests.grants import build as grants
from tests.receipts import build
from tests.receipts.reports_build import granted

MAY = datetime.date(2026, 5, 1)
HOSTILE = "Al\u202eif & <Sons> ]]> \"'\x00\x08\x1b\u2066 \ud800 \ufffe &xxe; " + "ж" * 300
SECRETS = ("Zebra House", "Nowhereville", "+6289999999999")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(minor: int, *, currency: str = "USD", paid: int | None = None, **fields: Any) -> ReportGrant:
    level = fields.pop("level", Publication.FULL)
    way = fields.pop("way", Directness.DIRECT)
    amount, sent = Money(minor, currency), Money(minor if paid is None else paid, currency)
    told: dict[str, Any] = {
        "reference": "GR-7K2MPX",
        "amount": amount,
        "month": MAY,
        "region": Region.SOUTH_EASTERN_ASIA,
    }
    payments = (Payment(MAY, way, sent),) if level in {Publication.FULL, Publication.NAME_WITHHELD} and sent else ()
    return ReportGrant(PublicGrant(**told | fields), "winter", level, amount - sent, sent, payments)


def report(
    lines: tuple[ReportGrant, ...] = (),
    *,
    currency: str = "USD",
    gifts: int = 900_00,
    withheld: int = 0,
    returned: int = 0,
    **fields: Any,
) -> TransparencyReport:
    """One whose books have these grants, and others that were paid `withheld` and may not be shown."""
    zero = Money.zero(currency)
    paid = total((each.paid for each in lines), currency) + Money(withheld, currency)
    promised = total((each.promised for each in lines), currency)
    came, back, fee = Money(gifts, currency), Money(returned, currency), Money(3, currency)
    held = came + back - fee - paid
    period = periods.read("2026")
    books = FundStatement(
        "Winter", "winter", period, currency, zero, came, zero, zero, zero, back, fee, zero, paid, promised,
        ((chart.BANK, held),), (),
    )  # fmt: skip
    defaults: dict[str, Any] = {
        "version": 1,
        "period": period,
        "as_of": datetime.date(2027, 1, 5),
        "language": "en",
        "text": "",
        "statement": books,
        "income": (IncomeLine(MAY, "card", None, came, came),) if came else (),
        "fees": (Fee(chart.FEES, Bearer.GIFTS, fee),),
        "grants": lines,
        "directness": (Way(Directness.DIRECT, paid),),
        "decisions": (),
        "mishaps": (),
    }
    return TransparencyReport(**defaults | fields)


def made(told: TransparencyReport) -> dict[str, bytes]:
    """By the last two parts of the name: `360giving.json`, `iati.xml`."""
    return {".".join(name.rsplit(".", 2)[1:]): content for name, _kind, content in files(told)}


def package(told: TransparencyReport) -> Any:
    return json.loads(made(told)["360giving.json"], parse_float=Decimal)


def activity(told: TransparencyReport) -> ET.Element:
    found = ET.fromstring(made(told)["iati.xml"]).find("iati-activity")
    assert found is not None
    return found


def sums(told: TransparencyReport) -> dict[str, Decimal]:
    """What each type of transaction comes to."""
    added = dict.fromkeys("1234", Decimal(0))
    for each in activity(told).iterfind("transaction"):
        kind = each.find("transaction-type")
        assert kind is not None
        added[kind.attrib["code"]] += Decimal(each.findtext("value", ""))
    return added


def problems(told: TransparencyReport, tmp_path: Path, ending: str) -> list[str]:
    found: list[str] = []
    for name, _kind, content in files(told):
        if name.endswith(ending):
            path = tmp_path / name
            path.write_bytes(content)
            found += standards.problems(path)
    return found


ENDINGS = ["360giving.json", "iati.xml"]


def many() -> tuple[ReportGrant, ...]:
    return tuple(line(100_00 + turn, reference=f"GR-{turn:06}", name=f"Group {turn}") for turn in range(300))


EXAMPLES: dict[str, Callable[[], TransparencyReport]] = {
    "no grants": report,
    "no gifts": lambda: report(gifts=0),
    "hosted": lambda: report((line(100_00, way=Directness.ONE, name="Hope School"),)),
    "nameless": lambda: report((line(100_00, level=Publication.NAME_WITHHELD, country="ID", purpose="Coats"),)),
    "region only": lambda: report((line(100_00, level=Publication.REGION_ONLY),)),
    "withheld": lambda: report((line(100_00, name="Hope School"),), withheld=50_00),
    "all withheld": lambda: report(withheld=50_00),
    "promised": lambda: report((line(100_00, paid=0, name="Hope School"),)),
    "returned": lambda: report((line(100_00),), returned=1_00),
    "many": lambda: report(many()),
    "a country of no ISO code": lambda: report((line(100_00, country="XK"),)),
    "hostile": lambda: report((line(100_00, name=HOSTILE, purpose=HOSTILE),)),
    "before its end": lambda: report((line(100_00),), as_of=datetime.date(2026, 6, 3)),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_report_holds_to_both_standards(name: str, ending: str, tmp_path: Path) -> None:
    assert problems(EXAMPLES[name](), tmp_path, ending) == []


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("currency", ["USD", "AUD", "EUR", "GBP", "JPY", "MYR", "NZD", "THB", "KWD", "BHD", "UGX"])
def test_every_currency_has_its_own_decimals(currency: str, ending: str, tmp_path: Path) -> None:
    told = report((line(100_05, currency=currency),), currency=currency, gifts=200_07)
    assert package(told)["grants"][0]["amountAwarded"] == Money(100_05, currency).decimal
    assert sums(told)["1"] == Money(200_07, currency).decimal
    assert problems(told, tmp_path, ending) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_registered_is_in_every_identifier(ending: str, settings: Settings, tmp_path: Path) -> None:
    settings.ORGANISATION_ID, settings.THREESIXTY_PREFIX = "GB-CHC-1234567", "360G-example"
    told = report((line(100_00, name="Hope School"),))
    assert activity(told).findtext("iati-identifier") == "GB-CHC-1234567-winter"
    assert package(told)["grants"][0]["id"] == "360G-example-GR-7K2MPX"
    assert not any(b"NOT REGISTERED" in content for content in made(told).values())
    assert problems(told, tmp_path, ending) == []


def test_what_is_not_registered_says_so() -> None:
    for content in made(report((line(100_00),))).values():
        assert b"NOT REGISTERED" in content
        assert b"unregistered" in content.lower()


def test_a_package_without_grants_is_no_file() -> None:
    assert set(made(report())) == {"iati.xml"}


def test_all_funds_have_no_files_for_their_campaigns_have_them() -> None:
    told = report()
    assert files(replace(told, statement=replace(told.statement, slug=""))) == []


def test_a_hosted_grant_says_that_a_fiscal_sponsor_received_it() -> None:
    direct, hosted = line(100_00), line(50_00, reference="GR-HOSTED", way=Directness.ONE)
    kinds = [grant.get("regrantType") for grant in package(report((direct, hosted)))["grants"]]
    assert kinds == [None, "FRG050"]


def test_where_months_are_not_told_there_are_none() -> None:
    told = report((line(100_00, level=Publication.COUNTRY_ONLY, country="ID"),), withheld=50_00)
    assert package(told)["grants"][0]["disbursementTransaction"] == [{"currency": "USD", "value": 100}]
    paid = [
        each for each in activity(told).iterfind("transaction") if each.find("transaction-type[@code='3']") is not None
    ]
    assert [(each.findtext("value"), each.find("value").attrib["value-date"]) for each in paid] == [  # type: ignore[union-attr]
        ("150.00", "2026-12-31")
    ]


def test_the_same_report_is_the_same_bytes() -> None:
    assert files(EXAMPLES["withheld"]()) == files(EXAMPLES["withheld"]())


def test_an_activity_is_humanitarian_and_refugee_led() -> None:
    found = activity(report())
    assert found.attrib["humanitarian"] == "1"
    assert found.findtext("tag/narrative") == "refugee-led"


def test_hostile_text_turns_nothing_and_loses_no_letter() -> None:
    told = report((line(100_00, name=HOSTILE, purpose=HOSTILE),))
    name = package(told)["grants"][0]["recipientOrganization"][0]["name"]
    assert name == "Alif & <Sons> ]]> \"' &xxe; " + "ж" * 300
    assert name in {each.text for each in activity(told).iterfind("transaction/receiver-org/narrative")}


def test_an_amount_is_exact_or_refused() -> None:
    assert number(Money(10, "USD")) == 0.1
    assert number(Money(123_456_789_012_34, "USD")) == 123_456_789_012.34
    with pytest.raises(ValueError, match="more digits"):
        number(Money(9_007_199_254_740_993_01, "USD"))


BREAKS_JSON: dict[str, Callable[[Any], object]] = {
    "a date that is none": lambda told: told["grants"][0].update(awardDate=2026),
    "no recipient": lambda told: told["grants"][0].pop("recipientOrganization"),
    "an unknown currency": lambda told: told["grants"][0].update(currency="QQQ"),
    "an amount in words": lambda told: told["grants"][0].update(amountAwarded="100.00"),
    "no grant": lambda told: told["grants"].clear(),
}


@pytest.mark.parametrize("name", BREAKS_JSON)
def test_a_broken_package_is_refused(name: str, tmp_path: Path) -> None:
    told = json.loads(made(report((line(100_00),)))["360giving.json"])
    BREAKS_JSON[name](told)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(told))
    assert standards.problems(path)


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        (b'<transaction-type code="1" />', b'<transaction-type code="99" />'),
        (b'iso-date="2026-05-01"', b'iso-date="May 2026"'),
        (b'default-currency="USD"', b'default-currency="QQQ"'),
        (b"<activity-status", b"<activity-state"),
        (b">900.00<", b">nine hundred<"),
    ],
)
def test_a_broken_activity_is_refused(whole: bytes, broken: bytes, tmp_path: Path) -> None:
    content = made(report())["iati.xml"]
    assert whole in content
    path = tmp_path / "broken.xml"
    path.write_bytes(content.replace(whole, broken))
    assert standards.problems(path)


amounts = st.integers(min_value=1, max_value=10**12)
lines = st.builds(
    line,
    amounts,
    name=st.none() | st.text(max_size=40),
    purpose=st.none() | st.text(max_size=40),
    country=st.sampled_from([None, "ID", "MY", "TH", "XK"]),
    level=st.sampled_from(["full", "name_withheld", "country_only", "region_only"]),
    way=st.sampled_from([Directness.DIRECT, Directness.ONE]),
    paid=st.integers(min_value=0, max_value=10**12),
)


@st.composite
def reports(draw: st.DrawFn) -> TransparencyReport:
    found = draw(st.lists(lines, max_size=6))
    named = (replace(each, grant=replace(each.grant, reference=f"GR-{at}")) for at, each in enumerate(found))
    withheld, returned = draw(st.integers(0, 10**9)), draw(st.integers(0, 10**9))
    return report(tuple(named), gifts=draw(amounts), withheld=withheld, returned=returned)


@settings(max_examples=50, deadline=None)
@given(told=reports())
def test_any_report_adds_up(told: TransparencyReport) -> None:
    assert_adds_up(told)


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=reports())
def test_any_report_holds(ending: str, told: TransparencyReport, tmp_path: Path) -> None:
    assert problems(told, tmp_path, ending) == []


def assert_adds_up(told: TransparencyReport) -> None:
    """Both files lead to what the books have, to the cent."""
    books, added = told.statement, sums(told)
    assert added["1"] == (books.came_in + books.transfers).decimal
    assert added["2"] == (books.promised + books.paid).decimal
    assert added["3"] == (books.paid - books.returned).decimal
    assert added["4"] == books.costs.decimal
    assert books.opening.decimal + added["1"] - added["3"] - added["4"] == books.closing.decimal
    if told.grants:
        listed = [paid["value"] for each in package(told)["grants"] for paid in each["disbursementTransaction"]]
        assert sum(listed, Decimal(0)) + told.withheld_paid.decimal == books.paid.decimal


@pytest.mark.django_db(transaction=True)
def test_real_books_come_to_the_same_and_no_secret_is_in_any_byte(tmp_path: Path) -> None:
    campaign = build.campaign()
    build.given(campaign.card_fund, 100_00, fee=3_20)
    build.booked("refund", (chart.REFUNDS, campaign.card_fund, 20_00), (chart.STRIPE, campaign.card_fund, -20_00))
    granted(campaign, 300_00, route=Route.HOST, publication=Publication.FULL)
    back = granted(campaign, 500_00, publication=Publication.NAME_WITHHELD)
    bookkeeping.take_back(back, on=grants.DAY)
    for level in Publication.values:
        hidden = level != Publication.FULL
        name = SECRETS[0] if hidden else "Hope School"
        group = grants.initiative(name=name, place=SECRETS[1], email="zebra@example.org")
        granted(campaign, 510_07, publication=level, to=group)
    told = gather(Scope.of(campaign), periods.read("2026"))
    assert len(told.grants) == 6
    assert_adds_up(told)
    for content in made(told).values():
        assert not any(secret.encode() in content for secret in (*SECRETS, "zebra@example.org", "Cisarua,"))
    assert problems(told, tmp_path, ENDINGS[0]) == []
