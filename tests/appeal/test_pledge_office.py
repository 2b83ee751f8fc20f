"""Staff publish the text two by two, read signatures before they count, and see no more than their work needs."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from appeal.pledge.signatures import SignatureState
from appeal.pledge.suggestion import TEXT
from appeal.pledge.texts import PledgeText
from tests.appeal import pledge_build as build
from tests.appeal.test_pledge_pages import HOSTILE

pytestmark = pytest.mark.django_db
TEXTS, SIGNATURES = "/staff/appeal/pledgetext/", "/staff/appeal/signature/"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = False


def staff(name: str, *permissions: str) -> Client:
    person = User.objects.create_user(name, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


def editor(name: str = "zahra") -> Client:
    texts = ("add_pledgetext", "change_pledgetext", "view_pledgetext", "publish_pledgetext")
    return staff(name, *texts, "view_signature", "moderate_signature")


def test_the_first_text_begins_as_a_suggestion_and_takes_two_people() -> None:
    anna, omid = editor("anna"), editor("omid")
    assert TEXT["title"] in anna.get(TEXTS + "add/").content.decode()
    assert anna.post(TEXTS + "add/", TEXT).status_code == 302
    text = PledgeText.objects.get()
    publish = f"{TEXTS}{text.pk}/step/publish/"
    assert "Another person than who wrote it" in anna.post(publish).content.decode()
    assert omid.post(publish).status_code == 302
    text.refresh_from_db()
    assert (text.prepared_by.username, text.is_published) == ("anna", True)
    assert anna.post(f"{TEXTS}{text.pk}/change/", TEXT | {"title": "Other"}).status_code == 403
    assert TEXT["title"] not in anna.get(TEXTS + "add/").content.decode()


def test_who_wrote_last_does_not_publish() -> None:
    anna, omid = editor("anna"), editor("omid")
    anna.post(TEXTS + "add/", TEXT)
    text = PledgeText.objects.get()
    omid.post(f"{TEXTS}{text.pk}/change/", TEXT | {"title": "Better"})
    publish = f"{TEXTS}{text.pk}/step/publish/"
    assert "Another person than who wrote it" in omid.post(publish).content.decode()
    assert anna.post(publish).status_code == 302


def test_a_signature_is_read_and_counts_or_is_refused_with_a_reason() -> None:
    client, signature = editor(), build.confirmed(name="Leila Noori", shown="name")
    step = f"{SIGNATURES}{signature.pk}/step/"
    assert "Leila Noori" in client.get(step + "accept/").content.decode()
    assert client.post(step + "accept/").status_code == 302
    assert build.state(signature) == SignatureState.ACCEPTED
    assert client.post(step + "refuse/").status_code == 200  # no reason
    assert client.post(step + "refuse/", {"reason": "It is not theirs."}).status_code == 302
    assert (build.state(signature), signature.reason) == (SignatureState.REFUSED, "It is not theirs.")
    assert client.post(step + "accept/").status_code == 302  # we were wrong
    assert build.state(signature) == SignatureState.ACCEPTED


def test_a_step_out_of_turn_is_refused_in_a_sentence() -> None:
    client, signature = editor(), build.accepted()
    signature.withdraw(timezone.localdate())
    shown = client.post(f"{SIGNATURES}{signature.pk}/step/accept/").content.decode()
    assert "This signature is “withdrawn”, so it cannot become “counts”." in shown


def test_what_was_done_is_shown_by_a_step() -> None:
    client, signature = editor(), build.old(build.listed(), 400)
    signature.tell("We paid two of them.", timezone.localdate())
    assert f"{SIGNATURES}{signature.pk}/step/show-did/" in client.get(SIGNATURES + "?waiting=told").content.decode()
    assert client.post(f"{SIGNATURES}{signature.pk}/step/show-did/").status_code == 302
    signature.refresh_from_db()
    assert signature.did_shown_by is not None


def test_what_nobody_confirmed_is_not_in_the_list() -> None:
    asked, client = build.asked(), editor()
    assert client.get(f"{SIGNATURES}{asked.pk}/step/accept/").status_code == 404
    assert asked.reference not in client.get(SIGNATURES).content.decode()


def test_who_may_only_look_sees_no_more_than_the_public() -> None:
    reader = staff("auditor", "view_signature", "view_pledgemail")
    hidden = build.accepted(name="Leila Noori", email="leila@example.org", country="AF")
    shown = build.listed(name="Harbour", contact="N. Haidari", kind="funder", email="harbour@example.org")
    pages = [SIGNATURES, "/staff/appeal/pledgemail/"]
    pages += [f"{SIGNATURES}{each.pk}/change/" for each in (hidden, shown)]
    seen = "".join(reader.get(page).content.decode() for page in pages)
    assert "Harbour" in seen
    for secret in ("Leila", "leila@", "AF<", "Haidari", "harbour@", "children"):
        assert secret not in seen, secret
    assert reader.get(f"{SIGNATURES}{hidden.pk}/step/refuse/").status_code == 403
    assert reader.get(SIGNATURES + "table/").status_code == 403


def test_nobody_adds_edits_or_deletes_a_signature_by_hand() -> None:
    signature, client = build.accepted(), Client()
    client.force_login(User.objects.create_superuser("root"))
    for page in ("add/", f"{signature.pk}/delete/"):
        assert client.post(SIGNATURES + page, {"post": "yes"}).status_code == 403
    assert client.post(f"{SIGNATURES}{signature.pk}/change/", {"name": "x"}).status_code == 403


def rows(client: Client) -> list[dict[str, str]]:
    answer: Any = client.get(SIGNATURES + "table/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_names_those_alone_who_are_shown() -> None:
    build.accepted(name="Leila Noori", country="AF")
    build.listed(name="Harbour", kind="funder", contact="N. Haidari", country="TH", shown="name")
    build.confirmed(name="Not read yet")
    hidden, shown = rows(editor())
    assert (hidden["kind"], hidden["name"], hidden["country"], hidden["together"]) == ("person", "", "", "")
    assert (shown["kind"], shown["name"], shown["country"], shown["together"]) == ("funder", "Harbour", "TH", "")


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", HOSTILE])
def test_no_cell_of_the_table_is_a_formula(words: str) -> None:
    build.listed(name=f"x{words}", support=words, together=words)
    [row] = rows(editor())
    assert row["support"].lstrip("'").strip() == words.strip()
    assert not row["support"].startswith(tuple("=+-@\t\r＝＋－＠"))


def test_hostile_text_is_text_on_the_pages_of_staff() -> None:
    client = editor()
    signature = build.listed(name=HOSTILE, support=HOSTILE)
    for page in (SIGNATURES, f"{SIGNATURES}{signature.pk}/change/", f"{SIGNATURES}{signature.pk}/step/refuse/"):
        shown = client.get(page).content.decode()
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown


def test_a_mail_that_was_given_up_is_sent_again_by_a_step() -> None:
    mail = build.confirmed().mails.get()
    client = staff("mailer", "view_pledgemail", "moderate_signature")
    for _ in range(20):
        mail.put_off(timezone.now(), "SMTPRecipientsRefused")
        mail.refresh_from_db()
    assert build.mails() == []
    assert client.post(f"/staff/appeal/pledgemail/{mail.pk}/step/again/").status_code == 302
    assert len(build.mails()) == 1
