"""The tree is that of RFC 6962, each of its proofs convinces, and nothing else does."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from receipts.log import merkle
from receipts.log.merkle import Node, Stretch
from receipts.notes import Signer
from receipts.verify import Checkpoint, Key, Keys, Refusal, extends, folded, includes, leaf_hash, node_hash, root_of

# The reference tree of the certificate-transparency project: its leaves, and its root after each of them.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
}


class Tree:
    """Every subtree that is whole, worked out from the leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = [leaf_hash(leaf) for leaf in leaves]

    def read(self, nodes: list[Node]) -> dict[Node, bytes]:
        return {node: root_of(self.leaves[node.place << node.level : (node.place + 1) << node.level]) for node in nodes}

    def hashes(self, stretches: list[Stretch]) -> list[bytes]:
        return merkle.hashes(stretches, self.read)

    def root(self, size: int) -> bytes:
        return root_of(self.leaves[:size])


def many(count: int) -> Tree:
    return Tree([str(number).encode() for number in range(count)])


def as_defined(hashes: list[bytes]) -> bytes:
    """MTH of the RFC, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    left = next(1 << power for power in range(64) if len(hashes) <= 2 << power)
    return node_hash(as_defined(hashes[:left]), as_defined(hashes[left:]))


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference_tree(size: int) -> None:
    tree = Tree(LEAVES)
    assert tree.root(size).hex() == merkle.root(size, tree.read).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_its_proofs_of_inclusion_are_the_published_ones(index: int, size: int) -> None:
    proof = Tree(LEAVES).hashes(merkle.inclusion(index, size))
    assert [each.hex() for each in proof] == INCLUSION[index, size]
    assert includes(bytes.fromhex(ROOTS[size]), size, index, leaf_hash(LEAVES[index]), proof)


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_its_proofs_of_consistency_are_the_published_ones(first: int, second: int) -> None:
    proof = Tree(LEAVES).hashes(merkle.consistency(first, second))
    assert [each.hex() for each in proof] == CONSISTENCY[first, second]
    assert extends(bytes.fromhex(ROOTS[second]), second, bytes.fromhex(ROOTS[first]), first, proof)


def test_the_root_is_as_the_rfc_defines_it() -> None:
    tree = many(70)
    for size in range(71):
        assert tree.root(size) == merkle.root(size, tree.read) == as_defined(tree.leaves[:size])


def test_every_proof_of_every_size_convinces() -> None:
    tree = many(33)
    for size in range(1, 34):
        root = tree.root(size)
        for index in range(size):
            proof = tree.hashes(merkle.inclusion(index, size))
            assert includes(root, size, index, tree.leaves[index], proof)
        for first in range(size + 1):
            proof = tree.hashes(merkle.consistency(first, size))
            assert extends(root, size, tree.root(first), first, proof)


SIZES = st.integers(1, 300)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_proof_of_inclusion_convinces_of_nothing_else(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index, tree = data.draw(st.integers(0, size - 1)), many(size)
    proof, root, leaf = tree.hashes(merkle.inclusion(index, size)), tree.root(size), tree.leaves[index]
    assert includes(root, size, index, leaf, proof)
    other = data.draw(st.integers(-1, size + 1).filter(lambda other: other != index))
    assert not includes(root, size, other, leaf, proof)
    assert not includes(root, size, index, leaf_hash(leaf), proof)
    assert not includes(changed(root, data), size, index, leaf, proof)
    assert not includes(root, size, index, leaf, [*proof, root])
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        damaged = [changed(each, data) if number == place else each for number, each in enumerate(proof)]
        assert not includes(root, size, index, leaf, damaged)
        assert not includes(root, size, index, leaf, proof[:place] + proof[place + 1 :])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_proof_of_consistency_convinces_of_nothing_else(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    first, tree = data.draw(st.integers(1, size)), many(size)
    proof, root, older = tree.hashes(merkle.consistency(first, size)), tree.root(size), tree.root(first)
    assert extends(root, size, older, first, proof)
    assert not extends(root, size, changed(older, data), first, proof)
    assert not extends(changed(root, data), size, older, first, proof)
    assert not extends(root, size, older, first, [*proof, root])
    assert not extends(older, first, root, size, proof) or first == size
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        damaged = [changed(each, data) if number == place else each for number, each in enumerate(proof)]
        assert not extends(root, size, older, first, damaged)
        assert not extends(root, size, older, first, proof[:place] + proof[place + 1 :])


def changed(content: bytes, data: st.DataObject) -> bytes:
    place, bit = data.draw(st.integers(0, len(content) - 1)), 1 << data.draw(st.integers(0, 7))
    return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def test_a_tree_of_other_leaves_is_no_continuation() -> None:
    tree, other = many(9), Tree([b"other", *(str(number).encode() for number in range(1, 9))])
    for size in range(1, 9):
        for proof in (tree.hashes(merkle.consistency(size, 9)), other.hashes(merkle.consistency(size, 9))):
            assert not extends(other.root(9), 9, tree.root(size), size, proof)


def test_a_proof_grows_with_the_height_of_the_tree_and_not_with_its_size() -> None:
    asked = [len(merkle.inclusion(0, 1 << power)) for power in range(40)]
    assert [right - left for left, right in pairwise(asked)] == [1] * 39
    assert len(merkle.consistency((1 << 40) - 1, (1 << 41) - 1)) < 50
    assert folded([]) == hashlib.sha256(b"").digest()


# Signed notes

NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_the_example_of_the_specification_opens() -> None:
    key = Key.read(EXAMPLE)
    assert str(key) == EXAMPLE
    assert key.opened(NOTE) == "This is an example message.\n"


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_note_with_any_changed_byte_is_refused(data: st.DataObject) -> None:
    try:
        other = changed(NOTE.encode(), data).decode()
    except UnicodeDecodeError:
        assume(False)
    with pytest.raises(Refusal):
        Key.read(EXAMPLE).opened(other)


@given(st.integers(0, len(NOTE) - 1))
def test_a_note_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(Refusal):
        Key.read(EXAMPLE).opened(NOTE[:length])


def test_what_a_new_key_signs_its_verifier_key_opens() -> None:
    signer = Signer.new("appeal.example/log")
    note = signer.signed("One line.\nAnother.\n")
    assert Key.read(str(signer.key)).opened(note) == "One line.\nAnother.\n"
    assert Signer.read(str(signer)) == signer
    assert str(signer) not in repr(signer)
    with pytest.raises(Refusal, match="There is no signature of the key"):
        Signer.new("appeal.example/log").key.opened(note)


@pytest.mark.parametrize(
    "text",
    ["", "x", EXAMPLE[:-1], EXAMPLE.replace("530d", "530e"), EXAMPLE.replace("foo", "fou"), "a b" + EXAMPLE, "é+1+a"],
)
def test_a_key_that_is_mistyped_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        Key.read(text)
    with pytest.raises(Refusal):
        Signer.read(f"PRIVATE+KEY+{text}")


@pytest.mark.parametrize("size", ["", "-1", "01", "1.0", "٣", "9" * 19, "9" * 5000, "two"])
def test_a_checkpoint_without_a_size_is_refused(size: str) -> None:
    signer = Signer.new("appeal.example/log")
    whole = str(Checkpoint("appeal.example/log", 3, b"\0" * 32))
    assert Keys(signer.key).checkpoint(signer.signed(whole)).size == 3
    with pytest.raises(Refusal):
        Keys(signer.key).checkpoint(signer.signed(whole.replace("\n3\n", f"\n{size}\n")))


def test_a_checkpoint_of_another_log_is_refused() -> None:
    signer = Signer.new("appeal.example/log")
    with pytest.raises(Refusal, match="these are two logs"):
        Keys(signer.key).checkpoint(signer.signed(str(Checkpoint("other.example/log", 3, b"\0" * 32))))
