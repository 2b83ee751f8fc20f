"""Three ways to divide a pool: none gives more than is asked or there is, and the cents add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.allocation import Method, divide

ASKS = st.lists(st.integers(1, 10**9), max_size=30)
POOLS = st.integers(0, 10**10)


@given(ASKS, POOLS, st.sampled_from(Method))
def test_nobody_gets_more_than_they_ask_and_together_never_more_than_there_is(
    asks: list[int], pool: int, method: Method
) -> None:
    shares = divide(method, asks, pool)
    assert len(shares) == len(asks)
    assert all(0 <= share <= ask for share, ask in zip(shares, asks, strict=True))
    assert sum(shares) <= pool


@given(ASKS, POOLS, st.sampled_from(Method))
def test_if_it_is_enough_everybody_gets_all(asks: list[int], pool: int, method: Method) -> None:
    assert divide(method, asks, pool + sum(asks)) == asks


@given(ASKS, POOLS, st.sampled_from([Method.SCALED, Method.BASE_AND_RANK]))
def test_no_cent_is_left_over_while_somebody_lacks_one(asks: list[int], pool: int, method: Method) -> None:
    assert sum(divide(method, asks, pool)) == min(pool, sum(asks))


@given(ASKS, POOLS)
def test_by_rank_nobody_is_overtaken(asks: list[int], pool: int) -> None:
    shares = divide(Method.BY_RANK, asks, pool)
    funded = [share > 0 for share in shares]
    assert funded == sorted(funded, reverse=True)
    assert all(share in {0, ask} for share, ask in zip(shares, asks, strict=True))


@given(ASKS, POOLS)
def test_scaled_amounts_keep_the_proportions_to_a_cent(asks: list[int], pool: int) -> None:
    shares, total = divide(Method.SCALED, asks, pool), sum(asks)
    for share, ask in zip(shares, asks, strict=True):
        assert total <= pool or abs(share * total - ask * pool) < total


@pytest.mark.parametrize(
    ("method", "shares"),
    [
        (Method.BY_RANK, [5_000_00, 3_000_00, 0]),
        (Method.SCALED, [4_166_67, 2_500_00, 3_333_33]),
        (Method.BASE_AND_RANK, [5_000_00, 3_000_00, 2_000_00]),
    ],
)
def test_the_three_side_by_side(method: Method, shares: list[int]) -> None:
    assert divide(method, [5_000_00, 3_000_00, 4_000_00], 10_000_00) == shares


@pytest.mark.parametrize("method", Method)
def test_an_empty_or_overdrawn_pool_gives_nothing(method: Method) -> None:
    assert divide(method, [5, 7], 0) == [0, 0]
    assert divide(method, [5, 7], -100) == [0, 0]
    assert divide(method, [], 100) == []
