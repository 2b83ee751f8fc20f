"""What the public may know of a grant, and that it is nothing unless somebody agreed."""

import dataclasses
import datetime

import pytest
from django.db import IntegrityError

from appeal.models import Campaign
from grants.models import Grant, Initiative, Publication
from grants.publication import public_view
from ledger.models import Fund
from ledger.money import Money

FIRST_OF_MONTH = datetime.date(2026, 11, 1)
SECRETS = ("Hope School of Cisarua", "Jalan Raya 7, Cisarua", "hope@example.org", "REG-77")


def grant(publication: Publication, alias: str = "") -> Grant:
    initiative = Initiative(
        name=SECRETS[0],
        public_alias=alias,
        country="ID",
        region="south-eastern-asia",
        place=SECRETS[1],
        email=SECRETS[2],
        registration=SECRETS[3],
    )
    return Grant(
        reference="4f1c9a7be02d6e35",
        initiative=initiative,
        campaign=Campaign(),
        fund=Fund(),
        purpose="Winter coats for 60 children",
        amount_minor=3_000_00,
        currency="USD",
        awarded_on=datetime.date(2026, 11, 20),
        publication=publication,
    )


def shown(publication: Publication, alias: str = "") -> dict[str, object]:
    view = public_view(grant(publication, alias))
    return {name: value for name, value in dataclasses.asdict(view).items() if value is not None} if view else {}


REGION = {
    "reference": "4f1c9a7be02d6e35",
    "amount": {"minor": 3_000_00, "currency": "USD"},
    "month": FIRST_OF_MONTH,
    "region": "south-eastern-asia",
}
COUNTRY = REGION | {"country": "ID"}
NAMELESS = COUNTRY | {"purpose": "Winter coats for 60 children"}


@pytest.mark.parametrize(
    ("publication", "expected"),
    [
        (Publication.FULL, NAMELESS | {"name": SECRETS[0]}),
        (Publication.NAME_WITHHELD, NAMELESS),
        (Publication.COUNTRY_ONLY, COUNTRY),
        (Publication.REGION_ONLY, REGION),
        (Publication.AGGREGATE, {}),
        (Publication.EMBARGO, {}),
    ],
)
def test_each_publication_shows_so_much_and_no_more(publication: Publication, expected: dict[str, object]) -> None:
    assert shown(publication) == expected


def test_every_publication_is_decided() -> None:
    assert all(isinstance(shown(publication), dict) for publication in Publication)


def test_withholding_is_the_default() -> None:
    assert public_view(Grant(initiative=Initiative(), amount_minor=1, currency="USD")) is None


def test_an_alias_takes_the_place_of_the_name() -> None:
    assert shown(Publication.FULL, alias="A school for refugees")["name"] == "A school for refugees"


@pytest.mark.parametrize("publication", Publication)
def test_place_contact_and_registration_are_never_shown(publication: Publication) -> None:
    text = repr(public_view(grant(publication, alias="A school")))
    assert not any(secret in text for secret in SECRETS)


def test_the_day_is_never_shown() -> None:
    assert "20" not in str(shown(Publication.FULL)["month"]).removeprefix("20")
    assert Money(3_000_00, "USD") == public_view(grant(Publication.REGION_ONLY)).amount  # type: ignore[union-attr]


@pytest.mark.django_db
@pytest.mark.parametrize("publication", Publication)
def test_the_database_shows_nothing_without_consent(publication: Publication) -> None:
    from tests.grants import build

    if publication in {Publication.AGGREGATE, Publication.EMBARGO}:
        build.grant(publication=publication)
    else:
        build.grant(publication=publication, consent="Zahra agreed in a call on 18 November.")
        with pytest.raises(IntegrityError, match="grant_shown_means_consented"):
            build.grant(publication=publication)
