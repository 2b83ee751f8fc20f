"""Rules over all code, also that which is not written yet. What imports may do is in pyproject.toml (import-linter)."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models

PROJECT = Path(__file__).resolve().parent.parent
HEIGHT = {"ledger": 0, "appeal": 1, "donations": 2, "grants": 2, "receipts": 3}

# Moments that nobody of ours decides. Any other moment is an act, and an act has somebody who answers for it.
NOBODYS = {
    "asked", "charged", "created", "expires", "farewell", "handled", "issued", "mailed", "opened", "posted", "received",
    "rendered", "retry", "saved", "sealed", "seen", "started", "stored", "submitted", "taken", "updated", "withdrawn",
}  # fmt: skip
DRAWERS = {"base", "common", "core", "helpers", "lib", "managers", "misc", "selectors", "services", "shared", "utils"}


def rooms_models() -> list[type[models.Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.app_label in HEIGHT]


def fields() -> Iterator[models.Field[Any, Any]]:
    for model in rooms_models():
        yield from model._meta.local_fields
        yield from model._meta.local_many_to_many


def relations() -> list[Any]:
    return [field for field in fields() if field.remote_field]


def python_files() -> list[Path]:
    folders = [*HEIGHT, "config", "tests"]
    return [file for folder in folders for file in (PROJECT / folder).rglob("*.py")]


def test_the_rules_see_the_rooms() -> None:
    assert {model._meta.app_label for model in rooms_models()} == set(HEIGHT)
    assert len(relations()) > 10


def test_rooms_are_installed_lowest_first() -> None:
    installed = [HEIGHT[name] for name in settings.INSTALLED_APPS if name in HEIGHT]
    assert len(installed) == len(HEIGHT)
    assert installed == sorted(installed)


def test_foreign_keys_point_down() -> None:
    def allowed(field: Any) -> bool:
        room, target = field.model._meta.app_label, field.related_model._meta.app_label
        return target == room or target not in HEIGHT or HEIGHT[target] < HEIGHT[room]

    assert [str(field) for field in relations() if not allowed(field)] == []


def test_deletion_never_cascades() -> None:
    kept = {models.PROTECT, models.RESTRICT}
    keys = [field for field in relations() if not field.many_to_many]
    assert [str(field) for field in keys if field.remote_field.on_delete not in kept] == []


def test_every_act_has_somebody_who_answers_for_it() -> None:
    moments = [field for field in fields() if isinstance(field, models.DateTimeField) and field.name.endswith("_at")]
    acts = [field for field in moments if field.name.removesuffix("_at") not in NOBODYS]
    by_nobody = [
        str(field)
        for field in acts
        if field.name.removesuffix("_at") + "_by" not in {other.name for other in field.model._meta.fields}
    ]
    assert by_nobody == []


def test_no_number_is_a_float() -> None:
    assert [str(field) for field in fields() if isinstance(field, models.FloatField)] == []


def test_models_and_migrations_agree(db: None) -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1)


def test_a_module_is_named_after_its_deed() -> None:
    names = {file.relative_to(PROJECT): {file.stem, *file.relative_to(PROJECT).parts[:-1]} for file in python_files()}
    exempt = {Path("tests/services.py")}  # the embedded services of the test run, not a layer
    assert [str(file) for file, parts in names.items() if parts & DRAWERS and file not in exempt] == []


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_without_an_address(name: str) -> None:
    text = (PROJECT / "requirements" / name).read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)  # no option: no index, no links, no trusted host
    requirements = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(requirements) > 20
    assert [one for one in requirements if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", one, re.DOTALL)] == []


def test_what_the_project_needs_is_locked_for_production() -> None:
    needed = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9._-]", need)[0].lower() for need in needed}
    locked = set(re.findall(r"^(\S+)==", (PROJECT / "requirements/base.txt").read_text(), re.MULTILINE))
    assert {re.sub(r"[-_.]+", "-", name) for name in names} <= locked


def test_production_runs_what_development_tests() -> None:
    """Every version in base.txt is the one in dev.txt."""
    base, dev = (
        set(re.findall(r"^(\S+==\S+)", (PROJECT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("base.txt", "dev.txt")
    )
    assert base <= dev
