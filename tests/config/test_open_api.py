"""What the API says of itself is true: of every address, for answers and refusals alike."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck
from pytest_django import Settings

from appeal.models import Campaign
from config.open_api import document
from config.wsgi import application
from grants.models import Publication
from tests.grants import build


def test_the_document_is_valid_and_made_without_a_doubt(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "api.yaml"))


def test_the_document_is_served_to_programs_of_all_sites(client: Client) -> None:
    response = client.get("/api/schema/")
    served = response.json()
    assert served["openapi"].startswith("3.1.")
    assert set(served["paths"]) == {"/api/campaigns/", "/api/campaigns/{slug}/", "/api/grants/", "/api/calls/"}
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api/schema/", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_every_refusal_is_described_with_an_example() -> None:
    for operations in document()["paths"].values():
        answers = operations["get"]["responses"]
        assert set(answers) == {"200", "404", "429"}
        assert "Retry-After" in answers["429"]["headers"]
        for number in ("404", "429"):
            [example] = answers[number]["content"]["application/json"]["examples"].values()
            assert example["value"]["detail"]


def test_every_answer_has_an_example() -> None:
    for operations in document()["paths"].values():
        assert operations["get"]["responses"]["200"]["content"]["application/json"]["examples"]


def test_no_word_of_the_old_dialect_is_left() -> None:
    assert "nullable" not in json.dumps(document())


@pytest.mark.django_db
def test_people_find_every_address_and_nothing_is_asked_of_others(client: Client) -> None:
    page = client.get("/api/").content.decode()
    assert [path for path in document()["paths"] if f"GET {path}" not in page] == []
    assert "/api/schema/" in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/no/", "/api/campaigns/a b/", "/api/campaigns/a/b/", "/api/campaigns/%00/"])
def test_a_program_gone_astray_is_told_so_in_json(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is nothing at this address.")


def test_an_address_without_its_last_stroke_leads_to_it(client: Client) -> None:
    assert client.get("/api/grants?campaign=x").headers["Location"] == "/api/grants/?campaign=x"


@pytest.fixture
def some_of_everything(transactional_db: None, settings: Settings) -> None:
    """Grants in every state of publication, and calls in several."""
    settings.ALLOWED_HOSTS = ["localhost"]  # where schemathesis calls
    for number, publication in enumerate([*Publication, Publication.COUNTRY_ONLY, Publication.COUNTRY_ONLY]):
        of = campaign("winter" if number % 2 else "flood")
        build.grant(of=of, publication=publication, consent="Zahra said so.", awarded_on=date(2026, 3, 17))
    build.call(campaign=of)
    build.call(campaign=of, published=False)
    build.over(build.call(campaign=of))


def campaign(slug: str) -> Campaign:
    found = Campaign.objects.filter(slug=slug).first()
    if found:
        return found
    made = build.campaign()
    Campaign.objects.filter(pk=made.pk).update(slug=slug, status="live")
    made.refresh_from_db()
    return made


served = schemathesis.openapi.from_wsgi("/api/schema/", application, headers={"Host": "testserver"})


@pytest.mark.usefixtures("some_of_everything")
@served.parametrize()
@hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate()
