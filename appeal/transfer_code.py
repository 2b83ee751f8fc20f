"""The code that donors write on a bank transfer, so that we know which appeal it is for.

Six characters that look and sound like no other, the last of them a check: one mistyped character, or two neighbours
swapped, make no code of another appeal. No vowels, so that no code is a word.
"""

import secrets
import unicodedata
from collections.abc import Iterable

ALPHABET = "23456789CDFHJKMNPRTVWXY"  # 23, a prime, so that the check sees every single slip
LETTERS = ALPHABET[8:]
SHAPE = f"^[{LETTERS}]{{2}}[{ALPHABET}]{{4}}$"


def new() -> str:
    """Two letters first: a date or an amount in a transfer's text is never taken for a code."""
    stem = "".join(secrets.choice(letters) for letters in (LETTERS, LETTERS, ALPHABET, ALPHABET, ALPHABET))
    return stem + check(stem)


def check(stem: str) -> str:
    """The character after these five, each counted with a weight of its own."""
    return ALPHABET[sum(weight * ALPHABET.index(each) for weight, each in enumerate(stem, 2)) % len(ALPHABET)]


def spaced(code: str) -> str:
    """As it is shown to people."""
    return f"{code[:3]}-{code[3:]}"


def found_in(text: str, codes: Iterable[str]) -> set[str]:
    """Which of these codes the text holds, however they are written: small, wide, with spaces, dashes or dots."""
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).upper()
    return {code for code in codes if code in plain}
