"""Stripe's request bodies: forms whose keys spell out a tree, as in `line_items[0][price_data][currency]=usd`."""

import re
from urllib.parse import parse_qsl

from donations.sandbox.errors import StripeError, invalid

KEY = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
Tree = dict[str, "str | Tree"]


def decode(encoded: str) -> Tree:
    """The tree a form spells out. An array comes as a tree keyed by its positions, `[]` counting up."""
    tree: Tree = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        if not KEY.fullmatch(key):
            raise invalid(f"Invalid parameter name: {key}", param=key)
        _plant(tree, key, value)
    return tree


def _plant(tree: Tree, key: str, value: str) -> None:
    *branches, leaf = key.replace("]", "").split("[")
    for branch in branches:
        grown = tree.setdefault(branch or str(len(tree)), {})
        if isinstance(grown, str):
            raise _mixed(key)
        tree = grown
    if isinstance(tree.get(leaf), dict):
        raise _mixed(key)
    tree[leaf or str(len(tree))] = value


def _mixed(key: str) -> StripeError:
    return invalid(f"Invalid parameter: {key} is given both as a value and as a hash.", param=key)
