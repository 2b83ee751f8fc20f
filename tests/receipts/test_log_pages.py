"""The open books' addresses: for everyone, as often as the API, and with a sentence where there is no answer."""

import json
from base64 import b64decode

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from receipts import log, rendering
from receipts.log import checkpoints, keeping
from receipts.models import LogLeaf, SignedCheckpoint
from receipts.notes import Signer
from receipts.verify import extends, includes, leaf_hash
from tests.receipts import build, paper

pytestmark = pytest.mark.django_db(transaction=True)


def grow(count: int) -> None:
    for _ in range(count):
        size = LogLeaf.objects.size()
        log.append(kind="report", key=f"report {size}", body={"campaign": "winter", "version": size, "files": {}})
    checkpoints.sign()


def test_the_checkpoint_is_plain_text_that_may_be_kept_and_asked_again(client: Client) -> None:
    grow(3)
    answer = client.get("/transparency/checkpoint")
    assert answer.content.decode() == SignedCheckpoint.objects.get().note
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    again = client.get("/transparency/checkpoint", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_old_checkpoint_stays_for_good(client: Client) -> None:
    grow(3)
    first = client.get("/transparency/checkpoint").content
    grow(2)
    answer = client.get("/transparency/checkpoint/3")
    assert answer.content == first
    assert "immutable" in answer.headers["Cache-Control"]


def root(client: Client) -> bytes:
    return b64decode(client.get("/transparency/checkpoint").content.splitlines()[2])


def test_the_answers_prove_what_they_say(client: Client) -> None:
    grow(5)
    older = root(client)
    grow(4)
    leaves = client.get("/transparency/leaves").json()["leaves"]
    assert len(leaves) == 9
    for index, leaf in enumerate(leaves):
        told = client.get(f"/transparency/proof/inclusion?index={index}").json()
        by_hash = client.get(f"/transparency/proof/inclusion?hash={leaf_hash(leaf.encode()).hex()}&size=9").json()
        assert told == by_hash
        assert includes(root(client), 9, index, leaf_hash(leaf.encode()), [*map(bytes.fromhex, told["proof"])])
    told = client.get("/transparency/proof/consistency?first=5&second=9").json()
    assert extends(root(client), 9, older, 5, [*map(bytes.fromhex, told["proof"])])


def test_what_is_not_signed_is_not_shown(client: Client) -> None:
    grow(2)
    log.append(kind="report", key="x", body={"files": {}})
    assert len(client.get("/transparency/leaves").json()["leaves"]) == 2
    assert client.get("/transparency/proof/inclusion?index=2").status_code == 404
    assert client.get("/transparency/proof/consistency?first=1&second=3").status_code == 404


MISASKED = {
    "checkpoint/4": (404, "No checkpoint has so many leaves."),
    "checkpoint/x": (404, "No checkpoint has so many leaves."),
    "checkpoint/%D9%A3": (404, "No checkpoint has so many leaves."),
    "leaves?start=-1": (400, "Say start as a whole number, such as 0 or 12."),
    "leaves?count=0": (400, "Ask for 1 to 1000 leaves at once."),
    "leaves?count=1001": (400, "Ask for 1 to 1000 leaves at once."),
    "proof/inclusion": (400, "Say index as a whole number, such as 0 or 12."),
    "proof/inclusion?index=9": (404, "The log has no such leaf, as far as it is signed."),
    "proof/inclusion?index=2&size=1": (404, "Leaf 2 is not in a tree of 1."),
    "proof/inclusion?index=1&size=9": (404, "The log has had sizes from 1 to 3."),
    "proof/inclusion?hash=xyz": (400, "Say hash as 64 letters from 0 to 9 and a to f."),
    f"proof/inclusion?hash={'0' * 64}": (404, "The log has no such leaf, as far as it is signed."),
    "proof/consistency?first=1": (400, "Say second as a whole number, such as 0 or 12."),
    "proof/consistency?first=3&second=2": (400, "Say the smaller size as first, and the larger as second."),
    "proof/consistency?first=0&second=2": (404, "The log has had sizes from 1 to 3."),
    f"proof/consistency?first=1&second={'9' * 30}": (400, "Say second as a whole number, such as 0 or 12."),
}


@pytest.mark.parametrize("asked", MISASKED)
def test_what_has_no_answer_is_told_in_a_sentence(client: Client, asked: str) -> None:
    grow(3)
    answer = client.get(f"/transparency/{asked}")
    assert (answer.status_code, answer.json()) == (MISASKED[asked][0], {"detail": MISASKED[asked][1]})


@pytest.mark.parametrize("asked", ["checkpoint", "leaves", "key", "proof/inclusion?index=0"])
def test_before_anything_is_signed_each_says_so(client: Client, asked: str) -> None:
    answer = client.get(f"/transparency/{asked}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Nothing has been signed yet."})


def test_they_are_asked_as_often_as_the_api_and_no_more(client: Client, settings: Settings) -> None:
    settings.API_CALLS_A_MINUTE = 0
    answer = client.get("/transparency/checkpoint")
    assert (answer.status_code, answer.json()["detail"][:14]) == (429, "Too many calls")


def test_nothing_is_sent_to_them(client: Client) -> None:
    assert client.post("/transparency/checkpoint").status_code == 405


def test_the_page_shows_the_signed_lines_and_how_to_check(client: Client) -> None:
    assert "Nothing has been signed yet." in client.get("/transparency/").content.decode()
    grow(3)
    page = client.get("/transparency/").content.decode()
    for said in ("test.example/log", "3 lines", "verify.py", "test.example/log+", "cannot be guessed back"):
        assert said in page
    assert len(page) < 50_000


def test_the_checker_is_handed_out_as_it_is(client: Client) -> None:
    cache.clear()
    answer = client.get("/transparency/verify.py")
    assert answer.content.startswith(b"#!/usr/bin/env python3")
    assert "attachment" in answer.headers["Content-Disposition"]


# The donor's receipt


def test_the_paper_names_the_checkpoint_that_was_current(client: Client) -> None:
    grow(3)
    receipt = build.rendered()
    words = " ".join(paper.text(bytes(receipt.document.pdf)).split())
    note = SignedCheckpoint.objects.get().note.splitlines()
    assert "checkpoint 3 of test.example/log" in words
    assert note[2] in words.replace(" ", "")
    assert "This receipt is entered after it." in words
    assert LogLeaf.objects.get(kind="receipt").index == 3
    assert rendering.to_pdf(receipt) == bytes(receipt.document.pdf)


def test_the_longest_receipt_still_fits_on_one_page_with_its_checkpoint() -> None:
    grow(1)
    long = {"name": "Maximiliana-Wilhelmina " * 4, "email": f"{'x' * 60}@{'subdomain.' * 12}example.org"}
    receipt = build.rendered(to=build.campaign(title="Emergency shelter, water and schooling " * 3), **long)
    assert len(paper.read(bytes(receipt.document.pdf)).pages) == 1


def test_the_proof_is_for_whoever_has_the_donors_address(client: Client) -> None:
    receipt = build.rendered()
    address = f"/receipts/{receipt.key}/proof.json"
    assert address in client.get(receipt.get_absolute_url()).content.decode()
    assert client.get(address).status_code == 404
    keeping.keep(build.later())
    answer = client.get(address)
    assert set(answer.headers["Cache-Control"].split(", ")) >= {"private", "no-store"}
    assert answer.headers["X-Robots-Tag"] == "noindex"
    salt = answer.json()["salt"]
    assert bytes.fromhex(salt) == bytes(LogLeaf.objects.get(kind="receipt").salt or b"")
    assert salt not in json.dumps(client.get("/transparency/leaves").json())


# The key


def test_a_key_is_made_for_the_log_and_its_verifier_key_printed(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("checkpoint_key")
    _for, secret, _the, public = capsys.readouterr().out.strip().splitlines()
    assert str(Signer.read(secret).key) == public
    assert public.startswith("test.example/log+")


def test_the_whole_log_is_checked_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    grow(3)
    call_command("verify_log")
    assert capsys.readouterr().out == "The open books hold.\n"
