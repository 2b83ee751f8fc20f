"""The pledge's text stays as people signed it, a signature as it was signed, and who withdraws is gone."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone, translation

from appeal.models import Campaign
from appeal.pledge import letters, signing
from appeal.pledge.listing import Numbers, tellable
from appeal.pledge.signatures import (
    PERSONAL,
    UNCONFIRMED_STAYS,
    PledgeMail,
    Shown,
    Signature,
    SignatureState,
    Told,
)
from appeal.pledge.texts import PledgeText
from appeal.refusal import Refused
from ledger.models import Change
from tests.appeal import pledge_build as build
from tests.appeal.build import refused, sql

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate()


def refused_by_rule(words: str) -> Any:
    return pytest.raises(IntegrityError, match=words)


# The text


def test_a_text_is_published_by_another_person_than_who_wrote_it() -> None:
    draft = build.draft()
    with pytest.raises(Refused, match="Another person"):
        draft.publish(by=draft.prepared_by)
    with refused("pledge_text_published_means_by_another_person"):
        PledgeText.objects.update(published_by=draft.prepared_by, published_at=timezone.now())
    draft.publish(by=build.person())
    assert draft.is_published


@pytest.mark.parametrize(
    "change", ["title = 'x'", "points = 'x'", "version = 2", "published_at = NULL, published_by_id = NULL"]
)
def test_a_published_text_is_changed_by_nobody(change: str) -> None:
    build.text()
    with refused_by_rule("stays as people read it"):
        sql(f"UPDATE appeal_pledgetext SET {change}")
    with refused_by_rule("stays as people read it"):
        sql("DELETE FROM appeal_pledgetext")


def test_a_text_is_not_born_published() -> None:
    by, other = build.person(), build.person()
    with refused_by_rule("begins as a draft"):
        build.draft(prepared_by=by, published_by=other, published_at=timezone.now())


def test_versions_follow_each_other() -> None:
    build.text()
    third = build.draft(version=3)
    with pytest.raises(Refused, match="The next version to publish is 2"):
        third.publish(by=build.person())
    with refused_by_rule("without a gap"):
        PledgeText.objects.filter(pk=third.pk).update(published_by=build.person(), published_at=timezone.now())
    assert build.text(version=2).is_published


def test_a_translation_says_as_many_things_as_its_version() -> None:
    build.text()
    with pytest.raises(Refused, match="This text has 1 points, and this version has 7"):
        build.draft(language="fa", points="یک").publish(by=build.person())


def test_a_reader_gets_the_newest_version_in_their_language_or_in_english() -> None:
    for version, languages in ((1, ["en", "fa"]), (2, ["en", "my"])):
        for language in languages:
            build.text(version=version, language=language)
    build.draft(version=3)
    found = {each: PledgeText.objects.for_reader(each) for each in ("my", "en-au", "fa", "prs")}
    assert {each: (text.version, text.language) for each, text in found.items() if text} == {
        "my": (2, "my"), "en-au": (2, "en"), "fa": (2, "en"), "prs": (2, "en"),
    }  # fmt: skip


# The signature


def test_nothing_counts_before_it_is_confirmed_and_read() -> None:
    asked = build.asked(shown=Shown.WORDS)
    assert Numbers.now().total == 0
    with pytest.raises(Refused, match="cannot become “counts”"):
        asked.accept(by=build.person())
    signing.confirm(asked, timezone.now())
    assert (Numbers.now().total, Signature.objects.listed().count()) == (0, 0)
    asked.accept(by=build.person())
    assert (Numbers.now().total, Signature.objects.listed().count()) == (1, 1)


def test_a_signature_keeps_the_version_and_the_language_that_it_signed() -> None:
    build.text()
    signature = build.accepted()
    newer = build.text(version=2)
    signature.refresh_from_db()
    assert (signature.text.version, build.accepted().text) == (1, newer)
    with refused_by_rule("stays as it was signed"):
        Signature.objects.filter(pk=signature.pk).update(text=newer)


@pytest.mark.parametrize(
    "change",
    ["name = 'x'", "email = 'x'", "support = 'x'", "together = 'x'", "contact = 'x'", "kind = 'funder'",
     "country = 'MY'", "reference = 'x'", "signed_on = '2020-01-01'", "created_at = now() - interval '1 day'",
     "email_mark = repeat('0', 64)"],
)  # fmt: skip
def test_what_was_signed_is_changed_by_nobody(change: str) -> None:
    build.accepted()
    with refused_by_rule("stays as it was signed"):
        sql(f"UPDATE appeal_signature SET {change}")


def test_a_signature_is_not_born_confirmed_nor_to_a_draft() -> None:
    signature = build.asked()
    columns = (
        "text_id, kind, shown, language, country, name, contact, email, email_mark, support, together, did, reason"
    )
    copy = (
        f"INSERT INTO appeal_signature (reference, created_at, state, signed_on, {columns}) "
        f"SELECT %s, now(), %s, %s, {columns.replace('text_id', '%s')} FROM appeal_signature WHERE id = %s"
    )
    with refused_by_rule("begins unconfirmed"):
        sql(copy, "a", "confirmed", TODAY, signature.text_id, signature.pk)
    with refused_by_rule("to a text that is published"):
        sql(copy, "b", "asked", None, build.draft(version=2).pk, signature.pk)
    sql(copy, "c", "asked", None, signature.text_id, signature.pk)


@pytest.mark.parametrize(("was", "goal"), [("asked", "accepted"), ("withdrawn", "accepted"), ("accepted", "confirmed")])
def test_a_signature_moves_as_written(was: str, goal: str) -> None:
    made = {"asked": build.asked, "accepted": build.accepted, "withdrawn": withdrawn}[was]()
    with pytest.raises(IntegrityError):
        sql("UPDATE appeal_signature SET state = %s, signed_on = %s WHERE id = %s", goal, TODAY, made.pk)
    assert build.state(made) == was


def test_a_confirmed_signature_is_deleted_by_nobody() -> None:
    signature = build.confirmed()
    PledgeMail.objects.all().delete()
    with refused_by_rule("stays on record"):
        Signature.objects.filter(pk=signature.pk).delete()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("signature_kind_is_known", "kind = 'party'"),
        ("signature_shown_is_known", "shown = 'all'"),
        ("signature_refused_means_with_a_reason", "state = 'refused', decided_at = now(), decided_by_id = {by}"),
        ("signature_decided_means_by_a_person", "state = 'accepted'"),
        ("signature_told_means_said", "told_on = '2026-01-01'"),
        ("signature_what_was_done_is_shown_by_a_person", "did_shown_at = now(), did_shown_by_id = {by}"),
        ("signature_withdrawn_means_emptied", "state = 'withdrawn', withdrawn_on = '2026-01-01'"),
        ("signature_withdrawn_means_emptied", "withdrawn_on = '2026-01-01'"),
    ],
)
def test_the_database_refuses_half_a_signature(name: str, changes: str) -> None:
    build.confirmed()
    sql("SET session_replication_role = replica")  # the constraints alone
    try:
        with refused(name):
            sql(f"UPDATE appeal_signature SET {changes}".format(by=build.person().pk))
    finally:
        sql("SET session_replication_role = origin")


def test_who_is_shown_has_a_name() -> None:
    nameless = build.accepted(name="")
    with pytest.raises(Refused, match="without a name"):
        nameless.show_as(Shown.NAME)
    with refused("signature_shown_means_named"):
        Signature.objects.update(shown=Shown.NAME)


def test_an_address_signs_once_as_each_kind() -> None:
    first = build.confirmed(email="leila@example.org")
    second, third = (build.asked(email="other@example.org") for _ in range(2))
    second.confirm(TODAY)
    with refused("signature_is_one_of_its_address_and_kind"):
        third.confirm(TODAY)
    as_a_group = build.confirmed(email="leila@example.org", kind="organisation", contact="Leila Noori, chair")
    assert {build.state(first), build.state(as_a_group)} == {SignatureState.CONFIRMED}


def test_two_links_of_one_address_sign_once() -> None:
    first, second = (build.asked(email="leila@example.org") for _ in range(2))
    assert signing.confirm(first, timezone.now()) == first
    assert signing.confirm(second, timezone.now()) == first
    assert build.state(second) == SignatureState.ASKED
    assert signing.confirm(first, timezone.now()) == first  # pressed twice


# Withdrawing


def withdrawn(**changes: Any) -> Signature:
    signature = build.listed(**changes)
    signature.withdraw(TODAY)
    return signature


def test_who_withdraws_is_forgotten_and_that_somebody_did_is_not() -> None:
    signature = build.old(build.listed(email="leila@example.org", support="We listen."), 400)
    signature.tell("We paid two of them.", TODAY)
    signature.show_did(by=build.person())
    signature.withdraw(TODAY)
    assert set(Signature.objects.filter(pk=signature.pk).values_list(*PERSONAL).get()) == {""}
    assert (signature.state, signature.withdrawn_on, signature.shown) == ("withdrawn", TODAY, "hidden")
    assert Numbers.now().total == 0
    signature.withdraw(TODAY)  # twice changes nothing
    with refused_by_rule("does not move from withdrawn"):
        Signature.objects.filter(pk=signature.pk).update(withdrawn_on=None, state="accepted")
    with refused_by_rule("stays withdrawn"):
        Signature.objects.filter(pk=signature.pk).update(name="Leila Noori")


def test_no_mail_goes_to_who_withdrew() -> None:
    signature = build.accepted()
    signature.withdraw(TODAY)
    assert build.mails() == []
    assert not signature.mails.exists()


def test_the_history_tells_who_decided_and_nothing_of_who_signed() -> None:
    signature = withdrawn(name="Leila Noori", country="TH")
    changes = Change.objects.filter(place="appeal_signature", row=str(signature.pk)).order_by("pk")
    before, after = ([side or {} for side in changes.values_list(name, flat=True)] for name in ("before", "after"))
    assert [side.get("state") for side in after] == ["asked", "confirmed", "accepted", "withdrawn"]
    assert not set(PERSONAL) & {name for side in (*before, *after) for name in side}


def test_a_new_key_seals_it_anew_and_finds_it_still() -> None:
    signature = build.accepted(email="leila@example.org")
    gone = withdrawn()
    call_command("reseal", verbosity=0)
    found = Signature.objects.standing().of_address(" LEILA@example.org").get()
    assert (found, found.email) == (signature, "leila@example.org")
    gone.refresh_from_db()
    assert gone.email_mark == ""


# What is not confirmed, and what is asked after a year


def test_what_nobody_confirms_is_forgotten_with_its_mail() -> None:
    kept = build.confirmed()
    forgotten = build.asked()
    signing.forget(timezone.now())
    assert Signature.objects.count() == 2
    signing.forget(timezone.now() + UNCONFIRMED_STAYS)
    assert list(Signature.objects.all()) == [kept]
    assert not PledgeMail.objects.filter(signature_id=forgotten.pk).exists()


def test_after_a_year_those_who_count_are_asked_once_what_they_did() -> None:
    due, young, withdrew = build.old(build.accepted(), 365), build.old(build.accepted(), 364), withdrawn()
    build.old(withdrew, 400)
    refused_one = build.old(build.accepted(), 400)
    refused_one.refuse("No.", by=build.person())
    for _ in range(2):
        letters.ask_what_was_done(timezone.now())
    asked = PledgeMail.objects.filter(what=Told.FOLLOW_UP)
    assert [mail.signature for mail in asked] == [due]
    assert (due.asks(TODAY), young.asks(TODAY)) == (True, False)
    with refused("pledge_mail_asks_once_what_was_done"):
        due.mails.create(what=Told.FOLLOW_UP)


def test_what_a_signer_says_a_year_on_is_read_each_time_before_it_is_shown() -> None:
    signature = build.old(build.listed(), 365)
    signature.tell("We paid two of them.", TODAY)
    signature.show_did(by=build.person())
    assert not Signature.objects.told().exists()
    signature.tell("We paid three.", TODAY)
    assert Signature.objects.told().exists()
    signature.show_as(Shown.NAME)
    with pytest.raises(Refused, match="nothing to show"):
        signature.show_did(by=build.person())
    signature.show_as(Shown.WORDS)
    signature.show_did(by=build.person())
    with refused_by_rule("each time it is written anew"):
        Signature.objects.filter(pk=signature.pk).update(did="Something else.")


# Numbers


@pytest.mark.parametrize(("listed", "hidden", "told"), [(0, 1, 0), (0, 2, 0), (0, 3, 3), (2, 1, 2), (2, 3, 5)])
def test_no_number_of_a_country_leaves_a_few_who_are_not_shown(listed: int, hidden: int, told: int) -> None:
    assert tellable(listed, hidden) == told


def test_the_numbers_add_up_and_say_no_country_of_few() -> None:
    build.listed(country="TH", email="a@example.org")
    for number in range(4):
        build.accepted(country="MY" if number else "ID", email=f"{number}@example.org")
    build.accepted(country="", kind="funder", contact="N. Haidari", email="f@example.org")
    with translation.override("en"):
        numbers = Numbers.now()
    assert numbers.total == 6
    assert dict(numbers.kinds) == {"Funder": 1, "Person": 5}
    assert (dict(numbers.countries), numbers.elsewhere) == ({"Thailand": 1, "Malaysia": 3}, 2)


def test_nothing_of_it_needs_a_campaign() -> None:
    build.accepted()
    assert not Campaign.objects.exists()
