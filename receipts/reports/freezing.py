"""A report as JSON and back: the frozen form that is stored, hashed and handed out.

Amounts are `{"minor": 300000, "currency": "USD"}`, days and months ISO dates; a count below ten is null. The same
report is the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from receipts.reports.facts import TransparencyReport

Plain = dict[str, "Plain"] | list["Plain"] | str | int | bool | None


def freeze(report: TransparencyReport) -> bytes:
    return json.dumps(plain(report), ensure_ascii=False, indent=1).encode() + b"\n"


@lru_cache(maxsize=16)
def thaw(content: bytes) -> TransparencyReport:
    """The report that was frozen; it checks its sums again. Those that are read most are kept."""
    report: TransparencyReport = made(TransparencyReport, json.loads(content))
    return report


def plain(value: Any) -> Plain:
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} has no place in a report.")


def made(kind: Any, value: Any) -> Any:
    """A value of this type out of its plain form."""
    if get_origin(kind) in {Union, UnionType}:
        return None if value is None else made(next(each for each in get_args(kind) if each is not NoneType), value)
    if get_origin(kind) is tuple:
        return made_tuple(get_args(kind), value)
    if is_dataclass(kind) and isinstance(value, Mapping):
        hints = hints_of(cast(type, kind))
        return kind(**{name: made(hints[name], each) for name, each in value.items()})  # type: ignore[operator]
    if kind is date:
        return date.fromisoformat(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


@cache
def hints_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def made_tuple(kinds: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        return tuple(made(kinds[0], value) for value in values)
    return tuple(made(kind, value) for kind, value in zip(kinds, values, strict=True))
