"""Check the whole log from its leaves, as a stranger would, and the days of the journal from the books as well."""

import csv
import json
from collections.abc import Iterator

from receipts.log import books, checkpoints
from receipts.models import LeafKind, LogLeaf, SignedCheckpoint
from receipts.verify import Refusal, journal_digest, leaf_hash, leaf_of, root_of


def findings() -> Iterator[str]:
    """What is wrong, a sentence each; nothing, as a rule."""
    yield from wrong_leaves()
    yield from wrong_checkpoints()
    yield from wrong_days()


def wrong_leaves() -> Iterator[str]:
    for place, leaf in enumerate(LogLeaf.objects.order_by("index").iterator()):
        salt = None if leaf.salt is None else bytes(leaf.salt)
        if leaf.index != place:
            yield f"leaf {place} is missing"
            return
        if leaf_of(leaf.kind, json.loads(leaf.body), salt) != bytes(leaf.leaf):
            yield f"leaf {place} is not of its words"


def wrong_checkpoints() -> Iterator[str]:
    hashes = [leaf_hash(bytes(leaf)) for leaf in LogLeaf.objects.order_by("index").values_list("leaf", flat=True)]
    for held in SignedCheckpoint.objects.order_by("size"):
        try:
            signed = checkpoints.keys().checkpoint(held.note)
        except Refusal as refusal:
            yield f"checkpoint {held.size}: {refusal}"
        else:
            if signed.size > len(hashes) or root_of(hashes[: signed.size]) != signed.root:
                yield f"checkpoint {held.size} is not of the leaves there are"


def wrong_days() -> Iterator[str]:
    for leaf in LogLeaf.objects.of(LeafKind.LEDGER).order_by("index"):
        told = json.loads(leaf.body)
        if journal_digest(csv.DictReader(books.lines_of(told["entries"])), told["entries"]) != (
            told["sha256"],
            told["postings"],
        ):
            yield f"the journal of {leaf.key} is not what was logged"
