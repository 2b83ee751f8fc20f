"""The tree that PostgreSQL has grown over the leaves: its root and its proofs, each in one query."""

from collections import defaultdict

from django.db.models import Q

from receipts.log import merkle
from receipts.log.merkle import Node
from receipts.models import LogNode


def root(size: int) -> bytes:
    return merkle.root(size, read)


def inclusion(index: int, size: int) -> list[bytes]:
    """That this leaf is in the tree of this size."""
    return merkle.hashes(merkle.inclusion(index, size), read)


def consistency(first: int, second: int) -> list[bytes]:
    """That the tree of the second size begins with all of the first."""
    return merkle.hashes(merkle.consistency(first, second), read)


def read(nodes: list[Node]) -> dict[Node, bytes]:
    levels = defaultdict[int, list[int]](list)
    for node in nodes:
        levels[node.level].append(node.place)
    asked = Q(pk=None)
    for level, places in levels.items():
        asked |= Q(level=level, index__in=places)
    found = LogNode.objects.filter(asked).values_list("level", "index", "hash")
    return {Node(level, index): bytes(content) for level, index, content in found}
