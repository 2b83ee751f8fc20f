"""The names of files, as people read them."""

import re
import unicodedata

MOST_LETTERS = 100
JOINERS = "\u200c\u200d"  # Persian and the scripts of India are misspelt without them
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, direction, surrogate, private, unknown, line ends


def last_part(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def is_shown(letter: str) -> bool:
    return letter in JOINERS or unicodedata.category(letter) not in UNSEEN


def seen(name: str) -> str:
    """Without what hides or turns letters round, and without what no system allows in names."""
    shown = "".join(letter if is_shown(letter) else " " for letter in unicodedata.normalize("NFC", last_part(name)))
    return " ".join(re.sub(r'[<>:"|?*]', " ", shown).split())


def extension_of(name: str) -> str:
    """The last one, in small letters: “exe” of “cv.pdf.exe”."""
    return seen(name).rpartition(".")[2].lower()


def shown_name(name: str, extension: str) -> str:
    """Its stem as it was, cleaned and cut, under the extension of what the file really is."""
    stem = seen(name).rpartition(".")[0].strip(f". {JOINERS}")
    return f"{stem[: MOST_LETTERS - len(extension) - 1].strip() or 'file'}.{extension}"
