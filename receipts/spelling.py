"""How a name is written for the tax office of the United Kingdom, which reads western letters only.

Its reader drops any other letter without a word, so a name that has one is never handed in as if it were whole.
Source: the checks of its service, github.com/hmrc/charities-claims-validation.
"""

import re
import unicodedata

WESTERN = re.compile(r"[\x20-\x7e\xa1-\xff]+")
ALIKE = str.maketrans(
    {
        **{"‘": "'", "’": "'", "ʼ": "'", "–": "-", "—": "-", "\u00a0": " "},
        **{"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE"},
    }
)


def western(text: str) -> str:
    """In its letters, with marks that it does not read left off; empty where a letter has no such spelling."""
    spelled = "".join(map(spelling, unicodedata.normalize("NFC", text.translate(ALIKE))))
    return " ".join(spelled.split()) if WESTERN.fullmatch(spelled) else ""


def spelling(letter: str) -> str:
    if WESTERN.fullmatch(letter):
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare or letter
