"""Prometheus reads how the service stands; nobody else does, and nothing in it is about anybody."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.embedded import PROJECT
from donations.models import ChallengeMode, Donation, State, StripeEvent, Tally
from tests.donations import build
from tests.receipts import build as papers

pytestmark = pytest.mark.django_db
TOKEN = "a-long-random-text"


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def told() -> dict[str, float]:
    answer = Client(headers={"Authorization": f"Bearer {TOKEN}"}).get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.content.decode().splitlines()
    pairs = [line.split(" ") for line in lines if not line.startswith("#")]
    return {name.removeprefix("refugeesrise_"): float(value) for name, value in pairs}


@pytest.mark.parametrize("sent", ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", "Bearer پنهان"])
def test_without_the_token_there_is_no_such_page(sent: str) -> None:
    headers = {"Authorization": sent.encode().decode("latin-1")}
    assert Client(headers=headers).get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer"])
def test_where_no_token_is_set_nobody_has_it(settings: Settings, sent: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Client(headers={"Authorization": sent}).get("/metrics").status_code == 404


def test_a_service_at_rest_has_nothing_waiting() -> None:
    assert set(told().values()) == {0}


def test_every_figure_has_its_type_and_stands_in_the_handbook() -> None:
    text = Client(headers={"Authorization": f"Bearer {TOKEN}"}).get("/metrics").content.decode()
    assert re.fullmatch(r"(# HELP (\w+) [^\n]+\n# TYPE \2 (counter|gauge)\n\2 [0-9.e+]+\n)+", text)
    handbook = (PROJECT / "docs" / "operators.md").read_text()
    assert [name for name in told() if f"`{name}`" not in handbook] == []


def test_what_waits_and_what_happened_is_told() -> None:
    now = timezone.now()
    Tally.objects.count_in({(now, "started"): 1_234_567, (now - timedelta(days=9), "started"): 1, (now, "declined"): 2})
    before = told()["donations_started_total"]
    Tally.objects.fold(now - timedelta(days=2))
    assert told()["donations_started_total"] == before == 1_234_568
    ChallengeMode.objects.turn_on(now, now + timedelta(minutes=1))
    StripeEvent.objects.create(stripe_id="evt_1", kind="odd", body="{}", received_at=now - timedelta(hours=1), tries=9)
    StripeEvent.objects.create(stripe_id="evt_2", kind="new", body="{}", received_at=now)
    gift = build.donation(build.campaign())
    Donation.objects.filter(pk=gift.pk).update(state=State.PAID, charged_at=now - timedelta(days=1))
    papers.receipt()
    figures = told()
    assert figures["receipts_unmailed"] == 1
    assert (figures["cards_declined_total"], figures["challenge_mode"], figures["inbox_needing_a_person"]) == (2, 1, 1)
    assert 3600 <= figures["inbox_lag_seconds"] < 3700
    assert 86400 <= figures["unsettled_seconds"] < 86500
