"""Nobody issues receipts in words that only one person has read."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from receipts.models import IssuerProfile, Refused
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_profile_issues_only_after_another_person_approved_it() -> None:
    profile = build.prepared()
    assert IssuerProfile.objects.issuing_at(build.NOW) is None
    profile.approve(by=build.person())
    assert IssuerProfile.objects.issuing_at(build.NOW) == profile


def test_nobody_approves_what_they_prepared() -> None:
    profile = build.prepared()
    with pytest.raises(Refused, match="another person"):
        profile.approve(by=profile.prepared_by)
    with pytest.raises(IntegrityError, match="issuer_approved_by_another_person"):
        IssuerProfile.objects.update(approved_by=profile.prepared_by, approved_at=build.NOW)


def test_words_changed_after_they_were_read_are_not_approved() -> None:
    read = build.prepared()
    IssuerProfile.objects.update(statement="Anything else", prepared_at=build.NOW)
    with pytest.raises(Refused, match="changed since you read it"):
        read.approve(by=build.person())


def test_a_profile_is_approved_once() -> None:
    with pytest.raises(Refused, match="approved already"):
        build.issuer().approve(by=build.person())


@pytest.mark.parametrize("change", ["statement = 'x'", "legal_name = 'x'", "valid_from = '2020-01-01'", "prefix = 'X'"])
def test_an_approved_profile_keeps_its_words_whoever_asks(change: str) -> None:
    build.issuer()
    with pytest.raises(IntegrityError, match="receipts_issuerprofile is refused"):
        build.sql(f"UPDATE receipts_issuerprofile SET {change}")
    with pytest.raises(IntegrityError, match="receipts_issuerprofile is refused"):
        build.sql("DELETE FROM receipts_issuerprofile")


def test_a_new_profile_takes_over_on_its_first_day() -> None:
    old = build.issuer()
    new = build.issuer(valid_from=datetime.date(2026, 7, 1))
    assert IssuerProfile.objects.issuing_at(datetime.datetime(2026, 6, 30, 13, tzinfo=datetime.UTC)) == old
    assert IssuerProfile.objects.issuing_at(datetime.datetime(2026, 6, 30, 15, tzinfo=datetime.UTC)) == new  # Sydney


def test_two_approved_profiles_never_issue_on_the_same_day() -> None:
    build.issuer(valid_from=datetime.date(2026, 7, 1))
    with pytest.raises(Refused, match="in these days"):
        build.issuer(valid_from=datetime.date(2026, 5, 1))


def test_a_time_zone_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(ValidationError, match="Write it like Asia/Bangkok"):
        build.prepared(time_zone="Sydney").full_clean()
