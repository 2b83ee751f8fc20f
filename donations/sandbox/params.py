"""What a request may carry: for each parameter a check that turns its text into a value or refuses it."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from donations.sandbox import errors
from donations.sandbox.currencies import SUPPORTED

Check = Callable[[Any, str], Any]
Fields = Mapping[str, Check]
EMAIL = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+\.[^\s@<>(),;:\".]+")


def read(raw: Any, fields: Fields, *, required: tuple[str, ...] = (), at: str = "") -> dict[str, Any]:
    """The values of `raw`, all of them known and none of the required ones missing."""
    if not isinstance(raw, dict):
        raise errors.invalid("Invalid object", param=at)
    strangers = [_inside(at, name) for name in raw if name not in fields]
    if strangers:
        raise errors.unknown(strangers)
    for name in required:
        if name not in raw:
            raise errors.missing(_inside(at, name))
    return {name: fields[name](value, _inside(at, name)) for name, value in raw.items()}


def text(limit: int = 5000) -> Callable[[Any, str], str]:
    def check(raw: Any, param: str) -> str:
        value = _string(raw, param)
        if len(value) > limit:
            raise errors.invalid(
                f"Invalid string: {_shortened(value)}; must be at most {limit} characters", param=param
            )
        return value

    return check


def integer(lowest: int | None = None, highest: int | None = None) -> Check:
    def check(raw: Any, param: str) -> int:
        value = _string(raw, param)
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise errors.invalid(f"Invalid integer: {value}", param=param, code="parameter_invalid_integer")
        if lowest is not None and int(value) < lowest:
            raise _beyond("greater", lowest, value, param)
        if highest is not None and int(value) > highest:
            raise _beyond("less", highest, value, param)
        return int(value)

    return check


def choice(*allowed: str) -> Check:
    def check(raw: Any, param: str) -> str:
        value = _string(raw, param)
        if value not in allowed:
            raise errors.invalid(f"Invalid {param}: must be one of {_either(allowed)}", param=param)
        return value

    return check


def boolean(raw: Any, param: str) -> bool:
    value = _string(raw, param)
    if value not in {"true", "false"}:
        raise errors.invalid(f"Invalid boolean: {value}", param=param)
    return value == "true"


def must_be(wanted: bool) -> Check:
    """A switch that the sandbox knows in one position only."""

    def check(raw: Any, param: str) -> bool:
        if boolean(raw, param) is not wanted:
            raise errors.not_simulated(f"{param}={raw}", param)
        return wanted

    return check


def url(raw: Any, param: str) -> str:
    value = text()(raw, param)
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(letter.isspace() for letter in value):
        raise errors.invalid("Not a valid URL", param=param, code="url_invalid")
    return value


def email(raw: Any, param: str) -> str:
    value = text(512)(raw, param)
    if not EMAIL.fullmatch(value):
        raise errors.invalid(f"Invalid email address: {value}", param=param, code="email_invalid")
    return value


def currency(raw: Any, param: str) -> str:
    value = _string(raw, param).lower()
    if value not in SUPPORTED:
        known = ", ".join(sorted(SUPPORTED))
        raise errors.invalid(
            f"Invalid currency: {value}. Stripe currently supports these currencies: {known}", param=param
        )
    return value


def metadata(raw: Any, param: str) -> dict[str, str]:
    """At most 50 keys of at most 40 characters, values of at most 500; an empty value leaves the key out."""
    if raw == "":
        return {}
    if not isinstance(raw, dict):
        raise errors.invalid("Invalid object", param=param)
    if len(raw) > 50:
        raise errors.invalid(f"Metadata can have at most 50 keys; you passed {len(raw)}.", param=param)
    for key in raw:
        if len(key) > 40:
            raise errors.invalid(f"Invalid string: {_shortened(key)}; must be at most 40 characters", param=param)
    return {key: text(500)(value, f"{param}[{key}]") for key, value in raw.items() if value != ""}


def array(of: Check, limit: int = 100) -> Check:
    def check(raw: Any, param: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(position.isdigit() for position in raw):
            raise errors.invalid("Invalid array", param=param)
        if len(raw) > limit:
            raise errors.invalid(f"Array {param} exceeded maximum {limit} allowed elements.", param=param)
        return [of(raw[position], f"{param}[{position}]") for position in sorted(raw, key=int)]

    return check


def group(fields: Fields, *required: str) -> Check:
    return lambda raw, param: read(raw, fields, required=required, at=param)


def not_simulated(raw: Any, param: str) -> Any:
    raise errors.not_simulated(f"`{param}`", param)


def time_range(raw: Any, param: str) -> dict[str, int]:
    """A moment, or bounds around one."""
    if isinstance(raw, str):
        moment = integer()(raw, param)
        return {"gte": moment, "lte": moment}
    return read(raw, dict.fromkeys(("gt", "gte", "lt", "lte"), integer()), at=param)


def _string(raw: Any, param: str) -> str:
    if not isinstance(raw, str):
        raise errors.invalid("Invalid string", param=param)
    if raw == "":
        raise errors.empty(param)
    return raw


def _inside(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _shortened(value: str) -> str:
    return f"{value[:10]}...{value[-10:]}"


def _either(allowed: tuple[str, ...]) -> str:
    return allowed[0] if len(allowed) == 1 else f"{', '.join(allowed[:-1])}, or {allowed[-1]}"


def _beyond(word: str, bound: int, value: str, param: str) -> errors.StripeError:
    message = f"This value must be {word} than or equal to {bound} (it currently is '{value}')."
    return errors.invalid(message, param=param, code="parameter_invalid_integer")
