#!/usr/bin/env python3
"""Check what an appeal has published against its open books: on your own computer, with the network off.

This file stands alone. It needs Python 3.10 or later and the package `cryptography`, reads the files you name, and
sends nothing anywhere. It ends with OK and what it has checked, or with one sentence that says what is wrong.

    python verify.py FOLDER --key KEY                         a published report, with its MANIFEST.json
    python verify.py proof.json receipt.pdf --key KEY         a receipt
    python verify.py proof.json journal.csv --key KEY         a day of the journal
    python verify.py --checkpoint NOW --since OLD --consistency PROOF --key KEY
    python verify.py --checkpoint NOW --leaves PAGE [PAGE …] --key KEY

KEY is the log's first key, name+number+letters. Take it from somewhere else than the files you check: from a receipt
of last year, from the organisation's own site, from a person you know.

The tree is that of RFC 6962, section 2.1; checkpoints are written as C2SP's tlog-checkpoint and signed-note say.
"""

import argparse
import base64
import binascii
import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST = "MANIFEST.json"
BESIDE = {MANIFEST, "verify.py"}  # what lies in a bundle and is none of its files
FORMAT = "open-books-proof/1"
PRIVATE = {"receipt", "event", "ledger"}  # of these the log holds a salted hash, and not the words
PARTS = {"format", "kind", "body", "salt", "index", "proof", "checkpoint", "key", "keys"}
COLUMNS = (
    *("entry", "occurred_on", "posted_at_utc", "kind", "source", "reverses", "line"),
    *("fund", "account", "account_kind", "debit", "credit", "currency"),
)
"""What of a journal's lines is hashed."""


class Refusal(Exception):
    """What does not hold; str() is the sentence."""


# The tree


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def folded(subtrees: Sequence[bytes]) -> bytes:
    """Whole subtrees from left to right, each smaller than the one before, as the hash of all."""
    if not subtrees:
        return hashlib.sha256().digest()
    whole = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        whole = node_hash(left, whole)
    return whole


def root_of(leaves: Iterable[bytes], begun: Iterable[tuple[int, bytes]] = ()) -> bytes:
    """The root over these leaf hashes; after others, if the whole subtrees over those are given with their heights.

    It holds no more hashes at once than the tree is high.
    """
    peaks = list(begun)
    for leaf in leaves:
        height, peak = 0, leaf
        while peaks and peaks[-1][0] == height:
            height, peak = height + 1, node_hash(peaks.pop()[1], peak)
        peaks.append((height, peak))
    return folded([peak for _height, peak in peaks])


def split(size: int) -> int:
    """How many leaves of a tree of two or more lie left of its root: the largest power of two below its size."""
    return 1 << (size - 1).bit_length() - 1


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a leaf with this hash has this place in the tree of this size and root."""
    return 0 <= index < size and climbed(size, index, leaf, proof) == root


def climbed(size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to; None where it is too short or too long."""
    if size == 1 or not proof:
        return leaf if size == 1 and not proof else None
    left, beside = split(size), proof[-1]
    if index < left:
        below = climbed(left, index, leaf, proof[:-1])
        return below and node_hash(below, beside)
    below = climbed(size - left, index - left, leaf, proof[:-1])
    return below and node_hash(beside, below)


def extends(root: bytes, size: int, older: bytes, older_size: int, proof: Sequence[bytes]) -> bool:
    """Whether the tree of this size and root begins with all of the older one."""
    if not 0 <= older_size <= size:
        return False
    if older_size == 0:
        return not proof and older == folded([])
    return grown(older_size, size, proof, older) == (older, root)


def grown(first: int, second: int, proof: Sequence[bytes], known: bytes | None) -> tuple[bytes, bytes] | None:
    """The roots of both sizes as the proof has them; None where it is too short or too long.

    What both trees share whole is in the proof, unless it is all of the first one, which is known.
    """
    if first == second:
        shared = [*proof, known][0]
        fits = len(proof) == (0 if known else 1)
        return (shared, shared) if fits and shared else None
    if not proof:
        return None
    left, beside = split(second), proof[-1]
    if first <= left:
        both = grown(first, left, proof[:-1], known)
        return both and (both[0], node_hash(both[1], beside))
    both = grown(first - left, second - left, proof[:-1], None)
    return both and (node_hash(beside, both[0]), node_hash(beside, both[1]))


# What is signed

ED25519 = b"\x01"
SIGNED_BY = "\u2014 "


@dataclass(frozen=True)
class Key:
    """A verifier key: the log's name, four bytes that tell its keys apart, and the public key."""

    name: str
    number: bytes
    public: bytes

    @classmethod
    def of(cls, name: str, public: bytes) -> "Key":
        number = hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]
        return cls(name, number, public)

    @classmethod
    def read(cls, text: str) -> "Key":
        name, _plus, rest = text.strip().partition("+")
        public = unwrapped(rest[9:], 33)[1:]
        key = cls.of(name, public)
        if str(key) != text.strip() or not name or name.split() != [name]:
            raise Refusal("The key is not written as name+number+letters, or a letter of it is wrong.")
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.number.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    def opened(self, note: str) -> str:
        """The text of a signed note. Refused where this key has not signed exactly that."""
        text, _blank, signatures = note.rpartition("\n\n")
        for line in signatures.split("\n")[:-1]:
            name, _space, value = line.removeprefix(SIGNED_BY).partition(" ")
            if line.startswith(SIGNED_BY) and name == self.name:
                signature = unwrapped(value, 68)
                if signature[:4] == self.number:
                    self.check(signature[4:], text + "\n")
                    return text + "\n"
        raise Refusal(f"There is no signature of the key {self} under what should have one.")

    def check(self, signature: bytes, text: str) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            raise Refusal(
                f"A signature is not that of the key {self}: it is forged, or what it signs was changed."
            ) from None


def unwrapped(letters: str, length: int) -> bytes:
    """So many bytes out of base64, written as they must be."""
    try:
        content = base64.b64decode(letters, validate=True)
    except (ValueError, binascii.Error):
        content = b""
    if len(content) != length or base64.b64encode(content).decode() != letters:
        raise Refusal("A key, a hash or a signature is damaged: its letters are not those that were written.")
    return content


@dataclass(frozen=True)
class Checkpoint:
    """So many leaves, and the one hash that stands for all of them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def of(cls, text: str) -> "Checkpoint":
        origin, size, root, *_more = [*text.split("\n"), "", ""]
        if not (size.isascii() and size.isdecimal() and len(size) < 19) or str(int(size)) != size:
            raise Refusal("What should be a checkpoint does not say how many leaves it is for.")
        return cls(origin, int(size), unwrapped(root, 32))

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def succession(origin: str, key: str) -> str:
    """What a key signs when it names the next."""
    return f"{origin}\nnext key\n{key}\n"


@dataclass(frozen=True)
class Keys:
    """The keys of a log, from the one you trust on: each signs until the leaf that names the next is in the tree."""

    first: Key
    later: tuple[tuple[int, Key], ...] = ()

    def followed_by(self, index: int, body: Mapping[str, Any]) -> "Keys":
        """With one more, that the last one has named."""
        before, last = self.later[-1] if self.later else (-1, self.first)
        key = Key.read(part(body, "key", str))
        if last.opened(part(body, "note", str)) != succession(last.name, str(key)) or key.name != last.name:
            raise Refusal("A key of the log was not named by the one before it.")
        if index <= before:
            raise Refusal("The keys of the log are not in their order.")
        return Keys(self.first, (*self.later, (index, key)))

    def at(self, size: int) -> Key:
        """The one that signs a tree of this size."""
        return [self.first, *(key for index, key in self.later if index < size)][-1]

    def checkpoint(self, note: str) -> Checkpoint:
        """Refused where it is not signed by the key whose turn it is."""
        stated = Checkpoint.of(note)
        key = self.at(stated.size)
        key.opened(note)
        if stated.origin != key.name:
            raise Refusal(f"The checkpoint is of {stated.origin}, and the key of {key.name}: these are two logs.")
        return stated


# What a leaf is


def canonical(content: Any) -> str:
    """The one way to write it: names in their order, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def leaf_of(kind: str, body: Mapping[str, Any], salt: bytes | None) -> bytes:
    """The bytes of a leaf. What is somebody's own is in it as a salted hash."""
    if (salt is not None) != (kind in PRIVATE):
        raise Refusal(f"A leaf of the kind “{kind}” has a salt if it is private, and none otherwise.")
    if salt is None:
        return canonical({"body": body, "kind": kind}).encode()
    hidden = hashlib.sha256(salt + canonical(body).encode()).hexdigest()
    return canonical({"hash": hidden, "kind": kind}).encode()


def journal_digest(lines: Iterable[Mapping[str, str]], entries: Sequence[Sequence[int]]) -> tuple[str, int]:
    """SHA-256 over the lines of these entries, in the order they stand, and how many they are."""
    digest, count = hashlib.sha256(), 0
    for line in lines:
        if any(first <= int(line["entry"]) <= last for first, last in entries):
            digest.update(canonical([line[column] for column in COLUMNS]).encode() + b"\n")
            count += 1
    return digest.hexdigest(), count


# Reading


def wrong_form(what: str) -> NoReturn:
    raise Refusal(f"This is not written as this program knows it: {what}.")


def part(whole: Any, name: str, kind: type) -> Any:
    found = whole.get(name) if isinstance(whole, Mapping) else None
    if type(found) is not kind:
        wrong_form(f"“{name}” is missing, or is something else")
    return found


def hashes(whole: Mapping[str, Any], name: str) -> list[bytes]:
    try:
        found = [bytes.fromhex(each) for each in part(whole, name, list)]
    except (TypeError, ValueError):
        wrong_form(f"“{name}” is no list of hashes")
    if any(len(each) != 32 for each in found):
        wrong_form(f"“{name}” has a hash of another length")
    return found


def text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise Refusal(f"{file.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        wrong_form(f"{file.name} is no text")


def json_of(file: Path) -> dict[str, Any]:
    return parsed(text_of(file), file.name)


def parsed(text: str, name: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        wrong_form(f"{name} is no JSON")
    if not isinstance(content, dict):
        wrong_form(f"{name} is no JSON object")
    return content


def sha256(file: Path) -> str:
    try:
        with file.open("rb") as content:
            digest = hashlib.sha256()
            while block := content.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except OSError as error:
        raise Refusal(f"{file.name} cannot be read: {error.strerror}.") from None


# A proof, and the files beside it


@dataclass(frozen=True)
class Proof:
    """That something is in the log, at this place, under this checkpoint."""

    kind: str
    body: dict[str, Any]
    index: int
    checkpoint: Checkpoint
    keys: Keys

    @classmethod
    def read(cls, told: dict[str, Any], key: Key) -> "Proof":
        if part(told, "format", str) != FORMAT or not set(told) <= PARTS:
            wrong_form("it is a proof of another make")
        if told.get("key") != str(key):
            raise Refusal("The proof is for another key than the one you trust.")
        keys = keys_of(told, Keys(key))
        checkpoint = keys.checkpoint(part(told, "checkpoint", str))
        kind, body, index = part(told, "kind", str), part(told, "body", dict), part(told, "index", int)
        check_included(checkpoint, leaf_of(kind, body, salt_of(told)), index, hashes(told, "proof"))
        for link in told["keys"]:
            check_included(checkpoint, leaf_of("key", link["body"], None), link["index"], hashes(link, "proof"))
        return cls(kind, body, index, checkpoint, keys)


def salt_of(told: Mapping[str, Any]) -> bytes | None:
    return hashes({"salt": [told["salt"]]}, "salt")[0] if "salt" in told else None


def keys_of(told: Mapping[str, Any], keys: Keys) -> Keys:
    for link in part(told, "keys", list):
        keys = keys.followed_by(part(link, "index", int), part(link, "body", dict))
    return keys


def check_included(checkpoint: Checkpoint, leaf: bytes, index: int, proof: Sequence[bytes]) -> None:
    if not includes(checkpoint.root, checkpoint.size, index, leaf_hash(leaf), proof):
        raise Refusal(
            f"It is not in the log: leaf {index} of the checkpoint of {checkpoint.size} leaves is another one."
        )


def check_folder(folder: Path, body: Mapping[str, Any]) -> list[str]:
    """Every file that was logged is there as it was, and no other."""
    logged: dict[str, str] = part(body, "files", dict)
    there = {file.relative_to(folder).as_posix(): file for file in files_in(folder)}
    if missing := sorted(set(logged) - set(there)):
        raise Refusal(f"A file is missing: {missing[0]}.")
    if extra := sorted(set(there) - set(logged) - BESIDE):
        raise Refusal(f"A file is too many: {extra[0]} was not logged.")
    for name, digest in logged.items():
        if sha256(there[name]) != digest:
            raise Refusal(f"{name} was changed: it is not the file that was logged.")
    return [f"{len(logged)} files are those that were logged, and none is missing or too many."]


def files_in(folder: Path) -> Iterator[Path]:
    for found in sorted(folder.rglob("*")):
        if found.is_symlink():
            raise Refusal(f"{found.name} is a link to somewhere else, and not a file.")
        if found.is_file():
            yield found


def check_files(files: Sequence[Path], body: Mapping[str, Any]) -> list[str]:
    """The files that were logged, whatever they are called now, and no other."""
    logged: dict[str, str] = part(body, "files", dict) if files or "files" in body else {}
    held = {sha256(file): file for file in files}
    for digest, file in held.items():
        if digest not in logged.values():
            raise Refusal(f"{file.name} was changed: it is no file that was logged here.")
    if missing := sorted(name for name, digest in logged.items() if digest not in held):
        raise Refusal(f"A file is missing: {missing[0]}.")
    return [f"{file.name} is the file that was logged." for file in files]


def check_journal(files: Sequence[Path], body: Mapping[str, Any]) -> list[str]:
    """The journal has the entries of that day, each line of them as it was."""
    entries, postings = part(body, "entries", list), part(body, "postings", int)
    for file in files:
        try:
            digest, count = journal_digest(csv.DictReader(io.StringIO(text_of(file), newline="")), entries)
        except (KeyError, TypeError, ValueError):
            wrong_form(f"{file.name} is no journal")
        if (digest, count) != (part(body, "sha256", str), postings):
            raise Refusal(f"{file.name} is not the journal that was logged: lines were changed, added or left out.")
    return [f"{file.name} has the {postings} lines that were logged." for file in files]


# Two checkpoints, and the whole log


def check_grown(now: Checkpoint, old: Checkpoint, leaves: Sequence[bytes] | None, proofs: Sequence[Path]) -> list[str]:
    """That the log has only grown from one to the other. Of all leaves it is seen without a proof."""
    if old.size > now.size:
        raise Refusal(f"The log was cut short: it had {old.size} leaves, and this checkpoint has {now.size}.")
    if old.size == now.size:
        if old.root != now.root:
            raise Refusal(f"A split view: two checkpoints of {now.size} leaves are signed, and they are not the same.")
        return [f"The two checkpoints of {now.size} leaves are the same."]
    if leaves is None and not extends(now.root, now.size, old.root, old.size, consistency(proofs, old.size, now.size)):
        raise Refusal(f"A split view: the checkpoint of {old.size} leaves is no beginning of that of {now.size}.")
    return [f"The log has only grown, from {old.size} to {now.size} leaves."]


def consistency(proofs: Sequence[Path], first: int, second: int) -> list[bytes]:
    """The proof for these two sizes, out of the files that were named."""
    for told in map(json_of, proofs):
        if (told.get("first"), told.get("second")) == (first, second):
            return hashes(told, "proof")
    raise Refusal(f"To compare {first} leaves with {second}, name their --consistency proof, or all --leaves.")


def leaves_of(pages: Sequence[Path]) -> list[bytes]:
    """All leaves, of pages as /transparency/leaves gives them."""
    leaves: list[bytes] = []
    for page in pages:
        told = json_of(page)
        if part(told, "start", int) != len(leaves):
            raise Refusal(f"{page.name} begins at leaf {told['start']}, and leaf {len(leaves)} comes next.")
        leaves += [part({"leaf": leaf}, "leaf", str).encode() for leaf in part(told, "leaves", list)]
    return leaves


def keys_in(leaves: Sequence[bytes], keys: Keys) -> Keys:
    for index, leaf in enumerate(leaves):
        if leaf.endswith(b',"kind":"key"}'):
            keys = keys.followed_by(index, part(parsed(leaf.decode(), f"leaf {index}"), "body", dict))
    return keys


def check_leaves(leaves: Sequence[bytes], checkpoint: Checkpoint) -> list[str]:
    if len(leaves) < checkpoint.size:
        raise Refusal(f"The log is cut short: the checkpoint has {checkpoint.size} leaves, and here are {len(leaves)}.")
    if root_of(map(leaf_hash, leaves[: checkpoint.size])) != checkpoint.root:
        raise Refusal(
            f"The leaves are not those of the checkpoint of {checkpoint.size} leaves: at least one is another."
        )
    return [f"All {checkpoint.size} leaves together are what the checkpoint signs."]


# The program


def check(asked: argparse.Namespace) -> list[str]:
    """What was checked, line by line. Refused at the first thing that does not hold."""
    key = Key.read(asked.key)
    leaves = leaves_of(asked.leaves) if asked.leaves else None
    proof, done = check_paths(asked.paths, key) if asked.paths else (None, [])
    keys = all_keys(asked, key, proof, leaves)
    signed = [
        *(keys.checkpoint(text_of(file)) for file in [asked.checkpoint] if file),
        *(proof.checkpoint for proof in [proof] if proof),
        *(keys.checkpoint(text_of(file)) for file in [asked.since] if file),
    ]
    done += [f"The checkpoint of {each.size} leaves of {each.origin} is signed by its key." for each in signed]
    for each in signed[1:]:
        done += check_grown(signed[0], each, leaves, asked.consistency)
    for each in signed if leaves is not None else []:
        done += check_leaves(leaves or [], each)
    return done


def check_paths(paths: Sequence[Path], key: Key) -> tuple[Proof, list[str]]:
    if len(paths) == 1 and paths[0].is_dir():
        proof = Proof.read(json_of(paths[0] / MANIFEST), key)
        done = check_folder(paths[0], proof.body)
    else:
        proof_file, files = sorted_out(paths)
        proof = Proof.read(json_of(proof_file), key)
        done = check_journal(files, proof.body) if proof.kind == "ledger" else check_files(files, proof.body)
    return proof, [f"The {proof.kind} is leaf {proof.index} of the log.", *done]


def sorted_out(paths: Sequence[Path]) -> tuple[Path, list[Path]]:
    """The one proof among the files, and the others."""
    proofs = [path for path in paths if path.suffix == ".json" and json_of(path).get("format") == FORMAT]
    if len(proofs) != 1:
        raise Refusal("Name a folder with its MANIFEST.json, or one proof and the files it is about.")
    return proofs[0], [path for path in paths if path not in proofs]


def all_keys(asked: argparse.Namespace, key: Key, proof: Proof | None, leaves: list[bytes] | None) -> Keys:
    """The keys of the log as whatever was named tells them."""
    if leaves is not None:
        return keys_in(leaves, Keys(key))
    if asked.keys:
        return keys_of(json_of(asked.keys), Keys(key))
    return proof.keys if proof else Keys(key)


def parser() -> argparse.ArgumentParser:
    about = argparse.ArgumentParser(
        prog="verify.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    about.add_argument("paths", nargs="*", type=Path, help="a bundle's folder, or a proof and the files it is about")
    about.add_argument("--key", required=True, help="the log's first key, which you trust")
    about.add_argument("--checkpoint", type=Path, help="a signed checkpoint")
    about.add_argument("--since", type=Path, help="an older one, which the log must still begin with")
    about.add_argument(
        "--consistency",
        nargs="+",
        type=Path,
        default=[],
        help="the proof of that, from /transparency/proof/consistency",
    )
    about.add_argument("--leaves", nargs="+", type=Path, help="all leaves, as /transparency/leaves gives them")
    about.add_argument("--keys", type=Path, help="later keys of the log, as /transparency/key gives them")
    return about


def main(arguments: Sequence[str] | None = None) -> int:
    about = parser()
    asked = about.parse_args(arguments)
    if not (asked.paths or asked.checkpoint):
        about.error("name a folder, a proof or a --checkpoint")
    try:
        done = check(asked)
    except Refusal as refusal:
        sys.stderr.write(f"NOT OK: {refusal}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in [*done, "OK"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
