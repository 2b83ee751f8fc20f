"""Sign the log as it is, after it was shown that it has only grown since the last time."""

import json

from django.conf import settings
from django.db import transaction

from receipts.log import tree
from receipts.log.appending import append, lock
from receipts.log.merkle import Stretch, whole_subtrees
from receipts.models import LeafKind, LogLeaf, SignedCheckpoint
from receipts.notes import Signer
from receipts.verify import Checkpoint, Key, Keys, extends, folded, leaf_hash, root_of, succession


class NotSigned(Exception):
    """Something is wrong with the log or its keys, and so nothing was signed; str() says what."""


@transaction.atomic
def sign() -> SignedCheckpoint | None:
    """A checkpoint of all leaves. None where no leaf is new, or where the service has no key."""
    lock()
    signer = current_signer()
    last, size = SignedCheckpoint.objects.current(), LogLeaf.objects.size()
    if signer is None or size == (last.size if last else 0):
        return None
    root = tree.root(size)
    if last:
        check_grown(last, size, root)
    note = signer.signed(str(Checkpoint(signer.key.name, size, root)))
    return SignedCheckpoint.objects.create(size=size, root=root, note=note, key=str(signer.key))


def check_grown(last: SignedCheckpoint, size: int, root: bytes) -> None:
    """The tree begins with what was signed last, and the rest of it is of the leaves since, hashed anew."""
    signed = keys().checkpoint(last.note)
    subtrees = whole_subtrees(Stretch(0, signed.size))
    kept = tree.read(subtrees)
    begun = [(node.level, kept[node]) for node in subtrees]
    since = LogLeaf.objects.filter(index__gte=signed.size).order_by("index").values_list("leaf", flat=True)
    if (
        folded([content for _level, content in begun]) != signed.root
        or root_of((leaf_hash(bytes(leaf)) for leaf in since), begun) != root
        or not extends(root, size, signed.root, signed.size, tree.consistency(signed.size, size))
    ):
        raise NotSigned(f"The log does not go on from its checkpoint of {signed.size} leaves: nothing was signed.")


# Keys


def signers() -> list[Signer]:
    """Those the service has: the first signs; another one is there to name the first as the next."""
    return [Signer.read(text) for text in settings.CHECKPOINT_KEYS]


def current_signer() -> Signer | None:
    """The first of our keys. Where another one had signed until now, that one first names it in the log."""
    ours, known = signers(), known_keys()
    if not ours or known is None or turn_of(known) == ours[0].key:
        return ours[0] if ours else None
    before = next((signer for signer in ours if signer.key == turn_of(known)), None)
    if before is None or before.key.name != ours[0].key.name:
        raise NotSigned(
            f"The log is signed by {turn_of(known)}. To change its key, set CHECKPOINT_KEYS to a new one of the same"
            " name and, after a comma, this one. See docs/operators.md."
        )
    named = {"key": str(ours[0].key), "note": before.signed(succession(before.key.name, str(ours[0].key)))}
    append(kind=LeafKind.KEY, key=f"{LogLeaf.objects.size()} {ours[0].key}", body=named)
    return ours[0]


def turn_of(known: Keys) -> Key:
    """The key that signs what comes next."""
    return known.at(LogLeaf.objects.size())


def keys() -> Keys:
    """All keys of the log. There is one as soon as there is a checkpoint."""
    known = known_keys()
    if known is None:
        raise NotSigned("The log was never signed.")
    return known


def known_keys() -> Keys | None:
    first = SignedCheckpoint.objects.order_by("size").values_list("key", flat=True).first()
    if first is None:
        return None
    known = Keys(Key.read(first))
    for leaf in LogLeaf.objects.of(LeafKind.KEY).order_by("index"):
        known = known.followed_by(leaf.index, json.loads(leaf.body))
    return known
