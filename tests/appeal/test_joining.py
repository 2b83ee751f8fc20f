"""Who asks to join is known by as little as it takes, is shown to nobody, and is gone when they say so."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from appeal.joining import asking
from appeal.joining.requests import DECLINED_STAYS, PERSONAL, UNCONFIRMED_STAYS, JoinMail, JoinRequest, JoinState, Kind
from appeal.refusal import Refused
from ledger.models import Change
from tests.appeal import join_build as build
from tests.appeal.build import refused, sql

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate()


def test_nothing_reaches_us_before_it_is_confirmed() -> None:
    asked = build.asked()
    with pytest.raises(Refused, match="This request is “not confirmed”"):
        asked.talk(by=build.person())
    with pytest.raises(Refused, match="cannot become “joined”"):
        asked.welcome(by=build.person())
    assert asking.confirm(asked, timezone.now()).state == JoinState.NEW


def test_what_they_agreed_to_is_kept_as_they_read_it() -> None:
    assert "also that I am a refugee" in build.new().consent
    with refused("join_has_an_address_and_consent_until_erased"):
        JoinRequest.objects.create(kind=Kind.REFUGEE, name="Z", email="z@example.org", email_mark="0" * 64)


def test_an_address_joins_once_as_each_kind_and_again_when_it_was_erased() -> None:
    first, second = (build.asked(email="zohra@example.org") for _turn in range(2))
    volunteer = build.new(email="zohra@example.org", kind=Kind.VOLUNTEER)
    assert asking.confirm(first, timezone.now()) == first
    assert asking.confirm(second, timezone.now()) == first
    with refused("join_is_one_of_its_address_and_kind"):
        sql("UPDATE appeal_joinrequest SET state = 'new', confirmed_on = now() WHERE id = %s", second.pk)
    first.erase(TODAY)
    assert asking.confirm(second, timezone.now()) == second
    assert build.state(volunteer) == JoinState.NEW


def test_erasing_leaves_nothing_that_tells_who_it_was() -> None:
    request = build.joined(language="fa")
    build.mails()
    request.erase(TODAY)
    request.erase(TODAY)
    assert {getattr(request, name) for name in PERSONAL} == {""}
    row = Change.objects.filter(place="appeal_joinrequest")
    told = " ".join(str((change.before, change.after)) for change in row)
    assert "joined" in told
    assert not any(word in told for word in ("Zohra", "zohra", "physics", "MY", "fa'", "agree"))
    with pytest.raises(IntegrityError, match="what is erased stays erased"):
        sql("UPDATE appeal_joinrequest SET country = 'MY'")
    with refused("join_erased_means_emptied"):
        sql("UPDATE appeal_joinrequest SET state = 'erased', erased_on = now() WHERE id = %s", build.joined().pk)


@pytest.mark.parametrize("column", ["name", "email", "words", "consent", "country", "kind", "reference"])
def test_what_was_written_is_changed_by_nobody(column: str) -> None:
    build.joined()
    with pytest.raises(IntegrityError, match="stays as it was written"):
        sql(f"UPDATE appeal_joinrequest SET {column} = {"'volunteer'" if column == 'kind' else "'XX'"}")


@pytest.mark.parametrize(
    ("was", "goal"), [("asked", "joined"), ("joined", "new"), ("declined", "joined"), ("erased", "new")]
)
def test_a_request_moves_as_written(was: str, goal: str) -> None:
    made = {"asked": build.asked, "joined": build.joined, "declined": build.declined, "erased": build.erased}[was]()
    with pytest.raises(IntegrityError):
        sql("UPDATE appeal_joinrequest SET state = %s, confirmed_on = %s WHERE id = %s", goal, TODAY, made.pk)
    assert build.state(made) == was


def test_a_request_is_not_born_joined_and_its_row_stays() -> None:
    joined = build.joined()
    with pytest.raises(IntegrityError, match="begins unconfirmed"):
        sql(
            'INSERT INTO appeal_joinrequest SELECT (jsonb_populate_record(r, \'{"id": 999, "reference": "x"}\')).*'
            " FROM appeal_joinrequest r"
        )
    with pytest.raises(IntegrityError, match="its row stays"):
        sql("DELETE FROM appeal_joinrequest WHERE id = %s", joined.pk)


def test_who_is_declined_reads_why_and_may_be_answered_again() -> None:
    declined = build.declined("We have no group near you yet.")
    assert declined.mails.latest("pk").what == "declined"
    with refused("join_declined_means_with_a_reason"):
        sql("UPDATE appeal_joinrequest SET reason = ''")
    declined.talk(by=build.person())
    assert (declined.state, declined.reason) == (JoinState.TALKING, "")


def test_what_is_not_needed_is_forgotten_by_itself() -> None:
    now = timezone.now()
    old, young = build.declined(days=DECLINED_STAYS.days + 1), build.declined(days=DECLINED_STAYS.days - 1)
    unconfirmed, member = build.asked(), build.joined()
    asking.forget(now)
    assert JoinRequest.objects.filter(pk=unconfirmed.pk).exists()
    asking.forget(now + UNCONFIRMED_STAYS + timedelta(minutes=1))
    assert not JoinRequest.objects.filter(pk=unconfirmed.pk).exists()
    assert not JoinMail.objects.filter(request_id=unconfirmed.pk).exists()
    assert [build.state(each) for each in (old, member)] == [JoinState.ERASED, JoinState.JOINED]
    assert build.state(young) == JoinState.ERASED  # a week later its time was over as well


def test_a_stranger_cannot_fill_a_mailbox() -> None:
    for _turn in range(asking.MAILS_A_DAY + 3):
        asking.ask(Kind.VOLUNTEER, build.given(email="zohra@example.org"), "Yes.", "en", timezone.now())
    assert JoinMail.objects.count() == asking.MAILS_A_DAY


def test_a_new_key_seals_them_anew_and_they_are_still_found() -> None:
    build.joined(email="zohra@example.org")
    call_command("reseal")
    assert JoinRequest.objects.of_address("Zohra@Example.org ").get().words == "I taught physics for nine years."
