"""The tree over the leaves (RFC 6962, section 2.1): its root, and the two kinds of proof, for every size it ever had.

Functions of values. A subtree that is whole never changes again, so it is kept, and is known by its level and by how
many of its kind are left of it. What is asked of the tree is put together from these; how they are hashed, and how a
proof is checked, is in verify.py, which strangers have as well.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from receipts.verify import folded, split


class Node(NamedTuple):
    """The whole subtree over 2**level leaves, with so many of its kind on its left."""

    level: int
    place: int


class Stretch(NamedTuple):
    """The leaves from the first on, and before the end."""

    start: int
    end: int


Reader = Callable[[list[Node]], dict[Node, bytes]]
"""Gives the hashes of kept subtrees, all that are asked for at once."""


def whole_subtrees(stretch: Stretch) -> list[Node]:
    """What a stretch consists of, from left to right. It begins where a subtree of its size may begin."""
    found, start = list[Node](), stretch.start
    while start < stretch.end:
        level = (stretch.end - start).bit_length() - 1
        found.append(Node(level, start >> level))
        start += 1 << level
    return found


def inclusion(index: int, size: int) -> list[Stretch]:
    """What a proof of inclusion consists of: the other side of each fork on the way up, the lowest first."""
    return list(other_sides(index, Stretch(0, size)))[::-1]


def other_sides(index: int, tree: Stretch) -> Iterator[Stretch]:
    while tree.end - tree.start > 1:
        fork = tree.start + split(tree.end - tree.start)
        left, right = Stretch(tree.start, fork), Stretch(fork, tree.end)
        tree, other = (left, right) if index < fork else (right, left)
        yield other


def consistency(first: int, second: int) -> list[Stretch]:
    """What a proof of consistency consists of: what both sizes share, and what came to it, the lowest first."""
    return list(growth(first, Stretch(0, second)))[::-1] if first else []


def growth(first: int, tree: Stretch) -> Iterator[Stretch]:
    """From the top down. A left side that is all of the first tree is left out: whoever asks knows it."""
    while tree.end > first:
        fork = tree.start + split(tree.end - tree.start)
        left, right = Stretch(tree.start, fork), Stretch(fork, tree.end)
        tree, other = (left, right) if first <= fork else (right, left)
        yield other
    if tree.start:
        yield tree


def hashes(stretches: list[Stretch], read: Reader) -> list[bytes]:
    """The hash of each stretch, out of what is kept."""
    nodes = [whole_subtrees(stretch) for stretch in stretches]
    kept = read([node for some in nodes for node in some])
    return [folded([kept[node] for node in some]) for some in nodes]


def root(size: int, read: Reader) -> bytes:
    return hashes([Stretch(0, size)], read)[0]
