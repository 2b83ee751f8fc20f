"""Staff write a call on one page: hours in its own zone, amounts in its fund's currency, and its parts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from grants.models import Call, Stage
from ledger.money import Money
from tests.grants import build

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/staff/grants/call/add/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    return client


def written(**changes: str) -> dict[str, str]:
    campaign = build.campaign()
    counts = {"TOTAL": "0", "INITIAL": "0"}
    parts = {f"{part}-{name}_FORMS": n for part in ("questions", "criteria", "rules") for name, n in counts.items()}
    year = timezone.now().year + 1
    return {
        **parts,
        "title": "Winter fund",
        "slug": "winter-fund",
        "summary": "For the cold months.",
        "guidance": "Write as you speak.",
        "campaign": str(campaign.pk),
        "fund": str(campaign.bank_fund_id),
        "ceiling": "10,000",
        "most": "1,500.50",
        "access": "open",
        "languages": "en, prs",
        "countries": "TH",
        "time_zone": "Asia/Bangkok",
        "opens": f"{year}-01-10T08:00",
        "closes": f"{year}-01-31T23:59",
        "grace": "15",
        "readers": "2",
        "quorum": "50",
        **changes,
    }


def errors(answer: Any) -> str:
    return str(answer.context["adminform"].form.errors)


def test_a_call_is_written_with_the_usual_rules_and_published(staff: Client) -> None:
    question = {"questions-TOTAL_FORMS": "1", "questions-0-number": "1", "questions-0-text": "What do people need?"}
    said = {"number": "1", "name": "Need", "weight": "100", "none": "None", "some": "Some", "full": "Great"}
    criterion = {"criteria-TOTAL_FORMS": "1"} | {f"criteria-0-{name}": text for name, text in said.items()}
    answer = staff.post(ADD, written() | question | {"questions-0-most_words": "200"} | criterion, follow=True)
    call = Call.objects.get()
    assert (call.ceiling, call.most) == (Money(10_000_00, "USD"), Money(1_500_50, "USD"))
    assert call.opens == datetime(call.opens.year, 1, 10, 1, tzinfo=UTC)
    assert call.rules.count() == 4
    assert "usual rules" in answer.content.decode()
    staff.post(f"/staff/grants/call/{call.pk}/step/publish/")
    call.refresh_from_db()
    assert call.stage == Stage.PUBLISHED
    page = staff.get(f"/staff/grants/call/{call.pk}/change/").content.decode()
    assert 'name="ceiling"' not in page
    assert 'name="questions-0-text"' not in page


def test_what_is_wrong_is_said_beside_its_field(staff: Client) -> None:
    said = errors(staff.post(ADD, written(ceiling="many", most="-3", time_zone="Mars/Olympus", languages="Klingon")))
    for name in ("ceiling", "most", "time_zone", "languages"):
        assert f'id="id_{name}_error"' in said, (name, said)
    assert not Call.objects.exists()


def test_an_hour_that_the_clock_there_leaves_out_is_refused(staff: Client) -> None:
    """On 28 March 2027 Paris goes from 2 to 3."""
    said = errors(staff.post(ADD, written(time_zone="Europe/Paris", opens="2027-03-28T02:30")))
    assert "2027-03-28 02:30" in said
    assert not Call.objects.exists()


def test_its_end_moves_to_a_later_hour_of_its_own_zone(staff: Client) -> None:
    call = build.call(time_zone="Asia/Bangkok")
    later = call.closes.year + 1
    staff.post(f"/staff/grants/call/{call.pk}/step/extend/", {"closes": f"{later}-02-01T07:00"})
    call.refresh_from_db()
    assert call.closes == datetime(later, 2, 1, 0, 0, tzinfo=UTC)
