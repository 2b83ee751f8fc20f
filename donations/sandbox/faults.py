"""Failures on demand: what the next requests shall run into."""

import threading
from dataclasses import dataclass
from typing import Any, Literal

KINDS = ("timeout", "slow", "drop")


@dataclass(slots=True)
class Fault:
    """`timeout`: do it, and never answer. `slow`: answer late. `drop`: close the connection, nothing done.

    A number is the status to answer with; with `executed` the deed is done and only its answer is lost.
    """

    status: int | Literal["timeout", "slow", "drop"]
    times: int = 1
    path: str = "/v1/"
    method: str = ""
    code: str = "rate_limit"
    delay: float = 30
    executed: bool = False

    def meets(self, method: str, path: str) -> bool:
        return path.startswith(self.path) and self.method in {"", method}


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def expect(self, told: dict[str, Any]) -> None:
        """Raises TypeError or ValueError for a fault that makes no sense."""
        fault = Fault(**told)
        if not isinstance(fault.status, int) and fault.status not in KINDS:
            raise ValueError(f"status is a number or one of {', '.join(KINDS)}")
        with self._lock:
            self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.times > 0 and fault.meets(method, path):
                    fault.times -= 1
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
