"""Sign a note, as C2SP's signed-note says. What opens one is in verify.py, which strangers have as well."""

import base64
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from receipts.verify import ED25519, SIGNED_BY, Key, Refusal, unwrapped

SECRET = "PRIVATE+KEY+"  # noqa: S105 (how the text of every such key begins)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and the verifier key that everybody may know."""

    key: Key
    seed: bytes

    @classmethod
    def of(cls, name: str, seed: bytes) -> "Signer":
        return cls(Key.of(name, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()), seed)

    @classmethod
    def new(cls, name: str) -> "Signer":
        return cls.of(name, secrets.token_bytes(32))

    @classmethod
    def read(cls, text: str) -> "Signer":
        """Refusal, where it is not written as `str` writes it."""
        name, _plus, rest = text.removeprefix(SECRET).partition("+")
        signer = cls.of(name, unwrapped(rest[9:], 33)[1:])
        if str(signer) != text or name.split() != [name]:
            raise Refusal("This is no private key of a log.")
        return signer

    def __str__(self) -> str:
        return f"{SECRET}{self.key.name}+{self.key.number.hex()}+{base64.b64encode(ED25519 + self.seed).decode()}"

    def __repr__(self) -> str:
        return f"Signer({self.key})"

    def signed(self, text: str) -> str:
        """The note: a text of whole lines, and the signature below it."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n{SIGNED_BY}{self.key.name} {base64.b64encode(self.key.number + signature).decode()}\n"
