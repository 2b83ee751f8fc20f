"""Lists: newest first, with cursors, and complete."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from donations.sandbox.paging import page
from donations.sandbox.process import Sandbox
from donations.sandbox.world import Shelf
from tests.donations.sandbox import build


def shelf(size: int) -> Shelf:
    full = Shelf()
    for number in range(size):
        full.put({"id": f"x{number}", "created": 1000 + number // 2})
    return full


def ids(listed: dict[str, Any]) -> list[int]:
    return [int(each["id"][1:]) for each in listed["data"]]


def forwards(full: Shelf, limit: int) -> Iterator[list[int]]:
    given: dict[str, Any] = {"limit": limit}
    while True:
        listed = page(full, given, "/v1/x", "x")
        yield ids(listed)
        if not listed["has_more"]:
            return
        given["starting_after"] = listed["data"][-1]["id"]


@given(st.integers(0, 40), st.integers(1, 15))
def test_every_object_is_listed_once_and_newest_first(size: int, limit: int) -> None:
    pages = list(forwards(shelf(size), limit))
    assert [each for one in pages for each in one] == list(range(size))[::-1]
    assert all(len(one) == limit for one in pages[:-1])


@given(st.integers(1, 40), st.integers(1, 15), st.data())
def test_a_page_that_ends_before_an_object_holds_the_next_newer_ones(
    size: int, limit: int, data: st.DataObject
) -> None:
    cursor = data.draw(st.integers(0, size - 1))
    listed = page(shelf(size), {"limit": limit, "ending_before": f"x{cursor}"}, "/v1/x", "x")
    newer = range(cursor + 1, size)
    assert ids(listed) == list(newer[:limit])[::-1]
    assert listed["has_more"] == (len(newer) > limit)


@pytest.mark.parametrize(
    ("bound", "found"), [("gt", [5, 4]), ("gte", [5, 4, 3, 2]), ("lt", [1, 0]), ("lte", [3, 2, 1, 0])]
)
def test_a_list_can_be_bounded_in_time(bound: str, found: list[int]) -> None:
    assert ids(page(shelf(6), {"created": {bound: 1001}}, "/v1/x", "x")) == found


def test_the_sdk_walks_through_all_pages_both_ways(sandbox: Sandbox) -> None:
    made = [gift["balance_transaction"] for gift in sandbox.control("gifts", count=25)["gifts"]]
    api = build.client(sandbox).v1.balance_transactions
    assert [each.id for each in api.list({"limit": 10}).auto_paging_iter()] == made[::-1]
    newer = api.list({"limit": 10, "ending_before": made[4]}).auto_paging_iter()
    assert [each.id for each in newer] == made[5:]


def test_a_page_has_ten_unless_asked_otherwise_and_a_hundred_at_most(sandbox: Sandbox) -> None:
    sandbox.control("gifts", count=101)
    api = build.client(sandbox).v1.charges
    assert [len(api.list().data), len(api.list({"limit": 100}).data)] == [10, 100]
    assert api.list({"limit": 100}).has_more
    assert api.list().url == "/v1/charges"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"limit": 101}, "parameter_invalid_integer"),
        ({"limit": 0}, "parameter_invalid_integer"),
        ({"limit": "all"}, "parameter_invalid_integer"),
        ({"starting_after": "ch_none"}, "resource_missing"),
        ({"ending_before": "ch_none"}, "resource_missing"),
        ({"starting_after": "ch_1", "ending_before": "ch_2"}, "parameters_exclusive"),
        ({"page": 2}, "parameter_unknown"),
        ({"created": {"since": 1}}, "parameter_unknown"),
    ],
)
def test_a_page_that_cannot_be_is_refused(sandbox: Sandbox, params: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        build.client(sandbox).v1.charges.list(params)
    assert (refused.value.http_status, refused.value.code) == (400, code)


def test_events_are_kept_for_thirty_days_and_found_by_kind(sandbox: Sandbox) -> None:
    build.paid(sandbox)
    api = build.client(sandbox).v1.events
    assert [each.type for each in api.list({"type": "charge.succeeded"}).data] == ["charge.succeeded"]
    assert len(api.list({"types": ["charge.succeeded", "payment_intent.succeeded"]}).data) == 2
    build.later(sandbox, 31 * build.DAY)
    assert api.list().data == []
