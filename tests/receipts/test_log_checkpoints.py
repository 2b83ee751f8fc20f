"""The log is signed as it is, and only if it has grown; a new key is named by the one before it."""

import json

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from receipts import log
from receipts.log import auditing, bundle, checkpoints, keeping
from receipts.log.checkpoints import NotSigned
from receipts.models import LeafKind, LogLeaf, SignedCheckpoint
from receipts.notes import Signer
from receipts.verify import Checkpoint, Keys, Proof, Refusal, leaf_hash, root_of
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW, OTHER = (Signer.of("test.example/log", letter * 32) for letter in (b"o", b"n", b"x"))


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.CHECKPOINT_KEYS = [str(OLD)]


def grow(count: int = 1) -> None:
    for _ in range(count):
        size = LogLeaf.objects.size()
        log.append(kind="report", key=f"report {size}", body={"campaign": "winter", "version": size, "files": {}})


def signed() -> SignedCheckpoint:
    made = checkpoints.sign()
    assert made is not None
    return made


def trusted(checkpoint: SignedCheckpoint, first: Signer = OLD) -> Checkpoint:
    """As a stranger reads it, who has the log's first key."""
    told = bundle.later_keys(checkpoint)
    known = Keys(first.key)
    for link in told["keys"]:
        known = known.followed_by(link["index"], link["body"])
    return known.checkpoint(checkpoint.note)


def test_a_checkpoint_is_of_all_leaves() -> None:
    grow(5)
    made = trusted(signed())
    hashes = [leaf_hash(bytes(leaf)) for leaf in LogLeaf.objects.order_by("index").values_list("leaf", flat=True)]
    assert made == Checkpoint("test.example/log", 5, root_of(hashes))


def test_nothing_new_is_not_signed_again() -> None:
    assert checkpoints.sign() is None
    grow()
    signed()
    assert checkpoints.sign() is None
    assert SignedCheckpoint.objects.count() == 1


def test_without_a_key_nothing_is_signed_and_nothing_stops(settings: Settings) -> None:
    settings.CHECKPOINT_KEYS = []
    grow()
    assert checkpoints.sign() is None
    keeping.keep(build.later())


def test_the_beat_logs_what_is_missing_and_signs_it() -> None:
    build.rendered()
    keeping.keep(build.later())
    assert (
        trusted(signed() if checkpoints.sign() else SignedCheckpoint.objects.get()).size == LogLeaf.objects.size() == 2
    )
    assert set(LogLeaf.objects.values_list("kind", flat=True)) == {LeafKind.RECEIPT, LeafKind.LEDGER}


def asleep(statement: str) -> None:
    """As the owner of the tables could, with the guards switched off."""
    build.sql("SET session_replication_role = replica")
    build.sql(statement)
    build.sql("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE receipts_lognode SET hash = sha256('x') WHERE level = 2 AND index = 0",
        "UPDATE receipts_lognode SET hash = sha256('x') WHERE level = 0 AND index = 6",
        "UPDATE receipts_logleaf SET leaf = 'x' WHERE index = 6",
        "UPDATE receipts_signedcheckpoint SET note = replace(note, E'\\n5\\n', E'\\n4\\n')",
        "DELETE FROM receipts_logleaf WHERE index = 5",
    ],
)
def test_a_tree_that_does_not_go_on_from_the_last_one_is_never_signed(deed: str) -> None:
    grow(5)
    signed()
    grow(2)
    asleep(deed)
    with pytest.raises((NotSigned, Refusal)):
        checkpoints.sign()
    assert SignedCheckpoint.objects.count() == 1


def test_a_log_that_was_cut_short_is_never_signed() -> None:
    grow(5)
    signed()
    asleep("DELETE FROM receipts_logleaf WHERE index > 2")
    with pytest.raises(NotSigned, match="does not go on from its checkpoint of 5 leaves"):
        checkpoints.sign()


INSERT = "INSERT INTO receipts_signedcheckpoint (size, root, note, key) VALUES (%s, {}, {}, 'k')"
ROOT, NOTE = "receipts_log_root({0})", "format(E'x\\n%%s\\n%%s\\n', {0}, encode(receipts_log_root({0}), 'base64'))"


@pytest.mark.parametrize(
    ("size", "root", "note", "refused"),
    [
        (2, ROOT, NOTE, "checkpoint_is_larger_than_the_last"),
        (3, ROOT, NOTE, "checkpoint_is_larger_than_the_last"),
        (9, ROOT.format(5), NOTE.format(5), "checkpoint_is_of_leaves_there_are"),
        (5, ROOT.format(4), NOTE, "checkpoint_is_of_the_tree"),
        (5, ROOT, NOTE.format(4), "checkpoint_says_what_it_is"),
    ],
)
def test_the_database_refuses_a_checkpoint_of_anything_else(size: int, root: str, note: str, refused: str) -> None:
    grow(3)
    signed()
    grow(2)
    with pytest.raises(IntegrityError, match=refused):
        build.sql(INSERT.format(root.format(size), note.format(size)), size)
    build.sql(INSERT.format(ROOT.format(5), NOTE.format(5)), 5)


# A new key


def test_a_new_key_is_named_by_the_old_one_and_signs_from_then_on(settings: Settings) -> None:
    grow(3)
    before = signed()
    settings.CHECKPOINT_KEYS = [str(NEW), str(OLD)]
    after = signed()
    settings.CHECKPOINT_KEYS = [str(NEW)]
    grow()
    last = signed()
    assert [each.key for each in (before, after, last)] == [str(OLD.key), str(NEW.key), str(NEW.key)]
    assert [trusted(each).size for each in (before, after, last)] == [3, 4, 5]
    assert LogLeaf.objects.of(LeafKind.KEY).get().index == 3
    assert [*auditing.findings()] == []


def test_keys_follow_each_other_as_often_as_you_like(settings: Settings) -> None:
    ring = [OLD, NEW, OTHER, OLD]
    for before, after in zip([None, *ring], ring, strict=False):
        settings.CHECKPOINT_KEYS = [str(each) for each in (after, before) if each]
        grow()
        last = signed()
    assert trusted(last).size == 7
    told = bundle.manifest(LogLeaf.objects.get(index=0))
    assert [link["body"]["key"] for link in told["keys"]] == [str(NEW.key), str(OTHER.key), str(OLD.key)]
    assert Proof.read(told, OLD.key).kind == "report"


@pytest.mark.parametrize("keys", [[NEW], [NEW, OTHER], [Signer.of("other.example/log", b"n" * 32), OLD]])
def test_a_key_that_nobody_named_signs_nothing(settings: Settings, keys: list[Signer]) -> None:
    grow()
    signed()
    grow()
    settings.CHECKPOINT_KEYS = [str(each) for each in keys]
    with pytest.raises(NotSigned, match=r"The log is signed by test\.example/log"):
        checkpoints.sign()
    assert LogLeaf.objects.of(LeafKind.KEY).count() == 0


def test_an_old_key_signs_nothing_any_more(settings: Settings) -> None:
    grow(2)
    signed()
    settings.CHECKPOINT_KEYS = [str(NEW), str(OLD)]
    after = signed()
    forged = OLD.signed(str(Checkpoint("test.example/log", after.size, bytes(after.root))))
    after.note = forged
    with pytest.raises(Refusal, match="There is no signature of the key"):
        trusted(after)


def test_who_trusts_another_first_key_is_told_so(settings: Settings) -> None:
    grow()
    signed()
    with pytest.raises(Refusal, match="another key than the one you trust"):
        Proof.read(bundle.manifest(LogLeaf.objects.get()), NEW.key)


# The whole log, from its leaves


def test_the_audit_finds_what_was_changed_behind_the_guards() -> None:
    grow(3)
    build.given(build.campaign().card_fund, 50_00)
    keeping.keep(build.later(days=1))
    assert [*auditing.findings()] == []
    asleep("UPDATE receipts_logleaf SET leaf = '{}' WHERE index = 1")
    assert [*auditing.findings()] == ["leaf 1 is not of its words", "checkpoint 4 is not of the leaves there are"]


def test_the_audit_finds_a_changed_line_of_the_journal() -> None:
    build.given(build.campaign().card_fund, 50_00)
    keeping.keep(build.later(days=1))
    asleep("UPDATE ledger_posting SET amount = amount * 2")
    (found,) = auditing.findings()
    assert "is not what was logged" in found


def test_no_proof_is_given_before_a_checkpoint_has_the_leaf() -> None:
    grow()
    signed()
    grow()
    with pytest.raises(bundle.NotSignedYet):
        log.manifest(LogLeaf.objects.get(index=1))
    assert json.dumps(log.manifest(LogLeaf.objects.get(index=0)))
