"""What the machine must have that pip cannot bring. Each lack is one sentence that says what to install.

Standard library only: it runs before anything that would fail with a traceback instead.
"""

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator

# The names WeasyPrint looks for: Linux, then macOS.
PANGO = (
    ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib"),
    ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    ("libfontconfig.so.1", "libfontconfig.1.dylib"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
)
HARFBUZZ_SUBSET = ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib")
SCRIPTS = {
    "Latin": "en",
    "Arabic": "fa",
    "Burmese": "my",
    "Thai": "th",
    "Bengali": "bn",
    "Devanagari": "hi",
    "Tamil": "ta",
    "Chinese": "zh-cn",
    "Japanese": "ja",
    "Korean": "ko",
}


def stop_if_lacking() -> None:
    """End the program with what it cannot do without; say what it would do better with."""
    if lacking := [*lacks()]:
        sys.exit("\n".join(lacking))  # to standard error, with exit code 1
    for sentence in slowed():
        print(sentence, file=sys.stderr)  # noqa: T201 (there is no log yet)


def lacks() -> Iterator[str]:
    """Without these there is no receipt."""
    if sys.version_info[:2] != (3, 13):
        yield f"RefugeesRise needs Python 3.13, and this is {sys.version.split()[0]}: install Python 3.13."
    if not all(map(_loads, PANGO)):
        yield (
            "Receipts need Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
            " (Debian, Ubuntu) or brew install pango (macOS)."
        )
    elif unwritten := [script for script, language in SCRIPTS.items() if not _has_font_for(language)]:
        yield (
            f"Receipts need fonts for every name, and there is none for {', '.join(unwritten)}:"
            " apt-get install fontconfig fonts-noto-core fonts-noto-cjk (Debian, Ubuntu)"
            " or brew install fontconfig font-noto-sans (macOS)."
        )


def slowed() -> Iterator[str]:
    """Without these a receipt takes several times as long."""
    if not _loads(HARFBUZZ_SUBSET):
        yield (
            "Receipts are made slowly without HarfBuzz's subsetter: apt-get install libharfbuzz-subset0"
            " (Debian, Ubuntu) or brew install harfbuzz (macOS)."
        )


def _loads(names: tuple[str, ...]) -> bool:
    return any(_load(name) for name in names)


def _load(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has_font_for(language: str) -> bool:
    if (program := shutil.which("fc-list")) is None:
        return False
    return bool(subprocess.run([program, f":lang={language}"], capture_output=True, check=False).stdout)


if __name__ == "__main__":
    stop_if_lacking()
