"""Reading, signing, confirming and withdrawing, as people do it, and as programs and strangers try to."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from appeal import throttle
from appeal.pledge import letters, pages, signing
from appeal.pledge.listing import A_PAGE
from appeal.pledge.signatures import PledgeMail, Shown, Signature, SignatureState
from tests.appeal import pledge_build as build
from tests.appeal.pledge_build import SIGN

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script><img src=x onerror=y>"\'{{ 7|add:7 }} =HYPERLINK("http://evil.example")'


def read(path: str, status: int = 200) -> str:
    answer = Client().get(path)
    assert answer.status_code == status, path
    return " ".join(answer.content.decode().split())


def send(status: int = 302, **changes: Any) -> Any:
    answer = Client().post(SIGN, build.form(**changes))
    assert answer.status_code == status, answer.content.decode()
    return answer


def test_the_whole_way_of_a_signature() -> None:
    build.text()
    sent = Client().post(SIGN, build.form(name="مینا رضایی", shown="words", country="TH"), follow=True)
    assert "Look into your mail" in sent.content.decode()
    [body] = build.mails()
    link, visitor = build.link_in(body), Client()
    page = visitor.get(link).content.decode()
    assert "مینا رضایی" in page
    assert "Nothing is signed yet" in page
    arrived = visitor.post(link, follow=True)
    assert "The pledge is signed" in arrived.content.decode()
    signature = Signature.objects.get()
    assert signature.state == SignatureState.CONFIRMED
    assert "مینا رضایی" not in read("/pledge/") + read("/pledge/signers/")
    signature.accept(by=build.person())
    [told] = build.mails()
    own = build.link_in(told)
    assert "It counts." in read(own)
    for public in ("/pledge/", "/pledge/signers/"):
        shown = read(public)
        assert "مینا رضایی" in shown
        assert "Thailand" in shown
        assert escape("We teach each other's children.") in shown
    visitor.post(own + "withdraw/")
    for public in ("/pledge/", "/pledge/signers/"):
        assert "مینا رضایی" not in read(public)
    assert "You withdrew it on" in read(own)


def test_programs_that_open_every_link_confirm_and_withdraw_nothing() -> None:
    asked, accepted = build.asked(), build.accepted()
    now, scanner = timezone.now(), Client()
    confirming = signing.own_path(asked, now), signing.confirm_address(asked, now).partition("/pledge")[2]
    for path in (f"/pledge{confirming[1]}", build.own(accepted), build.own(accepted) + "withdraw/"):
        for ask in (scanner.get, scanner.head):
            assert ask(path).status_code == 200
    assert (build.state(asked), build.state(accepted)) == (SignatureState.ASKED, SignatureState.ACCEPTED)
    assert scanner.get(confirming[0]).status_code == 404  # what nobody confirmed has no page of its own


def test_signing_twice_looks_the_same_to_who_types_and_the_mail_alone_says_it() -> None:
    build.accepted(email="leila@example.org")
    build.mails()
    known = send(email="Leila@Example.org")
    [already] = build.mails()
    unknown = send(email="somebody@example.org")
    [confirm] = build.mails()
    assert (known.status_code, known["Location"], known.content) == (302, unknown["Location"], unknown.content)
    assert "It is signed from this address already" in already
    assert "press the button" in confirm
    assert Signature.objects.of_address("leila@example.org").count() == 1


def test_a_stranger_can_send_an_address_a_few_mails_a_day_and_no_more() -> None:
    for _ in range(signing.MAILS_A_DAY + 2):
        send(email="leila@example.org")
    assert len(build.mails()) == signing.MAILS_A_DAY
    assert Signature.objects.count() == signing.MAILS_A_DAY


def test_no_mail_holds_a_word_of_who_typed_the_address() -> None:
    text = {"name": HOSTILE, "support": HOSTILE, "together": HOSTILE, "contact": HOSTILE}
    signature = build.confirmed(**text, kind="organisation")
    signature.accept(by=build.person())
    signature.refuse("We are not sure.", by=build.person())
    build.asked(**text, kind="organisation", email=signature.email)
    letters.ask_what_was_done(timezone.now())
    mail.outbox.clear()
    letters.mail_all(timezone.now())
    assert len(mail.outbox) >= 4
    for each in mail.outbox:
        assert "alert" not in str(each.message())
        assert "We are not sure" not in str(each.message())


@pytest.mark.parametrize("seconds", [0, 2, 7300])
def test_a_form_that_no_person_filled_in_signs_nothing(seconds: int) -> None:
    build.text()
    answer = Client().post(SIGN, build.form(seconds=seconds))
    assert (answer.status_code, Signature.objects.count()) == (422, 0)
    assert "look at it once more" in answer.content.decode()


def test_a_form_without_a_token_of_ours_signs_nothing() -> None:
    build.text()
    for token in ("", "x", signing.OWN.token("1", timezone.now())):
        assert Client().post(SIGN, build.form() | {"token": token}).status_code == 422
    assert not Signature.objects.exists()


def test_who_began_before_a_new_version_reads_it_first() -> None:
    old = build.form(build.text())
    build.text(version=2)
    answer = Client().post(SIGN, old)
    assert answer.status_code == 422
    assert "a new text of the pledge" in answer.content.decode()


def test_a_flood_from_one_connection_is_held_back_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SIGNATURES_AN_HOUR", 1)
    monkeypatch.setattr(throttle, "client_address", lambda request: request.META["REMOTE_ADDR"])
    build.text()
    here, there = (Client(REMOTE_ADDR=address) for address in ("198.51.100.7", "203.0.113.9"))
    answers = [client.post(SIGN, build.form()).status_code for client in (here, here, there)]
    assert answers == [302, 429, 302]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "leila"}, "Enter an email address like"),
        ({"email": ""}, "you sign by a link"),
        ({"kind": ""}, "Choose who signs."),
        ({"kind": "party"}, "party is not one of the available choices"),
        ({"kind": "organisation", "name": ""}, "Enter the name of who signs."),
        ({"kind": "organisation"}, "Say who signs for it, and as what."),
        ({"shown": "name", "name": ""}, "Enter the name to show"),
        ({"country": "XX"}, "XX is not one of the available choices"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"support": "x" * 1001}, "at most 1000 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_lacks_is_said_in_the_form(changes: dict[str, str], words: str) -> None:
    build.text()
    assert words in send(422, **changes).content.decode()
    assert not Signature.objects.exists()


def test_a_person_may_sign_without_a_name_and_a_country() -> None:
    send(name="", country="")
    assert Signature.objects.get().name == ""


def test_hidden_is_what_the_form_begins_with() -> None:
    build.text()
    assert re.search(r'value="hidden"[^>]*checked', read(SIGN))


def test_who_does_not_want_to_be_shown_is_nowhere() -> None:
    build.accepted(name="Leila Noori", country="AF", shown="hidden")
    for public in ("/pledge/", "/pledge/signers/", "/pledge/signers/?country=AF"):
        shown = read(public)
        assert "Leila" not in shown
        assert "Afghanistan" not in shown
        assert "children" not in shown


def test_a_name_is_shown_without_the_words_where_only_that_was_allowed() -> None:
    signature = build.listed(name="Leila Noori", shown="name", contact="A secret")
    shown = read("/pledge/signers/")
    assert "Leila Noori" in shown
    assert "children" not in shown
    assert signature.email not in shown


def test_a_signer_changes_what_is_shown_at_once() -> None:
    signature = build.listed(name="Leila Noori")
    own = build.own(signature)
    assert Client().post(own, {"shown": "hidden"}).status_code == 302
    assert "Leila" not in read("/pledge/signers/")
    Client().post(own, {"shown": "name"})
    assert "Leila" in read("/pledge/signers/")
    assert Client().post(own, {"shown": "everything"}).status_code == 422
    nameless = build.accepted(name="")
    assert "without a name" in Client().post(build.own(nameless), {"shown": "name"}).content.decode()


def test_a_signers_page_opens_by_its_own_link_alone_and_is_kept_nowhere() -> None:
    signature = build.accepted()
    own = build.own(signature)
    answer = Client().get(own)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"  # with none at all, browsers' forms would be refused
    for wrong in (own[:-3] + "/", f"/pledge/mine/{signature.reference}/", f"/pledge/mine/{signature.pk}/"):
        for path in (wrong, wrong + "withdraw/", wrong + "since/", wrong + "certificate.pdf"):
            assert Client().post(path).status_code in {404, 405}
            assert Client().get(path).status_code == 404
    other = signing.TO_CONFIRM.token(signature.reference, timezone.now())  # a link for another purpose
    assert Client().get(f"/pledge/mine/{other}/").status_code == 404


def test_a_link_to_confirm_ends(settings: Settings) -> None:
    settings.PUBLIC_URL = "http://testserver"
    asked = build.asked()
    late = signing.confirm_address(asked, timezone.now() - signing.GOOD_FOR)
    for answer in (Client().get(late), Client().post(late)):
        assert answer.status_code == 410
    assert build.state(asked) == SignatureState.ASKED


def test_a_link_that_was_used_leads_to_ones_own_page() -> None:
    asked = build.asked()
    [body] = build.mails()
    link = build.link_in(body)
    for _ in range(2):
        assert "Your signature" in Client().post(link, follow=True).content.decode()
    assert "Your signature" in Client().get(link, follow=True).content.decode()
    assert build.state(asked) == SignatureState.CONFIRMED


def test_who_is_refused_reads_why_and_is_public_nowhere() -> None:
    signature = build.listed(name="Leila Noori")
    signature.refuse("We could <b>not</b> reach you.", by=build.person())
    assert "Leila" not in read("/pledge/signers/")
    assert "We could &lt;b&gt;not&lt;/b&gt; reach you." in read(build.own(signature))
    assert read(build.own(signature) + "certificate.pdf", 404)


def test_after_a_year_a_signer_tells_what_they_did() -> None:
    young, signature = build.listed(), build.old(build.listed(name="Leila Noori"), 365)
    assert Client().get(build.own(young) + "since/").status_code == 302
    own = build.own(signature)
    assert "Tell what you did" in read(own)
    assert Client().post(own + "since/", {"did": ""}).status_code == 422
    assert Client().post(own + "since/", {"did": HOSTILE}).status_code == 302
    assert "A year on" not in read("/pledge/signers/")
    signature.refresh_from_db()
    signature.show_did(by=build.person())
    shown = read("/pledge/signers/")
    assert "A year on" in shown
    assert escape(HOSTILE) in shown


def test_hostile_text_is_text_on_every_page() -> None:
    for kind in ("person", "organisation"):
        words = {"name": HOSTILE, "support": HOSTILE, "together": HOSTILE, "contact": HOSTILE}
        signature = build.listed(kind=kind, **words)
        asked = build.asked(kind="funder", **words)
        confirming = signing.confirm_address(asked, timezone.now()).partition("/pledge")[2]
        for path in ("/pledge/", "/pledge/signers/", build.own(signature), f"/pledge{confirming}"):
            shown = read(path)
            assert escape(HOSTILE) in shown, path
            assert "<script" not in shown
            assert "<img src=x" not in shown
    typed = Client().post(SIGN, build.form(email="x", name=HOSTILE, support=HOSTILE, country=HOSTILE, kind=HOSTILE))
    assert "<script" not in typed.content.decode()
    assert "<script" not in read(f"/pledge/signers/?kind={HOSTILE}&country={HOSTILE}&after={HOSTILE}")


def test_the_list_is_narrowed_down_by_kind_and_country() -> None:
    build.listed(name="Leila Noori", country="TH")
    build.listed(name="Lamplight", country="ID", kind="organisation", contact="Its chair")
    build.listed(name="Harbour", country="", kind="funder", contact="Its chair")
    found = {
        query: {name for name in ("Leila Noori", "Lamplight", "Harbour") if name in read(f"/pledge/signers/?{query}")}
        for query in ("kind=person", "country=ID", "kind=person&country=ID", "kind=nothing", "country=FR")
    }
    assert found == {
        "kind=person": {"Leila Noori"},
        "country=ID": {"Lamplight"},
        "kind=person&country=ID": set(),
        "kind=nothing": {"Leila Noori", "Lamplight", "Harbour"},
        "country=FR": {"Leila Noori", "Lamplight", "Harbour"},
    }


def test_page_by_page_everyone_comes_once() -> None:
    names = [build.listed(name=f"Signer {number:02}!").name for number in range(2 * A_PAGE + 1)]
    path, seen = "/pledge/signers/?kind=person", list[str]()
    while path:
        shown = read(path)
        seen += re.findall(r"Signer \d\d!", shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        path = f"/pledge/signers/{following[1].replace('&amp;', '&')}" if following else ""
    assert seen == names[::-1]


def test_a_page_of_signers_costs_as_many_queries_however_many_there_are(django_assert_num_queries: Any) -> None:
    for number in range(3):
        build.listed(name=f"{number}")
    with django_assert_num_queries(3):
        read("/pledge/signers/")
    for number in range(6):
        build.listed(name=f"again {number}")
    with django_assert_num_queries(3):
        read("/pledge/signers/")


def test_each_text_is_read_in_its_own_language_and_direction() -> None:
    first = build.text()
    build.text(language="fa", title="پیمان", points="\n".join("یک" for _ in first.list_of_points))
    shown = read("/pledge/1/fa/")
    assert '<div class="prose" lang="fa" dir="rtl">' in shown
    assert "فارسی" in read("/pledge/")
    assert f"{SIGN}?language=fa" in shown
    assert "پیمان" in read(f"{SIGN}?language=fa")
    build.text(version=2)
    assert "This is an earlier version." in read("/pledge/1/fa/")
    assert "This is an earlier version." not in read("/pledge/")
    assert 'href="/pledge/1/en/"' in read("/pledge/")


def test_before_there_is_a_text_the_pages_say_so() -> None:
    build.draft()
    for path in ("/pledge/", SIGN):
        assert "not published yet" in read(path)
    assert Client().get("/pledge/1/en/").status_code == 404
    assert "Nobody here lets us show it." in read("/pledge/signers/")


def test_who_holds_the_page_already_is_told_so_and_asks_each_time() -> None:
    build.listed()
    for path in ("/pledge/", "/pledge/signers/"):
        first = Client().get(path)
        assert "no-cache" in first["Cache-Control"]
        assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
        assert not first.cookies


def test_home_and_every_foot_lead_to_the_pledge() -> None:
    assert read("/").count('href="/pledge/"') == 2


def test_an_address_that_cannot_be_written_to_holds_up_nobody() -> None:
    build.asked()
    good = build.asked()
    PledgeMail.objects.exclude(signature=good).get().put_off(timezone.now(), "SMTPRecipientsRefused")
    assert len(build.mails()) == 1


def test_a_shown_choice_names_what_is_shown() -> None:
    assert [str(label) for label in Shown.labels] == [
        "Do not show my signature: just count it",
        "Show the name and the country",
        "Show the name, the country and what we wrote",
    ]
