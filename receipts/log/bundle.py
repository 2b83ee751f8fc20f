"""What somebody needs to check one thing in the log, with verify.py and the network off."""

import json
from typing import Any

from receipts.log import checkpoints, tree
from receipts.models import LeafKind, LogLeaf, SignedCheckpoint
from receipts.verify import FORMAT


class NotSignedYet(Exception):
    """The leaf is in the log, and no checkpoint covers it yet. The next one will."""


def manifest(leaf: LogLeaf) -> dict[str, Any]:
    """The leaf's words, its place, the newest checkpoint and all keys, as MANIFEST.json or a proof holds them.

    Of a private leaf it has the salt: then it is for the one whose leaf it is, and for auditors.
    """
    checkpoint = SignedCheckpoint.objects.covering(leaf.index)
    if checkpoint is None:
        raise NotSignedYet
    told = {
        "format": FORMAT,
        "kind": leaf.kind,
        "body": json.loads(leaf.body),
        "index": leaf.index,
        "proof": proof(leaf, checkpoint),
        "checkpoint": checkpoint.note,
    } | later_keys(checkpoint)
    return told if leaf.salt is None else told | {"salt": bytes(leaf.salt).hex()}


def later_keys(checkpoint: SignedCheckpoint) -> dict[str, Any]:
    """The log's first key, and each that followed, with the proof that this checkpoint knows of it."""
    links = LogLeaf.objects.of(LeafKind.KEY).filter(index__lt=checkpoint.size).order_by("index")
    return {
        "key": str(checkpoints.keys().first),
        "keys": [
            {"index": link.index, "body": json.loads(link.body), "proof": proof(link, checkpoint)} for link in links
        ],
    }


def proof(leaf: LogLeaf, checkpoint: SignedCheckpoint) -> list[str]:
    return [each.hex() for each in tree.inclusion(leaf.index, checkpoint.size)]
