"""Everything the sandbox knows: the objects, the clock, and what is due. All of it is touched under one lock."""

import hashlib
import heapq
import json
import string
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Deed = Callable[["World", str], None]
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


@dataclass(frozen=True, slots=True)
class Cause:
    """The API request behind a change, as events name it; nobody's, where it happened by itself."""

    request: str | None = None
    idempotency_key: str | None = None


NOBODY = Cause()


class Shelf:
    """Objects of one kind, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: list[Json] = []
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Json]:
        return iter(self._rows)

    def put(self, thing: Json) -> Json:
        self._places[thing["id"]] = len(self._rows)
        self._rows.append(thing)
        return thing

    def get(self, name: str) -> Json | None:
        place = self._places.get(name)
        return None if place is None else self._rows[place]

    def __getitem__(self, name: str) -> Json:
        return self._rows[self._places[name]]

    def older(self, than: str | None = None) -> Iterator[Json]:
        """From the newest, or from the one before `than`, back to the first."""
        start = len(self._rows) if than is None else self._places[than]
        return (self._rows[place] for place in range(start - 1, -1, -1))

    def newer(self, than: str) -> Iterator[Json]:
        return (self._rows[place] for place in range(self._places[than] + 1, len(self._rows)))


class World:
    """One Stripe account in test mode. `deeds` are the things that can come due, by name."""

    def __init__(self, *, seed: str, settle_after: float, deeds: dict[str, Deed]) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.url = ""
        self.settle_after = settle_after
        self._seed = seed
        self._deeds = deeds
        self.on_event: Callable[[Json], None] = lambda event: None
        self.silent = False
        self.clear()

    def clear(self) -> None:
        """An account on its first day. Ids go on counting, so that none is ever given twice."""
        self.shelves: dict[str, Shelf] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self._agenda: list[tuple[float, int, str, str]] = []
        self._turn = getattr(self, "_turn", 0)
        self._ahead = 0.0
        self._moment: float | None = None

    def shelf(self, kind: str) -> Shelf:
        return self.shelves.setdefault(kind, Shelf())

    def noted(self, about: str) -> dict[str, Any]:
        """What Stripe knows of its objects and does not show, by object id."""
        return self.notes.setdefault(about, {})

    @property
    def turn(self) -> int:
        """Counts on with every object and every thing that is due: unchanged means nothing has happened."""
        return self._turn

    def mint(self, prefix: str, length: int = 24) -> str:
        """An id in Stripe's shape: the same ones in the same order for the same seed."""
        self._turn += 1
        digest = hashlib.sha512(f"{self._seed}:{prefix}:{self._turn}".encode()).digest()
        return prefix + "".join(DIGITS[byte % len(DIGITS)] for byte in digest[:length])

    def now(self) -> float:
        return time.time() + self._ahead if self._moment is None else self._moment

    def today(self) -> int:
        """The time as Stripe writes it: whole seconds."""
        return int(self.now())

    def later(self, due: float, deed: str, about: str) -> None:
        self._turn += 1
        heapq.heappush(self._agenda, (due, self._turn, deed, about))
        self.changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Move the clock; all that comes due on the way happens, in order and at its own time."""
        self._ahead += seconds
        self.tick()

    def tick(self) -> None:
        until = self.now()
        while self._agenda and self._agenda[0][0] <= until:
            self._moment, _, deed, about = heapq.heappop(self._agenda)
            try:
                self._deeds[deed](self, about)
            finally:
                self._moment = None

    def do(self, deed: str, about: str) -> None:
        """Do it now."""
        self._deeds[deed](self, about)

    def run(self, stopping: threading.Event) -> None:
        """Do what is due when it is due, until told to stop."""
        while not stopping.is_set():
            with self.changed:
                self.tick()
                pause = self._agenda[0][0] - self.now() if self._agenda else 60.0
                self.changed.wait(min(max(pause, 0.005), 60.0))

    def dump(self) -> str:
        """The whole account as JSON, to go on from after a restart."""
        return json.dumps(
            {
                "shelves": {kind: list(shelf) for kind, shelf in self.shelves.items()},
                "notes": self.notes,
                "agenda": self._agenda,
                "turn": self._turn,
                "ahead": self._ahead,
                "seed": self._seed,
                "url": self.url,
            }
        )

    def load(self, dumped: str) -> None:
        """Take up a dumped account, at the address where we are now."""
        kept = json.loads(dumped.replace(json.loads(dumped)["url"], self.url))
        self.clear()
        for kind, rows in kept["shelves"].items():
            for row in rows:
                self.shelf(kind).put(row)
        self.notes = kept["notes"]
        self._agenda = [(due, turn, deed, about) for due, turn, deed, about in kept["agenda"]]
        self._turn, self._ahead, self._seed = kept["turn"], kept["ahead"], kept["seed"]


def copied(thing: Json) -> Json:
    """The object as it is now, safe from what becomes of it."""
    same: Json = json.loads(json.dumps(thing))
    return same
