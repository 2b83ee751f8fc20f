"""verify.py as a stranger runs it: one file, no project and no network. It says OK, or what is wrong."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from ledger import journal_file
from receipts import log, verify
from receipts.log import checkpoints, keeping
from receipts.models import LogLeaf, SignedCheckpoint
from receipts.notes import Signer
from receipts.verify import Checkpoint
from tests.receipts import build

pytestmark = pytest.mark.django_db(transaction=True)
KEY, NEXT, THIEF = (Signer.of("test.example/log", letter * 32) for letter in (b"k", b"n", b"t"))
FILES = {"report.pdf": b"%PDF a report", "report.json": b'{"left": 0}', "rows/gifts.csv": b"a,b\n1,2\n"}

# Whoever makes a socket or asks for a name, in this process, is ended: there is no network to ask.
OFFLINE = """
import runpy, sys
def refuse(event, about):
    if event.startswith("socket."):
        raise SystemExit("the network was asked")
sys.addaudithook(refuse)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.CHECKPOINT_KEYS = [str(KEY)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(verify.__file__, tmp_path / "verify.py")
    return tmp_path


def run(place: Path, *arguments: str, key: Signer = KEY) -> tuple[int, str]:
    """The exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", OFFLINE, "verify.py", *arguments, "--key", str(key.key)],
        cwd=place,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def ok(place: Path, *arguments: str, key: Signer = KEY) -> str:
    code, said = run(place, *arguments, key=key)
    assert (code, said.splitlines()[-1]) == (0, "OK"), said
    return said


def refused(place: Path, *arguments: str, key: Signer = KEY) -> str:
    code, said = run(place, *arguments, key=key)
    assert code == 1, said
    assert said.startswith("NOT OK: ")
    assert len(said.splitlines()) == 1
    return said


def published(files: dict[str, bytes] = FILES, version: int = 1) -> LogLeaf:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    body = {"campaign": "winter", "period": "2026", "version": version, "files": digests}
    return log.append(kind="report", key=f"winter 2026 {version}", body=body)


def grow(count: int) -> None:
    for _ in range(count):
        published({}, LogLeaf.objects.size() + 100)


def sign(file: Path) -> Checkpoint:
    made = checkpoints.sign() or SignedCheckpoint.objects.current()
    assert made is not None
    file.write_text(made.note)
    return Checkpoint.of(made.note)


@pytest.fixture
def bundle(place: Path) -> Path:
    grow(3)
    leaf = published()
    grow(2)
    checkpoints.sign()
    folder = place / "bundle"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "MANIFEST.json").write_text(json.dumps(log.manifest(leaf), indent=1))
    shutil.copy(verify.__file__, folder / "verify.py")
    return folder


def change(file: Path, place: int = 3) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def rewrite(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    told = json.loads(file.read_text())
    edit(told)
    file.write_text(json.dumps(told))


# A published report


def test_a_bundle_is_ok_and_it_says_what_was_checked(place: Path, bundle: Path) -> None:
    assert ok(place, "bundle").splitlines() == [
        "The report is leaf 3 of the log.",
        "3 files are those that were logged, and none is missing or too many.",
        "The checkpoint of 6 leaves of test.example/log is signed by its key.",
        "OK",
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_refused(place: Path, bundle: Path, name: str) -> None:
    change(bundle / name)
    assert f"{name} was changed" in refused(place, "bundle")


def test_a_missing_file_is_refused(place: Path, bundle: Path) -> None:
    (bundle / "report.pdf").unlink()
    assert refused(place, "bundle") == "NOT OK: A file is missing: report.pdf.\n"


@pytest.mark.parametrize("name", ["more.csv", ".hidden", "rows/more.csv"])
def test_an_extra_file_is_refused(place: Path, bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"")
    assert refused(place, "bundle") == f"NOT OK: A file is too many: {name} was not logged.\n"


def test_a_link_is_no_file(place: Path, bundle: Path) -> None:
    (bundle / "report.pdf").rename(place / "elsewhere")
    (bundle / "report.pdf").symlink_to(place / "elsewhere")
    assert "is a link to somewhere else" in refused(place, "bundle")


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a digest": lambda told: told["body"]["files"].update({"report.pdf": "0" * 64}),
    "a file less": lambda told: told["body"]["files"].pop("report.pdf"),
    "the period": lambda told: told["body"].update(period="2025"),
    "the kind": lambda told: told.update(kind="event", salt="00" * 32),
    "the place": lambda told: told.update(index=2),
    "no place": lambda told: told.update(index=-1),
    "the proof": lambda told: told["proof"].reverse(),
    "a shorter proof": lambda told: told["proof"].pop(),
    "a longer proof": lambda told: told["proof"].append("00" * 32),
    "an odd proof": lambda told: told.update(proof=["00"]),
    "the size": lambda told: told.update(checkpoint=told["checkpoint"].replace("\n6\n", "\n7\n")),
    "the origin": lambda told: told.update(checkpoint=told["checkpoint"].replace("test.example", "text.example", 1)),
    "no signature": lambda told: told.update(checkpoint=told["checkpoint"].partition("\n\n")[0]),
    "the key": lambda told: told.update(key=str(THIEF.key)),
    "another make": lambda told: told.update(format="open-books-proof/2"),
    "something more": lambda told: told.update(more=1),
    "something less": lambda told: told.pop("keys"),
    "a salt": lambda told: told.update(salt="00" * 32),
    "a number for words": lambda told: told.update(checkpoint=6),
    "a list for a body": lambda told: told.update(body=[]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_changed_manifest_is_refused(place: Path, bundle: Path, edit: str) -> None:
    rewrite(bundle / "MANIFEST.json", EDITS[edit])
    refused(place, "bundle")


def test_what_is_no_manifest_is_refused_in_a_sentence(place: Path, bundle: Path) -> None:
    for content in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        (bundle / "MANIFEST.json").write_bytes(content)
        refused(place, "bundle")
    (bundle / "MANIFEST.json").unlink()
    assert "cannot be read" in refused(place, "bundle")


def test_a_forged_signature_is_refused(place: Path, bundle: Path) -> None:
    told = json.loads((bundle / "MANIFEST.json").read_text())
    text, _blank, signature = told["checkpoint"].partition("\n\n")
    letters = signature.rsplit(" ", 1)[1]
    forged = letters[:20] + ("A" if letters[20] != "A" else "B") + letters[21:]
    rewrite(bundle / "MANIFEST.json", lambda told: told.update(checkpoint=told["checkpoint"].replace(letters, forged)))
    assert "it is forged, or what it signs was changed" in refused(place, "bundle")
    by_thief = THIEF.signed(text + "\n")
    rewrite(bundle / "MANIFEST.json", lambda told: told.update(checkpoint=by_thief))
    assert "There is no signature of the key" in refused(place, "bundle")


def test_another_key_than_the_one_you_trust_is_refused(place: Path, bundle: Path) -> None:
    assert "another key than the one you trust" in refused(place, "bundle", key=THIEF)


def test_a_mistyped_key_is_refused(place: Path, bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "bundle", "--key", str(KEY.key)[:-3] + "AA="], cwd=place, check=False
    )
    assert done.returncode == 1


# A receipt, and a day of the journal


def test_a_donor_checks_a_receipt(place: Path, client: Client) -> None:
    receipt = build.rendered()
    keeping.keep(build.later())
    (place / "my receipt.pdf").write_bytes(bytes(receipt.document.pdf))
    (place / "proof.json").write_bytes(client.get(f"/receipts/{receipt.key}/proof.json").content)
    assert "my receipt.pdf is the file that was logged." in ok(place, "proof.json", "my receipt.pdf")
    change(place / "my receipt.pdf", 500)
    assert "my receipt.pdf was changed" in refused(place, "proof.json", "my receipt.pdf")
    assert "A file is missing" in refused(place, "proof.json")
    rewrite(place / "proof.json", lambda told: told.update(salt="00" * 32))
    assert "It is not in the log" in refused(place, "proof.json", "my receipt.pdf")


def journal(file: Path) -> None:
    span = journal_file.Span(build.DAY.replace(year=2000), build.DAY.replace(year=2100))
    file.write_bytes(b"".join(journal_file.as_csv(span)))


def test_an_auditor_checks_a_day_of_the_journal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now, fund = build.later(), build.campaign().card_fund
    build.given(fund, 50_00, fee=2_00)
    keeping.keep(build.later(days=1))
    build.given(fund, 70_00)
    journal(place / "journal.csv")
    call_command("log_proof", "ledger", now.date().isoformat())
    (place / "proof.json").write_text(capsys.readouterr().out)
    assert "journal.csv has the 3 lines that were logged." in ok(place, "proof.json", "journal.csv")
    whole = (place / "journal.csv").read_text()
    for other in (whole.replace("48.00", "47.00", 1), "\n".join([*whole.split("\n")[:2], *whole.split("\n")[3:]])):
        assert other != whole
        (place / "journal.csv").write_text(other)
        assert "lines were changed, added or left out" in refused(place, "proof.json", "journal.csv")
    (place / "journal.csv").write_text("a,b\n1,2\n")
    assert "is no journal" in refused(place, "proof.json", "journal.csv")


def test_of_what_is_not_there_the_auditor_is_told_so() -> None:
    with pytest.raises(CommandError, match="The open books have no ledger “2020-01-01”"):
        call_command("log_proof", "ledger", "2020-01-01")


# Two checkpoints


@pytest.fixture
def grown(place: Path, client: Client) -> Path:
    """A log of 5 leaves, and then of 9."""
    grow(5)
    sign(place / "old")
    grow(4)
    sign(place / "now")
    for file, asked in {"proof": "proof/consistency?first=5&second=9", "leaves": "leaves", "key": "key"}.items():
        (place / f"{file}.json").write_bytes(client.get(f"/transparency/{asked}").content)
    return place


SINCE = ("--checkpoint", "now", "--since", "old")
CONSISTENCY = (*SINCE, "--consistency", "proof.json")
LEAVES = (*SINCE, "--leaves", "leaves.json")


def test_an_older_checkpoint_is_a_beginning_of_the_present_one(grown: Path) -> None:
    assert "The log has only grown, from 5 to 9 leaves." in ok(grown, *CONSISTENCY)
    assert "All 9 leaves together are what the checkpoint signs." in ok(grown, *LEAVES)
    assert "name their --consistency proof" in refused(grown, *SINCE)


def forge(file: Path, size: int) -> None:
    """As the log's own key could sign another tree for somebody else."""
    file.write_text(KEY.signed(str(Checkpoint("test.example/log", size, bytes(range(32))))))


@pytest.mark.parametrize("size", [5, 9])
def test_a_split_view_is_refused(grown: Path, size: int) -> None:
    forge(grown / "old", size)
    assert "A split view" in refused(grown, *CONSISTENCY)
    said = refused(grown, *LEAVES)
    assert "A split view" in said or "The leaves are not those of the checkpoint of 5 leaves" in said


def test_a_log_that_was_cut_short_is_refused(grown: Path) -> None:
    assert "The log was cut short" in refused(grown, "--checkpoint", "old", "--since", "now")
    rewrite(grown / "leaves.json", lambda told: told["leaves"].pop())
    assert "The log is cut short: the checkpoint has 9 leaves, and here are 8" in refused(grown, *LEAVES)


def test_a_changed_leaf_is_refused(grown: Path) -> None:
    rewrite(grown / "leaves.json", lambda told: told["leaves"].insert(2, told["leaves"].pop(3)))
    assert "The leaves are not those of the checkpoint" in refused(grown, *LEAVES)


def test_leaves_come_in_pages(grown: Path, client: Client) -> None:
    for start in (0, 4, 8):
        (grown / f"{start}.json").write_bytes(client.get(f"/transparency/leaves?start={start}&count=4").content)
    ok(grown, *SINCE, "--leaves", "0.json", "4.json", "8.json")
    assert "begins at leaf 8, and leaf 4 comes next" in refused(grown, *SINCE, "--leaves", "0.json", "8.json")


def test_a_bundle_is_held_to_an_older_checkpoint(place: Path, bundle: Path, client: Client) -> None:
    sign(place / "then")
    assert "The two checkpoints of 6 leaves are the same." in ok(place, "bundle", "--since", "then")
    forge(place / "then", 6)
    assert "A split view" in refused(place, "bundle", "--since", "then")


# A new key


def test_a_new_key_is_trusted_because_the_first_one_named_it(grown: Path, client: Client, settings: Settings) -> None:
    settings.CHECKPOINT_KEYS = [str(NEXT), str(KEY)]
    leaf = published()
    sign(grown / "now")
    (grown / "bundle").mkdir()
    for name, content in FILES.items():
        (grown / "bundle" / name).parent.mkdir(exist_ok=True)
        (grown / "bundle" / name).write_bytes(content)
    (grown / "bundle" / "MANIFEST.json").write_text(json.dumps(log.manifest(leaf)))
    for file, asked in {"proof": "proof/consistency?first=5&second=11", "leaves": "leaves", "key": "key"}.items():
        (grown / f"{file}.json").write_bytes(client.get(f"/transparency/{asked}").content)
    ok(grown, "bundle")
    ok(grown, *CONSISTENCY, "--keys", "key.json")
    ok(grown, *LEAVES)
    assert "There is no signature of the key" in refused(grown, *CONSISTENCY)

    def by_thief(told: dict[str, Any]) -> None:
        body = told["keys"][0]["body"]
        body.update(note=THIEF.signed(verify.succession("test.example/log", body["key"])))

    for changed, named in (("bundle/MANIFEST.json", ["bundle"]), ("key.json", [*CONSISTENCY, "--keys", "key.json"])):
        rewrite(grown / changed, by_thief)
        assert "There is no signature of the key" in refused(grown, *named)


# The file itself


def test_it_needs_nothing_but_the_standard_library_and_one_package() -> None:
    source = Path(verify.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 10))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    tops = {name.partition(".")[0] for name in names}
    assert tops - set(sys.stdlib_module_names) == {"cryptography"}
    assert not tops & {"socket", "urllib", "http", "ssl", "subprocess"}


def test_without_anything_to_check_it_says_what_to_name(place: Path) -> None:
    code, said = run(place)
    assert code == 2
    assert "name a folder, a proof or a --checkpoint" in said


def test_the_offline_runs_would_notice_a_network(place: Path) -> None:
    (place / "verify.py").write_text("import socket\nsocket.create_connection(('127.0.0.1', 9))\n")
    _code, said = run(place)
    assert "the network was asked" in said
