"""The published standards of open data as an oracle: does this file hold?

The folder named by STANDARDS_DIR has the check (validate.py) with the schemas and codelists of 360Giving and IATI.
"""

import importlib.util
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest

UNSET = "STANDARDS_DIR is not set: it names the folder with validate.py and the schemas of 360Giving and IATI"
NO_LXML = "IATI's schema is an XSD, which needs lxml, and that is not installed here"


class Standards(Protocol):
    """Each answers with what is wrong, and with nothing where all is well."""

    def problems_360giving(self, path: Path) -> Iterator[str]: ...
    def problems_iati(self, path: Path) -> Iterator[str]: ...


@cache
def load() -> Standards:
    folder = os.environ.get("STANDARDS_DIR")
    if not folder:
        pytest.skip(UNSET)
    spec = importlib.util.spec_from_file_location("open_data_standards", Path(folder, "validate.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    oracle: Standards = module
    return oracle


def has_lxml() -> bool:
    return importlib.util.find_spec("lxml") is not None


def problems(path: Path) -> list[str]:
    """By the name's ending, as the check itself does; skips with a reason where it cannot be asked."""
    standards = load()
    if path.suffix == ".json":
        return list(standards.problems_360giving(path))
    if not has_lxml():
        pytest.skip(NO_LXML)
    return list(standards.problems_iati(path))


def held() -> str:
    """One line for the head of a test run."""
    folder = os.environ.get("STANDARDS_DIR")
    if not folder:
        return f"Open data standards: NOT held: {UNSET}"
    return f"Open data standards: held as in {folder}{'' if has_lxml() else f', but not IATI: {NO_LXML}'}"
