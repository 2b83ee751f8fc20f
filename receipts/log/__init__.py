"""The open books: what was published, receipted and booked, in one log that anybody can check."""

from receipts.log.appending import append
from receipts.log.bundle import manifest

__all__ = ["append", "manifest"]
