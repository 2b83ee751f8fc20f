"""Text that is of no use to whoever reads the database, or a copy of it, without our keys.

Fernet of the `cryptography` package: AES in CBC mode with an HMAC. FIELD_KEYS names the keys: the first seals, and all
of them open, so that a key can be replaced while what it sealed is still there (`manage.py reseal`).
"""

import hmac
from functools import cache
from typing import Any, Protocol, runtime_checkable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models


@cache
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal_bytes(content: bytes) -> bytes:
    return _keys(tuple(settings.FIELD_KEYS)).encrypt(content)


def unseal_bytes(token: bytes) -> bytes:
    try:
        return _keys(tuple(settings.FIELD_KEYS)).decrypt(token)
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "FIELD_KEYS lacks the key that a sealed text in the database was sealed with."
        ) from error


def seal(text: str) -> str:
    return seal_bytes(text.encode()).decode()


def unseal(token: str) -> str:
    return unseal_bytes(token.encode()).decode()


def marks(text: str) -> list[str]:
    """64 hex digits a key, that tell nobody without it what the text was; the first key's comes first.

    A text is found by any of them, so that it is while a key is being replaced.
    """
    return [hmac.digest(key.encode(), text.encode(), "sha256").hex() for key in settings.FIELD_KEYS]


def mark(text: str) -> str:
    """The first key's: what is stored."""
    return marks(text)[0]


@runtime_checkable
class Marked(Protocol):
    """A row with marks of what it has sealed."""

    def mark_again(self) -> list[str]:
        """Make them with the first key; the names of their fields."""


class SealedTextField(models.TextField[str, str]):
    """Text to us, a sealed token to the database. An empty text stays empty. It cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return seal(text) if text else text

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> str | None:
        return unseal(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in {"isnull", "empty"}:
            raise FieldError(f"{self.name} is sealed, and cannot be looked up by {lookup_name}.")
        return super().get_lookup(lookup_name)


@SealedTextField.register_lookup
class Empty(models.Lookup[bool]):
    """`name__empty=True`: whether there is a text at all is the one thing the database may know of it."""

    lookup_name = "empty"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} {'=' if self.rhs else '<>'} ''", values


class SealedBinaryField(models.BinaryField[bytes, bytes]):
    """Bytes to us, a sealed token to the database. It cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        content = super().get_prep_value(value)
        return seal_bytes(bytes(content)) if content else content

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> bytes | None:
        return unseal_bytes(bytes(value)) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed, and cannot be looked up by {lookup_name}.")
        return super().get_lookup(lookup_name)


SEALED = (SealedTextField, SealedBinaryField)
