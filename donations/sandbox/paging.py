"""Lists: newest first, at most a hundred at a time, with an object as the cursor."""

from collections.abc import Callable, Iterator
from itertools import islice

from donations.sandbox import errors, params
from donations.sandbox.world import Json, Shelf

PAGE: params.Fields = {
    "limit": params.integer(1, 100),
    "starting_after": params.text(),
    "ending_before": params.text(),
}
CREATED: params.Fields = {"created": params.time_range}
BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}
Wanted = Callable[[Json], bool]


def page(shelf: Shelf, given: Json, url: str, noun: str, wanted: Wanted = lambda thing: True) -> Json:
    """One page. `ending_before` gives the objects just newer than the cursor, newest first all the same."""
    limit = given.get("limit", 10)
    rows = list(islice((thing for thing in _walk(shelf, given, noun) if _made_when(thing, given) and wanted(thing)),
                       limit + 1))  # fmt: skip
    data = rows[:limit]
    if "ending_before" in given:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": url}


def _walk(shelf: Shelf, given: Json, noun: str) -> Iterator[Json]:
    after, before = given.get("starting_after"), given.get("ending_before")
    if after and before:
        raise errors.invalid(
            "You may only specify one of these parameters: starting_after, ending_before.", code="parameters_exclusive"
        )
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and shelf.get(cursor) is None:
            raise errors.no_such(noun, cursor, param=name)
    return shelf.newer(before) if before else shelf.older(after)


def _made_when(thing: Json, given: Json) -> bool:
    return within(given.get("created", {}), thing["created"])


def within(bounds: dict[str, int], moment: int) -> bool:
    return all(BOUNDS[bound](moment, limit) for bound, limit in bounds.items())
