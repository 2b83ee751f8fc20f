"""The environment a demo runs in, set before Django reads its settings. What is set already stays as it is."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.fernet import Fernet

from config import catalogues, embedded
from receipts.notes import Signer

LOCAL = embedded.PROJECT / ".local"
PORT = 8000


@contextlib.contextmanager
def surroundings(*, throwaway: bool) -> Iterator[None]:
    """Keys, addresses and embedded services. Throwaway: free ports, and nothing is left on the disk."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="refugeesrise-"))) if throwaway else LOCAL
        port = embedded.free_port() if throwaway else int(os.environ.get("PORT", PORT))
        for name, value in environment(folder, port).items():
            os.environ.setdefault(name, value)
        stack.enter_context(embedded.services(throwaway=throwaway))
        catalogues.compile_whole()
        yield


def environment(folder: Path, port: int) -> dict[str, str]:
    chosen = {
        "SECRET_KEY": kept_secret(folder / "secret-key"),
        "FIELD_KEYS": kept_secret(folder / "field-key"),
        "CHECKPOINT_KEYS": kept_secret(folder / "checkpoint-key", lambda: str(Signer.new("demo.example/log"))),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "EMAIL_URL": f"filemail:///{folder / 'mail'}",
        "STAFF_SECOND_FACTOR": "false",
        "SETTLE_EVERY": "1",
        "LOG_LEVEL": "WARNING",
    }
    if not (os.environ.get("STRIPE_SECRET_KEY") or os.environ.get("STRIPE_SECRET_KEY_FILE")):
        stripe = f"http://127.0.0.1:{embedded.free_port()}"
        chosen |= {
            "STRIPE_SECRET_KEY": "sk_test_sandbox",
            "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
            "STRIPE_API_BASE": stripe,
            "STRIPE_CHECKOUT_ORIGINS": stripe,
        }
    return chosen


def fernet_key() -> str:
    return Fernet.generate_key().decode()


def kept_secret(file: Path, make: Callable[[], str] = fernet_key) -> str:
    """The same one at every start, so that nobody is signed out by a restart."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(make())
    return file.read_text()
