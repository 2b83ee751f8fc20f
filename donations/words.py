"""Words that donors write for others to read: plain text of any script, and nothing that leads elsewhere."""

import re
import unicodedata
from typing import Any

from django import forms

# Persian, Indic scripts and emoji are written with them. Others turn the direction of all that follows.
KEPT_FORMATS = {"\u200c", "\u200d", "\u200e", "\u200f"}
ADDRESS = re.compile(
    r"""
    \w+ :// | \b www\. | [^\s@]+ @ [^\s@]+ \. \w     # https://…, www.…, name@example.org
    | [\w-]+ \. [^\W\d_]{2,} (?! \w )                 # example.org, пример.рф
    | [a-z0-9-]+ [。．｡] [a-z]{2,}                      # dots that browsers take for a dot
    """,
    re.IGNORECASE | re.VERBOSE,
)


def plain(text: str, *, lines: bool = False) -> str:
    """Without control characters, and with single spaces; with `lines`, line breaks and empty lines stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(each for each in text if each in KEPT_FORMATS or each.isspace() or not is_control(each))
    if not lines:
        return " ".join(kept.split())
    tidy = "\n".join(" ".join(line.split()) for line in kept.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", tidy).strip()


def is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}


def name_an_address(*texts: str) -> bool:
    """Whether one of them holds what could be the address of a page or a mailbox. Rather once too often."""
    return any(ADDRESS.search(text) for text in texts)


class WordsField(forms.CharField):
    """Cleans to plain text. With `lines`, of several lines."""

    def __init__(self, *, lines: bool = False, **options: Any) -> None:
        self.lines = lines
        if lines or options["max_length"] > MOST_IN_ONE_LINE:
            options["widget"] = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
        else:
            options["widget"] = forms.TextInput(attrs={"dir": "auto", **options.pop("attrs", {})})
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        far_too_long = len(text) > 10 * (self.max_length or 0)
        return text if far_too_long else plain(text, lines=self.lines)


MOST_IN_ONE_LINE = 100
