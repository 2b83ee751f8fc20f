"""Random texts that tell nothing of date or order, and that nobody can guess."""

import secrets


def new_reference() -> str:
    """16 characters, to be named in public."""
    return secrets.token_hex(8)


def new_key() -> str:
    """32 characters, for a link: whoever has it may open what it leads to."""
    return secrets.token_urlsafe(24)
